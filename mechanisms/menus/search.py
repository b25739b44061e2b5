"""The best multiset of at most k menu entries, by branch and bound (buy-many paper, Section 2).

A node is a multiset; its children add one entry that does not come before the last one in a fixed order, so
that every multiset is met once. `bounds` says what can still be gained below a node. Entries that another one
dominates, for no higher a price, are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.menus.bounds import Bound, Nodes, TooManyCopiesError, bound_for
from mechanisms.menus.menu import Menu
from mechanisms.menus.valuations import Valuation

Ties = Literal["seller", "buyer"]
"""Among purchases of the same utility: the one that pays most, or least."""

BLOCK = 500_000
"""About how many marginal gains are computed at a time."""


FEW = 5
"""So many purchases are searched where a search that may be cut short cannot even begin."""


@dataclass(frozen=True)
class Found:
    """The best multiset: `counts` of each entry of the menu, and an upper bound on any multiset's utility."""

    counts: FloatArray
    utility: float
    payment: float
    bound: float


class _Champions:
    """The best multisets so far: those within the slack of the highest utility."""

    def __init__(self, nodes: Nodes, slack: float, ties: Ties) -> None:
        self.slack = slack
        self.sign = 1 if ties == "seller" else -1
        self.rows = nodes
        self.best = float(nodes.utility[0])

    def offer(self, nodes: Nodes) -> None:
        """Take in those that are among the best; of the same utility and payment, one of the smallest."""
        if not len(nodes):
            return
        self.best = max(self.best, float(nodes.utility.max()))
        near = nodes.take(nodes.utility >= self.best - self.slack)
        old = self.rows.take(self.rows.utility >= self.best - self.slack)
        both = old.and_also(near)
        both = both.take(np.argsort(both.counts.sum(axis=1), kind="stable"))
        _, first = np.unique(np.stack([both.paid, both.utility]), axis=1, return_index=True)
        self.rows = both.take(np.sort(first))

    def winner(self) -> NDArray[np.int32]:
        """Counts of the favourite: by payment, then the fewest purchases."""
        order = np.lexsort((self.rows.counts.sum(axis=1), -self.sign * self.rows.paid))
        return self.rows.counts[order[0]]


def best_multiset(
    buyer: Valuation, menu: Menu, k: float, ties: Ties = "seller", max_nodes: float = math.inf
) -> Found:
    """Find the multiset of at most k entries (k may be inf) of the highest utility; it may be empty.

    With k = inf a free entry is bought until it gives all that it can: its count is then `inf`. Free are also
    prices below 1e-12 of the value of all items.
    After `max_nodes` multisets the search stops; then `bound` exceeds `utility`. With finite `max_nodes`,
    where too many copies of an entry are worth their price, only `FEW` purchases are searched.
    """
    slack = RELATIVE_SLACK * buyer.total
    free = (menu.prices <= slack) & (k == math.inf)
    sure = np.where((menu.probabilities > 0) & free[:, None], 0.0, 1.0).min(axis=0)
    kept = _undominated(menu, buyer.relevant, ~free)
    root = _root(buyer, sure, len(kept), k)
    champions = _Champions(root, slack, ties)
    bound = champions.best
    if len(kept):
        lotteries, prices = menu.probabilities[kept], menu.prices[kept]
        first = buyer.after(root.misses, 1 - lotteries)[0] - buyer.value(1 - sure) - prices
        order = np.argsort(-first, kind="stable")
        kept = kept[order]
        try:
            bounder = bound_for(buyer, lotteries[order], prices[order], sure, k)
        except TooManyCopiesError:
            if max_nodes == math.inf:
                raise
            return replace(best_multiset(buyer, menu, FEW, ties, max_nodes), bound=buyer.total)
        if bounder is not None:
            bound = _search(bounder, root, champions, max_nodes)
    counts = np.zeros(len(menu))
    counts[kept] = champions.winner()
    counts[free & (menu.probabilities[:, buyer.relevant] > 0).any(axis=1)] = math.inf
    utility, payment = _account(buyer, menu, counts)
    return Found(counts, utility, payment, max(bound, utility))


def _search(bounder: Bound, root: Nodes, champions: _Champions, max_nodes: float) -> float:
    """Depth first, many nodes at a time; returns the bound that is left over."""
    root.left = min(root.left, bounder.most)
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


def _dive(bounder: Bound, root: Nodes, champions: _Champions) -> None:
    """Greedy purchases, to have a good multiset early."""
    node = root
    while node.left > 0:
        free_order = Nodes(node.misses, node.counts, np.zeros_like(node.last), node.paid, node.utility,
                            np.full(1, math.inf), node.left)
        gains = bounder.gains(free_order)[0][0]
        pick = int(np.argmax(gains))
        if not gains[pick] > champions.slack:
            return
        node = _bought(bounder, free_order, np.array([0]), np.array([pick]), gains[None])
        champions.offer(node)


def _children(bounder: Bound, nodes: Nodes, champions: _Champions) -> Nodes:
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


def _bought(bounder: Bound, nodes: Nodes, parent: NDArray[np.intp], entry: NDArray[np.intp],
            gains: FloatArray) -> Nodes:
    """Nodes `parent` with one more `entry` each."""
    counts = nodes.counts[parent]
    counts[np.arange(len(parent)), entry] += 1
    utility = nodes.utility[parent] + gains[parent, entry]
    return Nodes(
        misses=nodes.misses[parent] * bounder.miss[entry],
        counts=counts,
        last=entry,
        paid=nodes.paid[parent] + bounder.prices[entry],
        utility=utility,
        bound=np.full(len(parent), math.inf),
        left=nodes.left - 1,
    )


def _root(buyer: Valuation, misses: FloatArray, entries: int, k: float) -> Nodes:
    """Nothing bought, but what is free."""
    return Nodes(
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


def _account(buyer: Valuation, menu: Menu, counts: FloatArray) -> tuple[float, float]:
    """Utility and payment of a multiset, afresh."""
    with np.errstate(invalid="ignore"):
        missed = np.where(counts[:, None] > 0, (1 - menu.probabilities) ** counts[:, None], 1.0)
    finite = np.isfinite(counts)
    payment = math.fsum((counts[finite] * menu.prices[finite]).tolist())
    return float(buyer.value(1 - missed.prod(axis=0))) - payment, payment
