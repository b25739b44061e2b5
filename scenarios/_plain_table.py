"""A table of cells that are texts already, or figures in few digits, which it hands out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.measures.batch_means import Estimate
from sim.measures.comparison import Figure

Cell = str | Figure


@dataclass(frozen=True)
class PlainTable:
    """A table for `rich`: the first column, of names, to the left, the others to the right.

    digits
        Significant ones of figures.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    digits: int = 4

    @property
    def figures(self) -> Mapping[str, Mapping[str, Figure]]:
        """The figures by row and column; theory's, where it is known, stands in a column of its own."""
        return {
            str(row[0]): {
                heading: cell
                for heading, cell in zip(self.headings, row, strict=True)
                if isinstance(cell, Figure)
            }
            for row in self.rows
        }

    def __rich__(self) -> Any:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, padding=(0, 1))
        for place, heading in enumerate(self.headings):
            table.add_column(heading, justify="right" if place else "left")
        for row in self.rows:
            table.add_row(*(self._told(cell) for cell in row))
        return table

    def _told(self, cell: Cell) -> str:
        return with_interval(cell.estimate, self.digits) if isinstance(cell, Figure) else cell


def plain_table(headings: Sequence[str], rows: Iterable[Sequence[Cell]], digits: int = 4) -> PlainTable:
    """The table of these rows."""
    return PlainTable(headings, list(rows), digits)


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
