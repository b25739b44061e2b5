"""The best buy-k and buy-many incentive compatible menus, certified by spatial branch and bound.

The buy-many paper (Appendix C) leaves these programs to a non-convex optimiser. Here boxes of lotteries are
bounded by linear relaxations (`relaxation`) and split where these err most; lotteries that the relaxations
suggest are priced as well as can be (`pricing`), and checked.
"""

from __future__ import annotations

import heapq
import math
import time
from dataclasses import dataclass
from itertools import count
from operator import index

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, number_in
from mechanisms.menus.incentives import is_buy_k_ic
from mechanisms.menus.menu import Menu, check_purchases
from mechanisms.menus.pricing import best_prices
from mechanisms.menus.programs import OptimalMenu, discounted, unit_of
from mechanisms.menus.purchase import menu_revenue, type_probabilities
from mechanisms.menus.relaxation import (
    THIN,
    Bounded,
    Box,
    Cut,
    Relaxation,
    multisets,
    tightened,
)
from mechanisms.menus.simple import bundle_menu, item_menu
from mechanisms.menus.valuations import Valuation, additive_values

ROUNDING = 1e-12
"""Upper bounds are raised by this part of the values: the arithmetic of their weak duality rounds."""


@dataclass(frozen=True)
class CertifiedMenu(OptimalMenu[Menu]):
    """A buy-k incentive compatible menu, checked, and a proof of how good it is: no such menu earns more.

    boxes
        The size of the search.
    """

    boxes: int

    @property
    def gap(self) -> float:
        """Upper bound less revenue."""
        return self.upper_bound - self.revenue


def optimal_buy_k_menu(
    types: ArrayLike | list[Valuation],
    probabilities: ArrayLike,
    k: float,
    gap: float = 1e-5,
    time_limit: float = 60.0,
) -> CertifiedMenu:
    """Return the menu that earns most among the buy-k incentive compatible ones: BuyᵏRev(D), certified.

    Parameters
    ----------
    types
        Additive values, shape (T, n). The search is exponential in T·n; 3 types of 2 items take a second.
    probabilities
        Shape (T,).
    k
        How many entries buyers may take; `math.inf` for buy-many. Then the revenue is of a menu that is
        buy-many incentive compatible, and the upper bound that of a finite k.
    gap
        Stop when upper bound less revenue is at most this; above 0.
    time_limit
        Stop after so many seconds; the upper bound is then as good as it got.

    Prices are shaded by less than 1e-7 of the values, so that no buyer is tied between one purchase and
    several, and `menu_revenue` reproduces `revenue` exactly.

    Raises
    ------
    ValueError, TypeError
        For bad types, probabilities, k, gap or time limit; for types that are not additive.
    """
    values = additive_values(types, "optimal_buy_k_menu")
    weights = type_probabilities(probabilities, len(values))
    limit = check_purchases(k)
    wanted = number_in("gap", gap, above=0)
    seconds = number_in("time_limit", time_limit, above=0)
    unit = unit_of(values)
    best = _Search(values / unit, weights, limit, wanted / unit).run(seconds)
    menu = Menu(best.menu.probabilities, best.menu.prices * unit)
    return CertifiedMenu(menu, best.revenue * unit, best.upper_bound * unit, best.seconds, best.boxes)


