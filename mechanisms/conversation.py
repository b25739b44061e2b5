"""Mechanisms as conversations: the base classes that every mechanism derives from.

A mechanism is written once, as a generator of questions that ends in an `Outcome`, and is played by the
market, by instant play and by exact play. One that asks for reports once and has a rule in closed form
writes only that rule (`DirectMechanism.outcome`, vectorised over profiles): its conversation stands here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import Any, ClassVar, TypeGuard

import numpy as np
from numpy.typing import NDArray

from mechanisms.outcome import Lottery, Outcome
from mechanisms.questions import Announce, Chance, Question
from mechanisms.types import TypeSpace, one_good
from mechanisms.utilities import Utility

Conversation = Generator[Question, Any, Outcome]
"""What `Mechanism.conversation` returns: yields questions, is sent their replies, returns the outcome."""


class Mechanism(ABC):
    """A mechanism that a seller can run. Subclasses are frozen dataclasses of their parameters.

    Class attributes (a dataclass may turn them into fields or properties) tell the players what to expect:

    units
        How many units of its one good it may hand out at most.
    space
        What it is about (`mechanisms.types`): types, what allocations are worth to them, which are feasible.
        By default `units` units of one good.
    value_bound
        Types are the integers below it; None: any number at least 0.
    least_buyers
        With fewer, no conversation is held.
    anonymous
        Whether a closed rule treats all seats of one role alike, but for ties.
    ex_post_ir
        Whether a truthful buyer's payment never exceeds her value for what she gets, whatever others do.
        The market stops when that is breached.
    breakpoints
        Bids at which a closed rule jumps or bends besides where bids meet: where worst cases hide.
    """

    units: int = 1
    value_bound: int | None = None
    breakpoints: tuple[float, ...] = ()
    least_buyers: ClassVar[int] = 1
    anonymous: ClassVar[bool] = True
    ex_post_ir: ClassVar[bool] = False

    @property
    def space(self) -> TypeSpace:
        """What the mechanism is about."""
        return one_good(self.units)

    @abstractmethod
    def conversation(self, n: int) -> Conversation:
        """Talk to n buyers, with local indices 0 … n−1, and end in a realised outcome."""

    @property
    def reward_unit(self) -> float:
        """Money for each point that a scoring rule gives, where beliefs are rewarded."""
        return 1.0

    @property
    def name(self) -> str:
        """Name for tables: the class's, in words."""
        return "".join(f" {c.lower()}" if c.isupper() else c for c in type(self).__name__).strip()

    def drop_outs(self, heard: tuple[Announce, ...]) -> tuple[int, ...]:
        """Local indices of those who have left by what was announced: they answer nothing more."""
        return ()

    def equilibrium_bids(self, values: NDArray[Any], n: int, prior: Any) -> NDArray[Any]:
        """What rational buyers bid among n with independent values from `prior`, elementwise.

        The values themselves, unless the mechanism knows a symmetric equilibrium other than truth.
        """
        return values

    def risk_averse_bids(self, values: NDArray[Any], n: int, prior: Any, utility: Utility) -> NDArray[Any]:
        """The same where all have this utility: the values themselves where truth is the equilibrium.

        Raises NotImplementedError where risk aversion changes an equilibrium that nobody has solved here.
        """
        if type(self).equilibrium_bids is not Mechanism.equilibrium_bids:
            raise NotImplementedError(f"{self.name} has no known equilibrium of bidders with {utility!r}")
        return self.equilibrium_bids(values, n, prior)


class ClosedRule(Mechanism):
    """A mechanism that asks everybody for a report once and decides by a closed rule: a finite lottery.

    Derive from `DirectMechanism` where nothing is left to chance, from `DirectLottery` elsewhere.

    highest_rival_decides
        Whether what a report, a number, brings to who sends it depends only on the highest of the others, and
        on which of the two comes first. It is not inherited: a subclass says so itself.
    """

    highest_rival_decides: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "highest_rival_decides" not in vars(cls):
            cls.highest_rival_decides = False

    @abstractmethod
    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """The rule, for reports of shape `(..., n, *space.report_shape)`; `-inf` stands for no bid."""

    @abstractmethod
    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The expectation of the rule: where it leaves something to chance, not for a concave utility."""


class DirectMechanism(ClosedRule):
    """A closed rule without chance."""

    @abstractmethod
    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for reports of shape `(..., n, *space.report_shape)`; `-inf` stands for no bid.

        Who makes no bid gets nothing and pays nothing.
        """

    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """The rule, as a lottery with one branch."""
        return Lottery.certain(self.outcome(reports))

    def conversation(self, n: int) -> Conversation:
        """Ask for sealed reports, and apply the rule."""
        replies = yield self.space.question()
        return self.outcome(replies.values)


class DirectLottery(ClosedRule):
    """A closed rule that leaves something to chance."""

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The expectation of the rule: a mean, not to be put through a concave utility."""
        return self.lottery(reports).mean()

    def conversation(self, n: int) -> Conversation:
        """Ask for sealed reports, and let nature draw allocation and payments together."""
        replies = yield self.space.question()
        lottery = self.lottery(replies.values)
        taken = yield Chance(tuple(lottery.probabilities.tolist()))
        return lottery.branch(taken)


def has_rule(mechanism: Mechanism) -> TypeGuard[ClosedRule]:
    """Whether the mechanism has a closed rule which says all that its conversation decides."""
    return isinstance(mechanism, ClosedRule) and type(mechanism).conversation in (
        DirectMechanism.conversation,
        DirectLottery.conversation,
    )


def check_has_rule(mechanism: Any) -> None:
    """Raise TypeError unless the mechanism has a closed rule."""
    if not has_rule(mechanism):
        raise TypeError(f"mechanism must have a closed rule, got {mechanism!r}")


def check_count(name: str, value: int, least: int = 1) -> None:
    """Raise unless `value` is an integer of at least `least`; the message names the field."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def check_money(name: str, value: float, *, positive: bool = False) -> None:
    """Raise unless `value` is a finite amount of money, at least 0 (above 0 if `positive`)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not np.isfinite(value) or value < 0 or (positive and value == 0):
        raise ValueError(f"{name} must be finite and {'above' if positive else 'at least'} 0, got {value}")
