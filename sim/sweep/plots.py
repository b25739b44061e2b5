"""Plots of a sweep: figures by the first swept parameter that is a number, a curve for each of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sim.measures.plots import figure
from sim.records.sweep_reading import Recorded
from sim.sweep.estimates import PointEstimates
from sim.sweep.plan import value_text

_MOST_CURVES = 12


def draw(
    directory: Path, recorded: Recorded, rows: Sequence[PointEstimates], measures: Sequence[str]
) -> Iterator[str]:
    """Write `plot-MEASURE.png` for each measure, and say where they are; nothing if nothing is swept."""
    across = _across(recorded.axes)
    if across is None or not rows:
        return
    curves = _curves(rows, across)
    for measure in measures:
        _draw_one(directory / f"plot-{_slug(measure)}.png", across, curves, measure, recorded.axes[across])
    yield f"Plots: {directory / 'plot-*.png'}"
    if len(curves) > _MOST_CURVES:
        yield f"Plots show the first {_MOST_CURVES} of {len(curves)} curves."


def _across(axes: dict[str, list[Any]]) -> str | None:
    """The axis that is drawn across: the first of numbers, or else the first."""
    numeric = [name for name, values in axes.items() if len(values) > 1 and _are_numbers(values)]
    return next(iter([*numeric, *axes]), None)


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _curves(rows: Sequence[PointEstimates], across: str) -> dict[str, list[PointEstimates]]:
    """Points that differ in one parameter alone, by the others in words."""
    curves: dict[str, list[PointEstimates]] = {}
    for row in rows:
        rest = ", ".join(f"{name} {value_text(value)}" for name, value in row.point.items() if name != across)
        curves.setdefault(rest, []).append(row)
    return curves


def _draw_one(
    path: Path, across: str, curves: dict[str, list[PointEstimates]], measure: str, values: list[Any]
) -> None:
    numbers = _are_numbers(values)
    with figure(path, across, measure, f"{measure} against {across}") as axes:
        for label, rows in list(curves.items())[:_MOST_CURVES]:
            places = [row.point[across] if numbers else values.index(row.point[across]) for row in rows]
            order = sorted(range(len(rows)), key=places.__getitem__)
            estimates = [rows[k].estimates[measure] for k in order]
            axes.errorbar(
                [places[k] for k in order],
                [one.mean for one in estimates],
                [one.half_width for one in estimates],
                fmt="o-" if numbers else "o",
                markersize=4,
                linewidth=1.2,
                capsize=2,
                label=label or None,
            )
        if not numbers:
            axes.set_xticks(range(len(values)), [value_text(value) for value in values])


def _slug(name: str) -> str:
    """A name as part of a file's.

    >>> _slug("revenue: first price")
    'revenue-first-price'
    """
    return re.sub(r"\W+", "-", name).strip("-") or "measure"
