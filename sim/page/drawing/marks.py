"""Marks: lines, steps, dots, bars, bands and intervals in a plot, and the words beside them, as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.page.drawing.elements import brief, element, line_of_text, path_through, pieces, pixels, spots, tip
from sim.page.drawing.look import INKED, Look
from sim.page.drawing.names import TYPE, short, spread, widest, width_of, within
from sim.page.drawing.plot import WIDTH, Plot

MOST_POINTS = 240
"""More points of one line cannot be told apart."""
MOST_NAMES = 14
"""More lines cannot all be named at their ends."""
LEGEND_ROW, _TOP = 16.0, 12.0
_APART = TYPE + 2.5


def drawn_points(count: int, most: int = MOST_POINTS) -> NDArray[np.intp]:
    """Which of `count` points of a line are drawn: all if they are few, else every so many, and the last.

    >>> drawn_points(7, 3).tolist(), drawn_points(2, 3).tolist()
    ([0, 3, 6], [0, 1])
    """
    every = -(-count // most)
    chosen = np.arange(0, count, max(1, every))
    return np.append(chosen, count - 1) if count and chosen[-1] != count - 1 else chosen


def curve(plot: Plot, x: Any, y: Any, look: Look, name: str = "", most: int = MOST_POINTS) -> str:
    """A line through points, shape (n,) each, broken where a height is not finite; `name` is its tip."""
    x, y = (np.asarray(each, dtype=float) for each in (x, y))
    kept = drawn_points(len(x), most)
    path = path_through(plot.x(x[kept]), plot.y(y[kept]))
    return _line(path, look, name)


def staircase(plot: Plot, x: Any, y: Any, look: Look, name: str = "") -> str:
    """Steps: each height, shape (n,), holds from its place to the next."""
    x, y = (np.asarray(each, dtype=float) for each in (x, y))
    return _line(path_through(plot.x(np.repeat(x, 2)[1:]), plot.y(np.repeat(y, 2)[:-1])), look, name)


def _line(path: str, look: Look, name: str) -> str:
    told = tip(name) if name else ""
    return element("path", told, class_=f"line {look.class_}", stroke_dasharray=look.dashes, d=path)


def level(plot: Plot, height: float, look: Look, name: str = "") -> str:
    """A line across the plot at one height; nothing if that lies beyond the axis."""
    if not plot.y.low <= height <= plot.y.high:
        return ""
    return _line(path_through([plot.x.start, plot.x.end], plot.y([height, height])), look, name)


def upright(plot: Plot, place: float, look: Look, name: str = "") -> str:
    """A line from the bottom to the top at one place; nothing if that lies beyond the axis."""
    if not plot.x.low <= place <= plot.x.high:
        return ""
    return _line(path_through(plot.x([place, place]), [plot.y.start, plot.y.end]), look, name)


def points(plot: Plot, x: Any, y: Any, look: Look, size: float = 4.5, name: str = "") -> str:
    """A dot at each point that is known, shape (n,) each, in the look's shape, `size` pixels wide."""
    return placed(np.stack([plot.x(x), plot.y(y)], axis=-1), look, size, name)


def placed(places: Any, look: Look, size: float = 4.5, name: str = "") -> str:
    """The same at pixels, shape (n, 2); nothing where one is not finite."""
    told = tip(name) if name else ""
    places = np.asarray(places, dtype=float).reshape(-1, 2)
    x, y = places[np.isfinite(places).all(axis=1)].T
    if not len(x):
        return ""
    if look.shape == "dot":
        width = None if size == 4.5 else float(size)
        style = None if width is None else f"stroke-width:{brief(width)}px"
        return element("path", told, class_=f"spot {look.class_}", style=style, d=spots(x, y))
    outline = _OUTLINES[look.shape](size)
    path = "".join(f"M{a} {b}{outline}" for a, b in pixels(x, y))
    return element("path", told, class_=f"shape {look.class_}", d=path)


def _triangle(size: float) -> str:
    half, rise = brief(0.58 * size), brief(1.05 * size)
    return f"m0-{brief(0.6 * size)}l{half} {rise}h-{brief(1.16 * size)}z"


def _wedge(size: float) -> str:
    half, rise = brief(0.58 * size), brief(1.05 * size)
    return f"m0 {brief(0.6 * size)}l{half}-{rise}h-{brief(1.16 * size)}z"


