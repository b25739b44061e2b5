"""The law of a seller's revenue, and what it is worth to her."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray, number_in
from mechanisms.risk_averse.attitude import Attitude, least_money


@dataclass(frozen=True, eq=False)
class RevenueLaw:
    """A finite law of revenue: `amounts`, increasing, and their `probabilities`, both of shape (r,)."""

    amounts: FloatArray
    probabilities: FloatArray

    @classmethod
    def of(cls, amounts: FloatArray, probabilities: FloatArray) -> RevenueLaw:
        """Collect what may come in any order and more than once; equal amounts (up to 1e-12) become one."""
        order = np.argsort(amounts, kind="stable")
        money, weights = amounts[order], probabilities[order]
        money, weights = money[weights > 0], weights[weights > 0]
        if not weights.size:
            return cls(money, weights)
        starts = np.flatnonzero(np.diff(money, prepend=-np.inf) > 1e-12 * np.abs(money))
        return cls(money[starts], np.add.reduceat(weights, starts))

    @property
    def mean(self) -> float:
        """Expected revenue."""
        return float(self.amounts @ self.probabilities)

    @property
    def standard_deviation(self) -> float:
        """The spread of revenue."""
        return float(np.sqrt(((self.amounts - self.mean) ** 2) @ self.probabilities))

    def expected_utility(self, utility: Attitude) -> float:
        """E[U(revenue)]."""
        return float(np.asarray(utility(self.amounts), dtype=np.float64) @ self.probabilities)

    def certainty_equivalent(self, utility: Attitude) -> float:
        """The sure revenue, at least 0, that is worth as much: U⁻¹(E[U(revenue)])."""
        return least_money(utility, self.expected_utility(utility), float(self.amounts[-1]))

    def cdf(self, amount: float) -> float:
        """Pr[revenue <= amount]."""
        return float(self.probabilities[self.amounts <= amount].sum())

    def quantile(self, share: float) -> float:
        """The least amount that revenue stays within with probability at least `share`, in [0, 1]."""
        number_in("share", share, at_least=0, at_most=1)
        place = np.searchsorted(np.cumsum(self.probabilities), share * (1 - 1e-12))
        return float(self.amounts[min(int(place), self.amounts.size - 1)])
