"""Wrapper: a strategy around another one, which does everything as that one does but for what it overrides.

A wrapper overrides `answer` to change every answer, or the method of one question, and whatever else it is
about: when to answer, what is learned, what members pay one another. All the rest is the inner strategy's.
"""

from __future__ import annotations

from agents.strategies.base import Answer, Disclosure, Strategy
from agents.strategies.bid_policy import BidPolicy
from agents.view import Feedback, SidePayments, View
from mechanisms.questions import BuyerQuestion


class Wrapper(Strategy):
    """Base of the strategies that have an `inner` one.

    Unlike everything else, honesty is not passed on: a wrapper is there to change something. One that leaves
    the answers as they are says `honest = Wrapper.honest`.
    """

    inner: Strategy

    @property
    def memoryless(self) -> bool:  # type: ignore[override]
        """Whether `inner` is."""
        return self.inner.memoryless

    @property
    def needs(self) -> Disclosure:  # type: ignore[override]
        """The disclosure that `inner` relies on."""
        return self.inner.needs

    @property
    def honest(self) -> bool:  # type: ignore[override]
        """Whether `inner` is."""
        return self.inner.honest

    def otherwise(self, question: BuyerQuestion, view: View) -> Answer:
        """As `inner`, which is asked in full."""
        return self.inner.answer(question, view)

    def wait(self, question: BuyerQuestion, view: View) -> float:
        """As long as `inner`."""
        return self.inner.wait(question, view)

    @property
    def waits(self) -> bool:
        """Whether it waits itself, or `inner` does."""
        return type(self).wait is not Wrapper.wait or self.inner.waits

    def observe(self, feedback: Feedback) -> None:
        """Let `inner` learn."""
        self.inner.observe(feedback)

    def side_payments(self, feedback: Feedback) -> SidePayments | None:
        """What members pay one another by `inner`."""
        return self.inner.side_payments(feedback)

    @property
    def colludes(self) -> bool:
        """Whether members pay one another by the wrapper's rule or by that of `inner`."""
        return type(self).side_payments is not Wrapper.side_payments or self.inner.colludes

    def policy(self) -> BidPolicy | None:
        """How `inner` bids by type."""
        return self.inner.policy()

    @property
    def says_policy(self) -> bool:
        """Whether it says so itself, or `inner` does."""
        return type(self).policy is not Wrapper.policy or self.inner.says_policy


def check_strategy(name: str, given: Strategy) -> None:
    """TypeError that names the field unless it holds a strategy."""
    if not isinstance(given, Strategy):
        raise TypeError(f"{name} must be a Strategy, got {given!r}")
