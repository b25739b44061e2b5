"""The picture of a lie: what a buyer would have got for every bid that she could have made, the others as
they were; her truth and her bid are marked. All numbers are those of `sim.measures.other_bids`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mechanisms.questions import SILENT
from sim.measures.other_bids import CannotTellError, OtherBids, other_bids
from sim.page.drawing.elements import element, line_of_text, pieces
from sim.page.drawing.look import Look
from sim.page.drawing.marks import curve, level, points, upright
from sim.page.drawing.plot import framed, plot_of
from sim.page.tables import money

if TYPE_CHECKING:
    from sim.page.drawing.drawing import Drawing
    from sim.page.drawing.plot import Plot
    from sim.page.looks import PastAuction
    from sim.page.scene import Scene

HEIGHT = 320.0
PAYOFF, TRUTH, BID, OTHERS = Look("s0"), Look("s2"), Look("s1"), Look("faint")
_NOTHING = Look("faint", "5 3")
_MOST_OTHERS = 60


def lie(scene: Scene, look: PastAuction, buyer: int) -> tuple[Drawing | None, str]:
    """The picture, and what it says; None and a sentence that says why where there is no picture."""
    try:
        found = other_bids(scene.market, look.tables, look.number, buyer)
    except CannotTellError as error:
        return None, str(error)
    beliefs = any("Belief" in str(kind) for kind in look.messages["question"].unique())
    words = lie_in_words(found, buyer, beliefs)
    return lie_picture(found, buyer, words), words


# --- in words ---------------------------------------------------------------------------------------


def lie_in_words(found: OtherBids, buyer: int, beliefs: bool = False) -> str:
    """What the picture says, for those who want to read it."""
    unit = "" if found.utility.is_risk_neutral else " (utility)"
    truth = f"The truth would have {_effect(found.by_truth, buyer)}{unit}"
    said = _what_she_did(found)
    best = _best(found)
    others = " What she says of others stays as it was." if beliefs else ""
    coins = " On average over the seller's coins." if _coins(found) else ""
    return f"{truth}; {said}. {best}{coins}{others}"


def _what_she_did(found: OtherBids) -> str:
    if math.isnan(found.bid):
        return f"what she did {_effect(found.as_played)}"
    if found.bid == found.value:
        return f"she bid her value, {money(found.value)}"
    way = "less" if found.bid < found.value else "more"
    return f"her bid, {way} than her value, {_effect(found.as_played)}"


def _effect(amount: float, buyer: int | None = None) -> str:
    """What it brought, or cost.

    >>> _effect(0.5, 3), _effect(-0.25)
    ('brought buyer 3 0.50', 'cost 0.25')
    """
    verb = "cost" if amount < 0 else "brought"
    return f"{verb} {money(abs(amount))}" if buyer is None else f"{verb} buyer {buyer} {money(abs(amount))}"


def _best(found: OtherBids) -> str:
    if not found.pays:
        return "No other bid would have brought more than the truth."
    if found.best_bid == SILENT:
        return f"To stay away would have brought {money(found.gain)} more than the truth."
    return f"The best lie, to bid {money(found.best_bid)}, would have brought {money(found.gain)} more."


def _coins(found: OtherBids) -> bool:
    """Whether what she got is not what could be foreseen: the seller tosses coins."""
    if not found.utility.is_risk_neutral:
        return False
    return abs(found.got - found.as_played) > 1e-9 * max(1.0, abs(found.got))


# --- as a picture -----------------------------------------------------------------------------------


def lie_picture(found: OtherBids, buyer: int, told: str = "") -> Drawing:
    """Payoff against bid as a line; a dashed line at nothing; her value, her bid and the others' bids."""
    up = "payoff (money)" if found.utility.is_risk_neutral else "expected utility"
    low, high = float(found.bids[0]), float(found.bids[-1])
    across = low, high if high > low else low + 1.0
    words = "the bid that she could have made (money)"
    plot = plot_of(across, _range_of(found), words, up, top=36.0, height=HEIGHT)
    marks = [level(plot, 0.0, _NOTHING), _others(found, plot), _payoffs(found, plot)]
    data = {"bid": found.bids, "payoff": found.utilities}
    return framed(plot, f"Payoff of buyer {buyer} for every bid", *marks, _marks(found, plot), told=told,
                  data=data)


