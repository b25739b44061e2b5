"""The town as a network: buyers on rings, sellers in the middle, and the trades of the last step lit up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from sim.page.drawing.drawing import Drawing
from sim.page.drawing.elements import brief, element, line_of_text, pieces
from sim.page.drawing.look import SHADES, Look, look_of_seller, look_of_strategy
from sim.page.drawing.marks import MOST_NAMES, legend, legend_places, placed
from sim.page.drawing.names import in_short_lines, short, width_of
from sim.page.drawing.network import MOST_LINES, Dots, dots_of, every, on_ring, shown_ties
from sim.page.drawing.scales import roomy, tick_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.page.scene import Scene

COLOURINGS = ("strategy", "knowledge", "wealth")
"""What the buyers' colour can stand for."""

SIZE, STRIP = 480.0, 56.0
"""Pixels: the square of the network, and below it the strip of the legend."""

_RADIUS = 222.0
_SELLERS_AT, _MANY_SELLERS_AT, _MANY = 0.4, 0.55, 7
_SQUARE, _LINE = 14.0, 12.5
_NAME_WIDTHS = (16, 11)
_KEY = 180.0


@dataclass(frozen=True)
class _Layout:
    """Where everybody stands, and what has been drawn of it; the same through a run."""

    dots: Dots
    sellers: NDArray[np.float64]
    first_of_person: NDArray[np.intp]
    drawn: dict[str, str] = field(default_factory=dict)


_LAYOUTS: WeakKeyDictionary[Scene, _Layout] = WeakKeyDictionary()


def _layout(scene: Scene) -> _Layout:
    layout = _LAYOUTS.get(scene)
    if layout is None:
        radius = _SELLERS_AT if len(scene.sellers) < _MANY else _MANY_SELLERS_AT
        sellers = _in_pixels(on_ring(len(scene.sellers), radius))
        layout = _Layout(dots_of(len(scene.surplus)), sellers, _first_buyers(scene))
        _LAYOUTS[scene] = layout
    return layout


def _first_buyers(scene: Scene) -> NDArray[np.intp]:
    """The first buyer behind each person, by the person's number."""
    persons = scene.market.population.persons
    first = np.zeros(int(persons.max(initial=-1)) + 1, dtype=np.intp)
    first[persons[::-1]] = np.arange(len(persons))[::-1]
    return first


def _in_pixels(places: NDArray[Any]) -> NDArray[Any]:
    """Places in the unit circle, up is up, as pixels."""
    return SIZE / 2 + _RADIUS * places * (1, -1)


def town(scene: Scene, colouring: str = "strategy") -> Drawing:
    """Ties between neighbours, visits of the last step in grey, trades in the colour of the seller."""
    layout, strategy = _layout(scene), np.array(scene.strategies)[scene.strategy_of]
    coloured, changes = _COLOURED[colouring]
    buyers = coloured(scene, layout) if changes else ""
    if colouring not in layout.drawn:
        layout.drawn[colouring] = _ties(scene, layout) + ("" if changes else coloured(scene, layout))
    lines, left_out = _lines(scene, layout)
    moving = buyers + lines + _sellers(scene, layout.sellers) + left_out
    told = (f"{len(scene.surplus):,} buyers, {len(scene.sellers)} sellers; in the last step "
            f"{len(scene.visits):,} visits and {len(scene.trades):,} trades")
    data = {"buyer": np.arange(len(strategy)), "strategy": strategy, "surplus": scene.surplus.copy()}
    if scene.knowledge is not None:
        data[scene.knowledge[0]] = scene.knowledge[1]
    return Drawing("The town", layout.drawn[colouring], moving, SIZE, SIZE + STRIP, told, data)


def colourings(scene: Scene) -> list[str]:
    """Of `COLOURINGS`, those that mean something here."""
    return [name for name in COLOURINGS if name != "knowledge" or scene.knowledge is not None]


