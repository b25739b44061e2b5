"""Comparison: what was simulated beside what theory says, as a table of 100 columns at most."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.measures.batch_means import Estimate


@dataclass(frozen=True)
class Figure:
    """An estimate, and the figure of theory beside it; NaN where there is none.

    target
        Theory's figure is where learners may be going, and not what is expected of what they do.
    """

    estimate: Estimate
    theory: float = math.nan
    target: bool = False

    @property
    def agrees(self) -> bool:
        """Whether theory's figure is in the interval."""
        return bool(self.estimate.low <= self.theory <= self.estimate.high)


@dataclass(frozen=True)
class FigureTable:
    """A table for `rich`: each cell holds the mean, its interval, and theory's figure.

    figures
        By row and column; what is missing is shown as –.
    decimals
        Of each column.
    theory
        Whether theory's figures are shown.
    """

    heading: str
    columns: Sequence[str]
    figures: Mapping[str, Mapping[str, Figure]]
    decimals: Mapping[str, int] = field(default_factory=dict)
    theory: bool = True

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self.figures)

    def __rich__(self) -> Any:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
        table.add_column(self.heading, overflow="fold")
        for column in self.columns:
            table.add_column(column, justify="right", overflow="fold")
        for name, row in self.figures.items():
            cells = [self._cell(row[column], column) if column in row else "–" for column in self.columns]
            head = Text.assemble(f"{name}\n±\n", ("theory", "dim"), "\n") if self.theory else Text(name)
            table.add_row(head, *cells)
        return table

    def _cell(self, figure: Figure, column: str) -> Any:
        from rich.text import Text

        decimals = self.decimals.get(column, 4)
        mean, interval = rounded(figure.estimate.mean, decimals), interval_shown(figure.estimate, decimals)
        if not self.theory:
            return f"{mean} {interval}"
        expected = rounded(figure.theory, decimals)
        told = f"({expected})" if figure.target else expected
        return Text.assemble(f"{mean}\n{interval}\n", (told, "dim"))


def comparison_table(
    heading: str,
    columns: Sequence[str],
    rows: Mapping[str, Mapping[str, Figure]],
    decimals: int | Mapping[str, int] = 4,
    theory: bool = True,
) -> FigureTable:
    """The table of these figures by row and column.

    Without `theory` only the mean and its interval are shown. `decimals` may name another number for each
    column.
    """
    digits = dict.fromkeys(columns, decimals) if isinstance(decimals, int) else decimals
    return FigureTable(heading, tuple(columns), rows, digits, theory)


@dataclass(frozen=True)
class Sentence:
    """A line of text in which figures stand with their intervals, by name; `template` has a place for each.

    >>> print(Sentence("revenue {it}", {"it": Figure(Estimate(0.5, 0.01, 20))}, 2).text)
    revenue 0.50 ±0.01
    """

    template: str
    row: Mapping[str, Figure]
    decimals: int = 3

    @property
    def figures(self) -> Mapping[str, Mapping[str, Figure]]:
        """The figures, as one row of a table."""
        return {"": self.row}

    @property
    def text(self) -> str:
        """The line."""
        return self.template.format(**{name: self._told(one.estimate) for name, one in self.row.items()})

    def _told(self, estimate: Estimate) -> str:
        return f"{rounded(estimate.mean, self.decimals)} {interval_shown(estimate, self.decimals)}"

    def __rich__(self) -> str:
        return self.text


def rounded(number: float, decimals: int) -> str:
    """A number for a table; – for one that is not known."""
    return "–" if math.isnan(number) else f"{number:z.{decimals}f}"


def interval_shown(estimate: Estimate, decimals: int) -> str:
    """± and the half-width, or both ends of an interval that is not symmetric."""
    if estimate.ends is None or math.isnan(estimate.half_width):
        return f"±{rounded(estimate.half_width, decimals)}"
    return "–".join(rounded(end, decimals) for end in estimate.ends)


def figures_in(lines: Iterable[Any]) -> Iterator[tuple[str, str, Figure]]:
    """The figures of all tables and sentences of a report: row, column, figure."""
    for line in lines:
        for row, figures in getattr(line, "figures", {}).items():
            for column, one in figures.items():
                yield row, column, one
