"""The logarithmic law of prices and reserves of least worst-case regret (robust paper, (2.3), (3.2))."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray, check_field
from mechanisms.distributions import ContinuousDistribution


@dataclass(frozen=True)
class LogarithmicPrice(ContinuousDistribution):
    """F(p) = 1 + ln((p − cost) / (upper − cost)) on [cost + (upper − cost)/e, upper].

    0 <= cost < upper. A buyer of value v is sold to with probability F(v): the allocation of (2.3) for one
    item (Bergemann and Schlag 2008). Raises TypeError or ValueError for other numbers.
    """

    upper: float
    cost: float = 0.0

    def __post_init__(self) -> None:
        check_field(self, "cost", at_least=0)
        check_field(self, "upper", above=self.cost)

    @property
    def support(self) -> tuple[float, float]:
        """(cost + (upper − cost)/e, upper)."""
        return self.cost + (self.upper - self.cost) / np.e, self.upper

    @property
    def mean(self) -> float:
        """cost + (upper − cost)(1 − 1/e)."""
        return float(self.cost + (self.upper - self.cost) * (1 - 1 / np.e))

    def _cdf(self, value: FloatArray) -> FloatArray:
        low, high = self.support
        inside = np.clip(value, low, high)
        log = np.log((inside - self.cost) / (self.upper - self.cost))
        return np.where(value < low, 0.0, np.clip(1 + log, 0.0, 1.0))[()]

    def _pdf(self, value: FloatArray) -> FloatArray:
        low, high = self.support
        inside = (value >= low) & (value <= high)
        return np.where(inside, 1 / (np.clip(value, low, high) - self.cost), 0.0)[()]

    def _quantile(self, u: FloatArray) -> FloatArray:
        return np.clip(self.cost + (self.upper - self.cost) * np.exp(u - 1), *self.support)
