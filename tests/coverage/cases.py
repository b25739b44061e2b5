"""What is studied: every scenario, with runs that are short enough to be repeated."""

from __future__ import annotations

from scenarios.__main__ import scenario_files
from tests.coverage.study import Case

CASES = (
    Case("coffee_shop", {"until": 200}),
    Case("neighbours", {"until": 300, "density": "2", "resolution": "4"}),
    Case("liars_market", {"until": 200}),
    Case("liars_market", {"until": 60, "newcomers": 2, "replicates": 4}),
    Case("risk_averse_bidders", {"until": 300}, 80),
    Case("risk_averse_bidders", {"until": 60, "strategy": "hedge", "replicates": 4}),
    Case("town_market", {"until": 100}, 50),
    Case("sell_the_room", {"until": 100, "prior": "uniform"}),
    Case("sell_the_room", {"until": 100, "prior": "heavy tail"}),
    Case("sell_the_room", {"until": 100, "prior": "two kinds"}),
    Case("sell_the_room", {"until": 30, "strategy": "exp3", "replicates": 3}),
    Case("learn_to_tell", {"until": 60, "replicates": 3}),
    Case("learn_first_price", {"until": 200, "replicates": 3}),
    Case("cautious_seller", {"until": 100}),
    Case("insurance", {"until": 400}),
    Case("one_pass", {"until": 100}),
    Case("ambiguous_bidders", {"until": 200}),
    Case("highest_bidder_lottery", {"until": 150}),
    Case("one_more_bidder", {"until": 200}),
    Case("random_reserve_emerges", {"until": 60}),
    Case("regret_auction", {"until": 60}),
    Case("regret_pricing", {"until": 60}),
)
"""Settings other than the default, where there are any, and how many seeds."""


def all_cases() -> list[Case]:
    """These, and every scenario that is not among them, as it is by default."""
    known = {case.scenario for case in CASES}
    return [*CASES, *(Case(path.stem) for path in sorted(scenario_files()) if path.stem not in known)]
