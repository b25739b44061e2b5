"""Item prices for buyers who want one of several different items (Appendix E, Lemma 18).

Each buyer is a row of Appendix E's matrix, each item a column. Buyers come in the order of the rows, and
choose among the items that are left, at the realised prices of their row. What a buyer chooses brings at
least what the adversary would have let the row bring, so that the mechanism has at least the expected
utility of the partially order-oblivious prices.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np

from mechanisms._validation import TooLargeError
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.conversation import Conversation, Mechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import Chance, Question, ShowMenu
from mechanisms.risk_averse.attitude import Attitude, check_attitude
from mechanisms.risk_averse.known_buyers import checked_order
from mechanisms.risk_averse.one_pass import random_order
from mechanisms.risk_averse.order_oblivious import Matrix, OrderObliviousPrices
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.types import TypeSpace, UnitDemand, unit_of_each

MOST_CHOICES = 200_000
"""The most combinations of a buyer's values and prices that are enumerated."""
NOTHING = -1
Choices = dict[tuple[int, float], float]
"""Item (or `NOTHING`) and price to probability."""
State = dict[tuple[int, float], float]
"""Open items, a bit each, and revenue, to probability."""


@dataclass(frozen=True)
class ItemPrices(Mechanism):
    """Offer each buyer the items that are left, each at an independent random price of her own.

    prices
        A matrix of random prices, a row for each buyer and a column for each item; scaled as wanted
        (`OrderObliviousPrices.scaled`).
    row_order
        `"random"`, or the buyers' local indices in the order in which they are asked.

    Dominant for buyers whose types are values of the items, whatever their attitudes to risk: nature draws
    the prices before the buyer is asked. Raises TypeError or ValueError for other fields.
    """

    prices: OrderObliviousPrices
    row_order: str | tuple[int, ...] = "random"

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not isinstance(self.prices, OrderObliviousPrices):
            raise TypeError(f"prices must be OrderObliviousPrices, not {self.prices!r}")
        if self.row_order != "random":
            if isinstance(self.row_order, str):
                raise ValueError(f"row_order must be 'random' or an order, not {self.row_order!r}")
            object.__setattr__(self, "row_order", checked_order("row_order", self.row_order, self.n))

    @property
    def n(self) -> int:
        """The number of buyers."""
        return self.prices.shape[0]

    @property
    def items(self) -> int:
        """As many as there are columns."""
        return self.prices.shape[1]

    @property
    def space(self) -> TypeSpace:
        """Values of the items, of which a buyer wants one."""
        return unit_of_each(self.items, UnitDemand)

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as there are rows."""
        return self.n

    def conversation(self, n: int) -> Conversation:
        """Ask the buyers in order to choose among what is left."""
        if n != self.n:
            raise ValueError(f"{self.name} is for {self.n} buyers, not for {n}")
        got, paid = np.zeros((n, self.items)), np.zeros(n)
        order = self.row_order
        for buyer in (yield from random_order(n)) if isinstance(order, str) else order:
            shown = yield from self._drawn(buyer, got.sum(axis=0) == 0)
            if not shown:
                continue
            entries = tuple(tuple(np.eye(self.items)[item].tolist()) for item in shown)
            replies = yield ShowMenu(to=(buyer,), entries=entries, prices=tuple(shown.values()))
            chosen = int(replies.values[buyer, 0])
            if chosen >= 0:
                item, price = list(shown.items())[chosen]
                got[buyer, item], paid[buyer] = 1.0, price
        return Outcome(got if self.items > 1 else got[:, 0], paid)

    def _drawn(self, buyer: int, left: Any) -> Generator[Question, Any, dict[int, float]]:
        """Nature draws the buyer's prices of the items that are left; those that are offered at all."""
        shown = {}
        for item in np.flatnonzero(left).tolist():
            cell = [offer for offer in self.prices.offers[buyer][item] if np.isfinite(offer[0])]
            never = max(0.0, 1 - sum(chance for _, chance in cell))
            drawn = yield Chance((*(chance for _, chance in cell), never))
            if drawn < len(cell):
                shown[item] = cell[drawn][0]
        return shown

    def expected_utility(self, values: Matrix, probabilities: Matrix, utility: Attitude) -> float:
        """The seller's expected utility from truthful buyers, exactly.

        `values` and `probabilities` are matrices (n, items) of vectors: each buyer's values of each item,
        independent, and their probabilities. Raises TypeError or ValueError for bad input, and
        TooLargeError if a buyer's values and prices have more than `MOST_CHOICES` combinations.
        """
        law = self.revenue_law(values, probabilities)
        check_attitude(utility, float(law.amounts[-1]))
        return law.expected_utility(utility)

    def revenue_law(self, values: Matrix, probabilities: Matrix) -> RevenueLaw:
        """The exact law of revenue; arguments and errors as of `expected_utility`."""
        self.prices.check_types(values, probabilities)
        bids = [
            [_surpluses(self.prices.offers[i][j], *pair) for j, pair in enumerate(zip(*row, strict=True))]
            for i, row in enumerate(zip(values, probabilities, strict=True))
        ]
        tables = [_choices_from_each_set(row) for row in bids]
        start = {((1 << self.items) - 1, 0.0): 1.0}
        order = None if isinstance(self.row_order, str) else self.row_order
        laws = list(_played(tables, tuple(range(self.n)), start, order))
        money = np.array([revenue for law in laws for _, revenue in law])
        chances = np.array([chance for law in laws for chance in law.values()])
        return RevenueLaw.of(money, chances / len(laws))


