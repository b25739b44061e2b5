"""Linear relaxations of buy-k incentive compatibility over a box of lotteries.

Each of T types t has an entry: a lottery q_t and a price p_t. Buy-k incentive compatibility (buy-many paper,
Section 2) says for every type t and multiset of entries, i taken m_i times, Σ m_i <= k:

    x_t · q_t − p_t  >=  Σ_j x_tj (1 − Π_i (1 − q_ij)^m_i) − Σ_i m_i p_i.

All is linear but the products. In the chances to miss w_ij = 1 − q_ij such a product is convex in each w_ij
and supermodular at the vertices of a box, so its concave envelope is the Lovász extension of its values
there: with the coordinates in the order of their relative positions, it is linear on the simplex of the
chain of vertices from the lowest to the highest. Any order gives a linear function above the product; the
order at a point gives the tightest one there. These are the cuts.

The bound of a box is recomputed from the dual multipliers by weak duality (`mechanisms.programs`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from math import comb

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.programs import ProgramError, maximise
from mechanisms.programs.duality import weak_duality

MULTISETS = 3_000
"""At most this many multisets are looked at; a larger k is relaxed to a smaller one."""
THIN = 1e-12
"""A side of a box no longer than this is a point."""
CUTS_A_TYPE = 3
ROUNDS = 8
VIOLATION = 1e-8
PENALTY = 1e3
LOOSE = 1e-7
"""Of a relaxation only the bound counts, which holds for any multipliers."""

Orders = tuple[tuple[int, ...], ...]
"""For each item an order of the types."""
Cut = tuple[int, int, Orders]
"""A type, the number of a multiset, and the orders that make its products linear."""


def multisets(types: int, k: float) -> FloatArray:
    """Return all multiplicity vectors of sum at most k, or of the largest smaller k that stays in size."""
    size = 1
    while size < k and comb(types + size + 1, types) <= MULTISETS:
        size += 1
    if types == 1:
        return np.arange(size + 1.0)[:, None]
    rows = [np.eye(types)[[]], np.zeros((1, types))]
    for _ in range(size):
        last = rows[-1]
        grown = last[:, None] + np.eye(types)
        tail = types - 1 - np.argmax(last[:, ::-1] > 0, axis=1)
        tail = np.where(last.any(axis=1), tail, 0)
        rows.append(grown[np.arange(types) >= tail[:, None]])
    return np.concatenate(rows)


@dataclass(frozen=True)
class Box:
    """Lotteries q with lower <= q <= upper, both of shape (T, n)."""

    lower: FloatArray
    upper: FloatArray

    @property
    def width(self) -> FloatArray:
        """Shape (T, n)."""
        return self.upper - self.lower

    def split(self, where: tuple[int, int], at: float) -> tuple[Box, Box]:
        """The part below and the part above a value of one coordinate."""
        upper, lower = self.upper.copy(), self.lower.copy()
        upper[where] = lower[where] = at
        return Box(self.lower, upper), Box(lower, self.upper)


@dataclass
class Bounded:
    """What is known of a box.

    bound
        No buy-k incentive compatible menu with lotteries in the box earns more.
    lotteries
        Those of the relaxation's optimum, shape (T, n); None if the box was given up early.
    cuts, multipliers
        The cuts of the last relaxation, and their dual multipliers.
    slopes
        Shape (T, n): what remains of the objective after the multipliers have had their part.
    last_bound
        The bound that belongs to `slopes`.
    """

    bound: float
    lotteries: FloatArray | None = None
    cuts: list[Cut] = field(default_factory=list)
    multipliers: FloatArray = field(default_factory=lambda: np.zeros(0))
    slopes: FloatArray | None = None
    last_bound: float = np.inf


class Relaxation:
    """The relaxations of one instance: values (T, n), probabilities (T,), multisets (M, T)."""

    def __init__(self, values: FloatArray, weights: FloatArray, bundles: FloatArray) -> None:
        self.values = values
        self.weights = weights
        self.multisets = bundles
        self.count, self.n = values.shape
        self.objective = np.concatenate([np.zeros(values.size), weights])

    def first_cuts(self) -> list[Cut]:
        """Participation, and no envy of a single entry: linear whatever the order."""
        order: Orders = (tuple(range(self.count)),) * self.n
        sizes = self.multisets.sum(axis=1)
        return [
            (t, int(a), order)
            for t, a in product(range(self.count), np.flatnonzero(sizes <= 1))
            if self.multisets[a, t] == 0
        ]

    def solve(self, box: Box, cuts: list[Cut], target: float) -> Bounded:
        """Bound a box, adding cuts until none is violated or the bound is below `target`."""
        cuts = list(dict.fromkeys(cuts))
        rows = [self._row(cut, box) for cut in cuts]
        result = Bounded(np.inf)
        for _ in range(ROUNDS):
            matrix = np.array([row for row, _ in rows])
            limits = np.array([limit for _, limit in rows])
            lower = np.concatenate([box.lower.ravel(), np.zeros(self.count)])
            upper = np.concatenate([box.upper.ravel(), (self.values * box.upper).sum(axis=1)])
            try:
                point, y = _optimum(self.objective, matrix, limits, lower, upper)
            except ProgramError:  # not solved at all: the box is split further
                break
            last = weak_duality(self.objective, matrix, limits, y, lower, upper)
            result = Bounded(
                min(result.bound, last),
                np.clip(point[: -self.count].reshape(self.count, self.n), box.lower, box.upper),
                cuts[: len(y)],
                y,
                (self.objective - y @ matrix)[: -self.count].reshape(self.count, self.n),
                last,
            )
            if result.bound <= target:
                break
            known = set(cuts)
            new = [cut for cut in self._violated(box, result, point[-self.count :]) if cut not in known]
            if not new:
                break
            cuts += new
            rows += [self._row(cut, box) for cut in new]
        return result

    def _violated(self, box: Box, result: Bounded, prices: FloatArray) -> list[Cut]:
        """The most violated cuts at the relaxation's optimum, a few for each type."""
        lotteries = result.lotteries
        if lotteries is None:
            return []
        orders = tuple(tuple(_order(box, lotteries, j)) for j in range(self.n))
        missed = np.stack(
            [self._envelope(box, lotteries, j, orders[j], self.multisets) for j in range(self.n)], axis=-1
        )
        utility = (1 - missed) @ self.values.T - (self.multisets @ prices)[:, None]
        own = (self.values * lotteries).sum(axis=1) - prices
        violation = utility - own
        few = min(CUTS_A_TYPE, len(violation))
        worst = np.argpartition(-violation, few - 1, axis=0)[:few]
        return [
            (t, int(a), orders)
            for t in range(self.count)
            for a in worst[:, t]
            if violation[a, t] > VIOLATION
        ]

    def _envelope(self, box: Box, lotteries: FloatArray, j: int, order: tuple[int, ...],
                  bundles: FloatArray) -> FloatArray:
        """The concave envelope, at a point in the box, of the products for item j: shape (M,)."""
        low, high = 1 - box.upper[:, j], 1 - box.lower[:, j]
        position = _positions(box, lotteries, j)[list(order)]
        weights = -np.diff(np.concatenate([[1.0], position, [0.0]]))
        return _products(_chain(low, high, order), bundles) @ weights

    def _row(self, cut: Cut, box: Box) -> tuple[FloatArray, float]:
        """A cut as coefficients of (q, p) and their limit: row · (q, p) <= limit."""
        t, a, orders = cut
        bundle = self.multisets[a]
        on_lotteries = np.zeros((self.count, self.n))
        on_lotteries[t] = -self.values[t]
        on_prices = -bundle
        on_prices[t] += 1
        limit = -float(self.values[t].sum())
        for j, order in enumerate(orders):
            low, high = 1 - box.upper[:, j], 1 - box.lower[:, j]
            products = _products(_chain(low, high, order), bundle[None])[0]
            width = (high - low)[list(order)]
            wide = width > THIN
            slopes = np.zeros(self.count)
            slopes[list(order)] = np.where(wide, np.diff(products) / np.where(wide, width, 1), 0)
            at_most_certain = products[0] + float(slopes @ (1 - low))  # the line's value at q = 0
            on_lotteries[:, j] += self.values[t, j] * slopes
            limit += float(self.values[t, j]) * at_most_certain
        return np.concatenate([on_lotteries.ravel(), on_prices]), limit

    def errors(self, box: Box, result: Bounded) -> FloatArray:
        """Shape (T, n): how much of the relaxation's error each coordinate of the box causes.

        That is by how much the envelopes, weighted by the multipliers, would fall if the coordinate were
        known.
        """
        error = np.zeros((self.count, self.n))
        lotteries = result.lotteries
        if lotteries is None:
            return error
        lotteries = np.clip(lotteries, box.lower, box.upper)
        active = np.flatnonzero(result.multipliers > 1e-9)
        bundles = self.multisets[[result.cuts[c][1] for c in active]]
        types = [result.cuts[c][0] for c in active]
        for j in range(self.n):
            stake = result.multipliers[active] * self.values[types, j]
            whole = stake @ self._envelope(box, lotteries, j, tuple(_order(box, lotteries, j)), bundles)
            for i in np.flatnonzero(box.width[:, j] > THIN):
                lower, upper = box.lower.copy(), box.upper.copy()
                lower[i, j] = upper[i, j] = lotteries[i, j]
                known = Box(lower, upper)
                order = tuple(_order(known, lotteries, j))
                error[i, j] = whole - stake @ self._envelope(known, lotteries, j, order, bundles)
        return error


