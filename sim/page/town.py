"""The town as a network: buyers on a ring, sellers in the middle, and the trades of the last step lit up."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from sim.page.colours import (
    DPI,
    FAINT,
    INK,
    MOST_NAMES,
    buyer_look,
    new_figure,
    roomy,
    seller_look,
    without_markup,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sim.page.scene import Scene

COLOURINGS = ("strategy", "knowledge", "wealth")
"""What the buyers' colour can stand for."""

SIZE, STRIP = 4.8, 0.5
"""Inches: the square of the network, and below it the strip of the legend."""

_SELLERS_AT, _MANY_SELLERS_AT, _MANY = 0.42, 0.6, 7
_NAME_WIDTH = 16
_REACH = 1.1
_MOST_TIES = 6000
_ON_ONE_RING, _MOST_RINGS, _BETWEEN_RINGS = 200, 6, 0.05


def town(scene: Scene, colouring: str = "strategy") -> Figure:
    """Ties between neighbours, visits of the last step in grey, trades in the colour of the seller."""
    figure = new_figure(SIZE, SIZE + STRIP)
    axes = _plane(figure)
    radius = _SELLERS_AT if len(scene.sellers) < _MANY else _MANY_SELLERS_AT
    buyers, sellers = on_rings(len(scene.surplus)), on_ring(len(scene.sellers), radius)
    figure.figimage(_picture_of_ties(scene), yo=round(STRIP * DPI), zorder=-1)
    _COLOURED[colouring](figure, axes, scene, buyers)
    _draw_visits(axes, scene, buyers, sellers)
    _draw_trades(axes, scene, buyers, sellers)
    _draw_sellers(axes, scene, sellers)
    return figure


def colourings(scene: Scene) -> list[str]:
    """Of `COLOURINGS`, those that mean something here."""
    return [name for name in COLOURINGS if name != "knowledge" or scene.knowledge is not None]


def _plane(figure: Figure) -> Axes:
    """Axes without scales over all of the figure but a strip at the bottom."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 1 - width / height, 1, width / height))
    axes.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH))
    axes.axis("off")
    return axes


def on_ring(count: int, radius: float = 1.0) -> NDArray[Any]:
    """Places on a circle, from the top clockwise, shape (count, 2); one alone stands in the middle.

    >>> on_ring(4).round(9).tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, -0.0]]
    """
    if count == 1:
        return np.zeros((1, 2))
    angle = np.arange(count) / count * 2 * np.pi
    return radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)


def on_rings(count: int) -> NDArray[Any]:
    """Places of the buyers: in turn on as many rings as it takes to see each, neighbours side by side."""
    rings = min(_MOST_RINGS, -(-count // _ON_ONE_RING))
    return on_ring(count) * (1 - _BETWEEN_RINGS * (np.arange(count) % rings))[:, None]


def _dot(count: int) -> float:
    """Area of a buyer's dot in square points: smaller where there are many."""
    return float(np.clip(9_000 / count, 3, 45))


_PICTURES: WeakKeyDictionary[Scene, NDArray[Any]] = WeakKeyDictionary()


def _picture_of_ties(scene: Scene) -> NDArray[Any]:
    """The ties between neighbours, drawn once for each run; pixels, shape (height, width, 4)."""
    if scene not in _PICTURES:
        _PICTURES[scene] = _drawn_ties(scene)
    return _PICTURES[scene]


