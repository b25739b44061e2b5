"""The design of one pass for a risk-averse seller and risk-averse buyers (Section 4, Theorem 2; Appendix C).

Continuous greedy over the masses that truthful lotteries implement gives a design whose utility without the
limit of k units is at least (1 − 1/e) of the optimum, less the steps' error; one pass keeps c of that (R1),
and the greedy's bound certifies it. From there conditional-gradient steps climb on the exact utility of one
pass, which is linear in each buyer's lottery given the others'. What is proved of the greedy's lotteries
holds for the design too, since it is never worse; c of the lotteries that it ends with is another number, and
proves nothing about the optimum.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.conversation import check_count
from mechanisms.programs import Design
from mechanisms.risk_averse.attitude import Attitude, check_attitude
from mechanisms.risk_averse.first_sales import first_sales_law, gradient
from mechanisms.risk_averse.greedy import continuous_greedy, greedy_share
from mechanisms.risk_averse.known_buyers import Buyers
from mechanisms.risk_averse.one_pass import OnePass
from mechanisms.risk_averse.sums import Sums
from mechanisms.risk_averse.truthful_masses import TruthfulMasses

PACES = (1.0, 0.7, 0.5, 0.25, 0.1, 0.03)
"""How far a step may go towards the best lotteries at the point."""
PROGRESS = 1e-6
"""A step that adds less than this part of the utility is the last."""


@dataclass(frozen=True)
class OnePassDesign(Design[OnePass]):
    """A one-pass mechanism with its certificate, and what R1 proves of it.

    factor
        c of this very design: it earns at least c of what it would without the limit of units.
    proved
        The share of the optimum that is proved before anything is optimised: c of the greedy's lotteries,
        from which the design climbed, times 1 − e^{−(1 − k/(2T))} for T steps.

    `mechanism`, `value` (the seller's expected utility), `upper_bound` (no Bayesian incentive compatible
    mechanism with ex-post individual rationality and without positive transfers has more), `seconds` and
    `certificate` are those of every `Design`.
    """

    factor: float
    proved: float

    @property
    def expected_utility(self) -> float:
        """The seller's: `value` under its other name."""
        return self.value

    @property
    def lotteries(self) -> list[FloatArray]:
        """For each buyer her table (types, m)."""
        return [np.array(table) for table in self.mechanism.lotteries]


def design_one_pass(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    utility: Attitude,
    buyer_utilities: Attitude | Sequence[Attitude],
    prices: ArrayLike,
    steps: int = 20,
    climbs: int = 20,
    oversell: bool = False,
) -> OnePassDesign:
    """Design a one-pass mechanism that is truthful in expectation, with a bound on what any could earn.

    values, probabilities
        For each of n buyers her values, increasing, and their probabilities.
    units
        k; each buyer wants one.
    utility, buyer_utilities
        The seller's, and the buyers' (one for all, or one for each), concave with U(0) = 0; a buyer's has
        to be finite where she loses, as misreports are weighed with it.
    prices
        Shape (m,): the grid of payments. Include 0 if units may be given away.
    steps, climbs
        Steps of the continuous greedy, at least 1, and at most so many up from there, at least 0.
    oversell
        Whether more than `units` sales may be expected if there were no limit. No more are ever made;
        utility is often higher, but c lower, for more buyers find everything gone.

    Raises TypeError or ValueError for bad input, and TooLargeError if the prices have too many different
    sums.
    """
    start = time.perf_counter()
    buyers = Buyers.checked(values, probabilities, buyer_utilities, prices)
    check_count("units", units)
    check_attitude(utility, float(buyers.prices.max()) * min(units, buyers.n))
    check_count("steps", steps)
    check_count("climbs", climbs, least=0)
    served = min(units, buyers.n)
    masses = TruthfulMasses.of_sorts(buyers, served)
    greedy = continuous_greedy(buyers.prices, served, utility, masses.best, steps=steps)
    dearest = masses.best(buyers.prices)
    bound = min(greedy.upper_bound, float(np.asarray(utility(np.array(dearest.bound)))))
    each = TruthfulMasses.of_each(buyers, buyers.n if oversell else served)
    slope = _Slope(each, served, utility)
    first = masses.lotteries(greedy.design)
    found = [slope.climbed(tables, climbs) for tables in (first, masses.lotteries(dearest.design))]
    tables = found[int(np.argmax([slope.utility_of(own) for own in found]))]
    best = OnePass(values, prices, tables, units)
    worth = best.expected_utility(probabilities, utility)
    proved = OnePass(values, prices, first, units).factor(probabilities) * greedy_share(served, steps)
    seconds = time.perf_counter() - start
    return OnePassDesign(best, worth, bound, seconds, best.factor(probabilities), proved)


@dataclass(frozen=True, eq=False)
class _Slope:
    """The exact utility of one pass as a function of the buyers' lotteries, each of shape (types, m)."""

    polytope: TruthfulMasses
    units: int
    utility: Attitude

    @cached_property
    def _sums(self) -> Sums:
        return Sums.of(self.polytope.buyers.prices, self.units)

    def _masses(self, tables: Sequence[FloatArray]) -> FloatArray:
        """Shape (n, m)."""
        return np.stack([f @ own for f, own in zip(self.polytope.buyers.probabilities, tables, strict=True)])

    def utility_of(self, tables: Sequence[FloatArray]) -> float:
        """E[U(revenue)]."""
        return first_sales_law(self._sums, self.units, self._masses(tables)).expected_utility(self.utility)

    def climbed(self, tables: list[FloatArray], climbs: int) -> list[FloatArray]:
        """Tables at least as good, after conditional-gradient steps."""
        reached = self.utility_of(tables)
        for _ in range(climbs):
            before = reached
            aim = self._best_towards(tables)
            for pace in PACES:
                moved = [(1 - pace) * own + pace * there for own, there in zip(tables, aim, strict=True)]
                if (value := self.utility_of(moved)) > reached:
                    reached, ahead = value, moved
            if reached <= before * (1 + PROGRESS):
                break
            tables = ahead
        return tables

    def _best_towards(self, tables: Sequence[FloatArray]) -> list[FloatArray]:
        """The lotteries that gain most by the gradient."""
        slopes = gradient(self._sums, self.units, self._masses(tables), self.utility)
        return self.polytope.lotteries(self.polytope.best(slopes).design)
