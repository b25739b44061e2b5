"""Natures who pick the profiles of one seller's bidders against her (robust paper, (1.7) and Remark 2.2.1).

A fixed nature, an extremal distribution among them, is a `Prior` and nothing more. An `Adversary` is a prior
too, so that it takes the same seat in the market; but it is told which mechanism it plays against, and, if it
learns, how each auction ended.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, float_array, number_in, read_only
from mechanisms.conversation import ClosedRule, DirectLottery, DirectMechanism, Mechanism, check_has_rule
from mechanisms.distributions import Prior

if TYPE_CHECKING:
    from mechanisms.robust.learned_play import Learner
    from mechanisms.robust.sets import IntervalSet

Harm = Callable[[ClosedRule, NDArray[Any]], FloatArray]
"""What nature wants much of: from a rule and truthful profiles (..., n, *type_shape) to numbers (...)."""


class Adversary(Prior):
    """A prior that is made against one seller, and may change after each of her auctions.

    learns
        Whether it does: its profiles are then drawn one at a time, each when the auction before is over.
    """

    learns: ClassVar[bool] = True
    opponent: Mechanism | None = None

    def meet(self, mechanism: Mechanism) -> None:
        """Learn whom it plays against; ValueError if that is not the first, as one plays against one."""
        if self.opponent is not None:
            raise ValueError(f"{self!r} plays against one seller, already against {self.opponent!r}")
        self.opponent = mechanism

    def told(self, profile: NDArray[Any], revenue: float) -> None:
        """An auction is over: the types (n, *type_shape) that took part, and what the seller earned."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.n} bidders>"


class WorstCaseNature(Adversary):
    """The worst distribution of an ambiguity set for the mechanism that it meets, by linear program (1.7).

    ambiguity
        A `MarkovSet`, `SupportSet` or `MomentSet`.
    points
        Of the program's grid, which the mechanism refines; see `worst_case_revenue`.

    `meet` raises what `worst_case_revenue` does. Raises TypeError for another set.
    """

    learns = False

    def __init__(self, ambiguity: IntervalSet, points: int | None = None) -> None:
        from mechanisms.robust.sets import IntervalSet

        if not isinstance(ambiguity, IntervalSet):
            raise TypeError(f"ambiguity must be a set of moments or of a range, got {ambiguity!r}")
        self.ambiguity = ambiguity
        self.points = points

    @property
    def n(self) -> int:
        """The number of bidders."""
        return self.ambiguity.bidders

    @property
    def uniforms_per_profile(self) -> int:
        """One, for the atom."""
        return 1

    def meet(self, mechanism: Mechanism) -> None:
        """Solve the program."""
        from mechanisms.robust.worst_case import worst_case_revenue

        super().meet(mechanism)
        self.worst = worst_case_revenue(_rule_of(mechanism), self.ambiguity, self.points, closed_form=False)

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        _check_met(self)
        return self.worst.distribution.from_uniforms(u)


class FiniteAdversary(Adversary):
    """Mixes over finitely many actions, each of which stands for some equally likely profiles.

    profiles
        Shape (b, k, n, *type_shape): the k profiles of each of b actions.

    A new one gives `mixture`. Raises TypeError or ValueError for other profiles.
    """

    def __init__(self, profiles: ArrayLike) -> None:
        table = float_array("profiles", profiles)
        if table.ndim < 3 or 0 in table.shape or not np.isfinite(table).all():
            raise ValueError(f"profiles must be finite, of shape (b, k, n, …), none 0, got {table.shape}")
        self.profiles = read_only(table)

    @property
    @abstractmethod
    def mixture(self) -> FloatArray:
        """The probabilities of the actions at present, (b,)."""

    @property
    def n(self) -> int:
        """The number of bidders."""
        return self.profiles.shape[2]

    @property
    def type_shape(self) -> tuple[int, ...]:
        """The axes behind the bidders'."""
        return self.profiles.shape[3:]

    @property
    def uniforms_per_profile(self) -> int:
        """One for the action, and one for which of its profiles."""
        return 2

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        possible = np.flatnonzero(self.mixture)
        ends = np.cumsum(self.mixture[possible])
        action = possible[np.searchsorted(ends[:-1] / ends[-1], u[..., 0], side="right")]
        variants = self.profiles.shape[1]
        return self.profiles[action, np.minimum((u[..., 1] * variants).astype(int), variants - 1)]


