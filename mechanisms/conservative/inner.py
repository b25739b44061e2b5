"""What 𝕄 runs on the others once F is announced (Azar, Chen and Micali 2010, Section 4, step b).

Any dominant-strategy mechanism will do: the optimal one for F, or one that earns a part β of it. Each class
says how to make it from F, and what to run when no F was announced.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions import UniformPrice
from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.conservative.assignment import (
    Assignable,
    AssignmentContext,
    AssignmentLottery,
    optimal_assignment,
)
from mechanisms.conservative.beliefs import MAX_TABLE, ProductBelief, ReportedBelief, table_belief
from mechanisms.conservative.optimal import GridLottery, optimal_dsic
from mechanisms.conversation import DirectLottery, DirectMechanism, Mechanism
from mechanisms.distributions import JointDistribution
from mechanisms.questions import AskGridBelief, AskMarginals, AskProductBelief
from mechanisms.types import TypeSpace, one_good

MakeInner = Callable[[JointDistribution], Mechanism]
"""A seller's own function of F; ValueError or ArithmeticError from it says that there is none for this F."""


class Inner(ABC):
    """A family of mechanisms for the n−1 who stay, one for each announced F."""

    units: int = 1
    asks: Callable[..., AskGridBelief] = AskGridBelief
    """The question for F as a table; it accepts only what the family fits."""
    asks_marginals: Callable[..., AskGridBelief] = AskMarginals
    """The question for F by its marginals, likewise."""
    largest: ClassVar[int | None] = MAX_TABLE
    """How many cells F may have where the reporter names its bound; None: F is not used as a table."""

    @property
    def space(self) -> TypeSpace:
        """What the mechanisms of the family are about."""
        return one_good(self.units)

    @abstractmethod
    def given(self, belief: ReportedBelief, removed: int) -> Mechanism:
        """The mechanism for this F, announced in answer to `asks`; it is there for each."""

    def without(self) -> Mechanism | None:
        """The mechanism when no F came: the (units+1)st-price auction. None: nothing is sold."""
        return UniformPrice(self.units)


@dataclass(frozen=True)
class MyersonInner(Inner):
    """Myerson's auction of `units` units, for products F; no other F is accepted."""

    units: int = 1
    asks = AskProductBelief
    largest: ClassVar[int | None] = None

    def given(self, belief: ReportedBelief, removed: int) -> Mechanism:
        """For the marginals of F."""
        return MyersonAuction(belief.marginals(), units=self.units)


@dataclass(frozen=True)
class ProgramInner(Inner):
    """The optimal mechanism for any F, by linear program."""

    units: int = 1
    largest: ClassVar[int | None] = 50_000

    def given(self, belief: ReportedBelief, removed: int) -> Mechanism:
        """For the table of F; the latest are kept."""
        return _program(belief.joint(), self.units)


@dataclass(frozen=True)
class FixedInner(Inner):
    """One mechanism whatever F is (knowledge buys nothing then), or one that a function makes of F.

    An F for which the function raises ValueError or ArithmeticError is not accepted. Anything else that it
    raises is a mistake in it, and ends the conversation.
    """

    make: Mechanism | MakeInner

    @property
    def asks(self) -> Callable[..., AskGridBelief]:  # type: ignore[override]
        """For an F that the function takes."""
        if isinstance(self.make, Mechanism):
            return AskGridBelief
        return partial(AskFittingBelief, make=self.make)

    @property
    def asks_marginals(self) -> Callable[..., AskGridBelief]:  # type: ignore[override]
        """For an F that the function takes."""
        if isinstance(self.make, Mechanism):
            return AskMarginals
        return partial(AskFittingMarginals, make=self.make)

    @property
    def space(self) -> TypeSpace:
        """The mechanism's; one unit of one good where a function makes it."""
        return self.make.space if isinstance(self.make, Mechanism) else one_good(1)

    @property
    def largest(self) -> int | None:  # type: ignore[override]
        """None for one mechanism."""
        return None if isinstance(self.make, Mechanism) else MAX_TABLE

    def given(self, belief: ReportedBelief, removed: int) -> Mechanism:
        """The mechanism; TypeError unless its rule is closed."""
        made = self.make if isinstance(self.make, Mechanism) else self.make(belief.joint())
        if not isinstance(made, (DirectMechanism, DirectLottery)):
            raise TypeError(f"inner must be a mechanism with a closed rule, got {made!r}")
        return made

    def without(self) -> Mechanism | None:
        """The fixed mechanism itself."""
        return self.make if isinstance(self.make, Mechanism) else super().without()