def _drawn_ties(scene: Scene) -> NDArray[Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection

    figure = new_figure(SIZE, SIZE)
    axes, buyers = _plane(figure), on_rings(len(scene.surplus))
    if len(scene.ties):
        shown = scene.ties[:: -(-len(scene.ties) // _MOST_TIES)]
        strength = float(np.clip(300 / len(shown), 0.12, 0.7))
        axes.add_collection(
            LineCollection(list(buyers[shown]), colors="#8FA3B5", linewidths=0.5, alpha=strength)
        )
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def _by_strategy(figure: Figure, axes: Axes, scene: Scene, buyers: NDArray[Any]) -> None:
    present = np.unique(scene.strategy_of).tolist()
    for number in present:
        colour, marker = buyer_look(number)
        where = buyers[scene.strategy_of == number]
        axes.scatter(
            where[:, 0],
            where[:, 1],
            s=_dot(len(buyers)),
            c=colour,
            marker=marker,
            linewidths=0,
            label=without_markup(scene.strategies[number]),
            zorder=3,
        )
    legend = figure.legend(
        loc="lower center",
        ncols=min(3, len(present)),
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        handletextpad=0.1,
        columnspacing=1.2,
        bbox_to_anchor=(0.5, 0.0),
    )
    for handle in legend.legend_handles:
        if handle is not None and hasattr(handle, "set_sizes"):
            handle.set_sizes([45])


def _by_wealth(figure: Figure, axes: Axes, scene: Scene, buyers: NDArray[Any]) -> None:
    reach = roomy(max(1e-9, float(np.abs(scene.surplus).max())))
    low = 0.0 if scene.surplus.min() >= 0 else -reach
    colours = "RdBu" if low else "Blues"
    _by_amount(figure, axes, buyers, scene.surplus, "buyer's surplus so far (money)", colours, (low, reach))


def _by_knowledge(figure: Figure, axes: Axes, scene: Scene, buyers: NDArray[Any]) -> None:
    if scene.knowledge is not None:
        what, amount = scene.knowledge
        _by_amount(figure, axes, buyers, amount, what, "YlGnBu", (0.0, roomy(max(1.0, float(amount.max())))))


def _by_amount(
    figure: Figure,
    axes: Axes,
    buyers: NDArray[Any],
    amount: NDArray[Any],
    what: str,
    colours: str,
    reach: tuple[float, float],
) -> None:
    """Each buyer in the colour of her amount, the largest on top, and a scale."""
    order = np.argsort(amount, kind="stable")
    dots = axes.scatter(
        buyers[order][:, 0],
        buyers[order][:, 1],
        s=_dot(len(buyers)),
        c=amount[order],
        cmap=colours,
        vmin=reach[0],
        vmax=reach[1],
        linewidths=0.4,
        edgecolors="#9A9A9A",
        zorder=3,
    )
    scale = figure.colorbar(dots, cax=figure.add_axes((0.2, 0.065, 0.6, 0.016)), orientation="horizontal")
    scale.set_label(what, fontsize=9, color=INK, labelpad=1)
    scale.ax.tick_params(labelsize=8, length=2)
    scale.outline.set_visible(False)


_COLOURED = {"strategy": _by_strategy, "knowledge": _by_knowledge, "wealth": _by_wealth}


def _draw_visits(axes: Axes, scene: Scene, buyers: NDArray[Any], sellers: NDArray[Any]) -> None:
    from matplotlib.collections import LineCollection

    visits = scene.visits[scene.visits["seller_id"] >= 0]
    index = _index_of(scene, visits["person_id"].to_numpy())
    ends = [sellers[visits["seller_id"].to_numpy()], buyers[index]]
    axes.add_collection(
        LineCollection(list(np.stack(ends, axis=1)), colors="#9A9A9A", linewidths=0.6, alpha=0.6)
    )


def _index_of(scene: Scene, persons: NDArray[Any]) -> NDArray[Any]:
    """The first buyer behind each person."""
    everyone = scene.market.population.persons
    order = np.argsort(everyone, kind="stable")
    return order[np.searchsorted(everyone, persons, sorter=order)]


def _draw_trades(axes: Axes, scene: Scene, buyers: NDArray[Any], sellers: NDArray[Any]) -> None:
    """Trades as strong lines with a ring around the buyer; rewards as thin ones."""
    from matplotlib.collections import LineCollection

    for payments, strength in ((scene.rewards, {"linewidths": 0.8, "alpha": 0.5}), (scene.trades, {})):
        who, whom = payments["seller_id"].to_numpy(), payments["bidder_id"].to_numpy()
        looks = [seller_look(seller) for seller in who.tolist()]
        lines = list(np.stack([sellers[who], buyers[whom]], axis=1))
        colours, styles = [look.colour for look in looks], [look.line for look in looks]
        drawn: dict[str, Any] = {"linewidths": 2.0, "zorder": 4, **strength}
        axes.add_collection(LineCollection(lines, colors=colours, linestyles=styles, **drawn))
    axes.scatter(
        buyers[whom][:, 0],
        buyers[whom][:, 1],
        s=70,
        facecolors="none",
        edgecolors=colours,
        linewidths=2.2,
        zorder=5,
    )


def _draw_sellers(axes: Axes, scene: Scene, sellers: NDArray[Any]) -> None:
    """A square, or another shape where colours come round again; unless there are many, with a name."""
    for number, (place, name) in enumerate(zip(sellers, scene.sellers, strict=True)):
        look = seller_look(number)
        marker = "s" if look.marker == "o" else look.marker
        axes.scatter(
            place[:1],
            place[1:],
            s=170,
            c=look.colour,
            marker=marker,
            edgecolors="white",
            linewidths=1.5,
            zorder=6,
        )
        if len(sellers) > MOST_NAMES:
            continue
        axes.annotate(
            without_markup(fill(name, _NAME_WIDTH)),
            place,
            xytext=(0, -10),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=9,
            color=INK,
            zorder=7,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.85},
        )
    if not len(scene.trades) and scene.now == 0:
        axes.text(0, 0, "press ▶ or Step", ha="center", va="center", color=FAINT, fontsize=11, zorder=7)
