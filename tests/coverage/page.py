"""What docs/coverage.md says was measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/coverage.md"


@dataclass(frozen=True)
class Said:
    """A line of the table: which figure of which scenario, with which settings, and what was covered."""

    scenario: str
    settings: str
    figure: str
    intervals: int
    covered: float
    seeds: int


def said() -> list[Said]:
    """The lines of the table."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()
            if line.startswith("| ") and not line.startswith("| scenario")]
    return [
        Said(row[0], row[1].strip(), row[2], int(row[4]), float(row[5].removesuffix(" %")),
             int(row[6].split(" of ")[1]))
        for row in rows
    ]


def to_be_measured() -> set[tuple[str, str]]:
    """Scenarios and settings that the page says have still to be measured."""
    found = re.findall(r"^- `(\w+)`(?: with `(.*)`)?$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return set(found)


def figures_said(scenario: str) -> set[str]:
    """The figures of a scenario that have a line."""
    return {one.figure for one in said() if one.scenario == scenario}