def tightened(box: Box, result: Bounded, revenue: float) -> Box:
    """Cut off lotteries with which no menu in the box earns `revenue`.

    The last bound falls by at least a slope's size times the distance from the better end of its side.
    """
    if result.slopes is None:
        return box
    room = max(result.last_bound - revenue, 0.0)
    steep = np.abs(result.slopes) > 1e-12
    step = np.where(steep, room / np.where(steep, np.abs(result.slopes), 1), np.inf)
    lower = np.where(result.slopes > 0, np.maximum(box.lower, box.upper - step), box.lower)
    upper = np.where(result.slopes < 0, np.minimum(box.upper, box.lower + step), box.upper)
    return Box(lower, upper)


def _positions(box: Box, lotteries: FloatArray, j: int) -> FloatArray:
    """Where in the box the chances to miss item j lie, from 0 (lowest) to 1, shape (T,)."""
    width = box.width[:, j]
    wide = width > THIN
    return np.where(wide, np.clip((box.upper[:, j] - lotteries[:, j]) / np.where(wide, width, 1), 0, 1), 0)


def _order(box: Box, lotteries: FloatArray, j: int) -> list[int]:
    """The types in descending order of position."""
    return np.argsort(-_positions(box, lotteries, j), kind="stable").tolist()


def _chain(low: FloatArray, high: FloatArray, order: tuple[int, ...]) -> FloatArray:
    """Vertices from the lowest to the highest, raising one coordinate after the other: shape (T + 1, T).

    A coordinate without width stands at its upper end from the first.
    """
    chain = np.tile(np.where(high - low > THIN, low, high), (len(low) + 1, 1))
    for step, i in enumerate(order):
        chain[step + 1 :, i] = high[i]
    return chain


def _products(vertices: FloatArray, bundles: FloatArray) -> FloatArray:
    """Π_i w_i^m_i at vertices (v, T) for multisets (M, T): shape (M, v)."""
    return np.prod(vertices[None] ** bundles[:, None, :], axis=2)


def _optimum(objective: FloatArray, matrix: FloatArray, limits: FloatArray, lower: FloatArray,
             upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The optimum and its multipliers. If no point is feasible, once more with a penalised violation.

    Then the emptiness, too, shows in the multipliers.
    """
    try:
        found = maximise(objective, (matrix, limits), bounds=(lower, upper), tolerance=LOOSE)
    except ProgramError:
        wider = np.column_stack([matrix, -np.ones(len(matrix))])
        bounds = np.append(lower, 0), np.append(upper, np.inf)
        found = maximise(np.append(objective, -PENALTY), (wider, limits), bounds=bounds, tolerance=LOOSE)
    return found.x[: len(objective)], found.at_most_multipliers
