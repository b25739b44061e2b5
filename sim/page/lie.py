"""The picture of a lie: what a buyer would have got for every bid that she could have made, the others as
they were; her truth and her bid are marked. All numbers are those of `sim.measures.other_bids`.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from mechanisms.questions import SILENT
from sim.measures.other_bids import CannotTellError, OtherBids, other_bids
from sim.page.tables import money

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.page.looks import PastAuction
    from sim.page.scene import Scene

WIDTH, HEIGHT = 460.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 446.0, 34.0, 252.0
_TICKS = 5


def lie_html(scene: Scene, look: PastAuction, buyer: int) -> str:
    """The picture with a sentence below, or a sentence that says why there is none."""
    try:
        found = other_bids(scene.market, look.tables, look.number, buyer)
    except CannotTellError as error:
        return f"<p class='quiet'>{escape(str(error))}</p>"
    beliefs = any("Belief" in str(kind) for kind in look.messages["question"].unique())
    return f"{lie_svg(found, buyer)}<p class='lesson'>{escape(lie_in_words(found, buyer, beliefs))}</p>"


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


def lie_svg(found: OtherBids, buyer: int) -> str:
    """Payoff against bid as a line; a dashed line at nothing; her value, her bid and the others' bids."""
    across = float(found.bids[0]), float(found.bids[-1])
    up = _range_of(found)
    x, y = _Axis(*across, _LEFT, _RIGHT), _Axis(*up, _BOTTOM, _TOP)
    unit = "payoff (money)" if found.utility.is_risk_neutral else "expected utility"
    parts = [
        _grid(x, y),
        _text(unit, 14, (_TOP + _BOTTOM) / 2, "middle", f"rotate(-90 14 {(_TOP + _BOTTOM) / 2:g})"),
        _text("the bid that she could have made (money)", (_LEFT + _RIGHT) / 2, HEIGHT - 6, "middle"),
        _ticks_of_others(found, x),
        f"<path class='zero' d='M{_LEFT:g} {y(0):.1f}H{_RIGHT:g}'/>",
        f"<path class='curve' d='{_through(found, x, y)}'/>",
        _marks(found, x, y),
    ]
    words = escape(f"Payoff of buyer {buyer} for every bid. {lie_in_words(found, buyer)}", quote=True)
    box = f"0 0 {WIDTH:g} {HEIGHT:g}"
    return f"<svg class='lie' viewBox='{box}' role='img' aria-label='{words}'>{''.join(parts)}</svg>"


class _Axis:
    """Amounts to pixels."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high, self.start = low, high, start
        self.slope = (end - start) / (high - low or 1.0)

    def __call__(self, amount: float) -> float:
        return self.start + (amount - self.low) * self.slope

    def ticks(self) -> list[float]:
        """Round amounts within."""
        rough = (self.high - self.low) / _TICKS
        ten = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
        step = next(ten * k for k in (1, 2, 5, 10) if ten * k >= rough * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        return [step * k for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _range_of(found: OtherBids) -> tuple[float, float]:
    """What is drawn of the payoffs: all of them, but of great losses only as much as there are gains."""
    amounts = np.concatenate([found.utilities, [found.by_truth, found.as_played, 0.0]])
    amounts = amounts[np.isfinite(amounts)]
    high = float(amounts.max())
    low = max(float(amounts.min()), -1.5 * max(high, found.value, 1e-12))
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


def _through(found: OtherBids, x: _Axis, y: _Axis) -> str:
    """The line; it breaks where the payoff jumps, which is where two bids are told apart by a trifle."""
    bids, payoffs = found.bids, found.utilities
    narrow = np.diff(bids, prepend=-np.inf) < 1e-6 * (bids[-1] - bids[0])
    jumps = narrow & (np.abs(np.diff(payoffs, prepend=payoffs[0])) > 1e-5 * (y.high - y.low))
    pieces: list[str] = []
    for bid, payoff, jump in zip(bids.tolist(), payoffs.tolist(), jumps.tolist(), strict=True):
        pieces.append(f"{'M' if jump or not pieces else 'L'}{x(bid):.1f} {y(max(payoff, y.low)):.1f}")
    return "".join(pieces)


def _marks(found: OtherBids, x: _Axis, y: _Axis) -> str:
    """A line and a dot at her value, and at her bid if it is another; their names stand above."""
    told = [("truth", found.value, found.by_truth, f"her value {money(found.value)}")]
    if math.isfinite(found.bid) and found.bid != found.value:
        told.append(("bid", found.bid, found.as_played, f"her bid {money(found.bid)}"))
    if found.pays and math.isfinite(found.best_bid):
        told.append(("best", found.best_bid, found.by_truth + found.gain, ""))
    told.sort(key=lambda mark: mark[1])
    marks, height = [], _TOP - 8
    for kind, amount, payoff, name in told:
        place = x(amount)
        if not _LEFT - 1 <= place <= _RIGHT + 1:
            continue
        side = "end" if place > (_LEFT + _RIGHT) / 2 else "start"
        line = "" if kind == "best" else f"<path d='M{place:.1f} {_TOP - 4:g}V{_BOTTOM:g}'/>"
        dot = f"<circle cx='{place:.1f}' cy='{y(max(payoff, y.low)):.1f}' r='5'/>"
        marks.append(f"<g class='mark {kind}'>{line}{dot}{_text(name, place, height, side)}</g>")
        height -= 14 if name else 0
    return "".join(marks)


def _ticks_of_others(found: OtherBids, x: _Axis) -> str:
    """Short strokes at the others' bids, which is where something changes."""
    seen = found.others[found.others <= found.bids[-1]]
    strokes = "".join(f"M{x(bid):.1f} {_BOTTOM:g}v-9" for bid in _thinned(seen).tolist())
    return f"<path class='others' d='{strokes}'/>" if strokes else ""


def _thinned(bids: NDArray[np.float64], most: int = 60) -> NDArray[np.float64]:
    return np.sort(bids)[-most:]


def _grid(x: _Axis, y: _Axis) -> str:
    lines = "".join(f"M{x(each):.1f} {_TOP:g}V{_BOTTOM:g}" for each in x.ticks())
    lines += "".join(f"M{_LEFT:g} {y(each):.1f}H{_RIGHT:g}" for each in y.ticks())
    words = "".join(_text(f"{each:g}", x(each), _BOTTOM + 16, "middle") for each in map(_clean, x.ticks()))
    words += "".join(_text(f"{each:g}", _LEFT - 6, y(each) + 4, "end") for each in map(_clean, y.ticks()))
    return f"<path class='grid' d='{lines}'/>{words}"


def _clean(amount: float) -> float:
    """Without the dirt of binary fractions."""
    return float(f"{amount:.6g}") + 0.0


def _text(words: str, x: float, y: float, anchor: str, turn: str = "") -> str:
    if not words:
        return ""
    turned = f" transform='{turn}'" if turn else ""
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'{turned}>{escape(words)}</text>"
