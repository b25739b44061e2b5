"""Strategy: how buyers answer questions; the base class tells the truth.

A strategy answers for a group of buyers at once, with arrays. Answering is pure: it reads the question and
the view, elementwise over leading axes, and changes nothing. Only `observe` may change the strategy's state.
Override the method that answers the question you care about; the others stay truthful. Whoever asks calls
`answer`, which finds the method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.strategies.bid_policy import BidPolicy
from agents.view import Feedback, Mixed, SidePayments, View
from mechanisms.conversation import Mechanism
from mechanisms.distributions.priors import CommonPrior
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
        mechanism promises it. It is not inherited: a subclass that is honest says so itself.
    """

    memoryless: ClassVar[bool] = True
    needs: ClassVar[Disclosure] = "own"
    honest: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "honest" not in vars(cls):
            cls.honest = False

    def __repr__(self) -> str:
        parameters = (f"{name}={value!r}" for name, value in vars(self).items() if not name.startswith("_"))
        return f"{type(self).__name__}({', '.join(parameters)})"

    @property
    def name(self) -> str:
        """Name for tables."""
        return type(self).__name__

    def answer(self, question: BuyerQuestion, view: View) -> Answer:
        """What the members say: by the method that the question names, where the strategy has it."""
        say: Callable[..., Answer] | None = getattr(self, question.answered_by, None)
        return self.otherwise(question, view) if say is None else say(question, view)

    def otherwise(self, question: BuyerQuestion, view: View) -> Answer:
        """What is said to every question that no method of the strategy's own answers: the truth."""
        return question.truth(view)

    def report_value(self, question: AskValue, view: View) -> Answer:
        """Report one's value."""
        return self.otherwise(question, view)

    def report_belief(self, question: AskBelief, view: View) -> Answer:
        """Report one's belief about the buyers in `question.about`."""
        return self.otherwise(question, view)

    def report_value_bound(self, question: AskValueBound, view: View) -> Answer:
        """Say how many values the buyers in `question.about` may have."""
        return self.otherwise(question, view)

    def answer_offer(self, question: OfferPrice, view: View) -> Answer:
        """Take a unit at a price, or leave it."""
        return self.otherwise(question, view)

    def choose_from_menu(self, question: ShowMenu, view: View) -> Answer:
        """Choose entries of a menu."""
        return self.otherwise(question, view)

    def answer_clock(self, question: CallPrice, view: View) -> Answer:
        """Say at which price one leaves."""
        return self.otherwise(question, view)

    def raise_bid(self, question: InviteBid, view: View) -> Answer:
        """Name a maximum, or stay silent."""
        return self.otherwise(question, view)

    def wait(self, question: BuyerQuestion, view: View) -> float:
        """How long to wait before sending the answer, as a share of the question's window, 0 … 1 or more."""
        return 0.0

    @property
    def waits(self) -> bool:
        """Whether it ever waits before it sends an answer."""
        return type(self).wait is not Strategy.wait

    def lacks(self, mechanism: Mechanism, prior: CommonPrior | None) -> str:
        """What its buyers are not told, but need to answer this mechanism at all; empty for nothing.

        The market refuses to start where something is lacking.
        """
        return ""

    def observe(self, feedback: Feedback) -> None:
        """Learn from how it ended. Called for a strategy that is not memoryless, once for each group."""

    def side_payments(self, feedback: Feedback) -> SidePayments | None:
        """What members of the group pay one another after the auction; None for nothing."""
        return None

    @property
    def colludes(self) -> bool:
        """Whether members ever pay one another."""
        return type(self).side_payments is not Strategy.side_payments

    def policy(self) -> BidPolicy | None:
        """How a strategy that learns bids by type at present, for the records; None if it does not say."""
        return None

    @property
    def says_policy(self) -> bool:
        """Whether it ever says how it bids by type."""
        return type(self).policy is not Strategy.policy


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
