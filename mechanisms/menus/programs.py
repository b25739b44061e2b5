"""Optimal menus for a buyer who buys once: a linear program, and one with integers for sure allocations.

Follows the program that the buy-many paper uses in Appendix C: an allocation and a price for each type,
such that no type envies another's or prefers nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.menus.linear import maximise, weak_dual
from mechanisms.menus.menu import Menu
from mechanisms.menus.purchase import menu_revenue, type_probabilities
from mechanisms.menus.valuations import Additive, Valuation, as_valuations

SHADE = 1e-10
"""Prices are lowered by this part: a type tied between two entries then prefers the dearer one."""


@dataclass(frozen=True)
class OptimalMenu:
    """The best menu for a buyer who buys one entry.

    menu
        The menu; None for tables, where the program's lotteries may correlate items and no menu of
        independent lotteries need attain them.
    revenue
        What it earns; for tables, an upper bound on what any menu earns.
    dual
        The program's dual objective, recomputed from its multipliers: no menu earns more.
    """

    menu: Menu | None
    revenue: float
    dual: float


def optimal_menu(types: ArrayLike | list[Valuation], probabilities: ArrayLike) -> OptimalMenu:
    """Return the menu of lotteries that earns most from a buyer who buys at most one entry.

    Additive types, shape (T, n): exact, by linear program. The prices are a trifle (1e-10 of them) below the
    program's, so that `menu_revenue` with k = 1 reproduces `revenue` without ties that rounding decides.

    Tables, shape (T, 2, ..., 2), or other valuations: the program over distributions on bundles. It also
    allows lotteries whose items are correlated, so its value is an upper bound, and there is no menu.

    Raises ValueError for bad types or probabilities.
    """
    buyers = as_valuations(types)
    weights = type_probabilities(probabilities, len(buyers))
    if all(isinstance(buyer, Additive) for buyer in buyers):
        values = np.array([buyer.value(np.eye(buyer.n)) for buyer in buyers])
        allocation, prices, dual = _solve(values, weights, per_item=True)
        menu = shaded(allocation, prices)
        return OptimalMenu(menu, menu_revenue(menu, list(buyers), weights, 1), dual)
    bundles = np.array([buyer.table().ravel() for buyer in buyers])
    _, prices, dual = _solve(bundles, weights, per_item=False)
    return OptimalMenu(None, float(weights @ prices), dual)


def shaded(allocation: FloatArray, prices: FloatArray) -> Menu:
    """A menu from a program's solution: clipped into range, prices shaded."""
    return Menu(np.clip(allocation, 0, 1), np.maximum(prices, 0) * (1 - SHADE))


def _solve(goods: FloatArray, weights: FloatArray, per_item: bool) -> tuple[FloatArray, FloatArray, float]:
    """Maximise Σ f_t p_t over allocations z (T, g) and prices p (T,), value of z being goods · z.

    Rows: z_t · v_t − p_t >= z_s · v_t − p_s and >= 0. Allocations lie in [0, 1]; unless `per_item`, each is
    a distribution over bundles.
    """
    count, g = goods.shape
    rows, entries = [], []
    for t, s in product(range(count), range(-1, count)):
        if s == t:
            continue
        row = np.zeros(count * (g + 1))
        row[t * g : (t + 1) * g] = -goods[t]
        row[count * g + t] = 1
        if s >= 0:
            row[s * g : (s + 1) * g] = goods[t]
            row[count * g + s] = -1
        rows.append(row)
        entries.append(0.0)
    if not per_item:
        for t in range(count):
            row = np.zeros(count * (g + 1))
            row[t * g : (t + 1) * g] = 1
            rows.append(row)
            entries.append(1.0)
    objective = np.concatenate([np.zeros(count * g), weights])
    top = goods.sum(axis=1) if per_item else goods.max(axis=1)
    upper = np.concatenate([np.ones(count * g), top])
    matrix, limits, lower = np.array(rows).reshape(-1, len(upper)), np.array(entries), np.zeros_like(upper)
    best = maximise(objective, matrix, limits, lower, upper)
    if best is None:
        raise ArithmeticError("the linear program of the optimal menu could not be solved")
    dual = weak_dual(objective, matrix, limits, best.multipliers, lower, upper)
    return best.point[: count * g].reshape(count, g), best.point[count * g :], dual


