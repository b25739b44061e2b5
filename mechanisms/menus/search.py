"""The best multiset of at most k menu entries, by branch and bound (buy-many paper, Section 2).

A node is a multiset; its children add one entry that does not come before the last one in a fixed order, so
that every multiset is met once. What a submodular buyer (an additive one, say) can still gain is bounded by
the largest marginal gains of further copies: what a copy adds falls with everything else that is bought.
For other tables the bound lets every item come from its best lottery, at the price of the cheapest.
Entries that another one dominates, for no higher a price, are left out.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.menus.menu import Menu
from mechanisms.menus.valuations import Valuation

Ties = Literal["seller", "buyer"]
"""Among purchases of the same utility: the one that pays most, or least."""

BLOCK = 200_000
"""About how many marginal gains are computed at a time."""


@dataclass(frozen=True)
class Found:
    """The best multiset: `counts` of each entry of the menu, and an upper bound on any multiset's utility."""

    counts: FloatArray
    utility: float
    payment: float
    bound: float


@dataclass
class _Nodes:
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

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_] | slice) -> _Nodes:
        parts = (self.misses, self.counts, self.last, self.paid, self.utility, self.bound)
        return _Nodes(*(part[which] for part in parts), left=self.left)


class _Bound(ABC):
    """How much the multisets below a node can gain, for candidates in a fixed order."""

    def __init__(self, buyer: Valuation, lotteries: FloatArray, prices: FloatArray) -> None:
        self.buyer = buyer
        self.miss = 1 - lotteries
        self.prices = prices

    @abstractmethod
    def gains(self, nodes: _Nodes) -> tuple[FloatArray, FloatArray]:
        """Gain of each further entry, shape (N, m), and the most that can still be gained, shape (N,)."""

    @abstractmethod
    def beyond(self, gains: FloatArray, left: float) -> FloatArray:
        """The most that can be gained after each child, known from its parent: shape (N, m)."""

    @abstractmethod
    def worthwhile(self, gains: FloatArray, slack: float, paying: bool) -> NDArray[np.bool_]:
        """Which children may lie on the way to a best multiset: shape (N, m)."""

    width: int
    """Numbers computed for each node."""


class _Marginals(_Bound):
    """For submodular buyers: the sum of the largest marginal gains of copies."""

    def __init__(self, buyer: Valuation, lotteries: FloatArray, prices: FloatArray,
                 misses: FloatArray, left: float, scale: float) -> None:
        super().__init__(buyer, lotteries, prices)
        self.copies = int(min(left, _useful_copies(buyer, self.miss, prices, misses, scale)))
        powers = np.arange(1, self.copies + 1)[None, :, None]
        self.missed = (self.miss[:, None, :] ** powers).reshape(-1, buyer.n)
        self.width = len(self.missed)

    def gains(self, nodes: _Nodes) -> tuple[FloatArray, FloatArray]:
        shape = (len(nodes), len(self.prices), self.copies)
        reached = self.buyer.after(nodes.misses, self.missed).reshape(shape)
        value = nodes.utility + nodes.paid
        copy_gains = np.diff(reached, axis=2, prepend=np.broadcast_to(value[:, None, None], (*shape[:2], 1)))
        copy_gains -= self.prices[:, None]
        later = np.arange(shape[1]) >= nodes.last[:, None]
        hopes = np.where(later[:, :, None], np.maximum(copy_gains, 0), 0).reshape(len(nodes), -1)
        if nodes.left < hopes.shape[1]:
            cut = hopes.shape[1] - int(nodes.left)
            hopes = np.partition(hopes, cut, axis=1)[:, cut:]
        return copy_gains[:, :, 0], hopes.sum(axis=1)

    def beyond(self, gains: FloatArray, left: float) -> FloatArray:
        if left == math.inf:
            return np.full(gains.shape, math.inf)
        best = np.maximum.accumulate(np.maximum(gains, 0)[:, ::-1], axis=1)[:, ::-1]
        return (left - 1) * best

    def worthwhile(self, gains: FloatArray, slack: float, paying: bool) -> NDArray[np.bool_]:
        """An entry that adds nothing now never will; at no gain it serves the seller only if it costs."""
        if not paying:
            return gains > slack
        return (gains > slack) | ((gains >= -slack) & (self.prices > slack))


