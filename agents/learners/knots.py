"""Knots: the points of the type space that a policy is kept at; between them it is interpolated linearly.

A policy that depends on the type must be finite to be learned. It is kept at a few knots, quantiles of the
prior. A type between two knots plays a mixture of their policies, and what is learned there is credited to
both, each by its weight (the hat functions of linear finite elements). So bid functions are continuous, with
no atoms at the edges of bins, which rivals would exploit by bids just above them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.distributions.priors import CommonPrior

TAIL = 1e-3
"""Probability cut off where the prior's support has no end."""


def check_grid(name: str, values: Any, *, least: int = 1) -> None:
    """Raise unless `values` are at least `least` finite numbers, 0 or more, strictly ascending.

    TypeError for what is no sequence of numbers, ValueError for the rest; the message names field and value.
    """
    try:
        grid = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a sequence of numbers, got {values!r}") from None
    if grid.ndim != 1 or grid.size < least:
        raise ValueError(f"{name} must hold at least {least} numbers, got {values!r}")
    if not (np.isfinite(grid).all() and grid[0] >= 0 and (np.diff(grid) > 0).all()):
        raise ValueError(f"{name} must be finite, at least 0 and strictly ascending, got {values!r}")


@lru_cache(maxsize=256)
def _quantiles(prior: Any, count: int) -> FloatArray:
    levels = np.linspace(0, 1, count) if count > 1 else np.array([0.5])
    low, high = prior.support
    tails = (0.0 if np.isfinite(low) else TAIL), (1.0 if np.isfinite(high) else 1 - TAIL)
    return np.unique(prior.quantile(np.clip(levels, *tails)))


class Knots:
    """Ascending points, shape (J,), J >= 1; types outside them are treated as the nearest one."""

    def __init__(self, points: Any) -> None:
        check_grid("knots", points)
        self.points: FloatArray = np.asarray(points, dtype=np.float64)

    @classmethod
    def of(cls, explicit: Sequence[float] | None, prior: CommonPrior | None, count: int) -> Knots:
        """The explicit ones if there are any, else quantiles of the prior; without a prior a single one.

        Even quantiles from the lowest to the highest value; equal ones, at atoms, count once.
        """
        if explicit is not None:
            return cls(explicit)
        if prior is None or not (hasattr(prior, "quantile") and hasattr(prior, "support")):
            return cls([1.0])
        return cls(np.maximum(_quantiles(prior, count), 0.0))

    def __len__(self) -> int:
        return len(self.points)

    def around(self, types: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatArray]:
        """Index of the knot below and above each type, and the weight of the one above; the types' shape."""
        last = len(self.points) - 1
        below = np.clip(np.searchsorted(self.points, types, side="right") - 1, 0, last)
        above = np.minimum(below + 1, last)
        gap = np.where(above > below, self.points[above] - self.points[below], 1.0)
        weight = np.clip((types - self.points[below]) / gap, 0.0, 1.0)
        return below, above, np.where(above > below, weight, 0.0)
