"""Ambiguity sets on a finite grid of type profiles (robust paper, Section 1.2).

A buyer who does not know the distribution of the others' types has an expected utility under each one of a
set. She conditions every distribution on what she knows, and drops those that exclude it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray
from mechanisms.distributions import JointDistribution


class AmbiguitySet(ABC):
    """A set of distributions over the type profiles of n buyers.

    What every attitude needs of it are extreme expectations, so that sets that are given by moments or by
    their support fit in as well: they find these by linear programs.
    """

    @property
    @abstractmethod
    def n(self) -> int:
        """The number of buyers."""

    @abstractmethod
    def least_expectation(self, function: ArrayLike, event: NDArray[np.bool_]) -> float:
        """The infimum of the expected `function` of the profile, given the event, both on the table."""

    def greatest_expectation(self, function: ArrayLike, event: NDArray[np.bool_]) -> float:
        """The supremum of the same."""
        return -self.least_expectation(-np.asarray(function, dtype=float), event)

    @abstractmethod
    def holds(self, distribution: JointDistribution) -> bool:
        """Whether a distribution is in the set, up to rounding; it is not if it is on another grid."""


class FiniteAmbiguitySet(AmbiguitySet):
    """Finitely many joint distributions on one grid of profiles.

    Parameters
    ----------
    distributions
        At least one `JointDistribution`; all have the same type values.
    possible
        Optional boolean array of the tables' shape: profiles that can occur.

    Raises
    ------
    TypeError, ValueError
        If there are none, if one is no `JointDistribution`, if grids differ, or if a distribution gives
        weight to a profile that is not possible.
    """

    def __init__(self, distributions: Sequence[JointDistribution], possible: ArrayLike | None = None) -> None:
        self.distributions = tuple(distributions)
        if not self.distributions:
            raise ValueError("distributions must hold at least one distribution, got none")
        for place, distribution in enumerate(self.distributions):
            if not isinstance(distribution, JointDistribution):
                raise TypeError(f"distributions[{place}] must be a JointDistribution, got {distribution!r}")
            first = self.distributions[0]
            if distribution.shape != first.shape:
                raise ValueError(
                    f"distributions[{place}] must have the shape {first.shape}, got {distribution.shape}"
                )
            if not all(map(np.array_equal, distribution.values, first.values)):
                raise ValueError(f"distributions[{place}] must have the first one's type values")
            if possible is not None:
                check_belief(f"distributions[{place}]", distribution, possible)

    def __len__(self) -> int:
        return len(self.distributions)

    def __repr__(self) -> str:
        return f"FiniteAmbiguitySet({list(self.distributions)!r})"

    @property
    def n(self) -> int:
        """The number of buyers."""
        return self.distributions[0].n

    @property
    def grids(self) -> tuple[FloatArray, ...]:
        """Each buyer's type values."""
        return self.distributions[0].values

    def holds(self, distribution: JointDistribution) -> bool:
        """Whether it is one of them."""
        return any(
            p.shape == distribution.shape
            and all(map(np.array_equal, p.values, distribution.values))
            and np.allclose(p.table, distribution.table, rtol=0, atol=1e-12)
            for p in self.distributions
        )

    def consistent(self, event: NDArray[np.bool_]) -> tuple[int, ...]:
        """Indices of the distributions that give the event positive probability."""
        return tuple(k for k, p in enumerate(self.distributions) if p.table[event].sum() > 0)

    def likelihoods(self, event: NDArray[np.bool_]) -> FloatArray:
        """Probability of the event under each distribution, those that exclude it left out."""
        return np.array([self.distributions[k].table[event].sum() for k in self.consistent(event)])

    def expectations(self, function: ArrayLike, event: NDArray[np.bool_]) -> FloatArray:
        """Expected `function` given the event, under each distribution that is consistent with it."""
        kept = [self.distributions[k].condition(event) for k in self.consistent(event)]
        if not kept:
            raise ValueError("event must have positive probability under one of the distributions")
        return np.array([posterior.expectation(function) for posterior in kept])

    def least_expectation(self, function: ArrayLike, event: NDArray[np.bool_]) -> float:
        """The least of the expectations."""
        return float(self.expectations(function, event).min())


def check_belief(name: str, belief: JointDistribution, possible: ArrayLike) -> None:
    """Raise ValueError if a belief gives weight to a profile that is not possible, a mask of its shape."""
    mask = np.asarray(possible)
    if mask.dtype != np.bool_ or mask.shape != belief.shape:
        raise ValueError(f"possible must be boolean of shape {belief.shape}, got {mask.dtype} {mask.shape}")
    impossible = np.argwhere((belief.table > 0) & ~mask)
    if impossible.size:
        profile = [float(grid[k]) for grid, k in zip(belief.values, impossible[0], strict=True)]
        weight = float(belief.table[tuple(impossible[0])])
        raise ValueError(f"{name} must give impossible profiles no weight, but gives {weight} to {profile}")
