"""Prices that depend on history: bold when behind, careful when ahead.

Each buyer's price may depend on the units left and the revenue so far; one backward dynamic program finds the
best such prices for an order of the buyers. Truth is still dominant, since no buyer moves her own price, and
fixed prices in the same order are a special case, so that these are never worse.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.conversation import Conversation, Mechanism
from mechanisms.distributions import Discrete, Distribution
from mechanisms.outcome import Outcome
from mechanisms.programs import Design
from mechanisms.questions import OfferPrice
from mechanisms.risk_averse.attitude import Attitude, check_attitude
from mechanisms.risk_averse.bounds import bounds_of
from mechanisms.risk_averse.buyers import buyers, check_seller, own_prices, sale_chances, useful_prices
from mechanisms.risk_averse.design import design_sequential_prices
from mechanisms.risk_averse.known_buyers import checked_order
from mechanisms.risk_averse.money import MoneyGrid, Rounding, add_moved, ahead, money_grid
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.sales import worth

CELLS = 1_000
"""Multiples of the unit of money where prices have no common one: then revenue is counted rounded down."""


@dataclass(frozen=True, eq=False)
class HistoryPrices(Mechanism):
    """Offer a unit to each of n buyers in turn, at a price that depends on what was sold and earned.

    order
        The buyers as they are asked.
    prices
        Shape (m,): the prices that may be offered.
    grid
        Those prices in units of money, whole numbers: how revenue so far is counted.
    choice
        Shape (n, units, cells): the price's index for the t-th buyer when so many units are sold and so much
        is earned; −1 for no offer.
    supply
        How many units there are.
    """

    order: tuple[int, ...]
    prices: FloatArray
    grid: MoneyGrid
    choice: np.ndarray
    supply: int

    ex_post_ir: ClassVar[bool] = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HistoryPrices) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"<HistoryPrices of {self.supply} to {len(self.order)} buyers at {self.prices.size} prices>"

    @property
    def _key(self) -> tuple[Any, ...]:
        tables = (self.prices, self.grid.steps, self.choice)
        return (self.order, self.supply, self.grid.unit, *(table.tobytes() for table in tables))

    @property
    def units(self) -> int:  # type: ignore[override]
        """The supply."""
        return self.supply

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as there are in the order."""
        return len(self.order)

    def price(self, turn: int, sold: int, counted: int) -> int:
        """The index of the price for the buyer of this turn, −1 for no offer, −1 too when all is sold."""
        return int(self.choice[turn, sold, counted]) if sold < self.choice.shape[1] else -1

    def conversation(self, n: int) -> Conversation:
        """Offer each buyer the price for the state of the sale."""
        if n != len(self.order):
            raise ValueError(f"order must be of the {n} buyers, got {len(self.order)} of them")
        takes, payments, counted = np.zeros(n), np.zeros(n), 0
        for turn, buyer in enumerate(self.order):
            index = self.price(turn, int(takes.sum()), counted)
            if index < 0:
                continue
            price = float(self.prices[index])
            offer = yield OfferPrice(to=(buyer,), prices=(price,))
            if offer.values[buyer]:
                takes[buyer], payments[buyer] = 1.0, price
                counted += int(self.grid.steps[index])
        return Outcome(takes, payments)

    def revenue_law(self, priors: Sequence[Distribution]) -> RevenueLaw:
        """The law of revenue from independent buyers; of revenue rounded down if the grid is not exact."""
        chances = sale_chances(priors, self.prices)
        law = np.zeros((self.choice.shape[1] + 1, self.grid.cells))
        law[0, 0] = 1.0
        for turn, buyer in enumerate(self.order):
            before = law[:-1].copy()
            for index in np.unique(self.choice[turn][self.choice[turn] >= 0]):
                sold = np.where(self.choice[turn] == index, before * chances[buyer, index], 0.0)
                law[:-1] -= sold
                add_moved(law[1:], sold, float(self.grid.steps[index]))
        return RevenueLaw.of(self.grid.amounts, law.sum(axis=0))

    def expected_utility(
        self, values: Sequence[ArrayLike], probabilities: Sequence[ArrayLike], utility: Attitude
    ) -> float:
        """E[U(revenue)] from truthful buyers; from below if revenue is counted rounded down."""
        law = self.revenue_law(buyers(values, probabilities))
        return law.expected_utility(check_attitude(utility, float(self.grid.amounts[-1])))


def design_history_prices(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    utility: Attitude,
    order: Sequence[int] | None = None,
) -> Design[HistoryPrices]:
    """Return the best prices that depend on units left and revenue so far, and a bound on any DSIC mechanism.

    `order` says in which order the buyers are asked; None: that of the prices of `design_sequential_prices`
    (method "ascent"), those without an offer last. Raises TypeError or ValueError for bad buyers, units,
    utility or order.
    """
    start = time.perf_counter()
    priors = buyers(values, probabilities)
    attitude = check_seller(utility, priors, units)
    if order is None:
        order = _order_of_prices(values, probabilities, units, attitude)
    order = checked_order("order", order, len(priors))
    mechanism, value = best_history_policy(priors, units, attitude, order)
    bound = bounds_of(priors, units, attitude).least
    return Design(mechanism, value, bound, time.perf_counter() - start)


def _order_of_prices(
    values: Sequence[ArrayLike], probabilities: Sequence[ArrayLike], units: int, utility: Attitude
) -> list[int]:
    static = design_sequential_prices(values, probabilities, units, utility, method="ascent")
    asked = list(static.mechanism.sequence)
    return [*asked, *(i for i in range(len(values)) if i not in set(asked))]


def best_history_policy(
    priors: Sequence[Discrete], units: int, utility: Attitude, order: tuple[int, ...]
) -> tuple[HistoryPrices, float]:
    """The backward dynamic program, from the last buyer to the first; the policy and its expected utility."""
    prices = useful_prices(priors)
    most = min(units, len(priors))
    top = most * float(prices.max())
    grid = money_grid(prices, top, CELLS, Rounding.DOWN, exact_cells=4 * CELLS)
    chances = np.where(own_prices(priors, prices), sale_chances(priors, prices), 0.0)
    values = worth(grid, most, utility)
    choice = np.full((len(order), most, grid.cells), -1, dtype=np.int16)
    for turn in reversed(range(len(order))):
        choice[turn], gain = _best_prices(values, chances[order[turn]], grid)
        values[:-1] += gain
    return HistoryPrices(order, prices, grid, choice, units), float(values[0, 0])


def _best_prices(
    values: FloatArray, chances: FloatArray, grid: MoneyGrid
) -> tuple[np.ndarray, FloatArray]:
    """Each state's best price for one buyer, shape (units, cells), and what it adds."""
    best = np.zeros_like(values[:-1])
    choice = np.full(best.shape, -1)
    for index in np.flatnonzero(chances):
        gain = chances[index] * (ahead(values[1:], float(grid.steps[index])) - values[:-1])
        better = gain > best * (1 + 1e-12)
        choice[better], best[better] = index, gain[better]
    return choice, best
