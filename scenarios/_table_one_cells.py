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
from mechanisms.risk_averse.border import border_revenue
from mechanisms.risk_averse.greedy import greedy_share
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
STEPS = 20
"""Of the continuous greedy, for one pass."""

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
    benchmark
        Among which mechanisms the best is looked for.
    kind, mechanism
        What truth is to be, and what stands in the cell.
    proved, sharper
        The share of the benchmark that the paper proves, and this project, by the parameters.
    measured
        From a market to the mechanism's utility and the benchmark's.
    """

    who: str
    benchmark: str
    kind: str
    mechanism: str
    proved: Callable[[Any], float]
    sharper: Callable[[Any], float]
    measured: Callable[[RandomMarket], tuple[float, float]]

    @property
    def name(self) -> str:
        """All of it together."""
        return f"{self.who} | {self.benchmark} | {self.kind} | {self.mechanism}"


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
    def dsic_revenue(self) -> float:
        """The best dominant-strategy revenue, whoever the buyers are."""
        return optimal_dsic_utility(*self._sale, Linear())

    @cached_property
    def bic_revenue(self) -> float:
        """The best BIC revenue from buyers without fear."""
        return optimal_bic_revenue(*self._sale, Linear(), self.prices)

    @cached_property
    def fearful_bic_revenue(self) -> float:
        """The best BIC revenue from buyers who fear risk, over all profiles."""
        return optimal_bic_revenue(*self._sale, self.buyer, self.prices)

    @cached_property
    def border(self) -> float:
        """The same revenue from interim lotteries that Border's inequalities admit."""
        return border_revenue(*self._sale, self.buyer, self.prices)

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
        return design_one_pass(
            *self._sale, self.seller, buyer, self.prices, steps=STEPS, oversell=True
        )

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


def _one_pass(told: Any) -> float:
    """R1 for this very design, after its steps of the greedy; or the paper's, if that is better."""
    kept = gamma(told.units) if told.alike else one_pass_guarantee(told.units)
    return max(greedy_share(min(told.units, told.buyers), STEPS) * kept, _theorem_two(told))


def _best_prices(told: Any) -> float:
    """Lemma 4: on so small instances the design finds the best sequential prices."""
    return KEPT


CELLS = (
    Cell("nobody", "DSIC", "DSIC", "Myerson", _one, _one, lambda m: (m.myerson, m.dsic_revenue)),
    Cell("nobody", "BIC", "TIE", "Myerson", _one, _one, lambda m: (m.myerson, m.bic_revenue)),
    Cell("nobody", "BIC", "BIC", "Myerson", _one, _one, lambda m: (m.myerson, m.bic_revenue)),
    Cell("buyers", "DSIC", "DSIC", "Myerson", _one, _one, lambda m: (m.myerson, m.dsic_revenue)),
    Cell("buyers", "BIC", "TIE", "Algorithm 1", _algorithm_one, _algorithm_one,
         lambda m: (m.algorithm_one.value, m.fearful_bic_revenue)),
    Cell("buyers", "BIC", "BIC", "Alaei et al.", _one, _one,
         lambda m: (m.border, m.fearful_bic_revenue)),
    Cell("seller", "DSIC", "DSIC", "as written", _theorem_one, _theorem_one,
         lambda m: m.as_written()),
    Cell("seller", "DSIC", "DSIC", "sequential prices", _theorem_one, _best_prices,
         lambda m: (m.designed.value, m.dsic)),
    Cell("seller", "BIC", "TIE", "one pass", _theorem_two, _one_pass,
         lambda m: m.against_bic(Linear())),
    Cell("seller", "BIC", "BIC", "Eső and Futó", _one, _one, lambda m: m.without_risk()),
    Cell("both", "DSIC", "DSIC", "sequential prices", _theorem_one, _best_prices,
         lambda m: (m.designed.value, m.dsic)),
    Cell("both", "BIC", "TIE", "one pass", _theorem_two, _one_pass,
         lambda m: m.against_bic(m.buyer)),
    Cell("both", "BIC", "BIC", "one pass", _theorem_two, _one_pass,
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