class _Reach(_Bound):
    """For any monotone buyer: every item from its best lottery, at the cheapest price."""

    def __init__(self, buyer: Valuation, lotteries: FloatArray, prices: FloatArray, left: float) -> None:
        super().__init__(buyer, lotteries, prices)
        self.most = int(left)
        self.best_miss = np.minimum.accumulate(self.miss[::-1], axis=0)[::-1]
        self.cheapest = np.minimum.accumulate(prices[::-1])[::-1]
        self.width = len(prices) + self.most

    def gains(self, nodes: _Nodes) -> tuple[FloatArray, FloatArray]:
        value = nodes.utility + nodes.paid
        gains = self.buyer.after(nodes.misses, self.miss) - value[:, None] - self.prices
        times = np.arange(1, int(nodes.left) + 1)
        missed = nodes.misses[:, None] * self.best_miss[nodes.last][:, None] ** times[:, None]
        hopes = self.buyer.value(1 - missed) - value[:, None] - times * self.cheapest[nodes.last][:, None]
        return gains, np.maximum(hopes.max(axis=1, initial=0), 0)

    def beyond(self, gains: FloatArray, left: float) -> FloatArray:
        return np.full(gains.shape, math.inf)

    def worthwhile(self, gains: FloatArray, slack: float, paying: bool) -> NDArray[np.bool_]:
        """Anything but a free entry that gives nothing wanted."""
        idle = (self.miss[:, self.buyer.relevant] == 1).all(axis=1) & (self.prices <= slack)
        return np.broadcast_to(~idle, gains.shape)


class _Champions:
    """The best multisets so far: those within the slack of the highest utility."""

    def __init__(self, nodes: _Nodes, slack: float, ties: Ties) -> None:
        self.slack = slack
        self.sign = 1 if ties == "seller" else -1
        self.rows = nodes
        self.best = float(nodes.utility[0])

    def offer(self, nodes: _Nodes) -> None:
        """Take in those that are among the best; of equals, keep one for each utility and payment."""
        if not len(nodes):
            return
        self.best = max(self.best, float(nodes.utility.max()))
        near = nodes.take(nodes.utility >= self.best - self.slack)
        old = self.rows.take(self.rows.utility >= self.best - self.slack)
        both = [np.concatenate([getattr(old, f), getattr(near, f)]) for f in (
            "misses", "counts", "last", "paid", "utility", "bound")]
        _, first = np.unique(np.stack([both[3], both[4]]), axis=1, return_index=True)
        self.rows = _Nodes(*both, left=0).take(np.sort(first))

    def winner(self) -> NDArray[np.int32]:
        """Counts of the favourite: by payment, then the fewest purchases."""
        order = np.lexsort((self.rows.counts.sum(axis=1), -self.sign * self.rows.paid))
        return self.rows.counts[order[0]]


def best_multiset(
    buyer: Valuation, menu: Menu, k: float, ties: Ties = "seller", max_nodes: float = math.inf
) -> Found:
    """Find the multiset of at most k entries (k may be inf) of the highest utility; it may be empty.

    With k = inf a free entry is bought until it gives all that it can: its count is then `inf`.
    After `max_nodes` multisets the search stops; then `bound` exceeds `utility`.
    """
    scale = buyer.total
    slack = RELATIVE_SLACK * scale
    free = (menu.prices == 0) & (k == math.inf)
    sure = np.where((menu.probabilities > 0) & free[:, None], 0.0, 1.0).min(axis=0)
    kept = _undominated(menu, buyer.relevant, ~free)
    root = _root(buyer, sure, len(kept), k)
    champions = _Champions(root, slack, ties)
    if len(kept):
        lotteries, prices = menu.probabilities[kept], menu.prices[kept]
        first = buyer.after(root.misses, 1 - lotteries)[0] - buyer.value(1 - sure) - prices
        order = np.argsort(-first, kind="stable")
        kept = kept[order]
        bounder = _bounder(buyer, lotteries[order], prices[order], sure, k, scale)
        if bounder is not None:
            bound = _search(bounder, root, champions, max_nodes)
        else:
            bound = champions.best
    else:
        bound = champions.best
    counts = np.zeros(len(menu))
    counts[kept] = champions.winner()
    counts[free & (menu.probabilities[:, buyer.relevant] > 0).any(axis=1)] = math.inf
    utility, payment = _account(buyer, menu, counts)
    return Found(counts, utility, payment, max(bound, utility))


def _bounder(buyer: Valuation, lotteries: FloatArray, prices: FloatArray, misses: FloatArray,
             k: float, scale: float) -> _Bound | None:
    """The bound that suits the buyer; None if no entry is worth a thought."""
    cheapest = float(prices.min())
    affordable = k if cheapest <= 0 else min(k, math.floor(scale / cheapest * (1 + 1e-9)))
    if affordable < 1:
        return None
    if buyer.submodular:
        return _Marginals(buyer, lotteries, prices, misses, affordable, scale)
    return _Reach(buyer, lotteries, prices, affordable)


