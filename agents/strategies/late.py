"""Lateness: good answers, sent too late; for windows and deadlines, and what default answers cost."""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.strategies.base import Answer, Disclosure, Strategy, Truthful
from agents.view import Feedback, View
from mechanisms.conversation import check_money
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


@dataclass(frozen=True)
class Late(Strategy):
    """Answer as `inner` does, but not before the share `delay` of the question's window has passed.

    inner
        The strategy whose answers are sent; truthful unless said otherwise. TypeError if not a `Strategy`.
    delay
        Share of the window, at least 0. At 1 or more every answer misses the deadline. TypeError if not a
        number, ValueError if negative or not finite.
    """

    inner: Strategy = field(default_factory=Truthful)
    delay: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.inner, Strategy):
            raise TypeError(f"inner must be a Strategy, got {self.inner!r}")
        check_money("delay", self.delay)

    @property
    def memoryless(self) -> bool:  # type: ignore[override]
        """Whether `inner` is."""
        return self.inner.memoryless

    @property
    def needs(self) -> Disclosure:  # type: ignore[override]
        """The disclosure that `inner` relies on."""
        return self.inner.needs

    def wait(self, question: BuyerQuestion, view: View) -> float:
        """The delay, or longer if `inner` waits longer."""
        return max(self.delay, self.inner.wait(question, view))

    def report_value(self, question: AskValue, view: View) -> Answer:
        """As `inner`."""
        return self.inner.report_value(question, view)

    def report_belief(self, question: AskBelief, view: View) -> Answer:
        """As `inner`."""
        return self.inner.report_belief(question, view)

    def report_value_bound(self, question: AskValueBound, view: View) -> Answer:
        """As `inner`."""
        return self.inner.report_value_bound(question, view)

    def answer_offer(self, question: OfferPrice, view: View) -> Answer:
        """As `inner`."""
        return self.inner.answer_offer(question, view)

    def choose_from_menu(self, question: ShowMenu, view: View) -> Answer:
        """As `inner`."""
        return self.inner.choose_from_menu(question, view)

    def answer_clock(self, question: CallPrice, view: View) -> Answer:
        """As `inner`."""
        return self.inner.answer_clock(question, view)

    def raise_bid(self, question: InviteBid, view: View) -> Answer:
        """As `inner`."""
        return self.inner.raise_bid(question, view)

    def observe(self, feedback: Feedback) -> None:
        """Let `inner` learn."""
        self.inner.observe(feedback)
