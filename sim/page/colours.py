"""Colours and the look of figures: told apart by colour-blind eyes (Okabe and Ito 2008), calm, with units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from sim.page.frames import PLAIN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SELLERS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C510A", "#000000")
"""A seller's colour is the same in every figure; from the ninth seller on they come round again."""

BUYERS = (("#A3A3A3", "o"), ("#000000", "^"), ("#8C510A", "D"), ("#DFC27D", "s"), ("#5E4FA2", "v"))
"""Strategies of buyers: shade and shape, so that they cannot be taken for sellers."""

_LEFT, _BELOW = 0.62, 0.5  # inches for the names of the axes

INK, FAINT, GRID = "#222222", "#767676", "#E4E4E4"
DPI = 120


def seller_colour(number: int) -> str:
    """The colour of seller `number`."""
    return SELLERS[number % len(SELLERS)]


def buyer_look(strategy: int) -> tuple[str, str]:
    """Colour and marker of the strategy with this index."""
    return BUYERS[strategy % len(BUYERS)]


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
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=FAINT, fontsize=10)


def label_ends(axes: Axes, ends: list[tuple[float, str, str]], x: float, apart: float) -> None:
    """Names at the right ends of lines: (height, name, colour), moved apart to at least `apart`."""
    places = spread([height for height, _, _ in ends], apart)
    for place, (_, name, colour) in zip(places, ends, strict=True):
        axes.annotate(
            name,
            (x, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=colour,
            annotation_clip=False,
        )


def spread(heights: list[float], apart: float) -> list[float]:
    """Heights moved as little as a simple rule can, so that neighbours are at least `apart` from each other.

    >>> spread([1.0, 1.0, 5.0], 1.0)
    [0.5, 1.5, 5.0]
    """
    order = sorted(range(len(heights)), key=heights.__getitem__)
    clusters: list[list[Any]] = []  # mean of the wished heights, members
    for index in order:
        clusters.append([heights[index], [index]])
        while len(clusters) > 1 and _reach(clusters[-2], 1, apart) + apart > _reach(clusters[-1], -1, apart):
            mean, members = clusters.pop()
            below, others = clusters[-1]
            size = len(members) + len(others)
            clusters[-1] = [(mean * len(members) + below * len(others)) / size, others + members]
    placed = list(heights)
    for mean, members in clusters:
        for rank, index in enumerate(members):
            placed[index] = mean + apart * (rank - (len(members) - 1) / 2)
    return placed


def _reach(cluster: list[Any], side: int, apart: float) -> float:
    """The highest (side 1) or lowest (side −1) height in a cluster."""
    return float(cluster[0] + side * apart * (len(cluster[1]) - 1) / 2)
