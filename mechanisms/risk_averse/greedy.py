"""Continuous greedy over sale masses: Section 3.2 without configurations, classes of prices or guesses.

f(q) of `poisson` replaces the guesses. Start at q = 0; in each of T steps maximise ∇f(q) · y over the masses
y that the class of mechanisms can implement, and go 1/T of the way. At the end f(q) is at least
(1 − e^{−(1 − k/(2T))}) OPT, and for every q on the way f(q) + max_y y · ∇f(q) is an upper bound on OPT (proof
in docs/theory/risk_averse_seller.md). Only the polytope of masses differs between Section 3 (randomised
prices), Section 4 (payment functions that are truthful in expectation), and Appendices C and E.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.conversation import check_count
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.money import MoneyGrid, Rounding, money_grid
from mechanisms.risk_averse.poisson import poisson_utility

CELLS = 1_500
"""Multiples of the unit of money where prices have no common one: then they are rounded up."""


@dataclass(frozen=True, eq=False)
class Masses:
    """Implementable masses that maximise y · gains, the oracle's answer.

    sales
        Shape (m,): y, the total probability of a sale at each price.
    design
        Any array that implements them; it is averaged as y is.
    bound
        At least the maximum of y · gains, by weak duality.
    """

    sales: FloatArray
    design: FloatArray
    bound: float


Oracle = Callable[[FloatArray], Masses]
"""Gains a sale at each price, shape (m,), at least 0, to the masses that earn most."""


def greedy_share(units: int, steps: int) -> float:
    """The share of OPT that f(q) is proved to reach after so many steps: 1 − e^{−(1 − k/(2T))}; at least 0.

    >>> round(greedy_share(2, 40), 4), round(greedy_share(1, 10**9), 4)
    (0.6228, 0.6321)
    """
    return max(1.0 - math.exp(units / (2 * steps) - 1.0), 0.0)


@dataclass(frozen=True, eq=False)
class GreedyDesign:
    """What the continuous greedy found.

    sales, design
        The masses q, shape (m,), and the design that implements them.
    poisson_utility
        f(q), with money rounded up if prices have no common unit.
    upper_bound
        No mechanism of the class has more expected utility.
    exact_money
        Whether prices have a common unit.
    """

    sales: FloatArray
    design: FloatArray
    poisson_utility: float
    upper_bound: float
    exact_money: bool


def continuous_greedy(
    prices: FloatArray,
    units: int,
    utility: Attitude,
    oracle: Oracle,
    steps: int = 40,
    improvements: int = 10,
    keep_on: Callable[[], bool] = lambda: True,
) -> GreedyDesign:
    """Return masses with f(q) >= (1 − e^{−(1 − k/(2T))}) OPT, a design for them, and an upper bound on OPT.

    prices
        Shape (m,), finite, at least 0.
    oracle
        The best of the masses y that can be implemented; with Σ y <= k, or the bound is not one.
    steps
        T, at least 1.
    improvements
        Conditional-gradient steps after that, which lower the bound and may raise f.
    keep_on
        Asked before each step; where it says no, what was reached is returned. The bound holds all the same.
    """
    check_count("steps", steps)
    grid = _grid(prices, units)
    first = _Point.at(np.zeros(prices.size), grid, units, utility, oracle)
    sales, design, bound = first.sales, np.zeros_like(first.best.design), first.bound
    point = first
    for _ in range(steps):
        if not keep_on():
            break
        sales, design = sales + point.best.sales / steps, design + point.best.design / steps
        point = _Point.at(sales, grid, units, utility, oracle)
        bound = min(bound, point.bound)
    found = GreedyDesign(sales, design, point.value, bound, grid.exact)
    return _improved(found, point, grid, units, utility, oracle, improvements, keep_on)


def _improved(
    found: GreedyDesign, point: _Point, grid: MoneyGrid, units: int, utility: Attitude, oracle: Oracle,
    improvements: int, keep_on: Callable[[], bool],
) -> GreedyDesign:
    """Steps towards the best masses at each point, shorter and shorter."""
    sales, design, bound, best = found.sales, found.design, found.upper_bound, found
    for count in range(improvements):
        if not keep_on():
            break
        pace = 1.0 / (count + 3)
        sales = (1 - pace) * sales + pace * point.best.sales
        design = (1 - pace) * design + pace * point.best.design
        point = _Point.at(sales, grid, units, utility, oracle)
        bound = min(bound, point.bound)
        if point.value > best.poisson_utility:
            best = GreedyDesign(sales, design, point.value, bound, grid.exact)
    return GreedyDesign(best.sales, best.design, best.poisson_utility, bound, grid.exact)


@dataclass(frozen=True, eq=False)
class _Point:
    """f at masses, and the best masses for its gradient there."""

    sales: FloatArray
    value: float
    best: Masses

    @classmethod
    def at(
        cls, sales: FloatArray, grid: MoneyGrid, units: int, utility: Attitude, oracle: Oracle
    ) -> _Point:
        value, gains = poisson_utility(sales, grid, units, utility)
        return cls(sales, value, oracle(np.maximum(gains, 0.0)))

    @property
    def bound(self) -> float:
        """f(q) + max_y y · ∇f(q)."""
        return self.value + self.best.bound


def _grid(prices: FloatArray, units: int) -> MoneyGrid:
    top = max(units * float(prices.max()), math.ulp(1.0))
    return money_grid(prices, top, CELLS, Rounding.UP, exact_cells=2 * CELLS)