def revenue_lost(mechanism: ClosedRule, profiles: NDArray[Any]) -> FloatArray:
    """Minus the expected revenue (...) from truthful bidders."""
    return np.asarray(-mechanism.outcome(profiles).revenue)


def regret(mechanism: ClosedRule, profiles: NDArray[Any]) -> FloatArray:
    """What the best welfare exceeds the expected revenue by (...), if handing over costs nothing."""
    return np.asarray(mechanism.space.best_welfare(profiles)) + revenue_lost(mechanism, profiles)


class LearningNature(FiniteAdversary):
    """A learner who is told after each auction how much each action would have hurt.

    profiles
        As of `FiniteAdversary`.
    learner
        Over as many actions: `regret_matching_plus(b)`, or `hedge(b, size, moment)`, which respects a moment.
    harm
        What it learns to make large: `revenue_lost` or `regret`.

    The mechanism must have a closed rule, by which it works out what it did not try; `meet` raises TypeError
    otherwise. Raises ValueError for a learner of another number of actions.
    """

    def __init__(self, profiles: ArrayLike, learner: Learner, harm: Harm = revenue_lost) -> None:
        super().__init__(profiles)
        self.learner = learner
        self.harm = harm
        self._mixture = next(learner)
        if self._mixture.shape != self.profiles.shape[:1]:
            raise ValueError(
                f"learner must mix over {len(self.profiles)} actions, got {self._mixture.shape}"
            )

    @property
    def mixture(self) -> FloatArray:
        """What the learner plays next."""
        return self._mixture

    def meet(self, mechanism: Mechanism) -> None:
        """Work out how much each action hurts, (b,)."""
        super().meet(mechanism)
        self.hurts = self.harm(_rule_of(mechanism), self.profiles).mean(axis=1)

    def told(self, profile: NDArray[Any], revenue: float) -> None:
        """Learn from how much each action would have hurt."""
        _check_met(self)
        self._mixture = self.learner.send(self.hurts)


class WithOrdinaryTrade(Adversary):
    """An adversary who is not always there: a share of the trade, in [0, 1), is drawn from a town's prior.

    Raises TypeError for what is no adversary or no prior, ValueError for another share, or where the two do
    not draw the same kind of profiles.
    """

    def __init__(self, adversary: Adversary, share: float, town: Prior) -> None:
        if not isinstance(adversary, Adversary) or not isinstance(town, Prior):
            raise TypeError(f"an Adversary and a Prior must be given, got {adversary!r} and {town!r}")
        if (adversary.n, adversary.type_shape) != (town.n, town.type_shape):
            raise ValueError(f"town must draw profiles as {adversary!r} does, got {town!r}")
        self.adversary = adversary
        self.share = number_in("share", share, at_least=0, below=1)
        self.town = town

    @property
    def learns(self) -> bool:  # type: ignore[override]
        """If the adversary does."""
        return self.adversary.learns

    @property
    def n(self) -> int:
        """The number of bidders."""
        return self.town.n

    @property
    def type_shape(self) -> tuple[int, ...]:
        """That of the town's types."""
        return self.town.type_shape

    @property
    def uniforms_per_profile(self) -> int:
        """One for who draws, and as many as the hungrier of the two takes."""
        return 1 + max(self.adversary.uniforms_per_profile, self.town.uniforms_per_profile)

    def meet(self, mechanism: Mechanism) -> None:
        """The adversary meets it."""
        super().meet(mechanism)
        self.adversary.meet(mechanism)

    def told(self, profile: NDArray[Any], revenue: float) -> None:
        """The adversary is told of ordinary auctions as of its own."""
        self.adversary.told(profile, revenue)

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        hostile, ordinary = (
            prior.from_uniforms(u[..., 1 : 1 + prior.uniforms_per_profile])
            for prior in (self.adversary, self.town)
        )
        taken = (u[..., 0] < self.share).reshape(*u.shape[:-1], *[1] * (1 + len(self.type_shape)))
        return np.where(taken, ordinary, hostile)


def _rule_of(mechanism: Mechanism) -> DirectMechanism | DirectLottery:
    """The mechanism, if it has a closed rule; TypeError otherwise."""
    check_has_rule(mechanism)
    return cast(DirectMechanism | DirectLottery, mechanism)


def _check_met(nature: Adversary) -> None:
    if nature.opponent is None:
        raise ValueError(f"{nature!r} must be seated against a seller before it plays: meet(mechanism)")
