"""Comparison: what was simulated beside what theory says, as a table of 80 columns at most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.measures.batch_means import Estimate


@dataclass(frozen=True)
class Figure:
    """An estimate, and the figure of theory beside it; NaN where there is none."""

    estimate: Estimate
    theory: float = math.nan

    @property
    def agrees(self) -> bool:
        """Whether theory's figure is in the interval."""
        return bool(abs(self.estimate.mean - self.theory) <= self.estimate.half_width)


def comparison_table(
    heading: str,
    columns: Sequence[str],
    rows: Mapping[str, Mapping[str, Figure]],
    decimals: int | Mapping[str, int] = 4,
    theory: bool = True,
) -> Any:
    """A table for `rich`: each cell holds the mean, the half-width of its interval, and theory's figure.

    `rows` maps a row's name to its figures by column; what is missing is shown as –. Without `theory` only
    the mean and the half-width are shown. `decimals` may name another number for each column.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1), collapse_padding=True, pad_edge=False)
    table.add_column(heading.replace(" ", "\n", 1), overflow="fold", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", overflow="fold")
    digits = dict.fromkeys(columns, decimals) if isinstance(decimals, int) else decimals
    for name, figures in rows.items():
        cells = [
            _cell(figures[column], digits[column], theory) if column in figures else "–" for column in columns
        ]
        table.add_row(f"{name}\n±\n[dim]theory[/dim]\n" if theory else name, *cells)
    return table


def _cell(figure: Figure, decimals: int, theory: bool) -> str:
    estimate = figure.estimate
    parts = (estimate.mean, estimate.half_width, figure.theory)
    mean, half_width, expected = ("–" if math.isnan(part) else f"{part:z.{decimals}f}" for part in parts)
    if not theory:
        return f"{mean}\n±{half_width}"
    return f"{mean}\n±{half_width}\n[dim]{expected}[/dim]"