def _diamond(size: float) -> str:
    half = brief(0.65 * size)
    return f"m0-{half}l{half} {half}l-{half} {half}l-{half}-{half}z"


def _square(size: float) -> str:
    half, side = brief(0.45 * size), brief(0.9 * size)
    return f"m-{half}-{half}h{side}v{side}h-{side}z"


_OUTLINES = {"triangle": _triangle, "wedge": _wedge, "diamond": _diamond, "square": _square}


def intervals(plot: Plot, x: Any, low: Any, high: Any, look: Look) -> str:
    """An upright bar from `low` to `high` at each place, shape (n,) each; none where one is not finite."""
    rows = np.stack([plot.x(x), plot.y.held(low), plot.y.held(high)], axis=-1)
    across, low, high = rows[np.isfinite(rows).all(axis=-1)].T
    if not len(across):
        return ""
    bars = pieces(np.stack([across, low], axis=-1), np.stack([across, high], axis=-1))
    ends = "".join(
        pieces(np.stack([across - 3, end], axis=-1), np.stack([across + 3, end], axis=-1))
        for end in (low, high)
    )
    return element("path", class_=f"line {look.class_}", style="stroke-width:1.3px", d=bars + ends)


def columns(plot: Plot, x: Any, y: Any, look: Look, thick: float, name: str = "") -> str:
    """A bar from 0 to each height, shape (n,), `thick` pixels wide, around each place."""
    told = tip(name) if name else ""
    across, top, foot = plot.x(x), plot.y.held(y), float(plot.y.held(0.0))
    parts = zip(pixels(across - thick / 2, top), (foot - top).tolist(), strict=True)
    path = "".join(f"M{a} {b}h{brief(thick)}v{brief(rise)}h-{brief(thick)}z" for (a, b), rise in parts)
    return element("path", told, class_=f"solid {look.class_}", d=path)


def stripes(plot: Plot, lengths: Any, rows: Any, look: Look, thick: float = 9.0) -> str:
    """A bar from 0 to each length, shape (n,), along its row, `thick` pixels high."""
    foot, ends = float(plot.x.held(0.0)), plot.x.held(lengths)
    known = np.isfinite(ends)
    heights = (plot.y(rows) - thick / 2)[known]
    parts = zip(pixels(np.full(len(heights), foot), heights), (ends[known] - foot).tolist(), strict=True)
    path = "".join(f"M{a} {b}h{brief(long)}v{brief(thick)}h{brief(-long)}z" for (a, b), long in parts)
    return element("path", class_=f"solid {look.class_}", d=path) if path else ""


def ticks_on_rows(plot: Plot, places: Any, rows: Any, look: Look, tall: float = 13.0) -> str:
    """A short upright line at each place, shape (n,), in its row."""
    across, middle = plot.x.held(places), plot.y(rows)
    ends = (np.stack([across, middle + half], axis=-1) for half in (-tall / 2, tall / 2))
    path = pieces(*(each[np.isfinite(across)] for each in ends))
    return element("path", class_=f"line {look.class_}", d=path) if path else ""


def spans_on_rows(plot: Plot, low: Any, high: Any, rows: Any, look: Look) -> str:
    """A level bar from `low` to `high` in each row, shape (n,) each; none where one of them is not finite."""
    left, right, middle = plot.x.held(low), plot.x.held(high), plot.y(rows)
    known = np.isfinite(left) & np.isfinite(right)
    ends = [np.stack([side, middle], axis=-1)[known] for side in (left, right)]
    half = np.array([0.0, 3.0])
    path = pieces(*ends) + "".join(pieces(end - half, end + half) for end in ends)
    return element("path", class_=f"line {look.class_}", style="stroke-width:1.3px", d=path) if path else ""


def shaded_cells(plot: Plot, columns: Any, rows: Any, shades: Any, letter: str = "q") -> str:
    """A square of 1 by 1 around each place, shape (n,) each, in its shade from 0 to `SHADES` − 1."""
    left, top = plot.x(np.asarray(columns) - 0.5), plot.y(np.asarray(rows) + 0.5)
    wide, high = abs(plot.x(1.0) - plot.x(0.0)), abs(plot.y(1.0) - plot.y(0.0))
    corner, shades = pixels(left, top), np.asarray(shades)
    square = f"h{brief(float(wide))}v{brief(float(high))}h-{brief(float(wide))}z"
    return "".join(
        element("path", class_=f"solid {letter}{shade}",
                d="".join(f"M{corner[k][0]} {corner[k][1]}{square}" for k in np.flatnonzero(shades == shade)))
        for shade in np.unique(shades).tolist()
    )


