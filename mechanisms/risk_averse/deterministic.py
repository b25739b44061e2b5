"""The best deterministic sequential prices of a small instance, by branch and bound.

E[U_k] of independent payments is submodular in the buyers who are offered a price, so that what prices for
the others can add is at most the sum of what each adds alone: that bounds every unfinished choice.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.comparison import size_of
from mechanisms.distributions import Discrete
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.buyers import buyers, check_seller, own_prices, sale_chances, useful_prices
from mechanisms.risk_averse.independent import TopStates
from mechanisms.risk_averse.sequential import SequentialPrices

MOST_CHOICES = 5_000_000
"""Choices of a price for each buyer, those of buyers who are alike in one order, that are searched."""
TOLERANCE = 1e-12
"""Gains below this part of the greatest utility are rounding."""


@dataclass(frozen=True, eq=False)
class BestPrices:
    """The optimum among deterministic sequential prices.

    mechanism
        The prices, offered in decreasing order.
    expected_utility
        What they are worth to the seller.
    nodes
        The size of the search.
    """

    mechanism: SequentialPrices
    expected_utility: float
    nodes: int

    @property
    def prices(self) -> FloatArray:
        """Shape (n,); `math.inf` for a buyer who is never offered a unit."""
        return np.array(self.mechanism.prices)


def best_sequential_prices(
    values: Sequence[ArrayLike], probabilities: Sequence[ArrayLike], units: int, utility: Attitude
) -> BestPrices:
    """Return the sequential prices, in decreasing order, with the greatest expected utility.

    `values` and `probabilities` are lists of n arrays; prices are values of the buyers, since no others can
    be better. For small instances: 6 buyers of 8 values take up to a second, 7 up to ten.

    Raises TypeError or ValueError for bad buyers, units or utility, and TooLargeError, before any work, for
    more than `MOST_CHOICES` choices, or too many collections of sales (`TopStates`).
    """
    priors = buyers(values, probabilities)
    attitude = check_seller(utility, priors, units)
    choices = count_choices(priors)
    if choices > MOST_CHOICES:
        raise TooLargeError(
            f"{len(priors)} buyers have {choices:,} choices of prices, more than the {MOST_CHOICES:,} that "
            "are searched; design_sequential_prices finds prices with a certificate"
        )
    return best_of(priors, units, attitude, choices)


def count_choices(priors: Sequence[Discrete]) -> int:
    """Choices of a price, or none, for each buyer; c alike buyers with m prices have (c + m choose m)."""
    prices = useful_prices(priors)
    sorts = Counter(zip(
        (prior.values.tobytes() + prior.probabilities.tobytes() for prior in priors),
        own_prices(priors, prices).sum(axis=1).tolist(), strict=True,
    ))
    return math.prod(math.comb(count + own, own) for (_, own), count in sorts.items())


def best_of(priors: Sequence[Discrete], units: int, utility: Attitude, most_nodes: int) -> BestPrices:
    """The same for checked buyers and utility; the best found so far if there are more nodes than allowed."""
    return _Search(priors, units, utility, most_nodes).run()


class _Search:
    """Depth first, buyers with most to add first, their best prices first; equal buyers in order of price."""

    def __init__(self, priors: Sequence[Discrete], units: int, utility: Attitude, most_nodes: int) -> None:
        self.units, self.most_nodes = units, most_nodes
        self.prices = useful_prices(priors)
        self.chances = np.where(own_prices(priors, self.prices), sale_chances(priors, self.prices), 0.0)
        self.states = TopStates(self.prices, min(units, len(priors)))
        self.utilities = np.asarray(utility(self.states.sums), dtype=np.float64)
        self.increments = self.utilities[self.states.after] - self.utilities[:, None]
        self.slack = TOLERANCE * size_of(self.utilities)
        alone = (self.chances * self.increments[0]).max(axis=1)
        self.order = np.lexsort((*self.chances.T, -alone))
        self.best_value, self.best = -math.inf, np.full(len(priors), -1)
        self.nodes = 0

    def run(self) -> BestPrices:
        """Search, and hand back the prices in the buyers' own order."""
        start = self.states.start()
        self._climb()
        self._branch(0, start, np.full(self.order.size, -1))
        prices = np.where(self.best >= 0, self.prices[self.best], math.inf)
        return BestPrices(SequentialPrices(tuple(prices), self.units), self.best_value, self.nodes)

    def _climb(self) -> None:
        """A first choice: each buyer's best price in turn, until nothing changes."""
        chosen, before = np.full(self.order.size, -1), -math.inf
        while True:
            for i in self.order:
                law = self._law_without(chosen, i)
                gains = self.chances[i] * (law @ self.increments)
                chosen[i] = gains.argmax() if gains.max() > 0 else -1
                value = float(law @ self.utilities) + max(float(gains.max()), 0.0)
            if value <= before + self.slack:
                break
            before = value
        self.best_value, self.best = value, chosen.copy()

    def _law_without(self, chosen: np.ndarray, left_out: int) -> FloatArray:
        law = self.states.start()
        for i in np.flatnonzero(chosen >= 0):
            if i != left_out:
                law = self._sell(law, int(i), int(chosen[i]))
        return law

    def _sell(self, law: FloatArray, buyer: int, price: int) -> FloatArray:
        return self.states.add(law, np.eye(1, self.prices.size, price)[0] * self.chances[buyer, price])

    def _branch(self, depth: int, law: FloatArray, chosen: np.ndarray) -> None:
        """Choose the prices of the buyers from place `depth` of the order on, where that can be better."""
        self.nodes += 1
        if self.nodes > self.most_nodes:
            return
        value = float(law @ self.utilities)
        if value > self.best_value:
            self.best_value, self.best = value, chosen.copy()
        if depth == self.order.size:
            return
        gains = self.chances * (law @ self.increments)
        rest = np.maximum(gains[self.order[depth:]].max(axis=1), 0.0)
        buyer, others = self.order[depth], float(rest[1:].sum())
        for price in [*np.argsort(-gains[buyer], kind="stable"), -1]:
            added = float(gains[buyer, price]) if price >= 0 else 0.0
            if value + added + others <= self.best_value + self.slack:
                continue
            if self._out_of_turn(depth, price, chosen):
                continue
            later = law if price < 0 else self._sell(law, buyer, price)
            self._branch(depth + 1, later, _with(chosen, buyer, price))

    def _out_of_turn(self, depth: int, price: int, chosen: np.ndarray) -> bool:
        """Whether the buyer before is just like this one and was given a lower price, or none."""
        if depth == 0:
            return False
        buyer, before = self.order[depth], self.order[depth - 1]
        alike = np.array_equal(self.chances[buyer], self.chances[before])
        return bool(alike and chosen[before] < price)


def _with(chosen: np.ndarray, buyer: int, price: int) -> np.ndarray:
    changed = chosen.copy()
    changed[buyer] = price
    return changed
