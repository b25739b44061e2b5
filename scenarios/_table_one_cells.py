"""The cells of Table 1: what is proved, which mechanism stands there, what it brings in a small market."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.auctions.myerson import MyersonAuction, optimal_revenue
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.risk_averse import (
    EsoFutoAuction,
    OnePassDesign,
    RiskAverseBuyersDesign,
    SequentialDesign,
    design_one_pass,
    design_risk_averse_buyers,
    design_sequential_prices,
    gamma,
    optimal_bic_revenue,
    optimal_bic_utility,
    optimal_dsic_utility,
    theorem_one_prices,
)
from mechanisms.risk_averse.laws import one_pass_guarantee
from mechanisms.utilities import CARA, Linear, Utility
from sim.records import Column, Records, Table

if TYPE_CHECKING:
    from sim.audit import Instance

KEPT = 1 - 1 / math.e
HIGHEST = 6
"""Values are whole numbers up to this; so are prices, in halves."""
MASS_STEP = 0.5
"""Of Theorem 1's algorithm; the paper's ε⁸ has too many configurations."""
SECONDS = 5.0
"""Budget of that algorithm."""

RATIOS = Table("ratios", "One row for each market and cell of the table.", (
    Column("market", "int32", "", "number of the market, from 0"),
    Column("cell", "category", "", "who fears risk, the benchmark, and the mechanism"),
    Column("worth", "float64", "utility", "the seller's expected utility of the mechanism"),
    Column("best", "float64", "utility", "of the best mechanism of the benchmark"),
))


@dataclass(frozen=True)
class Cell:
    """A cell.

    who
        Whether seller and buyers fear risk.
    benchmark, mechanism
        In words.
    proved, sharper
        The share of the benchmark that the paper proves, and this project, by the parameters.
    measured
        From a market to the mechanism's utility and the benchmark's.
    """

    who: str
    benchmark: str
    mechanism: str
    proved: Callable[[Any], float]
    sharper: Callable[[Any], float]
    measured: Callable[[RandomMarket], tuple[float, float]]

    @property
    def name(self) -> str:
        """All three together."""
        return f"{self.who} | {self.benchmark} | {self.mechanism}"


@dataclass(frozen=True, eq=False)
class RandomMarket:
    """Buyers' values and probabilities, k units, and attitudes where somebody fears risk."""

    values: list[Any]
    probabilities: list[Any]
    units: int
    seller: Utility
    buyer: Utility
    epsilon: float

    @property
    def prices(self) -> Any:
        """Halves up to the highest value."""
        return np.arange(1, 2 * HIGHEST + 1) / 2

    @property
    def priors(self) -> list[Discrete]:
        """Of the values."""
        return [Discrete(*pair) for pair in zip(self.values, self.probabilities, strict=True)]

    @property
    def _sale(self) -> tuple[list[Any], list[Any], int]:
        return self.values, self.probabilities, self.units

    @cached_property
    def myerson(self) -> float:
        """Myerson's revenue."""
        return optimal_revenue(self.priors, units=self.units)

    @cached_property
    def dsic(self) -> float:
        """The cautious seller's best dominant-strategy mechanism."""
        return optimal_dsic_utility(*self._sale, self.seller)

    @cached_property
    def designed(self) -> SequentialDesign:
        """Her sequential prices."""
        return design_sequential_prices(*self._sale, self.seller)

    @cached_property
    def algorithm_one(self) -> RiskAverseBuyersDesign:
        """Appendix D's, for buyers who fear risk."""
        return design_risk_averse_buyers(*self._sale, self.buyer, self.prices)

    def as_written(self) -> tuple[float, float]:
        """Theorem 1's algorithm on a coarse grid of masses, against DSIC."""
        found = theorem_one_prices(*self._sale, self.seller, self.epsilon, MASS_STEP, seconds=SECONDS)
        return found.value, self.dsic

    def one_pass(self, buyer: Utility) -> OnePassDesign:
        """For a seller who fears risk."""
        return design_one_pass(*self._sale, self.seller, buyer, self.prices, oversell=True)

    def against_bic(self, buyer: Utility) -> tuple[float, float]:
        """One pass against the best BIC mechanism, ex-post IR and without positive transfers."""
        best = optimal_bic_utility(*self._sale, self.seller, buyer, self.prices)
        return self.one_pass(buyer).value, best

    def without_risk(self) -> tuple[float, float]:
        """Eső and Futó's auction, which is what U(E[revenue]) allows (Jensen)."""
        sure = EsoFutoAuction(self.priors, self.units).revenue
        return float(self.seller(sure)), float(self.seller(self.myerson))

    def audited(self) -> list[Instance]:
        """The mechanisms of the cells, before buyers whom they are made for."""
        from sim.audit import Instance

        joint, fearful, neutral = JointDistribution.product(self.priors), self.buyer, Linear()
        optimal = MyersonAuction(tuple(self.priors), self.units)
        return [
            Instance(optimal, joint, name="Myerson", utilities=fearful),
            Instance(self.designed.mechanism, joint, name="sequential prices", utilities=fearful),
            Instance(self.one_pass(fearful).mechanism, joint, name="one pass", utilities=fearful),
            Instance(self.algorithm_one.mechanism, joint, name="Algorithm 1", utilities=fearful),
            Instance(EsoFutoAuction(self.priors, self.units), joint, name="Eső and Futó", utilities=neutral),
        ]


