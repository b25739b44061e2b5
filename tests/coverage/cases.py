"""What is studied: every scenario, with runs that are short enough to be repeated."""

from __future__ import annotations

from scenarios.__main__ import scenario_files
from tests.coverage.study import Case

CASES = (
    Case("coffee_shop", {"until": 200}),
    Case("risk_averse_bidders", {"until": 60, "strategy": "hedge", "replicates": 4}),
    Case("sell_the_room", {"until": 100, "prior": "two kinds"}),
    Case("liars_market", {"until": 300}),
    Case("neighbours", {"until": 300, "density": "2", "resolution": "4"}),
    Case("learn_to_tell", {"until": 60, "replicates": 4}),
    Case("learn_first_price", {"until": 200, "replicates": 3}),
    Case("sell_the_room", {"until": 100, "prior": "uniform"}),
    Case("town_market", {"until": 100}, 100),
    Case("risk_averse_bidders", {"until": 300}, 160),
)
"""Settings other than the default, where there are any, and how many seeds."""


def all_cases() -> list[Case]:
    """These, and every scenario that is not among them, as it is by default."""
    known = {case.scenario for case in CASES}
    return [*CASES, *(Case(path.stem) for path in sorted(scenario_files()) if path.stem not in known)]