def _ties(scene: Scene, layout: _Layout) -> str:
    if not len(scene.ties):
        return ""
    shown, _ = shown_ties(scene.ties)
    begin, end = (_in_pixels(layout.dots.at(shown[:, side])) for side in (0, 1))
    strength = float(np.clip(300 / len(shown), 0.14, 0.7))
    return element("path", class_="tie", style=f"opacity:{strength:.2f}", d=pieces(begin, end))


def _by_strategy(scene: Scene, layout: _Layout) -> str:
    stand = layout.dots
    shown, places = stand.samples(scene.strategy_of), _in_pixels(stand.places)
    each = [(k, look_of_strategy(k), shown == k) for k in np.unique(scene.strategy_of).tolist()]
    dots = [placed(places[own], look, _dot(stand), scene.strategies[k]) for k, look, own in each]
    entries = [(scene.strategies[k], look) for k, look, _ in each]
    across, down = np.array(legend_places((name for name, _ in entries), SIZE - 20)).T
    names = (name for (name, _), row in zip(entries, down, strict=True) if row == 0)
    wide = across[down == 0].max() + 34 + width_of(short(list(names)[-1]))
    middle = (SIZE - wide) / 2 if down.max() == 0 else 10
    return "".join(dots) + legend(entries, max(10.0, middle), SIZE + 14, SIZE - 20)


def _dot(dots: Dots) -> float:
    return max(1.2, dots.dot * _RADIUS)


def _by_wealth(scene: Scene, layout: _Layout) -> str:
    amounts = layout.dots.means(scene.surplus)
    reach = roomy(max(1e-9, float(np.abs(amounts).max(initial=0.0))))
    low = 0.0 if scene.surplus.min(initial=0.0) >= 0 else -reach
    return _by_amount(layout, amounts, "buyer's surplus so far (money)", "d" if low else "q", (low, reach))


def _by_knowledge(scene: Scene, layout: _Layout) -> str:
    if scene.knowledge is None:
        return ""
    what, known = scene.knowledge
    amounts = layout.dots.means(known)
    return _by_amount(layout, amounts, what, "q", (0.0, roomy(max(1.0, float(amounts.max(initial=0.0))))))


def _by_amount(
    layout: _Layout, amounts: NDArray[Any], what: str, letter: str, reach: tuple[float, float]
) -> str:
    """Each buyer in the shade of her amount, the largest on top, and a scale."""
    low, high = reach
    shade = np.clip((SHADES * (amounts - low) / (high - low)).astype(int), 0, SHADES - 1)
    places, size = _in_pixels(layout.dots.places), _dot(layout.dots)
    each = [(k, shade == k) for k in np.unique(shade).tolist()]
    dots = "".join(placed(places[own], Look(f"{letter}{k} full"), size) for k, own in each)
    left, wide = (SIZE - _KEY) / 2, _KEY / SHADES
    boxes = [element("path", class_=f"solid {letter}{k}",
                     d=f"M{brief(left + k * wide)} {brief(SIZE + 4)}h{brief(wide)}v8h-{brief(wide)}z")
             for k in range(SHADES)]
    ends = [line_of_text(tick_words(low), left - 6, SIZE + 12, class_="small right"),
            line_of_text(tick_words(high), left + _KEY + 6, SIZE + 12, class_="small")]
    return dots + "".join([*boxes, *ends]) + line_of_text(what, SIZE / 2, SIZE + 27, class_="middle")


_COLOURED: dict[str, tuple[Callable[[Scene, _Layout], str], bool]] = {
    "strategy": (_by_strategy, False), "knowledge": (_by_knowledge, False), "wealth": (_by_wealth, True),
}
"""How buyers are coloured, and whether that changes through a run."""


def _lines(scene: Scene, layout: _Layout) -> tuple[str, str]:
    """Visits, rewards and trades of the last step; and in words what is left out."""
    visits = scene.visits[scene.visits["seller_id"] >= 0]
    callers = layout.first_of_person[visits["person_id"].to_numpy()]
    of_visits = every(len(visits), MOST_LINES)
    going = visits["seller_id"].to_numpy()[::of_visits], callers[::of_visits]
    strength = float(np.clip(60 / max(1, len(going[0])), 0.15, 0.55))
    drawn = [element("path", class_="thin faint", style=f"opacity:{strength:.2f}",
                     d=_from_sellers(layout, *going))]
    left_out = [("visit", of_visits)]
    for what, payments in (("reward", scene.rewards), ("trade", scene.trades)):
        step = every(len(payments), MOST_LINES)
        who, whom = (payments[column].to_numpy()[::step] for column in ("seller_id", "bidder_id"))
        drawn += [_deals(layout, k, whom[who == k], what == "trade") for k in np.unique(who).tolist()]
        left_out.append((what, step))
    return "".join(drawn), _left_out(scene, layout, left_out)


