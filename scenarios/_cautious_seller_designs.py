"""Who the cautious seller's buyers are, how cautious she is, and what she may do; all known exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.myerson import MyersonAuction, optimal_revenue
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Discrete
from mechanisms.risk_averse import (
    RevenueLaw,
    SequentialPrices,
    best_single_price,
    design_history_prices,
    design_sequential_prices,
    myerson_revenue_law,
)
from mechanisms.utilities import CARA, CRRA, Capped, Linear, Utility

Numbers = NDArray[np.float64]

GRID = np.arange(1.0, 41.0)
"""Values, and so prices that are worth offering."""
SELLERS = ("designed prices", "by history", "single price", "Myerson")
LADDER = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Degrees of caution from none to much."""


# --- buyers -------------------------------------------------------------------------------------------


def _bells(means: Numbers, deviation: float) -> Numbers:
    weights = np.exp(-0.5 * ((GRID - means[:, None]) / deviation) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _normal(rank: Numbers) -> Numbers:
    return _bells(10 + 20 * rank, 6.0)


def _pareto(rank: Numbers) -> Numbers:
    tails = GRID ** -(2.5 - 1.3 * rank)[:, None]
    return np.asarray(-np.diff(tails, axis=1, append=0.0))


def _bimodal(rank: Numbers) -> Numbers:
    rich, alike = (0.2 + 0.3 * rank)[:, None], np.ones_like(rank)
    return np.asarray((1 - rich) * _bells(8 * alike, 2.0) + rich * _bells(32 * alike, 2.0))


def _rare(rank: Numbers) -> Numbers:
    chance = (0.05 + 0.25 * rank)[:, None]
    return np.asarray((1 - chance) * np.eye(1, GRID.size) + chance * _normal(rank))


def _jackpot(rank: Numbers) -> Numbers:
    return np.asarray(0.97 * np.eye(1, GRID.size) + 0.03 * np.eye(1, GRID.size, GRID.size - 1)
                      + np.zeros((rank.size, 1)))


FAMILIES: Mapping[str, Callable[[Numbers], Numbers]] = {
    "normal": _normal, "Pareto": _pareto, "bimodal": _bimodal, "rare": _rare, "jackpot": _jackpot,
}
"""Probabilities (n, 40) of the values for buyers of ranks from 0, the poorest, to 1."""


def buyers_of(family: str, buyers: int, late: float = 0.0) -> list[Discrete]:
    """The buyers' distributions, those whose answers come too late counted as of value 0."""
    table = (1 - late) * FAMILIES[family](np.linspace(0, 1, buyers))
    if late == 0:
        return [Discrete(GRID, row) for row in table]
    return [Discrete(np.append(0.0, GRID), np.append(late, row)) for row in table]


# --- the seller ---------------------------------------------------------------------------------------


def _cara(degree: float, scale: float) -> Utility:
    return CARA(degree / scale)


def _crra(degree: float, scale: float) -> Utility:
    return CRRA(degree / (1 + degree))


def _capped(degree: float, scale: float) -> Utility:
    return Capped(scale / degree)


ATTITUDES: Mapping[str, Callable[[float, float], Utility]] = {"CARA": _cara, "CRRA": _crra, "capped": _capped}


def attitude(name: str, degree: float, scale: float) -> Utility:
    """Her utility: at degree 0 she is risk-neutral; `scale` is the revenue that she may hope for."""
    return Linear() if degree == 0 else ATTITUDES[name](degree, scale)


@dataclass(frozen=True, eq=False)
class Way:
    """One way to sell: the mechanism, and the exact law of its revenue."""

    mechanism: Mechanism
    law: RevenueLaw


@dataclass(frozen=True, eq=False)
class Sale:
    """What a seller of one attitude may do with her buyers.

    utility
        Hers.
    ways
        By the names in `SELLERS`.
    bound
        No dominant-strategy mechanism has a higher expected utility.
    """

    utility: Utility
    ways: Mapping[str, Way]
    bound: float

    def worth(self, name: str) -> float:
        """Her expected utility."""
        return self.ways[name].law.expected_utility(self.utility)

    def sure(self, name: str) -> float:
        """The certainty equivalent."""
        return self.ways[name].law.certainty_equivalent(self.utility)

    def certified(self, name: str) -> float:
        """At least this share of the best possible."""
        return self.worth(name) / self.bound


@lru_cache(maxsize=64)
def sale(
    family: str, buyers: int, units: int, name: str, degree: float, late: float, arriving: bool
) -> Sale:
    """Design everything for one seller; kept."""
    priors = buyers_of(family, buyers, late)
    return sale_to(priors, units, attitude(name, degree, optimal_revenue(priors, units=units)), arriving)


def sale_to(priors: list[Discrete], units: int, utility: Utility, arriving: bool) -> Sale:
    """The same for any buyers and any utility."""
    values, chances = [p.values for p in priors], [p.probabilities for p in priors]
    order = tuple(range(len(priors))) if arriving else None
    static = design_sequential_prices(values, chances, units, utility)
    history = design_history_prices(values, chances, units, utility, order=order)
    single = best_single_price(values, chances, units, utility)
    fixed = [SequentialPrices(one.mechanism.prices, units, order) for one in (static, single)]
    mechanisms: list[Any] = [fixed[0], history.mechanism, fixed[1]]
    laws = [*(one.revenue_law(priors) for one in mechanisms), myerson_revenue_law(priors, units)]
    mechanisms.append(MyersonAuction(tuple(priors), units))
    ways = dict(zip(SELLERS, map(Way, mechanisms, laws), strict=True))
    return Sale(utility, ways, min(static.upper_bound, history.upper_bound))