@dataclass(frozen=True, eq=False)
class AssignmentInner(Inner):
    """The optimal mechanism of an assignment context without the removed buyer."""

    context: AssignmentContext

    @property
    def space(self) -> TypeSpace:
        """The context's."""
        return Assignable(self.context)

    def given(self, belief: ReportedBelief, removed: int) -> Mechanism:
        """By linear program."""
        return _assignment_program(belief.joint(), self.context, removed)

    def without(self) -> Mechanism | None:
        """Sell nothing."""
        return None


@dataclass(frozen=True)
class AskFittingBelief(AskGridBelief):
    """Report your belief about m buyers as a table of which a function makes a mechanism."""

    make: MakeInner | None = field(default=None, compare=False)

    allowed: ClassVar[str] = "probabilities that sum to 1, of which the inner function makes a mechanism"

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Probabilities that the function takes."""
        shape = (self.bound,) * len(self.about)
        return _taken(self.make, answers, super().acceptable(answers), lambda one: table_belief(one, shape))


@dataclass(frozen=True)
class AskFittingMarginals(AskMarginals):
    """Report your belief about several buyers as a product of which a function makes a mechanism."""

    make: MakeInner | None = field(default=None, compare=False)

    allowed: ClassVar[str] = AskFittingBelief.allowed

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Probabilities that the function takes."""
        return _taken(self.make, answers, super().acceptable(answers), ProductBelief)


def _taken(
    make: MakeInner | None,
    answers: NDArray[Any],
    sound: NDArray[np.bool_],
    read: Callable[[NDArray[Any]], ReportedBelief],
) -> NDArray[np.bool_]:
    """Which of the sound answers, as beliefs, the function makes something of."""
    taken = np.array(sound)
    for place in np.argwhere(taken):
        where = tuple(place)
        try:
            if make is not None:
                make(read(answers[where]).joint())
        except (ValueError, ArithmeticError):
            taken[where] = False
    return taken


def inner_of(inner: Any, units: int) -> Inner:
    """The family that 𝕄's argument names; TypeError or ValueError for anything else."""
    if isinstance(inner, Inner):
        return inner
    if isinstance(inner, AssignmentContext):
        return AssignmentInner(inner)
    if isinstance(inner, str):
        named = {"myerson": MyersonInner, "program": ProgramInner}
        if inner not in named:
            raise ValueError(f"inner must be one of {sorted(named)}, or a mechanism, got {inner!r}")
        return named[inner](units)
    if isinstance(inner, Mechanism) and not isinstance(inner, (DirectMechanism, DirectLottery)):
        raise TypeError(f"inner must be a mechanism with a closed rule, got {inner!r}")
    if isinstance(inner, Mechanism) or callable(inner):
        return FixedInner(inner)
    raise TypeError(f"inner must be a name, a mechanism or a function of F, got {inner!r}")


@lru_cache(maxsize=1024)
def _program(prior: JointDistribution, units: int) -> GridLottery:
    return optimal_dsic(prior, units).auction


@lru_cache(maxsize=256)
def _assignment_program(
    prior: JointDistribution, context: AssignmentContext, removed: int
) -> AssignmentLottery:
    return optimal_assignment(prior, context.without(removed)).auction