def _search(bounder: _Bound, root: _Nodes, champions: _Champions, max_nodes: float) -> float:
    """Depth first, many nodes at a time; returns the bound that is left over."""
    if isinstance(bounder, _Reach):
        root.left = bounder.most
    size = max(1, BLOCK // (bounder.width * bounder.miss.shape[1]))
    _dive(bounder, root, champions)
    stack = [root]
    seen = 0
    while stack:
        block = stack.pop()
        block = block.take(block.bound >= champions.best - champions.slack)
        if len(block) > size:
            stack.append(block.take(slice(size, None)))
            block = block.take(slice(0, size))
        if not len(block):
            continue
        seen += len(block)
        if seen > max_nodes:
            return max(float(nodes.bound.max()) for nodes in [*stack, block] if len(nodes))
        children = _children(bounder, block, champions)
        champions.offer(children)
        if children.left > 0 and len(children):
            stack.append(children.take(np.argsort(-children.bound, kind="stable")))
    return champions.best


def _dive(bounder: _Bound, root: _Nodes, champions: _Champions) -> None:
    """Greedy purchases, to have a good multiset early."""
    node = root
    while node.left > 0:
        free_order = _Nodes(node.misses, node.counts, np.zeros_like(node.last), node.paid, node.utility,
                            np.full(1, math.inf), node.left)
        gains = bounder.gains(free_order)[0][0]
        pick = int(np.argmax(gains))
        if not gains[pick] > champions.slack:
            return
        node = _bought(bounder, free_order, np.array([0]), np.array([pick]), gains[None])
        champions.offer(node)


def _children(bounder: _Bound, nodes: _Nodes, champions: _Champions) -> _Nodes:
    """The nodes' children that may still matter, with their bounds."""
    gains, hope = bounder.gains(nodes)
    reachable = np.minimum(nodes.bound, nodes.utility + hope)
    keep = reachable >= champions.best - champions.slack
    beyond = bounder.beyond(np.where(np.arange(gains.shape[1]) >= nodes.last[:, None], gains, 0), nodes.left)
    child_bound = np.minimum(reachable[:, None], nodes.utility[:, None] + gains + beyond)
    good = bounder.worthwhile(gains, champions.slack, champions.sign > 0) & keep[:, None]
    good &= np.arange(gains.shape[1]) >= nodes.last[:, None]
    good &= child_bound >= champions.best - champions.slack
    parent, entry = np.nonzero(good)
    children = _bought(bounder, nodes, parent, entry, gains)
    children.bound = child_bound[parent, entry]
    return children


def _bought(bounder: _Bound, nodes: _Nodes, parent: NDArray[np.intp], entry: NDArray[np.intp],
            gains: FloatArray) -> _Nodes:
    """Nodes `parent` with one more `entry` each."""
    counts = nodes.counts[parent]
    counts[np.arange(len(parent)), entry] += 1
    utility = nodes.utility[parent] + gains[parent, entry]
    return _Nodes(
        misses=nodes.misses[parent] * bounder.miss[entry],
        counts=counts,
        last=entry,
        paid=nodes.paid[parent] + bounder.prices[entry],
        utility=utility,
        bound=np.full(len(parent), math.inf),
        left=nodes.left - 1,
    )


def _root(buyer: Valuation, misses: FloatArray, entries: int, k: float) -> _Nodes:
    """Nothing bought, but what is free."""
    return _Nodes(
        misses=misses[None],
        counts=np.zeros((1, entries), dtype=np.int32),
        last=np.zeros(1, dtype=np.intp),
        paid=np.zeros(1),
        utility=np.atleast_1d(buyer.value(1 - misses)),
        bound=np.full(1, math.inf),
        left=k,
    )


def _undominated(menu: Menu, relevant: NDArray[np.bool_], eligible: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Indices of eligible entries to which no other one is at least as good and as cheap."""
    index = np.flatnonzero(eligible)
    lotteries, prices = menu.probabilities[np.ix_(index, np.flatnonzero(relevant))], menu.prices[index]
    better = (lotteries[None] >= lotteries[:, None]).all(axis=-1) & (prices[None] <= prices[:, None])
    twins = better & better.T
    earlier = np.arange(len(index))[None] < np.arange(len(index))[:, None]
    return index[~(better & (~twins | earlier)).any(axis=1)]


def _useful_copies(buyer: Valuation, miss: FloatArray, prices: FloatArray, misses: FloatArray,
                   scale: float) -> float:
    """The most copies of one entry that can each be worth its price; inf if copies of one are free."""
    slack = RELATIVE_SLACK * scale
    low = np.ones(len(prices), dtype=np.int64)
    if (prices <= slack).any():
        return math.inf
    high = np.maximum(np.floor(scale / prices * (1 + 1e-9)), 1).astype(np.int64)
    while (low < high).any():  # the last copy whose marginal value reaches the price
        middle = (low + high + 1) // 2
        with_it = buyer.value(1 - misses * miss ** middle[:, None])
        without = buyer.value(1 - misses * miss ** (middle - 1)[:, None])
        worth = with_it - without >= prices - slack
        low, high = np.where(worth, middle, low), np.where(worth, high, middle - 1)
    return float(low.max())


def _account(buyer: Valuation, menu: Menu, counts: FloatArray) -> tuple[float, float]:
    """Utility and payment of a multiset, afresh."""
    with np.errstate(invalid="ignore"):
        missed = np.where(counts[:, None] > 0, (1 - menu.probabilities) ** counts[:, None], 1.0)
    finite = np.isfinite(counts)
    payment = math.fsum((counts[finite] * menu.prices[finite]).tolist())
    return float(buyer.value(1 - missed.prod(axis=0))) - payment, payment
