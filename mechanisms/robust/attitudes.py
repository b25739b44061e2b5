"""Attitudes to ambiguity over a set of distributions of the types (robust paper, Definitions 1.2.2 to 1.2.6).

An attitude turns the expected utilities under the distributions of a set, an array with one entry for each on
its last axis, into a number; Knightian preferences are incomplete, and only compare.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, check_field, probability_array, without_nan

SLACK = 1e-12
"""Expected utilities that differ by less, relative to their size, count as equal."""


class Attitude(ABC):
    """A complete preference: a number for expected utilities of shape (..., K), one for each distribution."""

    @abstractmethod
    def evaluate(self, utilities: ArrayLike) -> FloatArray:
        """What the plan is worth, shape (...); it never falls when an expected utility rises."""

    def among(self, kept: Sequence[int]) -> Attitude | None:
        """The attitude when only the distributions `kept` are consistent; None if it then says nothing."""
        return self


class ExtremesAttitude(Attitude):
    """One that looks at the least and the greatest expected utility only: any set can answer it."""

    @abstractmethod
    def between(self, least: Any, greatest: Any) -> Any:
        """What the plan is worth whose expected utilities reach from `least` to `greatest`, elementwise."""

    def evaluate(self, utilities: ArrayLike) -> FloatArray:
        """By the least and the greatest entry."""
        array = _utilities(utilities)
        return np.asarray(self.between(array.min(axis=-1), array.max(axis=-1)))


@dataclass(frozen=True)
class ExpectedUtility(Attitude):
    """One belief, K = 1: its expected utility."""

    def evaluate(self, utilities: ArrayLike) -> FloatArray:
        """The only entry; ValueError if there are several."""
        array = _utilities(utilities)
        if array.shape[-1] != 1:
            raise ValueError(f"utilities must be under one belief, got {array.shape[-1]}")
        return array[..., 0]


@dataclass(frozen=True)
class Maxmin(ExtremesAttitude):
    """The expected utility under the worst distribution (Gilboa and Schmeidler 1989)."""

    def between(self, least: Any, greatest: Any) -> Any:
        """The least."""
        return least


@dataclass(frozen=True)
class Hurwicz(ExtremesAttitude):
    """`alpha` in [0, 1] times the worst expected utility and 1 - alpha times the best."""

    alpha: float

    def __post_init__(self) -> None:
        check_field(self, "alpha", at_least=0, at_most=1)

    def between(self, least: Any, greatest: Any) -> Any:
        """The weighted sum."""
        return self.alpha * least + (1 - self.alpha) * greatest


@dataclass(frozen=True)
class BayesianOverSet(Attitude):
    """A weight on each distribution of the set: the weighted mean of the expected utilities.

    Weights are at least 0 and sum to 1; they are not updated by what the buyer learns (Definition 1.2.6 (iv),
    taken literally). Where she learns that some distributions are impossible, those fall out and the others
    keep their proportions. `updated` gives the weights of a buyer who does learn by Bayes' rule.
    """

    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(probability_array("weights", self.weights).tolist()))

    def evaluate(self, utilities: ArrayLike) -> FloatArray:
        """The weighted mean; ValueError unless there are as many utilities as weights."""
        array = _utilities(utilities)
        if array.shape[-1] != len(self.weights):
            raise ValueError(
                f"weights must be one for each of {array.shape[-1]} distributions, got {len(self.weights)}"
            )
        return array @ np.array(self.weights)

    def among(self, kept: Sequence[int]) -> BayesianOverSet | None:
        """The weights of those kept, in proportion; None if they have no weight."""
        weights = np.array(self.weights)[list(kept)]
        return BayesianOverSet(tuple((weights / weights.sum()).tolist())) if weights.sum() > 0 else None


    def updated(self, likelihoods: ArrayLike) -> BayesianOverSet:
        """The posterior weights after an event, given its probability under each distribution."""
        chances = without_nan("likelihoods", likelihoods)
        if chances.shape != (len(self.weights),):
            raise ValueError(f"likelihoods must be one for each of {len(self.weights)} distributions, "
                             f"got shape {chances.shape}")
        weights = np.array(self.weights) * chances
        if not (chances >= 0).all() or not weights.sum() > 0:
            raise ValueError(f"likelihoods must be at least 0, and not all 0, got {chances.tolist()}")
        return BayesianOverSet(tuple((weights / weights.sum()).tolist()))


@dataclass(frozen=True)
class Knightian:
    """Incomplete preferences (Bewley 2002): unanimity of the distributions, one of them strictly.

    Such a buyer leaves what she would do otherwise, the truth, only for a plan that she prefers to it.
    """

    def prefers(self, one: ArrayLike, other: ArrayLike) -> Any:
        """Whether `one`, shape (..., K), is at least as good under all distributions, better under one."""
        left, right = np.broadcast_arrays(_utilities(one), _utilities(other))
        slack = SLACK * np.maximum(np.abs(left), np.abs(right))
        slack = np.where(np.isfinite(slack), slack, 0.0)  # -inf, a budget overrun, is compared as it is
        preferred = np.all(left >= right - slack, axis=-1) & np.any(left > right + slack, axis=-1)
        return preferred if preferred.ndim else bool(preferred)

    def undominated(self, utilities: ArrayLike) -> NDArray[np.bool_]:
        """For m plans, shape (m, K): mask (m,) of those to which no other plan is preferred."""
        plans = _utilities(utilities)
        if plans.ndim != 2:
            raise ValueError(f"utilities must have shape (plans, distributions), got {plans.shape}")
        return ~np.any(self.prefers(plans[:, None, :], plans[None, :, :]), axis=0)


def _utilities(utilities: ArrayLike) -> FloatArray:
    array = without_nan("utilities", utilities)
    if array.ndim == 0 or array.shape[-1] == 0:
        raise ValueError(f"utilities must have an entry for each distribution, got shape {array.shape}")
    return array