def _one(told: Any) -> float:
    return 1.0


def _algorithm_one(told: Any) -> float:
    return gamma(told.units)


def _theorem_one(told: Any) -> float:
    return max(KEPT - told.epsilon, 0.0)


def _theorem_two(told: Any) -> float:
    """Appendix C's for buyers who are alike."""
    return KEPT * gamma(told.units) * (1.0 if told.alike else KEPT)


def _r1(told: Any) -> float:
    return max(KEPT * one_pass_guarantee(told.units), _theorem_two(told))


def _r2(told: Any) -> float:
    return KEPT


CELLS = (
    Cell("nobody", "DSIC", "Myerson", _one, _one,
         lambda m: (m.myerson, optimal_dsic_utility(m.values, m.probabilities, m.units, Linear()))),
    Cell("nobody", "BIC", "Myerson", _one, _one,
         lambda m: (m.myerson, optimal_bic_utility(m.values, m.probabilities, m.units, Linear(), Linear(),
                                                   m.prices))),
    Cell("buyers", "DSIC", "Myerson", _one, _one,
         lambda m: (m.myerson, optimal_dsic_utility(m.values, m.probabilities, m.units, Linear()))),
    Cell("buyers", "BIC", "Algorithm 1 (TIE)", _algorithm_one, _algorithm_one,
         lambda m: (m.algorithm_one.value,
                    optimal_bic_revenue(m.values, m.probabilities, m.units, m.buyer, m.prices))),
    Cell("seller", "DSIC", "as written", _theorem_one, _theorem_one,
         lambda m: m.as_written()),
    Cell("seller", "DSIC", "sequential prices", _theorem_one, _r2,
         lambda m: (m.designed.value, m.dsic)),
    Cell("seller", "BIC", "one pass (TIE)", _theorem_two, _r1,
         lambda m: m.against_bic(Linear())),
    Cell("seller", "BIC", "Eső and Futó", _one, _one, lambda m: m.without_risk()),
    Cell("both", "DSIC", "sequential prices", _theorem_one, _r2,
         lambda m: (m.designed.value, m.dsic)),
    Cell("both", "BIC", "one pass (TIE)", _theorem_two, _r1,
         lambda m: m.against_bic(m.buyer)),
)
"""In the order of the table. Those who fear risk stand first."""


def market_of(told: Any, rng: np.random.Generator) -> RandomMarket:
    """A random market: whole values up to 6, random probabilities."""
    kinds = 1 if told.alike else told.buyers
    values = [np.sort(rng.choice(HIGHEST, told.values, replace=False)) + 1.0 for _ in range(kinds)]
    chances = list(rng.dirichlet(np.ones(told.values), kinds))
    values, chances = (each * (told.buyers // kinds) for each in (values, chances))
    return RandomMarket(
        values, chances, told.units, CARA(told.seller_fear), CARA(told.buyer_fear), told.epsilon
    )


def judge(records: Records, day: int, market: RandomMarket) -> None:
    """Try each cell in one market."""
    table = records["ratios"]
    for cell in CELLS:
        table.row(day, table.code("cell", cell.name), *cell.measured(market))


def ratios_of(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The shares of the benchmark, market by market, for each cell."""
    rows = tables["ratios"]
    shares = rows["worth"] / rows["best"]
    return {cell.name: shares[rows["cell"] == cell.name].to_numpy() for cell in CELLS}
