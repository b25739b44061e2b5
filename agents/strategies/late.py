"""Lateness: good answers, sent too late; for windows and deadlines, and what default answers cost."""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.strategies.base import Strategy, Truthful
from agents.strategies.wrapper import Wrapper, check_strategy
from agents.view import View
from mechanisms.conversation import check_money
from mechanisms.questions import BuyerQuestion


@dataclass(frozen=True)
class Late(Wrapper):
    """Do as `inner` does, but answer not before the share `delay` of the question's window has passed.

    inner
        The strategy whose answers are sent; truthful unless said otherwise. TypeError if not a `Strategy`.
    delay
        Share of the window, at least 0. At 1 or more every answer misses the deadline. TypeError if not a
        number, ValueError if negative or not finite.
    """

    inner: Strategy = field(default_factory=Truthful)
    delay: float = 1.0

    honest = Wrapper.honest

    def __post_init__(self) -> None:
        check_strategy("inner", self.inner)
        check_money("delay", self.delay)

    def wait(self, question: BuyerQuestion, view: View) -> float:
        """The delay, or longer if `inner` waits longer."""
        return max(self.delay, self.inner.wait(question, view))
