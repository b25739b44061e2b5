"""A table of cells that are texts already, and numbers in few digits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sim.measures.batch_means import Estimate


def plain_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Any:
    """A table for `rich`, the first column to the left, the others to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    return table


def with_interval(estimate: Estimate, digits: int = 4) -> str:
    """The mean ± half of its interval, 0 if that is rounding alone; a dash for what is not known.

    >>> with_interval(Estimate(2.4279, 1e-16, 20)), with_interval(Estimate(2.4279, float("nan"), 20))
    ('2.428 ±0', '2.428 ±–')
    """
    if math.isnan(estimate.mean):
        return "–"
    known = not math.isnan(estimate.half_width)
    half_width = "–" if not known else "0" if estimate.half_width < 1e-12 else f"{estimate.half_width:.2g}"
    return f"{estimate.mean:.{digits}g} ±{half_width}"
