"""What is studied: every scenario, with runs that are short enough to be repeated."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.__main__ import scenario_files
from tests.coverage.study import Case

CASES = (
    Case("town_market", {"until": 100}, 100),
    Case("risk_averse_bidders", {"until": 300}, 160),
    Case("neighbours", {"until": 60}, 60),
    Case("coffee_shop", {"until": 200}, 60),
    Case("liars_market", {"until": 400}, 60),
    Case("sell_the_room", {"until": 200, "prior": "two kinds"}),
    Case("sell_the_room", {"until": 100, "prior": "uniform"}),
    Case("sell_the_room", {"until": 100, "prior": "heavy tail"}),
    Case("learn_to_tell", {"until": 100}),
    Case("risk_averse_bidders", {"until": 60, "strategy": "hedge", "replicates": 5}),
    Case("liars_market", {"until": 60, "strategy": "hedge", "replicates": 5}),
    Case("learn_first_price", {"until": 200, "replicates": 5}),
)
"""In the order of what they cost."""


def all_cases() -> Iterator[Case]:
    """These, and every scenario that is not among them, as it is by default."""
    yield from CASES
    known = {case.scenario for case in CASES}
    yield from (Case(path.stem) for path in sorted(scenario_files()) if path.stem not in known)
