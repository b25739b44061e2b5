"""How much a buyer can still gain from further menu entries: bounds for the search of the best multiset.

For submodular buyers (additive ones, say) what a copy of an entry adds falls with everything else that is
bought: the largest marginal gains of further copies bound every further purchase. For other monotone tables
the bound lets every item come from its best lottery, at the price of the cheapest.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.menus.valuations import Valuation

COPIES = 20_000_000
"""The largest table of copies, entries and items."""


@dataclass
class Nodes:
    """Multisets of one size: probabilities of missing items, counts, money spent, utility, bound."""

    misses: FloatArray
    counts: NDArray[np.int32]
    last: NDArray[np.intp]
    paid: FloatArray
    utility: FloatArray
    bound: FloatArray
    left: float

    def __len__(self) -> int:
        return len(self.utility)

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Nodes:
        """Some of the nodes."""
        return Nodes(
            self.misses[which], self.counts[which], self.last[which], self.paid[which],
            self.utility[which], self.bound[which], self.left,
        )

    def and_also(self, others: Nodes) -> Nodes:
        """These nodes and others."""
        return Nodes(
            np.concatenate([self.misses, others.misses]),
            np.concatenate([self.counts, others.counts]),
            np.concatenate([self.last, others.last]),
            np.concatenate([self.paid, others.paid]),
            np.concatenate([self.utility, others.utility]),
            np.concatenate([self.bound, others.bound]),
            self.left,
        )


class TooManyCopiesError(ValueError):
    """An entry is so cheap for what it gives that its copies cannot be told apart in memory."""


class Bound(ABC):
    """How much the multisets below a node can gain, for candidates in a fixed order.

    most
        No multiset of more entries is worth its price.
    width
        Numbers computed for each node.
    """

    width: int

    def __init__(self, buyer: Valuation, lotteries: FloatArray, prices: FloatArray, most: int) -> None:
        self.buyer = buyer
        self.miss = 1 - lotteries
        self.prices = prices
        self.most = most

    @abstractmethod
    def gains(self, nodes: Nodes) -> tuple[FloatArray, FloatArray]:
        """Gain of each further entry, shape (N, m), and the most that can still be gained, shape (N,)."""

    @abstractmethod
    def beyond(self, gains: FloatArray, left: float) -> FloatArray:
        """The most that can be gained after each child, known from its parent: shape (N, m)."""

    @abstractmethod
    def worthwhile(self, gains: FloatArray, slack: float, paying: bool) -> NDArray[np.bool_]:
        """Which children may lie on the way to a best multiset: shape (N, m)."""


class MarginalGains(Bound):
    """For submodular buyers: the sum of the largest marginal gains of copies."""

    def __init__(self, buyer: Valuation, lotteries: FloatArray, prices: FloatArray,
                 most: int, misses: FloatArray) -> None:
        super().__init__(buyer, lotteries, prices, most)
        self.copies = _useful_copies(buyer, self.miss, prices, misses, most)
        if self.copies * lotteries.size > COPIES:
            raise TooManyCopiesError(
                f"prices are too low to search among their copies: of one entry {self.copies} are worth "
                f"theirs, and {len(prices)} entries over {buyer.n} items are allowed "
                f"{COPIES // lotteries.size}; set a smaller k"
            )
        powers = np.arange(1, self.copies + 1)[:, None, None]
        self.missed = self.miss ** powers
        self.width = self.missed.shape[0] * self.missed.shape[1]

    def gains(self, nodes: Nodes) -> tuple[FloatArray, FloatArray]:
        """Marginal gains of the first, second, … copy of each entry; the largest `left` of them."""
        copies, entries = int(min(nodes.left, self.copies)), len(self.prices)
        missed = self.missed[:copies].reshape(-1, self.buyer.n)
        worth = self.buyer.after(nodes.misses, missed).reshape(len(nodes), copies, entries)
        gains = worth - self.prices
        gains[:, 1:] -= worth[:, :-1]
        gains[:, 0] -= (nodes.utility + nodes.paid)[:, None]
        later = np.arange(entries) >= nodes.last[:, None]
        hopes = (np.maximum(gains, 0) * later[:, None]).reshape(len(nodes), -1)
        if nodes.left == 1:
            return gains[:, 0], hopes.max(axis=1)
        if nodes.left < hopes.shape[1]:
            cut = hopes.shape[1] - int(nodes.left)
            hopes = np.partition(hopes, cut, axis=1)[:, cut:]
        return gains[:, 0], hopes.sum(axis=1)

    def beyond(self, gains: FloatArray, left: float) -> FloatArray:
        """At most the largest gain among the entries that may follow, every time."""
        best = np.maximum.accumulate(np.maximum(gains, 0)[:, ::-1], axis=1)[:, ::-1]
        return (left - 1) * best

    def worthwhile(self, gains: FloatArray, slack: float, paying: bool) -> NDArray[np.bool_]:
        """An entry that adds nothing now never will; at no gain it serves the seller only if it costs."""
        if not paying:
            return gains > slack
        return (gains > slack) | ((gains >= -slack) & (self.prices > slack))


class BestOfEach(Bound):
    """For any monotone buyer: every item from its best lottery, at the cheapest price."""

    def __init__(self, buyer: Valuation, lotteries: FloatArray, prices: FloatArray, most: int) -> None:
        super().__init__(buyer, lotteries, prices, most)
        self.best_miss = np.minimum.accumulate(self.miss[::-1], axis=0)[::-1]
        self.cheapest = np.minimum.accumulate(prices[::-1])[::-1]
        self.enough = _enough(self.best_miss, self.cheapest, buyer.total, most)
        self.width = len(prices) + int(self.enough.max())

    def gains(self, nodes: Nodes) -> tuple[FloatArray, FloatArray]:
        """For each number of further purchases: the best lottery for each item, so often."""
        value = nodes.utility + nodes.paid
        gains = self.buyer.after(nodes.misses, self.miss) - value[:, None] - self.prices
        most = min(nodes.left, int(self.enough[nodes.last].max(initial=1)))
        times = np.arange(1, int(most) + 1)
        missed = nodes.misses[:, None] * self.best_miss[nodes.last][:, None] ** times[:, None]
        hopes = self.buyer.value(1 - missed) - value[:, None] - times * self.cheapest[nodes.last][:, None]
        return gains, np.maximum(hopes.max(axis=1, initial=0), 0)

    def beyond(self, gains: FloatArray, left: float) -> FloatArray:
        """No bound."""
        return np.full(gains.shape, math.inf)

    def worthwhile(self, gains: FloatArray, slack: float, paying: bool) -> NDArray[np.bool_]:
        """Anything but a free entry that gives nothing wanted."""
        idle = (self.miss[:, self.buyer.relevant] == 1).all(axis=1) & (self.prices <= slack)
        return np.broadcast_to(~idle, gains.shape)


def bound_for(
    buyer: Valuation, lotteries: FloatArray, prices: FloatArray, misses: FloatArray, k: float
) -> Bound | None:
    """The bound that suits the buyer; None if no entry is worth a thought. Finite k, or positive prices."""
    cheapest = float(prices.min())
    most = k if cheapest <= 0 else min(k, math.floor(buyer.total / cheapest * (1 + 1e-9)))
    if most < 1:
        return None
    if buyer.submodular:
        return MarginalGains(buyer, lotteries, prices, int(most), misses)
    return BestOfEach(buyer, lotteries, prices, int(most))


def _enough(miss: FloatArray, price: FloatArray, total: float, most: int) -> NDArray[np.int64]:
    """Purchases after which one more cannot be worth its price, up to `most`: lotteries (m, n), prices (m,).

    The next one after r adds at most the value of everything times the chance that it brings something new,
    Σ_j (w_j^r − w_j^(r+1)) <= n · max w_j^r, over the items with a chance to miss w_j < 1.
    """
    faintest = np.where(miss < 1, miss, 0).max(axis=1)
    least = np.minimum(price / max(total * miss.shape[1], np.finfo(float).tiny), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(faintest > 0, np.log(least) / np.log(faintest), 0.0)
    return np.clip(np.ceil(needed) + 1, 1, most).astype(np.int64)


def _useful_copies(buyer: Valuation, miss: FloatArray, prices: FloatArray, misses: FloatArray,
                   most: int) -> int:
    """The most copies of one entry, up to `most`, that can each be worth its price; at least 1."""
    slack = RELATIVE_SLACK * buyer.total
    low = np.ones(len(prices), dtype=np.int64)
    high = np.full(len(prices), most)
    while (low < high).any():  # the last copy whose marginal value reaches the price
        middle = (low + high + 1) // 2
        with_it = buyer.value(1 - misses * miss ** middle[:, None])
        without = buyer.value(1 - misses * miss ** (middle - 1)[:, None])
        worth = with_it - without >= prices - slack
        low, high = np.where(worth, middle, low), np.where(worth, high, middle - 1)
    return int(low.max())
