"""Buyers who fear risk and a seller who does, what she may do with them, and what is proved of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from mechanisms.distributions import Discrete
from mechanisms.risk_averse import (
    OnePass,
    OnePassDesign,
    RevenueLaw,
    Rounds,
    TooLargeError,
    design_one_pass,
    design_sequential_prices,
    gamma,
    optimal_bic,
)
from mechanisms.utilities import CARA, Linear, Utility

KEPT = 1 - 1 / math.e
"""What the masses of the best mechanism keep of its utility if buyers are made independent (Lemma 8)."""


def attitude(fear: float) -> Utility:
    """CARA; without fear linear."""
    return CARA(fear) if fear > 0 else Linear()


@dataclass(frozen=True, eq=False)
class Game:
    """n buyers whose values are equally likely 1, 2, …, `types`, and a grid of prices.

    seller, buyer
        Attitudes.
    """

    buyers: int
    types: int
    units: int
    fineness: int
    seller: Utility
    buyer: Utility

    @property
    def values(self) -> list[Any]:
        """A grid for each buyer."""
        return [np.arange(1.0, self.types + 1)] * self.buyers

    @property
    def probabilities(self) -> list[Any]:
        """Of the values."""
        return [np.full(self.types, 1 / self.types)] * self.buyers

    @property
    def priors(self) -> list[Discrete]:
        """The same as distributions."""
        return [Discrete(*pair) for pair in zip(self.values, self.probabilities, strict=True)]

    @property
    def prices(self) -> Any:
        """`fineness` prices for each unit of value."""
        return np.arange(1, self.types * self.fineness + 1) / self.fineness

    def design(self, oversell: bool) -> OnePassDesign:
        """One pass, and what is proved of it."""
        return design_one_pass(
            self.values, self.probabilities, self.units, self.seller, self.buyer, self.prices,
            oversell=oversell,
        )

    def best(self) -> float:
        """Utility of the best BIC mechanism, ex-post IR and without positive transfers; NaN if too large."""
        try:
            return optimal_bic(
                self.values, self.probabilities, self.units, self.seller, self.buyer, self.prices
            ).utility
        except TooLargeError:
            return math.nan


@dataclass(frozen=True, eq=False)
class Found:
    """All that was designed for a game.

    game, design, oversold
        The game; one pass that expects to sell no more than the units, and one that may.
    mechanisms, laws
        By name, with the exact law of revenue.
    best
        The best mechanism's utility, NaN where it is not known.
    """

    game: Game
    design: OnePassDesign
    oversold: OnePassDesign
    mechanisms: Mapping[str, Any]
    laws: Mapping[str, RevenueLaw]
    best: float

    @property
    def bound(self) -> float:
        """No such mechanism is worth more."""
        return min(self.design.upper_bound, self.oversold.upper_bound)

    @property
    def proved(self) -> dict[str, float]:
        """Shares of the best mechanism: of this one pass; and Theorem 2's, of rounds of the best masses."""
        return {"Theorem 2": KEPT**2 * gamma(self.game.units), "one pass": self.design.proved}

    def worth(self, name: str) -> float:
        """Her expected utility."""
        return self.laws[name].expected_utility(self.game.seller)


@lru_cache(maxsize=64)
def found_for(
    buyers: int, types: int, units: int, fineness: int, seller_fear: float, buyer_fear: float, rounds: int
) -> Found:
    """Design everything; kept."""
    one = Game(buyers, types, units, fineness, attitude(seller_fear), attitude(buyer_fear))
    design, oversold = one.design(oversell=False), one.design(oversell=True)
    prices = design_sequential_prices(one.values, one.probabilities, units, one.seller).mechanism
    tables = (one.values, one.prices, design.lotteries)
    lotteries = {
        "one pass": design.mechanism,
        "oversold": oversold.mechanism,
        "rounds, limit": Rounds(*tables, units),
        f"rounds, L = {rounds}": Rounds(*tables, units, rounds=rounds),
        "soft": OnePass(*tables, buyers),
    }
    laws = {name: sale.revenue_law(one.probabilities) for name, sale in lotteries.items()}
    laws["fixed prices"] = prices.revenue_law(one.priors)
    return Found(one, design, oversold, {**lotteries, "fixed prices": prices}, laws, one.best())
