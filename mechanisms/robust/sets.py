"""Ambiguity sets over an interval of values: known range, known moments, the Markov set (robust paper, 1.5).

A seller who knows moments holds possible every distribution P of profiles v in [lower, upper]^I with
E_P[h_j(v)] >= μ_j for all j (1.5). With no moment that is the support-only set of Section 1.3, with the means
the Markov set (1.6).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mechanisms._validation import FloatArray, check_field, finite_vector
from mechanisms.conversation import check_count
from mechanisms.robust.grid_sets import GridMomentSet
from mechanisms.robust.markov import check_market

Moment = Callable[[FloatArray], FloatArray]
"""A moment function h: from profiles of shape (..., I) to numbers of shape (...)."""


class IntervalSet(ABC):
    """Distributions of the profiles of `bidders` values in [lower, upper], with bounds on moments.

    A new set gives `bidders`, `lower`, `upper`, `bounds` (shape (J,)) and `moments`. `has_slater_point` says
    that some distribution exceeds all bounds for certain; else that is checked on each grid.
    """

    bidders: int
    lower: float
    upper: float
    has_slater_point: ClassVar[bool] = False

    @property
    @abstractmethod
    def bounds(self) -> FloatArray:
        """The least expectation of each moment function, shape (J,)."""

    @abstractmethod
    def moments(self, profiles: FloatArray) -> FloatArray:
        """The moment functions at profiles of shape (..., I): shape (..., J)."""

    def on_grid(self, values: Sequence[float] | FloatArray) -> GridMomentSet:
        """The distributions of the set whose support is in a grid of values, the same for every bidder.

        Raises ValueError for values that do not increase or leave the range, and as `GridMomentSet` does.
        """
        grid = finite_vector("values", values)
        if (np.diff(grid) <= 0).any() or grid[0] < self.lower or grid[-1] > self.upper:
            raise ValueError(f"values must increase within [{self.lower}, {self.upper}], got {grid.tolist()}")
        grids = (grid,) * self.bidders
        profiles = np.stack(np.meshgrid(*grids, indexing="ij"), axis=-1)
        return GridMomentSet(grids, np.moveaxis(self.moments(profiles), -1, 0), self.bounds)


@dataclass(frozen=True)
class SupportSet(IntervalSet):
    """Every distribution of `bidders` values in [lower, upper]: nothing but the range is known.

    `bidders` is an integer of at least 2; 0 <= lower < upper. Raises TypeError or ValueError for others.
    """

    bidders: int
    lower: float = 0.0
    upper: float = 1.0

    def __post_init__(self) -> None:
        _check_range(self)

    @property
    def bounds(self) -> FloatArray:
        """None."""
        return np.zeros(0)

    def moments(self, profiles: FloatArray) -> FloatArray:
        """None, shape (..., 0)."""
        return np.zeros((*np.shape(profiles)[:-1], 0))


@dataclass(frozen=True)
class MarkovSet(IntervalSet):
    """Values in [0, 1], each of a mean of at least `mean`, in any dependence (1.6).

    `bidders` is an integer of at least 2, `mean` inside (0, 1). Raises TypeError or ValueError for others.
    """

    bidders: int
    mean: float
    lower = 0.0
    upper = 1.0
    has_slater_point: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_market(self.bidders, self.mean)
        check_field(self, "mean")

    @property
    def bounds(self) -> FloatArray:
        """μ for every bidder."""
        return np.full(self.bidders, self.mean)

    def moments(self, profiles: FloatArray) -> FloatArray:
        """The values themselves."""
        return np.asarray(profiles, dtype=float)


@dataclass(frozen=True)
class MomentSet(IntervalSet):
    """Values in [lower, upper] with E[functions[j]] >= least[j] for each j (1.5).

    bidders
        I, an integer of at least 2.
    functions
        J of them, each from profiles (..., I) to numbers (...). For an upper bound give −h.
    least
        J numbers.
    lower, upper
        0 <= lower < upper.

    Raises TypeError or ValueError for anything else. Whether there is a Slater point (Assumption 1.5.1) is
    checked where the set meets a grid.
    """

    bidders: int
    functions: tuple[Moment, ...]
    least: tuple[float, ...]
    lower: float = 0.0
    upper: float = 1.0

    def __post_init__(self) -> None:
        _check_range(self)
        object.__setattr__(self, "functions", tuple(self.functions))
        least = finite_vector("least", self.least, minimum_length=0)
        object.__setattr__(self, "least", tuple(least.tolist()))
        if len(self.functions) != len(self.least):
            raise ValueError(
                f"least must be one for each of {len(self.functions)} functions, got {len(self.least)}"
            )

    @property
    def bounds(self) -> FloatArray:
        """`least`."""
        return np.array(self.least)

    def moments(self, profiles: FloatArray) -> FloatArray:
        """Each function of the profiles; ValueError if one returns another shape."""
        leading = np.shape(profiles)[:-1]
        columns = [np.asarray(h(profiles), dtype=float) for h in self.functions]
        for j, column in enumerate(columns):
            if column.shape != leading:
                raise ValueError(f"functions[{j}] must return shape {leading}, got {column.shape}")
        return np.stack(columns, axis=-1) if columns else np.zeros((*leading, 0))


def _check_range(interval: SupportSet | MomentSet) -> None:
    """Bidders and range of a frozen dataclass."""
    check_count("bidders", interval.bidders, least=2)
    check_field(interval, "lower", at_least=0)
    check_field(interval, "upper", above=interval.lower)
