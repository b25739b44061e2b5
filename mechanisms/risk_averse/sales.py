"""Offers to one buyer after another until the units are gone: the law of revenue, and what it is worth.

Buyer after buyer takes her price with her own probability, independently. The state is (units sold, revenue).
Where prices have a common unit of money it runs over the unit's multiples; with few buyers, or few different
prices, over the sums that can occur; exponential and linear utilities need the number of sales only. What is
left is bracketed: money spread over a grid can only lose, money rounded up can only gain (`money`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.money import MoneyGrid, Rounding, add_moved, ahead, money_grid
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.utilities import CARA, Utility

MOST_SUMS = 100_000
"""With more different pairs of units sold and revenue, sums are not listed."""
FINE_CELLS = 20_000
"""The grid on which utilities are bracketed."""


@dataclass(frozen=True)
class UtilityBracket:
    """An expected utility lies in [lower, upper]; exactly known if they are equal."""

    lower: float
    upper: float

    @property
    def exact(self) -> bool:
        """Whether nothing was rounded."""
        return self.lower == self.upper


@dataclass(frozen=True, eq=False)
class Offers:
    """Prices in the order in which they are offered, and the probability that each is taken, shapes (m,)."""

    prices: FloatArray
    chances: FloatArray

    @classmethod
    def made(cls, prices: FloatArray, chances: FloatArray) -> Offers:
        """The offers that can matter: of finite prices that are taken with positive probability."""
        matter = np.isfinite(prices) & (chances > 0)
        return cls(prices[matter], chances[matter])

    def most_revenue(self, units: int) -> float:
        """The sum of the dearest prices."""
        return float(np.sort(self.prices)[::-1][:units].sum())


def sales_law(offers: Offers, units: int) -> RevenueLaw:
    """The exact law of revenue.

    Raises TooLargeError if prices have no common unit of money and there are too many sums of them; then
    `sales_utility` brackets what they are worth.
    """
    units = min(units, offers.prices.size)
    if offers.most_revenue(units) == 0:
        return RevenueLaw(np.zeros(1), np.ones(1))
    grid = money_grid(offers.prices, offers.most_revenue(units), FINE_CELLS)
    if grid.exact:
        law = forward_law(offers.chances, grid, units).sum(axis=0)
        return RevenueLaw.of(grid.amounts, law)
    listed = _listed(offers, units)
    if listed is None:
        raise TooLargeError(
            f"prices have no common unit and more than {MOST_SUMS} different sums for {offers.prices.size} "
            f"buyers; round the prices, or ask for the bracket of the expected utility"
        )
    return listed


def sales_utility(offers: Offers, units: int, utility: Attitude) -> UtilityBracket:
    """E[U(revenue)], exactly or in a bracket."""
    units = min(units, offers.prices.size)
    counted = _counted_utility(offers, units, utility)
    if counted is not None:
        return UtilityBracket(counted, counted)
    try:
        exact = sales_law(offers, units).expected_utility(utility)
    except TooLargeError:
        return UtilityBracket(*(
            _rounded_utility(offers, units, utility, rounding) for rounding in (Rounding.SPREAD, Rounding.UP)
        ))
    return UtilityBracket(exact, exact)


def _rounded_utility(offers: Offers, units: int, utility: Attitude, rounding: Rounding) -> float:
    grid = money_grid(offers.prices, offers.most_revenue(units), FINE_CELLS, rounding, exact_cells=0)
    law = forward_law(offers.chances, grid, units).sum(axis=0)
    return float(np.asarray(utility(grid.amounts)) @ law)


def forward_law(chances: FloatArray, grid: MoneyGrid, units: int) -> FloatArray:
    """The law of (units sold, revenue) after all offers, shape (units + 1, cells)."""
    law = np.zeros((units + 1, grid.cells))
    law[0, 0] = 1.0
    for chance, step in zip(chances.tolist(), grid.steps.tolist(), strict=True):
        offer_forward(law, chance, step)
    return law


def offer_forward(law: FloatArray, chance: float, step: float) -> None:
    """Change a law, shape (units + 1, cells), to that after one more offer."""
    sold = law[:-1] * chance
    law[:-1] -= sold
    add_moved(law[1:], sold, step)


def offer_backward(values: FloatArray, chance: float, step: float) -> FloatArray:
    """The value of each state, shape (units + 1, cells), before one more offer."""
    earlier = values.copy()
    earlier[:-1] += chance * (ahead(values[1:], step) - values[:-1])
    return earlier


def worth(grid: MoneyGrid, units: int, utility: Attitude) -> FloatArray:
    """The utility of each state when all is over, shape (units + 1, cells)."""
    return np.tile(np.asarray(utility(grid.amounts), dtype=np.float64), (units + 1, 1))


def sale_gain(law: FloatArray, values: FloatArray, step: float) -> float:
    """What one more sure sale would add, for the law of the state and the values of what follows."""
    return float((law[:-1] * (ahead(values[1:], step) - values[:-1])).sum())


def _listed(offers: Offers, units: int) -> RevenueLaw | None:
    """The law by listing all pairs (units sold, revenue); None if there are too many."""
    amounts = [np.zeros(1)] + [np.zeros(0)] * units
    weights = [np.ones(1)] + [np.zeros(0)] * units
    for price, chance in zip(offers.prices.tolist(), offers.chances.tolist(), strict=True):
        for sold in range(units, 0, -1):
            kept = 1.0 if sold == units else 1.0 - chance
            amounts[sold] = np.concatenate([amounts[sold], amounts[sold - 1] + price])
            weights[sold] = np.concatenate([weights[sold] * kept, weights[sold - 1] * chance])
        weights[0] = weights[0] * (1.0 - chance)
        if sum(part.size for part in amounts) > MOST_SUMS:
            merged = [RevenueLaw.of(*pair) for pair in zip(amounts, weights, strict=True)]
            amounts, weights = [law.amounts for law in merged], [law.probabilities for law in merged]
            if sum(part.size for part in amounts) > MOST_SUMS:
                return None
    return RevenueLaw.of(np.concatenate(amounts), np.concatenate(weights))


def _counted_utility(offers: Offers, units: int, utility: Attitude) -> float | None:
    """E[U(revenue)] where the number of sales is state enough: for linear and exponential utilities."""
    if isinstance(utility, CARA):
        a = utility.risk_aversion
        return -_scaled_mean(offers, units, np.exp(-a * offers.prices), np.expm1(-a * offers.prices)) / a
    if isinstance(utility, Utility) and utility.is_risk_neutral:
        slope = float(utility(1.0))
        return slope * _scaled_mean(offers, units, np.ones(offers.prices.size), offers.prices)
    return None


def _scaled_mean(offers: Offers, units: int, factors: FloatArray, gifts: FloatArray) -> float:
    """E[X] where X starts at 0 and a sale makes it factor · X + gift: e^(−a revenue) − 1, or revenue."""
    reached, means = np.eye(1, units + 1)[0], np.zeros(units + 1)
    for chance, factor, gift in zip(offers.chances, factors, gifts, strict=True):
        sold, mean_sold = reached[:-1] * chance, means[:-1] * chance
        reached[:-1] -= sold
        means[:-1] -= mean_sold
        means[1:] += factor * mean_sold + gift * sold
        reached[1:] += sold
    return float(means.sum())
