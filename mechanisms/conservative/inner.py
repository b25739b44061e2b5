"""What 𝕄 runs on the others once F is announced (Azar, Chen and Micali 2010, Section 4, step b).

Any dominant-strategy mechanism will do: the optimal one for F, or one that earns a part β of it. Each class
says how to make it from F, and what to run when no F was announced.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from mechanisms.auctions import UniformPrice
from mechanisms.conservative.assignment import AssignmentContext, AssignmentLottery, optimal_assignment
from mechanisms.conservative.beliefs import MAX_TABLE, ReportedBelief
from mechanisms.conservative.optimal import GridLottery, optimal_dsic
from mechanisms.conversation import DirectLottery, DirectMechanism, Mechanism
from mechanisms.distributions import JointDistribution
from mechanisms.myerson import MyersonAuction
from mechanisms.questions import AskGridBelief, AskProductBelief


class Inner(ABC):
    """A family of mechanisms for the n−1 who stay, one for each announced F."""

    items: int = 1
    units: int = 1
    asks: ClassVar[type[AskGridBelief]] = AskGridBelief
    """The question for F as a table; it accepts only what the family fits."""
    largest: ClassVar[int | None] = MAX_TABLE
    """How many cells F may have where the reporter names its bound; None: F is not used as a table."""

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
    asks: ClassVar[type[AskGridBelief]] = AskProductBelief
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

    The function should know what to do with every F: what it raises ends the conversation.
    """

    make: Mechanism | Callable[[JointDistribution], Mechanism]

    @property
    def units(self) -> int:  # type: ignore[override]
        """What the mechanism hands out."""
        return self.make.units if isinstance(self.make, Mechanism) else 1

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
    def items(self) -> int:  # type: ignore[override]
        """Each bundle but the empty one counts as a kind of good."""
        return self.context.bundles - 1

    @property
    def units(self) -> int:  # type: ignore[override]
        """At most one a buyer."""
        return self.context.n

    def given(self, belief: ReportedBelief, removed: int) -> Mechanism:
        """By linear program."""
        return _assignment_program(belief.joint(), self.context, removed)

    def without(self) -> Mechanism | None:
        """Sell nothing."""
        return None


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