def _surpluses(offers: Any, values: Any, probabilities: Any) -> list[tuple[float, float, float]]:
    """Of one item: surplus, price and probability; what is not offered has surplus −inf."""
    offered = [(price, chance) for price, chance in offers if np.isfinite(price)]
    pairs = [
        (float(v) - price, price, chance * float(f))
        for price, chance in offered
        for v, f in zip(values, probabilities, strict=True)
        if chance * f > 0
    ]
    return [*pairs, (-np.inf, 0.0, 1 - sum(chance for _, chance in offered))]


def _choices_from_each_set(items: list[list[tuple[float, float, float]]]) -> list[Choices]:
    """What a truthful buyer takes from each set of items, a bit each."""
    combinations = int(np.prod([len(item) for item in items], dtype=float))
    if combinations > MOST_CHOICES:
        raise TooLargeError(
            f"values and prices make {combinations} combinations for a buyer, more than the {MOST_CHOICES} "
            "that are enumerated: simulate, or take fewer"
        )
    sets = [[j for j in range(len(items)) if left >> j & 1] for left in range(1 << len(items))]
    return [_choices(left, items) for left in sets]


def _choices(left: list[int], items: list[list[tuple[float, float, float]]]) -> Choices:
    """The law of what she takes: the highest surplus, if it is not negative; ties pay more, then go first."""
    law: Choices = {}
    for drawn in product(*(items[j] for j in left)):
        chance = float(np.prod([one[2] for one in drawn])) if drawn else 1.0
        taken = _favourite(left, drawn)
        law[taken] = law.get(taken, 0.0) + chance
    return law


def _favourite(left: list[int], drawn: tuple[tuple[float, float, float], ...]) -> tuple[int, float]:
    best = max([0.0, *(surplus for surplus, _, _ in drawn)])
    tied = [
        (price, -j)
        for j, (surplus, price, _) in zip(left, drawn, strict=True)
        if surplus >= best - RELATIVE_SLACK * max(price, best)
    ]
    if not tied:
        return NOTHING, 0.0
    price, item = max(tied)
    return -item, price


def _played(
    tables: list[list[Choices]],
    left: tuple[int, ...],
    law: State,
    order: tuple[int, ...] | None,
) -> Iterator[State]:
    """The last states from one with buyers `left` to come: in the order, or in each of all orders."""
    if not left:
        yield law
    for i in left if order is None else [i for i in order if i in left][:1]:
        yield from _played(tables, tuple(j for j in left if j != i), _served(tables[i], law), order)


def _served(table: list[Choices], law: State) -> State:
    """The state after one more buyer."""
    after: State = {}
    for (items, revenue), chance in law.items():
        for (item, price), share in table[items].items():
            state = (items if item == NOTHING else items ^ (1 << item), revenue + price)
            after[state] = after.get(state, 0.0) + chance * share
    return after