def _payoffs(found: OtherBids, plot: Plot) -> str:
    """A line; a dot for each bid where only whole numbers may be bid."""
    if np.array_equal(found.bids, np.arange(len(found.bids))):
        return points(plot, found.bids, np.maximum(found.utilities, plot.y.low), PAYOFF, 7.0)
    x, y = _broken(found, plot)
    return curve(plot, x, y, PAYOFF, most=len(x))


def _range_of(found: OtherBids) -> tuple[float, float]:
    """What is drawn of the payoffs: all of them, but of great losses only as much as there are gains."""
    amounts = np.concatenate([found.utilities, [found.by_truth, found.as_played, 0.0]])
    amounts = amounts[np.isfinite(amounts)]
    high = float(amounts.max())
    low = max(float(amounts.min()), -1.5 * max(high, found.value, 1e-12))
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


def _broken(found: OtherBids, plot: Plot) -> tuple[list[float], list[float]]:
    """The line's points; it breaks where the payoff jumps, which is where two bids differ by a trifle."""
    bids, payoffs = found.bids, found.utilities
    narrow = np.diff(bids, prepend=-np.inf) < 1e-6 * (bids[-1] - bids[0])
    steps = np.abs(np.diff(payoffs, prepend=payoffs[0]))
    x: list[float] = []
    y: list[float] = []
    for bid, payoff, jumps in zip(bids, payoffs, narrow & (steps > 1e-5 * (plot.y.high - plot.y.low)),
                                  strict=True):
        if jumps:
            x.append(float(bid))
            y.append(math.nan)
        x.append(float(bid))
        y.append(max(float(payoff), plot.y.low))
    return x, y


def _marks(found: OtherBids, plot: Plot) -> str:
    """A line and a dot at her value, and at her bid if it is another, named above; a ring at the best bid."""
    told = [(found.value, found.by_truth, TRUTH, "her value")]
    if math.isfinite(found.bid) and found.bid != found.value:
        told.append((found.bid, found.as_played, BID, "her bid"))
    told = sorted((each for each in told if each[0] <= plot.x.high), key=lambda mark: mark[0])
    marks = [_mark(plot, *each, row) for row, each in enumerate(told)]
    if found.pays and math.isfinite(found.best_bid):
        at = float(plot.x(found.best_bid)), float(plot.y(found.by_truth + found.gain))
        marks.append(element("circle", class_="line ink", cx=at[0], cy=at[1], r=6))
    return "".join(marks)


def _mark(plot: Plot, amount: float, payoff: float, look: Look, name: str, row: int) -> str:
    side = "right" if amount > (plot.x.low + plot.x.high) / 2 else ""
    words = f"{name} {money(amount)}"
    written = line_of_text(words, float(plot.x(amount)), 12.0 + 15 * row, class_=f"{look.class_} {side} halo")
    dot = points(plot, [amount], [max(payoff, plot.y.low)], look, 10.0)
    return upright(plot, amount, look) + dot + written


def _others(found: OtherBids, plot: Plot) -> str:
    """Short strokes at the others' bids, which is where something changes."""
    seen = np.sort(found.others[found.others <= found.bids[-1]])[-_MOST_OTHERS:]
    if not len(seen):
        return ""
    places, foot = plot.x(seen), np.full(len(seen), plot.y.start)
    strokes = pieces(np.stack([places, foot], axis=-1), np.stack([places, foot - 9], axis=-1))
    return element("path", class_=f"line {OTHERS.class_}", d=strokes)
