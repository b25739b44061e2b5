"""Strategy: how buyers answer questions; the base class tells the truth.

A strategy answers for a group of buyers at once, with arrays. Answering is pure: it reads the question and
the view, elementwise over leading axes, and changes nothing. Only `observe` may change the strategy's state.
Override the method that answers the question you care about; the others stay truthful.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.strategies.policy import Policy
from agents.view import Feedback, Mixed, SidePayments, View
from mechanisms.comparison import RELATIVE_SLACK, at_least
from mechanisms.questions import (
    AskBelief,
    AskValue,
    AskValueBound,
    BuyerQuestion,
    CallPrice,
    InviteBid,
    OfferPrice,
    ShowMenu,
)

Answer = NDArray[Any] | Mixed
"""One answer for each member, shape `(..., m, *question.shape)`, or a finite mixture of such."""

Disclosure = Literal["own", "price", "bids"]
"""What a seller tells afterwards: to each only her own result; also the price; also everybody's bids."""


class Strategy:
    """Truth in every question: the base class, and the strategy of an honest buyer.

    memoryless
        Whether answers depend on the view alone, never on what was observed. The market may ask a memoryless
        strategy about many auctions at once.
    needs
        The least disclosure that `observe` relies on; the market refuses to start where a seller tells less.
    honest
        Whether every answer is the truth. The market checks that honest buyers never lose where the
        mechanism promises it.
    """

    memoryless: ClassVar[bool] = True
    needs: ClassVar[Disclosure] = "own"
    honest: ClassVar[bool] = False

    def __repr__(self) -> str:
        parameters = (f"{name}={value!r}" for name, value in vars(self).items() if not name.startswith("_"))
        return f"{type(self).__name__}({', '.join(parameters)})"

    @property
    def name(self) -> str:
        """Name for tables."""
        return type(self).__name__

    def report_value(self, question: AskValue, view: View) -> Answer:
        """Report one's value."""
        return view.values

    def report_belief(self, question: AskBelief, view: View) -> Answer:
        """Report one's belief about the buyers in `question.about`."""
        believes = _believer(view)
        return np.array([question.told_by(believes(k)) for k in range(len(view.seats))])

    def report_value_bound(self, question: AskValueBound, view: View) -> Answer:
        """Say how many values the buyers in `question.about` may have."""
        believes = _believer(view)
        return np.array([question.told_by(believes(k)) for k in range(len(view.seats))])

    def answer_offer(self, question: OfferPrice, view: View) -> Answer:
        """Take the unit if it is worth the price; an indifferent buyer buys."""
        prices = dict(zip(question.to or range(view.n), question.prices, strict=True))
        mine = np.array([prices[seat] for seat in view.seats.tolist()])
        return np.asarray(at_least(view.values, mine), dtype=float)

    def choose_from_menu(self, question: ShowMenu, view: View) -> Answer:
        """Buy the entry of the highest expected utility, once; ties go to the seller."""
        lotteries, prices = np.array(question.entries, dtype=float), np.array(question.prices, dtype=float)
        values = view.values if lotteries.shape[1] > 1 else view.values[..., None]
        gains = values @ lotteries.T - prices
        best = np.maximum(gains.max(axis=-1, keepdims=True), 0.0)
        tied = gains >= best - RELATIVE_SLACK * np.maximum(np.abs(prices), 1.0)
        favourite = np.where(tied, prices, -np.inf).argmax(axis=-1)
        chosen = np.full((*favourite.shape, question.purchases), -1, dtype=np.int64)
        chosen[..., 0] = np.where(tied.any(axis=-1), favourite, -1)
        return chosen

    def answer_clock(self, question: CallPrice, view: View) -> Answer:
        """Stay until the price reaches one's value."""
        return view.values

    def raise_bid(self, question: InviteBid, view: View) -> Answer:
        """Name one's value as the maximum, from the first."""
        return view.values

    def wait(self, question: BuyerQuestion, view: View) -> float:
        """How long to wait before sending the answer, as a share of the question's window, 0 … 1 or more."""
        return 0.0

    def observe(self, feedback: Feedback) -> None:
        """Learn from how it ended. Called for a strategy that is not memoryless, once for each group."""

    def side_payments(self, feedback: Feedback) -> SidePayments | None:
        """What members of the group pay one another after the auction; None for nothing."""
        return None

    def policy(self) -> Policy | None:
        """How a strategy that learns bids by type at present, for the records; None if it does not say."""
        return None


def _believer(view: View) -> Callable[[int], Any]:
    """The members' beliefs; ValueError if nature gave them none."""
    if view.posterior is None:
        raise ValueError("posterior is None: asked for a belief, but nature gave this buyer none")
    return view.posterior


@dataclass(frozen=True)
class Truthful(Strategy):
    """Truth in every question."""

    honest: ClassVar[bool] = True


class OneBuyerStrategy(Strategy):
    """For a rule that is easier to write for one buyer at a time: override `bid`.

    `bid` serves sealed reports, clock prices and open bids alike; offers and menus stay truthful.
    """

    def bid(self, value: float, n: int) -> float:
        """One buyer's bid, given her value and the number of bidders; `SILENT` to say nothing."""
        raise NotImplementedError

    def _bids(self, view: View) -> NDArray[Any]:
        flat = [self.bid(value, view.n) for value in view.values.ravel().tolist()]
        return np.asarray(flat, dtype=float).reshape(view.values.shape)

    def report_value(self, question: AskValue, view: View) -> Answer:
        """Each buyer's bid."""
        return self._bids(view)

    def answer_clock(self, question: CallPrice, view: View) -> Answer:
        """Leave at one's bid."""
        return self._bids(view)

    def raise_bid(self, question: InviteBid, view: View) -> Answer:
        """One's bid as the maximum."""
        return self._bids(view)