def _deals(layout: _Layout, seller: int, buyers: NDArray[Any], strong: bool) -> str:
    """Lines from a seller to these buyers; where they buy, a dot in the seller's colour over theirs."""
    look = look_of_seller(seller)
    lines = element("path", class_=f"{'line' if strong else 'thin'} {look.class_}",
                    opacity=None if strong else 0.6, stroke_dasharray=look.dashes,
                    d=_from_sellers(layout, np.full(len(buyers), seller), buyers))
    if not strong:
        return lines
    size, full = 1.5 + 1.1 * _dot(layout.dots), Look(f"{look.class_} full")
    return lines + placed(_in_pixels(layout.dots.at(buyers)), full, max(5.0, size))


def _from_sellers(layout: _Layout, sellers: NDArray[Any], buyers: NDArray[Any]) -> str:
    """A path with a piece from each of these sellers to the buyer beside it, shape (n,) each."""
    return pieces(layout.sellers[sellers], _in_pixels(layout.dots.at(buyers)))


def _left_out(scene: Scene, layout: _Layout, steps: list[tuple[str, int]]) -> str:
    """What the picture does not show one by one, in words below it."""
    told = [f"a dot for {layout.dots.block} buyers"] if layout.dots.block > 1 else []
    _, of_ties = shown_ties(scene.ties)
    told += [f"1 of {step} {what}s" for what, step in (("tie", of_ties), *steps) if step > 1]
    words = "Drawn: " + ", ".join(told) if told else ""
    return line_of_text(words, SIZE / 2, SIZE + STRIP - 8, class_="small quiet middle") if words else ""


def _sellers(scene: Scene, places: NDArray[Any]) -> str:
    """A square, or another shape where colours come round again; unless there are many, with a name."""
    shapes = []
    for number, place in enumerate(places):
        look = look_of_seller(number)
        shape = "square" if look.shape == "dot" else look.shape
        full = Look(f"{look.class_} full", shape=shape)
        shapes.append(placed(place, full, _SQUARE, scene.sellers[number]))
    if len(places) <= MOST_NAMES:
        shapes.append(_names_below(scene.sellers, places))
    if scene.now == 0:
        middle = {"class_": "quiet middle halo"}
        shapes.append(line_of_text("nothing has happened yet", SIZE / 2, SIZE / 2 + 4, **middle))
    return "".join(shapes)


def _names_below(names: list[str], places: NDArray[Any]) -> str:
    """The names of sellers below their shapes, in as many lines as keep them apart."""
    for most in _NAME_WIDTHS:
        blocks = [in_short_lines(short(name, 3 * most), most) for name in names]
        if not _crossing(blocks, places):
            break
    return "".join(
        line_of_text(line, float(x), float(y) + _SQUARE / 2 + _LINE * (row + 1), class_="middle halo")
        for block, (x, y) in zip(blocks, places, strict=True)
        for row, line in enumerate(block)
    )


def _crossing(blocks: list[list[str]], places: NDArray[Any]) -> bool:
    """Whether two blocks of lines, each below its place, would overlap."""
    half = np.array([max(map(width_of, block)) / 2 for block in blocks])
    tall = np.array([_SQUARE / 2 + _LINE * len(block) for block in blocks])
    x, y = places.T
    beside = np.abs(x[:, None] - x) < half[:, None] + half
    above = y[:, None] - y
    stacked = (above >= 0) & (above < tall)    # the later one begins within the height of the other
    return bool((beside & stacked & ~np.eye(len(blocks), dtype=bool)).any())


