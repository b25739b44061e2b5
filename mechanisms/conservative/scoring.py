"""Proper scoring rules that pay for beliefs (Azar, Chen and Micali 2010, Section 3.2; Brier 1950; Good 1952).

Both rules need only two numbers of a belief: the mass it puts on what happened, and its squared norm. So a
product of marginals is scored without its table: masses and squared norms multiply.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import SUM_TOLERANCE, check_field, float_array


def brier_score(outcome: ArrayLike, probabilities: ArrayLike) -> Any:
    """Brier's score BSR = 2 D(ω) − ‖D‖² − 1 of a belief D when ω happens, in [−2, 0]. Strictly proper.

    outcome
        Shape `(...)`: the index of what happened, 0 … m−1.
    probabilities
        Shape `(..., m)`: beliefs. The leading axes of both broadcast.

    Raises TypeError for an outcome that is no integer, ValueError for one out of range, for negative mass,
    for beliefs that do not sum to 1, and for shapes that do not go together.

    >>> brier_score(1, [0.0, 1.0]), brier_score(0, [0.0, 1.0]), brier_score(0, [0.5, 0.5])
    (0.0, -2.0, -0.5)
    """
    beliefs = checked_beliefs("probabilities", probabilities)
    mass, squared_norm = mass_and_norm(outcome, beliefs)
    score = np.clip(2 * mass - squared_norm - 1, -2.0, 0.0)
    return score if np.ndim(score) else float(score)


def logarithmic_score(outcome: ArrayLike, probabilities: ArrayLike, a: float, b: float) -> Any:
    """LSR = a + b log D(ω), a and b above 0: −inf where the belief excludes what happened. Strictly proper.

    Arguments and errors as in `brier_score`. The expectation of a true belief is at least 0 if
    a >= b log m.
    """
    rule = Logarithmic(a, b)
    beliefs = checked_beliefs("probabilities", probabilities)
    score = rule.reward(*mass_and_norm(outcome, beliefs))
    return score if np.ndim(score) else float(score)


class ScoringRule(ABC):
    """A strictly proper rule, shifted so that a true belief expects at least 0.

    never_negative
        Whether the reward is at least 0 whatever happens: what ex-post individual rationality needs.
    """

    never_negative: ClassVar[bool]

    @abstractmethod
    def reward(self, mass: Any, squared_norm: Any) -> Any:
        """Reward of a belief with this mass on what happened and this squared norm, elementwise."""


@dataclass(frozen=True)
class Brier(ScoringRule):
    """2 + BSR, in [0, 2]."""

    never_negative: ClassVar[bool] = True

    def reward(self, mass: Any, squared_norm: Any) -> Any:
        """1 + 2 D(ω) − ‖D‖²."""
        return np.clip(1 + 2 * mass - squared_norm, 0.0, 2.0)


@dataclass(frozen=True)
class Logarithmic(ScoringRule):
    """LSR = a + b log D(ω) with a, b > 0.

    Cheap where the norm is not, but unbounded: a belief without mass on what happens costs −inf. In ℳ and 𝕄
    a buyer may then lose ex post, and in ℳ truth in step 1 is no longer dominant. The expectation is
    at least 0 for every belief over m outcomes if a >= b log m. Raises TypeError or ValueError for a or b
    that is no number above 0.
    """

    a: float
    b: float

    never_negative: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_field(self, "a", above=0)
        check_field(self, "b", above=0)

    def reward(self, mass: Any, squared_norm: Any) -> Any:
        """The score itself; the norm does not matter."""
        with np.errstate(divide="ignore"):
            return self.a + self.b * np.log(mass)


def mass_and_norm(outcome: ArrayLike, beliefs: NDArray[Any]) -> tuple[Any, Any]:
    """D(ω) and ‖D‖² of beliefs of shape `(..., m)`; ValueError for an outcome that is not in 0 … m−1.

    Leading axes broadcast.
    """
    happened = np.asarray(outcome)
    m = beliefs.shape[-1]
    if happened.dtype.kind not in "iu":
        raise TypeError(f"outcome must be an integer index, not {outcome!r}")
    if happened.size and not ((happened >= 0) & (happened < m)).all():
        raise ValueError(f"outcome must be in 0 .. {m - 1}, not {outcome!r}")
    try:
        shape = np.broadcast_shapes(happened.shape, beliefs.shape[:-1])
    except ValueError as error:
        raise ValueError(
            f"outcome must go with beliefs of shape {beliefs.shape}, got shape {happened.shape}"
        ) from error
    beliefs = np.broadcast_to(beliefs, (*shape, m))
    index = np.broadcast_to(happened, shape)[..., None]
    mass = np.take_along_axis(beliefs, index, axis=-1)[..., 0]
    return mass, np.einsum("...m,...m->...", beliefs, beliefs)


def checked_beliefs(name: str, probabilities: ArrayLike) -> NDArray[np.float64]:
    """Beliefs as a float array `(..., m)`; ValueError for negative mass or a sum other than 1."""
    beliefs = float_array(name, probabilities)
    if beliefs.ndim == 0 or beliefs.shape[-1] == 0:
        raise ValueError(f"{name} must hold at least one probability, not have shape {beliefs.shape}")
    if not (beliefs >= 0).all():
        raise ValueError(f"{name} must be nonnegative, not {beliefs[~(beliefs >= 0)][0]}")
    sums = beliefs.sum(axis=-1)
    wrong = np.abs(sums - 1) > SUM_TOLERANCE
    if np.any(wrong):
        raise ValueError(f"{name} must sum to 1, not {float(np.atleast_1d(sums)[np.atleast_1d(wrong)][0])!r}")
    return beliefs
