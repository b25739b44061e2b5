"""Two-sided trade of one good: some seats sell a unit each, the others buy one.

Myerson and Satterthwaite 1983, Journal of Economic Theory 29.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.types.space import SLACK, TypeSpace


@dataclass(frozen=True)
class Traders(TypeSpace):
    """The first `sellers` seats own a unit each, whose cost is their type; the others value one unit.

    An allocation holds net trades: 1 for a buyer who gets a unit, -1 for a seller who gives hers.
    """

    sellers: int

    has_sellers: ClassVar[bool] = True

    @property
    def units(self) -> int:
        """None: the goods are the traders' own."""
        return 0

    @property
    def offered(self) -> int:
        """A unit for each seller."""
        return self.sellers

    def sells(self, n: int) -> NDArray[np.bool_]:
        """The first seats."""
        return np.arange(n) < self.sellers

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """Value or cost times net trade."""
        return valuations * allocation

    def item_values(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The value, or the cost."""
        return valuations

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The highest values with the lowest costs, as long as the value is above the cost."""
        costs = np.sort(types[..., : self.sellers], axis=-1)
        values = -np.sort(-types[..., self.sellers :], axis=-1)
        many = min(costs.shape[-1], values.shape[-1])
        return np.maximum(values[..., :many] - costs[..., :many], 0.0).sum(axis=-1)

    def feasible(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """Sellers give at most one unit, buyers take at most one, and as many are given as taken."""
        role = np.where(self.sells(allocation.shape[-1]), -1.0, 1.0)
        moved = allocation * role
        balanced = np.abs(allocation.sum(axis=-1)) <= SLACK * max(1, self.sellers)
        return ((moved >= 0) & (moved <= 1 + SLACK)).all(axis=-1) & balanced

    def handed_out(self, allocation: NDArray[Any]) -> FloatArray:
        """Nothing."""
        return np.zeros((*allocation.shape[:-1], 1))