def optimal_deterministic_menu(
    types: ArrayLike | list[Valuation], probabilities: ArrayLike
) -> OptimalMenu:
    """Return the menu of sure bundles that earns most from a buyer who buys at most one entry.

    By mixed-integer program: a bundle for each type and a price for each bundle; `dual` is the solver's
    bound. Types of any kind; meant for up to about 5 items and 10 types. Prices are shaded as in
    `optimal_menu`. Raises ValueError for bad types or probabilities.
    """
    buyers = as_valuations(types)
    weights = type_probabilities(probabilities, len(buyers))
    values = np.array([buyer.table().ravel() for buyer in buyers])
    chosen, bound = _solve_sure(values, weights)
    prices = _highest_prices(values, chosen)
    bundles = np.array(list(np.ndindex((2,) * buyers[0].n)), dtype=float)
    sold = np.unique(chosen[chosen > 0])
    if not len(sold):  # nobody wants anything: everything at 0 earns as much
        sold, prices = np.array([len(bundles) - 1]), np.zeros(len(bundles))
    menu = shaded(bundles[sold], prices[sold])
    return OptimalMenu(menu, menu_revenue(menu, list(buyers), weights, 1), bound)


def _highest_prices(values: FloatArray, chosen: np.ndarray) -> FloatArray:
    """The highest prices (B,) of bundles at which types, values (T, B), still like those chosen (T,) best.

    A chosen bundle costs at most what it is worth to its buyer beyond another chosen one at its price. Take
    these limits as lengths: then prices are shortest paths from nothing (Bellman and Ford). So they are sums
    of values, not off by the integer program's tolerance, which would let ties fall either way.
    """
    own = np.take_along_axis(values, chosen[:, None], axis=1)
    prices = np.full(values.shape[1], np.inf)
    prices[0] = 0.0
    for _ in range(len(chosen)):
        most = (own - values + prices).min(axis=1)
        for bundle, price in zip(chosen.tolist(), most.tolist(), strict=True):
            prices[bundle] = min(prices[bundle], price) if bundle else 0.0
    return np.maximum(prices, 0.0)


def _solve_sure(values: FloatArray, weights: FloatArray) -> tuple[np.ndarray, float]:
    """Bundles (T,) and a bound on revenue for values (T, B).

    Variables: y (T, B) in {0, 1}, payments (T,), prices (B,).

    A type pays the price of the bundle that she takes, and likes no other bundle at its price better. A
    bundle's price above what anybody values it at is as good as infinite.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    count, size = values.shape
    most = float(values.max())
    width = count * size + count + size
    rows, low, high = [], [], []

    def add(entries: dict[int, float], least: float, top: float) -> None:
        row = np.zeros(width)
        row[list(entries)] = list(entries.values())
        rows.append(row)
        low.append(least)
        high.append(top)

    for t in range(count):
        mine = {t * size + b: 1.0 for b in range(size)}
        pays = count * size + t
        add(mine, 1, 1)
        for b in range(size):
            price = count * size + count + b
            add({pays: 1.0, price: -1.0, t * size + b: most}, -np.inf, most)
            add({pays: 1.0, price: -1.0, t * size + b: -most}, -most, np.inf)
            worth = {t * size + other: float(values[t, other]) for other in range(size)}
            add(worth | {pays: -1.0, price: 1.0}, float(values[t, b]), np.inf)
    objective = np.concatenate([np.zeros(count * size), -weights, np.zeros(size)])
    upper = np.concatenate([np.ones(count * size), np.full(count + size, most)])
    upper[count * size + count] = 0  # nothing is free
    whole = np.concatenate([np.ones(count * size), np.zeros(count + size)])
    found = milp(objective, constraints=LinearConstraint(np.array(rows), low, high),
                 bounds=Bounds(np.zeros(width), upper), integrality=whole, options={"mip_rel_gap": 0.0})
    if found.x is None:
        raise ArithmeticError(f"the program of the optimal sure menu failed: {found.message}")
    chosen = found.x[: count * size].reshape(count, size).argmax(axis=1)
    return chosen, -float(found.mip_dual_bound)
