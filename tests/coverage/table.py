"""The page that tells what the study found, in Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.coverage.study import Line

HEAD = """# How often intervals cover

Every ± and every a–b that a scenario prints is meant to hold the truth 95 times in 100.
`make coverage` measures that: it runs each scenario with many seeds, takes all figures that stand in its
report with an interval, and counts how often the interval holds the truth. The truth is theory's figure where
the report says one, and it is more than a target; elsewhere the mean over all other seeds, whose own error is
added in quadrature. What is drawn only once, a town or a sample, is held fixed where figures are said to be
conditional on it.

Runs are shorter than by default, as the settings say: shorter runs are the harder case for intervals by
batch means, and for rare events. Where a report prints – in place of an interval, nothing is counted: where
buyers learn within a run that is not replicated (`town_market`, `neighbours`, `insurance`) there is no steady
state, and no interval. Natures who learn (rows *learns*) have one, over the second half of the run. *Worst*
is the row that was covered least; of many rows over forty seeds one is far below 95 % by chance. *Spread* is
how much a figure varies over seeds, over what its intervals imply, in the row where that is greatest: 1 is
right, – that nothing varies.

| scenario | settings | figure | rows | intervals | covered | worst | spread | truth |
|---|---|---|---|---|---|---|---|---|
"""
FOOT = """
The study fails where a line is below 90 %, or a single row so far below that chance explains it less than
once in a thousand. It is not among the tests that run by default; `tests/coverage/` is its home, and it finds
a new scenario, or a new figure of an old one, by itself.
"""


def page(lines: Sequence[Line], without: Sequence[str]) -> str:
    """The page with a row for each line, and the scenarios that print no interval."""
    rows = "".join(map(_row, lines))
    said = f"\nNo interval is printed by {', '.join(without)}.\n" if without else ""
    return HEAD + rows + said + FOOT


def _row(line: Line) -> str:
    column = " ".join(line.column.split())
    worst = line.worst
    cells = (
        line.case.scenario,
        line.case.told,
        column,
        str(line.rows),
        str(line.intervals),
        f"{100 * line.share:.1f} %",
        f"{worst.covered} of {worst.intervals}",
        "–" if math.isnan(line.spread) else f"{line.spread:.2f}",
        line.truth,
    )
    return f"| {' | '.join(cells)} |\n"