class _Search:
    """Best bound first, in a unit of money in which values are neither large nor small."""

    def __init__(self, values: FloatArray, weights: FloatArray, k: float, gap: float) -> None:
        self.all_values, self.all_weights = values, weights
        self.values, self.weights = _distinct(values, weights)
        self.k = k
        self.gap = gap
        self.relaxation = Relaxation(self.values, self.weights, multisets(len(self.values), k))
        self.slack = ROUNDING * float(values.sum())
        self.menu = bundle_menu(values, weights)
        self.revenue = -math.inf
        self.dropped = -math.inf
        for menu in (bundle_menu(values, weights), item_menu(values, weights)):
            self._consider(discounted(menu.probabilities, menu.prices))

    def run(self, seconds: float) -> CertifiedMenu:
        """Split boxes until the gap is closed or the time is up."""
        start = time.perf_counter()
        serial = count()
        whole = Box(np.zeros(self.values.shape), np.ones(self.values.shape))
        everything = float(self.weights @ self.values.sum(axis=1))
        queue: list[tuple[float, int, Box, list[Cut]]] = [
            (-everything, next(serial), whole, self.relaxation.first_cuts())
        ]
        boxes = 0
        while queue and -queue[0][0] > self.target and time.perf_counter() - start < seconds:
            bound, _, box, cuts = heapq.heappop(queue)
            boxes += 1
            for part, known, least in self._parts(-bound, box, cuts):
                heapq.heappush(queue, (-least, next(serial), part, known))
        top = max(self.dropped, -queue[0][0] if queue else -math.inf, self.revenue - self.slack)
        spent = time.perf_counter() - start
        return CertifiedMenu(self.menu, self.revenue, top + self.slack, spent, boxes)

    @property
    def target(self) -> float:
        """Boxes with a bound up to here need not be split."""
        return self.revenue + 0.9 * self.gap

    def _parts(self, bound: float, box: Box, cuts: list[Cut]) -> list[tuple[Box, list[Cut], float]]:
        """Bound a box; its parts to look at, with their cuts and bounds."""
        result = self.relaxation.solve(box, cuts, self.target)
        bound = min(bound, result.bound)
        if bound <= self.target:
            self.dropped = max(self.dropped, bound)
            return []
        if result.lotteries is not None:
            self._price(result.lotteries)
        box = tightened(box, result, self.revenue - self.slack)
        where, at = self._split_point(box, result)
        useful = [
            cut for cut, y in zip(result.cuts, result.multipliers, strict=True) if y > 1e-9
        ] or cuts
        return [(part, useful, bound) for part in box.split(where, at)]

    def _price(self, lotteries: FloatArray) -> None:
        menu = best_prices(self.values, self.weights, lotteries, self.relaxation.multisets, self.k)
        if menu is not None and self.weights @ menu.prices > self.revenue:
            self._consider(menu)

    def _consider(self, menu: Menu) -> None:
        """Take a menu that is buy-k incentive compatible, sells single entries and earns more."""
        menu = _without_idle_entries(menu)
        once = menu_revenue(menu, self.all_values, self.all_weights, 1)
        if once <= self.revenue:
            return
        earned = menu_revenue(menu, self.all_values, self.all_weights, self.k)
        honest = abs(earned - once) <= 1e-9 * max(1.0, abs(once))
        if honest and is_buy_k_ic(menu, self.values, self.k).holds:
            self.menu, self.revenue = menu, earned

    def _split_point(self, box: Box, result: Bounded) -> tuple[tuple[int, int], float]:
        """The coordinate that causes most error, and where to split it: near the relaxation's optimum."""
        score = np.where(box.width > THIN, self.relaxation.errors(box, result), -1.0)
        if score.max() <= 1e-12:
            score = box.width
        i, j = np.unravel_index(int(np.argmax(score)), score.shape)
        where = (index(i), index(j))
        low, width = box.lower[where], box.width[where]
        at = low + width / 2 if result.lotteries is None else result.lotteries[where]
        return where, float(np.clip(at, low + 0.15 * width, low + 0.85 * width))


def _distinct(values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Types of positive probability, equal ones as one."""
    possible = weights > 0
    rows, place = np.unique(values[possible], axis=0, return_inverse=True)
    merged = np.bincount(place.ravel(), weights=weights[possible], minlength=len(rows))
    return rows, merged.astype(np.float64)


def _without_idle_entries(menu: Menu) -> Menu:
    """The menu without entries that give nothing, and without repetitions."""
    entries = np.unique(np.column_stack([menu.probabilities, menu.prices]), axis=0)
    useful = entries[entries[:, :-1].any(axis=1)]
    kept = useful if len(useful) else entries[:1]
    return Menu(kept[:, :-1], kept[:, -1])
