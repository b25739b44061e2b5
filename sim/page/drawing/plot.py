"""Plot: the frame of a picture over two axes, with ticks, a light grid and named units.

Marks (`sim.page.drawing.marks`) are drawn into a plot, which says where an amount stands:

    plot = plot_of((0, 10), (0, 1), "simulated time", "price (money)")
    drawing = framed(plot, "Prices", curve(plot, times, prices, look_of_seller(0)))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.page.drawing.drawing import Drawing
from sim.page.drawing.elements import brief, element, line_of_text
from sim.page.drawing.names import SMALL, short, width_of
from sim.page.drawing.scales import Scale, tick_words, ticks

WIDTH, HEIGHT = 460.0, 310.0
ROW = 15.0
"""Pixels from one row of names to the next."""
_LEAST_OF_ROWS = 150.0
_LEFT, _TOP, _BELOW, _AT_THE_RIGHT = 54.0, 12.0, 42.0, 16.0


@dataclass(frozen=True)
class Plot:
    """A frame: `x` from left to right, `y` from the bottom up, both from amounts to pixels.

    Attributes
    ----------
    across, up
        Names of the axes, with units.
    places, heights
        Where ticks stand, each with its words.
    """

    x: Scale
    y: Scale
    across: str
    up: str
    places: tuple[tuple[float, str], ...]
    heights: tuple[tuple[float, str], ...]
    width: float = WIDTH
    height: float = HEIGHT


def plot_of(
    x: tuple[float, float],
    y: tuple[float, float],
    across: str,
    up: str,
    *,
    right: float = 0.0,
    top: float = _TOP,
    width: float = WIDTH,
    height: float = HEIGHT,
    places: Sequence[tuple[float, str]] | None = None,
    heights: Sequence[tuple[float, str]] | None = None,
) -> Plot:
    """A plot from and to these amounts, its names told in `across` and `up`.

    `right` pixels stay free at the right, for names beside lines, and `top` above, for a legend.
    Ticks stand at round amounts, or where `places` and `heights` say, each an amount and its words. Raises
    ValueError as `Scale` does.
    """
    up_ticks = tuple((each, tick_words(each)) for each in ticks(*y)) if heights is None else tuple(heights)
    left = max(_LEFT, (28 if up else 12) + max((width_of(each, SMALL) for _, each in up_ticks), default=0.0))
    across_ticks = tuple((each, tick_words(each)) for each in ticks(*x)) if places is None else tuple(places)
    return Plot(
        Scale(*x, left, width - max(_AT_THE_RIGHT, right)),
        Scale(*y, height - _BELOW, top),
        across,
        up,
        across_ticks,
        up_ticks,
        width,
        height,
    )


def rows_of(
    names: Sequence[str], x: tuple[float, float], across: str, *, right: float = 0.0, width: float = WIDTH
) -> Plot:
    """A plot with a row for each name, the first at the top; row k stands at the height −k."""
    rows = len(names)
    named = [(-float(k), short(name)) for k, name in enumerate(names)]
    height = max(_LEAST_OF_ROWS, rows * ROW + _TOP + _BELOW)
    return plot_of(x, (0.5 - rows, 0.5), across, "", right=right, width=width, height=height, heights=named)


def frame_svg(plot: Plot) -> str:
    """SVG of the grid, the axes, their ticks and names."""
    x, y = plot.x, plot.y
    grid = "".join(f"M{brief(x.start)} {brief(float(y(at)))}H{brief(x.end)}" for at, _ in plot.heights)
    grid += "".join(f"M{brief(float(x(at)))} {brief(y.start)}V{brief(y.end)}" for at, _ in plot.places)
    sides = f"M{brief(x.start)} {brief(y.end)}V{brief(y.start)}H{brief(x.end)}"
    below, beside = {"class_": "small middle"}, {"class_": "small right"}
    numbers = [line_of_text(each, float(x(at)), y.start + 15, **below) for at, each in plot.places]
    numbers += [line_of_text(each, x.start - 6, float(y(at)) + 4, **beside) for at, each in plot.heights]
    middle = (y.start + y.end) / 2
    named = [
        line_of_text(plot.across, (x.start + x.end) / 2, plot.height - 7, class_="middle"),
        line_of_text(plot.up, 13, middle, class_="middle", transform=f"rotate(-90 13 {brief(middle)})"),
    ]
    lines = element("path", d=grid, class_="grid") + element("path", d=sides, class_="axis")
    return lines + "".join(numbers) + "".join(named)


def framed(
    plot: Plot, title: str, *marks: str, told: str = "", data: Mapping[str, Any] | None = None
) -> Drawing:
    """The picture of a plot and its marks; what it says in a sentence is `told`, what it shows is `data`."""
    return Drawing(title, frame_svg(plot), "".join(marks), plot.width, plot.height, told, data or {})
