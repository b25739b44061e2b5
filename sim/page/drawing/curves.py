"""Curves: lines over one axis, each with its name at its end, intervals and theory's line; for scenarios' own
panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sim.page.drawing.drawing import Drawing
from sim.page.drawing.look import THEORY, Look, look_of_seller
from sim.page.drawing.marks import curve, intervals, level, names_at_ends, nothing_yet, points, room_for
from sim.page.drawing.plot import Plot, framed, plot_of


@dataclass(frozen=True)
class Course:
    """Heights over places, shape (k,) each; `ends` of their intervals and `theory`, of the same shape."""

    x: ArrayLike
    y: ArrayLike
    ends: tuple[ArrayLike, ArrayLike] | None = None
    theory: ArrayLike | None = None


def curves(
    title: str,
    across: str,
    up: str,
    lines: Mapping[str, Course],
    reach: tuple[float, float],
    *,
    mark: float | None = None,
    places: Sequence[tuple[float, str]] | None = None,
    theory: bool = True,
) -> Drawing:
    """The lines by name, from the lowest to the highest of `reach`.

    `mark` is a height at which theory has a dashed line across; `places` are ticks and their words. Without
    `theory` that line and those of the lines are left out.
    """
    known = np.concatenate([np.asarray(line.x, dtype=float) for line in lines.values()] or [np.zeros(0)])
    end = float(known.max(initial=1.0)) if places is None else max(at for at, _ in places)
    x, right = (0.0, max(end, 1.0)), room_for(lines)
    plot = plot_of(x, reach, across, up, right=right, places=places, height=330.0)
    looks = {name: look_of_seller(number) for number, name in enumerate(lines)}
    drawn = [_line(plot, name, line, looks[name], theory) for name, line in lines.items()]
    ends = [
        (float(np.asarray(line.y, dtype=float)[-1]), name, looks[name])
        for name, line in lines.items()
        if len(np.asarray(line.y)) and np.isfinite(np.asarray(line.y, dtype=float)[-1])
    ]
    across_all = level(plot, mark, THEORY) if theory and mark is not None else ""
    empty = "" if ends else nothing_yet(plot, "nothing to show yet")
    told = "; ".join(f"{name} {height:.3g}" for height, name, _ in ends)
    return framed(plot, title, across_all, *drawn, names_at_ends(plot, ends, end), empty, told=told,
                  data=_columns(lines))


def _line(plot: Plot, name: str, line: Course, look: Look, theory: bool) -> str:
    x, y = np.asarray(line.x, dtype=float), np.asarray(line.y, dtype=float)
    known = np.isfinite(y)
    parts = [curve(plot, x[known], y[known], look, name), points(plot, x[known], y[known], look, 6.0)]
    if line.ends is not None:
        low, high = (np.asarray(each, dtype=float) for each in line.ends)
        some = known & np.isfinite(low) & np.isfinite(high)
        parts.append(intervals(plot, x[some], low[some], high[some], look))
    if theory and line.theory is not None:
        expected = np.asarray(line.theory, dtype=float)
        some = np.isfinite(expected)
        if some.any():
            dashed = Look(look.class_, THEORY.dashes)
            parts.append(curve(plot, x[some], expected[some], dashed, f"{name}, theory"))
    return "".join(parts)


def _columns(lines: Mapping[str, Course]) -> dict[str, Any]:
    """A row for each point of each line."""
    names = [name for name, line in lines.items() for _ in np.asarray(line.x)]
    each = list(lines.values())
    both = [np.concatenate([np.asarray(part, dtype=float) for part in parts] or [np.zeros(0)])
            for parts in ([line.x for line in each], [line.y for line in each])]
    return {"line": names, "x": both[0], "y": both[1]}
