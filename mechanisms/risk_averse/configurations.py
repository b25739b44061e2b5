"""The guesses of Theorem 1's algorithm (Section 3.2 and A.1), on the instance's own prices.

A configuration fixes the total sale probability at each large price, the revenue from small prices and the
utility from huge ones. Prices are huge from U⁻¹(OPT/ε) on; small below a threshold p*, which is 0 unless
k >= 1/ε⁴. Prices are not rounded to U⁻¹(multiples of ε⁵ OPT), and masses are multiples of a step of the
user's choice in place of ε⁸. Guesses are rounded down, so that the optimum's own configuration is feasible.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.risk_averse.attitude import Attitude, least_money


@dataclass(frozen=True, eq=False)
class Configuration:
    """What a randomised sequential mechanism has to reach.

    small, large, huge
        Masks of prices, shape (m,).
    masses
        Shape (m,): least total sale probability at each large price, 0 at the others.
    small_revenue, huge_utility
        The least revenue from small prices, and the least utility from huge ones, in expectation.
    """

    small: np.ndarray
    large: np.ndarray
    huge: np.ndarray
    masses: FloatArray
    small_revenue: float
    huge_utility: float


@dataclass(frozen=True, eq=False)
class _Classes:
    """Classes of prices for one guess of OPT and p*, with the levels that each quantity may take."""

    small: np.ndarray
    large: np.ndarray
    huge: np.ndarray
    levels: tuple[FloatArray, ...]

    @property
    def size(self) -> int:
        return math.prod(part.size for part in self.levels)

    def configuration(self, number: int) -> Configuration:
        """The one of this number: masses of the large prices, then small revenue, then huge utility."""
        chosen = []
        for part in self.levels:  # there may be more configurations than NumPy's integers count
            number, place = divmod(number, part.size)
            chosen.append(float(part[place]))
        *masses, revenue, utility = chosen
        all_masses = np.zeros(self.large.size)
        all_masses[self.large] = masses
        return Configuration(self.small, self.large, self.huge, all_masses, revenue, utility)


@dataclass(frozen=True, eq=False)
class Guesses:
    """All configurations of an instance.

    prices, chances
        Shapes (m,) and (n, m): Pr[v_i >= p_j].
    units, utility
        The seller's.
    epsilon
        ε of the theorem, in (0, 1).
    mass_step
        Masses of large prices are guessed down to multiples of it.
    optima
        The guesses of OPT.
    """

    prices: FloatArray
    chances: FloatArray
    units: int
    utility: Attitude
    epsilon: float
    mass_step: float
    optima: tuple[float, ...]

    @cached_property
    def classes(self) -> list[_Classes]:
        """One for each guess of OPT and of the threshold."""
        return [
            self._classes(optimum, threshold) for optimum in self.optima for threshold in self._thresholds()
        ]

    @property
    def size(self) -> int:
        """How many configurations there are."""
        return sum(part.size for part in self.classes)

    def walk(self) -> Iterator[Configuration]:
        """All of them once, in steps that spread over the whole list, so that a few are a fair sample."""
        ends = list(accumulate(part.size for part in self.classes))
        size, step = self.size, _coprime_step(self.size)
        for turn in range(size):
            number = turn * step % size
            part = bisect_right(ends, number)
            yield self.classes[part].configuration(number - ends[part] + self.classes[part].size)

    def _thresholds(self) -> list[float]:
        """0, and each price where enough sales can be expected from it on."""
        return [0.0, *self.prices] if self.units >= self.epsilon**-4 else [0.0]

    def _classes(self, optimum: float, threshold: float) -> _Classes:
        huge = self.prices >= _huge_from(self.utility, optimum / self.epsilon, float(self.prices.max()))
        small = (self.prices < threshold) & ~huge
        large = ~small & ~huge
        sales = np.minimum(self.chances.sum(axis=0), self.units)
        masses = [_multiples(self.mass_step, float(most)) for most in sales[large]]
        utilities = np.asarray(self.utility(self.prices), dtype=np.float64)
        revenues = self._revenues(optimum, float((self.prices * sales)[small].sum()))
        huge_utilities = _multiples(self.epsilon * optimum, float((utilities * sales)[huge].sum()))
        return _Classes(small, large, huge, (*masses, revenues, huge_utilities))

    def _revenues(self, optimum: float, most: float) -> FloatArray:
        """The amounts of money up to `most` whose utilities are multiples of ε OPT."""
        top = float(np.asarray(self.utility(np.array(most))))
        levels = _multiples(self.epsilon * optimum, top)
        return np.array([least_money(self.utility, float(level), most) for level in levels])


def _multiples(step: float, most: float) -> FloatArray:
    """0, step, 2 step, … up to `most`."""
    return np.asarray(step * np.arange(int(most / step + 1e-9) + 1), dtype=np.float64)


def _huge_from(utility: Attitude, level: float, most: float) -> float:
    """U⁻¹(level), infinite if not even the greatest price has that utility."""
    if float(np.asarray(utility(np.array(most)))) < level:
        return math.inf
    return least_money(utility, level, most)


def _coprime_step(size: int) -> int:
    """A step near the golden section of `size` that reaches every number below it."""
    step = max(1, size * 618_033_988 // 10**9)
    while math.gcd(step, size) > 1:
        step += 1
    return step
