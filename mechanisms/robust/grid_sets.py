"""Moment sets on a finite grid of profiles: conditional expectations by linear-fractional programs.

The infimum of E[f | A] over the distributions p with Σ p = 1 and Σ h_j p >= μ_j, among those that give the
event A a chance, is a linear program after Charnes and Cooper: with y = p / P(A),

    minimise Σ_A f y   over y >= 0 with Σ_A y = 1 and Σ (h_j − μ_j) y >= 0 for all j.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, finite_vector, float_array, read_only
from mechanisms.distributions import JointDistribution
from mechanisms.programs import maximise
from mechanisms.robust.finite_sets import AmbiguitySet

SLATER = 1e-9
"""The least slack of a Slater point, relative to the sizes of the moments."""


class GridMomentSet(AmbiguitySet):
    """All distributions on a grid of profiles whose moments respect lower bounds.

    Parameters
    ----------
    grids
        Each buyer's type values, increasing: B_i of them for buyer i of n.
    moments
        Shape (J, B_1, ..., B_n): the moment functions on the grid; J may be 0.
    bounds
        Shape (J,): E[moments[j]] >= bounds[j].

    Raises
    ------
    TypeError, ValueError
        For shapes that do not fit, and if the set is empty or has no Slater point: no distribution on the
        grid with E[moments[j]] > bounds[j] for all j (robust paper, Assumption 1.5.1).
    """

    def __init__(self, grids: Sequence[ArrayLike], moments: ArrayLike, bounds: ArrayLike) -> None:
        self.grids = tuple(read_only(finite_vector(f"grids[{i}]", own)) for i, own in enumerate(grids))
        shape = tuple(own.size for own in self.grids)
        table = float_array("moments", moments) if np.size(moments) else np.zeros((0, *shape))
        if table.shape[1:] != shape:
            raise ValueError(f"moments must have the shape (J, {str(shape)[1:-1]}), got {table.shape}")
        self.bounds = read_only(finite_vector("bounds", bounds, minimum_length=0))
        if self.bounds.shape != table.shape[:1]:
            raise ValueError(f"bounds must be one for each of {len(table)} moments, got {self.bounds.size}")
        self.moments = read_only(table)
        check_slater(self._excess, self.bounds)

    @property
    def n(self) -> int:
        """The number of buyers."""
        return len(self.grids)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of type values of each buyer."""
        return self.moments.shape[1:]

    def __repr__(self) -> str:
        return f"<GridMomentSet of {self.shape} profiles and {len(self.bounds)} moments>"

    def holds(self, distribution: JointDistribution) -> bool:
        """Whether it is on the grid, and its moments respect the bounds."""
        if distribution.shape != self.shape or not all(map(np.array_equal, distribution.values, self.grids)):
            return False
        slack = 1e-9 * (1 + np.abs(self._excess).max(axis=1, initial=0.0))
        return bool((self._excess @ distribution.table.ravel() >= -slack).all())

    @cached_property
    def _excess(self) -> FloatArray:
        """h − μ, one row a moment, one column a profile."""
        return (self.moments.reshape(len(self.bounds), prod(self.shape)).T - self.bounds).T

    def worst_distribution(self, function: ArrayLike, event: NDArray[np.bool_]) -> JointDistribution:
        """A distribution of the set with the least expected `function` given the event."""
        weights = self._least(function, event).x
        return JointDistribution((weights / weights.sum()).reshape(self.shape), self.grids)

    def least_expectation(self, function: ArrayLike, event: NDArray[np.bool_]) -> float:
        """The infimum of the expected `function` of the profile, given the event, both on the table.

        With a Slater point every profile has a chance under some distribution of the set.
        """
        return -self._least(function, event).value

    def _least(self, function: ArrayLike, event: NDArray[np.bool_]) -> Any:
        table, mask = np.asarray(function, dtype=float), np.asarray(event)
        if table.shape != self.shape or mask.shape != self.shape or mask.dtype != np.bool_:
            raise ValueError(f"function and event (boolean) must have the shape {self.shape}, "
                             f"got {table.shape} and {mask.dtype} {mask.shape}")
        if not mask.any():
            raise ValueError("event must hold at least one profile, got none")
        inside = mask.ravel().astype(float)
        costs = np.where(mask, table, 0.0).ravel()
        return maximise(-costs, (-self._excess, np.zeros(len(self.bounds))), (inside[None], [1.0]))


def check_slater(excess: FloatArray, bounds: FloatArray) -> None:
    """Raise ValueError unless a distribution on the grid exceeds all lower bounds on its moments.

    `excess` is h_j − μ_j, a row a moment, a column a profile; `bounds` are the μ_j, for the message.
    """
    if not len(excess):
        return
    scale = 1 + float(np.abs(excess).max())
    rows = np.column_stack([-excess, np.ones(len(excess))])  # the last variable is the least slack
    weights = np.append(np.ones(excess.shape[1]), 0.0)
    lower = np.append(np.zeros(excess.shape[1]), -scale)
    best = maximise(1 - weights, (rows, np.zeros(len(rows))), (weights[None], [1.0]), (lower, scale)).value
    if best <= SLATER * scale:
        raise ValueError(
            f"bounds must leave a distribution on the grid that exceeds them all (a Slater point), got "
            f"{bounds.tolist()}: the best one exceeds its least by {best:.3g}"
        )
