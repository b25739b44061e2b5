"""Colours and the look of figures: told apart by colour-blind eyes (Okabe and Ito 2008), calm, with units."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from sim.page.drawing.look import FAINT, GRID, SELLERS
from sim.page.drawing.look import INK as INK
from sim.page.drawing.marks import MOST_NAMES
from sim.page.drawing.names import short, spread, within
from sim.page.drawing.scales import roomy as roomy
from sim.page.frames import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

_ROUNDS: tuple[tuple[Any, str], ...] = (("solid", "o"), ((0, (1.2, 1.2)), "^"), ((0, (5, 1.5, 1, 1.5)), "D"))
"""Line and marker of the first round of colours, the second, and the third."""

_LEFT, _BELOW = 0.62, 0.5  # inches for the names of the axes
_NAMES = 8.5  # points
DPI = 140


class FigureLook(NamedTuple):
    """How a seller is drawn: colour, and line and marker, which differ where colours come round again."""

    colour: str
    line: Any
    marker: str


def seller_look(number: int) -> FigureLook:
    """The look of seller `number`; no two of the first 21 are alike."""
    return FigureLook(SELLERS[number % len(SELLERS)], *_ROUNDS[number // len(SELLERS) % len(_ROUNDS)])


def seller_colour(number: int) -> str:
    """The colour of seller `number`."""
    return seller_look(number).colour


def new_figure(width: float = 4.6, height: float = 3.1) -> Figure:
    """An empty figure of a size in inches; it does not pass through pyplot, which keeps global state."""
    return Figure(figsize=(width, height), dpi=DPI, facecolor="white")


def plain_axes(figure: Figure, x: str, y: str, right: float = 0.97) -> Axes:
    """Axes with named units, a light grid and no box; they stay in one place whatever is drawn."""
    width, height = figure.get_size_inches()
    left, bottom = _LEFT / width, _BELOW / height
    axes = figure.add_axes((left, bottom, right - left, 0.965 - bottom))
    axes.set_xlabel(x, color=INK, fontsize=9)
    axes.set_ylabel(y, color=INK, fontsize=9)
    axes.tick_params(colors=INK, labelsize=8, length=3)
    axes.locator_params(nbins=6)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    axes.set_gid(PLAIN)
    return axes


def say_nothing_yet(axes: Axes, words: str) -> None:
    """Say in the middle of empty axes why they are empty."""
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=FAINT, fontsize=10,
              parse_math=False)


def right_of(figure: Figure, names: Iterable[str]) -> float:
    """Where axes must end, as a share of the width, so that these names fit at the right of them."""
    inches = max(_inches(without_markup(short(name))) for name in names) + 0.16
    return 1 - inches / float(figure.get_size_inches()[0])


def without_markup(name: str) -> str:
    """A name as matplotlib shows it sign by sign: no dollar begins a formula."""
    return name.replace("$", r"\$")


@lru_cache(maxsize=256)
def _inches(words: str) -> float:
    return float(TextPath((0, 0), words, size=_NAMES).get_extents().width) / 72


def label_ends(
    axes: Axes, ends: list[tuple[float, str, str]], x: float, apart: float, since: float | None = None
) -> None:
    """Names of lines at x: (height, name, colour), moved apart to at least `apart`, within the axes' limits.

    Of more than `MOST_NAMES` the highest are named. Where the lines end earlier, at `since`, a thin one leads
    from there to each name; at 0 nothing has begun, and it would be taken for a line itself.
    """
    ends = sorted(ends, key=lambda end: -end[0])[:MOST_NAMES]
    places = within(spread([height for height, _, _ in ends], apart), apart, *axes.get_ylim())
    for place, (height, name, colour) in zip(places, ends, strict=True):
        if since:
            axes.plot([since, x], [height, place], color=colour, linewidth=0.5, alpha=0.6, clip_on=False)
        axes.annotate(
            without_markup(short(name)),
            (x, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=_NAMES,
            color=colour,
            annotation_clip=False,
        )