def band(plot: Plot, x: Any, low: Any, high: Any, look: Look) -> str:
    """An area between two heights, shape (n,) each, behind a line."""
    x, low, high = (np.asarray(each, dtype=float) for each in (x, low, high))
    kept = drawn_points(len(x))
    around = np.concatenate([x[kept], x[kept][::-1]]), np.concatenate([low[kept], high[kept][::-1]])
    path = path_through(plot.x(around[0]), plot.y.held(around[1]))
    return element("path", class_=f"area {look.class_}", d=path + "Z") if path else ""


def note(plot: Plot, text: str, x: float, y: float, look: Look = INKED, where: str = "") -> str:
    """Words at an amount; `where` is "", "middle" or "right", for where the place stands in them."""
    classes = " ".join(each for each in (look.class_, where, "halo") if each)
    return line_of_text(text, float(plot.x(x)), float(plot.y(y)) + 4, class_=classes)


def nothing_yet(plot: Plot, text: str) -> str:
    """Words in the middle of an empty plot, a line for each of `text`, that say why it is empty."""
    x, y = (plot.x.start + plot.x.end) / 2, (plot.y.start + plot.y.end) / 2
    return "".join(
        line_of_text(line, x, y + 15 * row, class_="quiet middle")
        for row, line in enumerate(text.splitlines())
    )


End = tuple[float, str, Look]
"""The last height of a line, its name, and its look."""


def names_at_ends(plot: Plot, ends: Sequence[End], since: float | None = None) -> str:
    """Names of lines at the right of the plot, moved apart, a thin line leading from the line to each.

    `since` is where the lines end, if that is before the end of the axis. Of more than `MOST_NAMES` the
    highest are named.
    """
    named = sorted(ends, key=lambda end: -end[0])[:MOST_NAMES]
    wished = [float(plot.y.held(height)) for height, _, _ in named]
    heights = within(spread(wished, _APART), _APART, plot.y.end + 2, plot.y.start)
    begin = plot.x.end if since is None else float(plot.x(since))
    written = []
    for (_, name, look), from_, to in zip(named, wished, heights, strict=True):
        lead = path_through([begin, plot.x.end + 5], [from_, to])
        written.append(element("path", class_=f"thin {look.class_}", opacity=0.6, d=lead))
        cut = tip(name) if short(name) != name else ""
        text = element("text", escape(short(name)) + cut, class_=look.class_, x=plot.x.end + 8, y=to + 4)
        written.append(text)
    return "".join(written)


def room_for(names: Iterable[str]) -> float:
    """Pixels at the right of a plot that these names need, shortened."""
    return widest(names) + 12


def legend_places(names: Iterable[str], width: float) -> list[tuple[float, float]]:
    """Where the names of a legend stand, in rows of at most `width` pixels, the first at (0, 0)."""
    found, across, down = [], 0.0, 0.0
    for name in names:
        wide = width_of(short(name)) + 34
        if across > 0 and across + wide > width:
            across, down = 0.0, down + LEGEND_ROW
        found.append((across, down))
        across += wide
    return found


def legend_above(entries: Sequence[tuple[str, Look]], lines: bool = False) -> tuple[float, str]:
    """How many pixels are to be free above a plot for a legend, and the legend."""
    if not entries:
        return _TOP, ""
    wide = WIDTH - 60
    down = legend_places((name for name, _ in entries), wide)[-1][1]
    return down + LEGEND_ROW + _TOP, legend(entries, 54, 14, wide, lines)


def legend(
    entries: Sequence[tuple[str, Look]], x: float, y: float, width: float, lines: bool = False
) -> str:
    """Names with a dot, or a piece of line, before each, in rows of at most `width` pixels from (x, y) on."""
    placed_at = [(x + a, y + b) for a, b in legend_places((name for name, _ in entries), width)]
    return "".join(
        (_line(path_through([a, a + 16], [b - 4, b - 4]), look, "") if lines
         else placed([a + 9, b - 4], look, 8))
        + line_of_text(short(name), a + 20, b)
        for (name, look), (a, b) in zip(entries, placed_at, strict=True)
    )
