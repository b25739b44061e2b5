"""Optimal menus for a buyer who buys once: a linear program, and one with integers for sure allocations.

Follows the program that the buy-many paper uses in Appendix C: an allocation and a price for each type,
such that no type envies another's or prefers nothing.
"""

from __future__ import annotations

import math
from itertools import product
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.menus.menu import Menu
from mechanisms.menus.purchase import menu_revenue, type_probabilities
from mechanisms.menus.valuations import AdditiveValuation, Valuation, as_valuations
from mechanisms.programs import Design, maximise

SHADE = 1e-10
"""Prices are lowered by this part: a type tied between two entries then prefers the dearer one."""

M_co = TypeVar("M_co", bound=Menu | None, covariant=True)


class OptimalMenu(Design[M_co]):
    """The best menu, what `menu_revenue` says that it earns, and a bound: no menu earns more.

    For tables `menu` is None: there the program's lotteries may correlate items, and no menu of independent
    lotteries need attain `revenue`, an upper bound on what any menu earns.
    """

    @property
    def menu(self) -> M_co:
        """The mechanism."""
        return self.mechanism

    @property
    def revenue(self) -> float:
        """The value."""
        return self.value


def optimal_menu(
    types: ArrayLike | list[Valuation], probabilities: ArrayLike
) -> OptimalMenu[Menu | None]:
    """Return the menu of lotteries that earns most from a buyer who buys at most one entry.

    Additive types, shape (T, n): exact, by linear program. The prices are a trifle (1e-10 of them) below the
    program's, so that `menu_revenue` with k = 1 reproduces `revenue` without ties that rounding decides.

    Tables, shape (T, 2, ..., 2), or other valuations: the program over distributions on bundles. It also
    allows lotteries whose items are correlated, so its value is an upper bound, and there is no menu.

    Raises ValueError for bad types or probabilities.
    """
    start = perf_counter()
    buyers = as_valuations(types)
    weights = type_probabilities(probabilities, len(buyers))
    if all(isinstance(buyer, AdditiveValuation) for buyer in buyers):
        values = np.array([buyer.value(np.eye(buyer.n)) for buyer in buyers])
        unit = unit_of(values)
        allocation, prices, bound = _solve(values / unit, weights, per_item=True)
        prices, bound = prices * unit, bound * unit
        menu = discounted(allocation, prices)
        revenue = menu_revenue(menu, list(buyers), weights, 1)
        return OptimalMenu(menu, revenue, bound, perf_counter() - start)
    bundles = np.array([buyer.table().ravel() for buyer in buyers])
    unit = unit_of(bundles)
    _, prices, bound = _solve(bundles / unit, weights, per_item=False)
    return OptimalMenu(None, float(weights @ prices) * unit, bound * unit, perf_counter() - start)


def discounted(allocation: FloatArray, prices: FloatArray) -> Menu:
    """A menu from a program's solution: clipped into range, prices shaded."""
    return Menu(np.clip(allocation, 0, 1), np.maximum(prices, 0) * (1 - SHADE))


def unit_of(values: FloatArray) -> float:
    """A power of 2, so that dividing by it rounds nothing, with values of all items up to 16 in its unit.

    Programs are solved in it, because solvers' tolerances are absolute.
    """
    most = float(values.sum(axis=1).max())
    return 2.0 ** (math.frexp(most)[1] - 4) if most > 0 else 1.0


def _solve(goods: FloatArray, weights: FloatArray, per_item: bool) -> tuple[FloatArray, FloatArray, float]:
    """Maximise Σ f_t p_t over allocations z (T, g) and prices p (T,), value of z being goods · z.

    Rows: z_t · v_t − p_t >= z_s · v_t − p_s and >= 0. Allocations lie in [0, 1]; unless `per_item`, each is
    a distribution over bundles.
    """
    from scipy.sparse import csr_array, eye_array, hstack, kron, vstack

    count, g = goods.shape
    rows, limits = _no_envy(goods), np.zeros(count**2)
    if not per_item:
        once = hstack([kron(eye_array(count), np.ones((1, g))), csr_array((count, count))])
        rows, limits = vstack([rows, once]), np.append(limits, np.ones(count))
    top = goods.sum(axis=1) if per_item else goods.max(axis=1)
    objective = np.concatenate([np.zeros(count * g), weights])
    best = maximise(objective, (rows, limits), bounds=(0.0, np.append(np.ones(count * g), top)))
    return best.x[: count * g].reshape(count, g), best.x[count * g :], best.upper_bound


def _no_envy(goods: FloatArray) -> Any:
    """Rows over (z, p): what each type would gain by nothing, and by each other type's entry."""
    from scipy.sparse import coo_array

    count, g = goods.shape
    own = np.repeat(np.arange(count), count)
    other = np.concatenate([[-1, *np.delete(np.arange(count), t)] for t in range(count)])
    row = np.concatenate([np.arange(count**2), np.flatnonzero(other >= 0)])
    entry = np.concatenate([own, other[other >= 0]])
    sign = np.repeat([-1.0, 1.0], [count**2, count**2 - count])
    worth = sign[:, None] * goods[own[row]]
    columns = np.append(entry[:, None] * g + np.arange(g), count * g + entry)
    rows = np.append(np.repeat(row, g), row)
    return coo_array((np.append(worth, -sign), (rows, columns)), shape=(count**2, count * (g + 1)))


def optimal_deterministic_menu(
    types: ArrayLike | list[Valuation], probabilities: ArrayLike
) -> OptimalMenu[Menu]:
    """Return the menu of sure bundles that earns most from a buyer who buys at most one entry.

    By mixed-integer program: a bundle for each type and a price for each bundle; `upper_bound` is the
    solver's proved one. Types of any kind; meant for up to about 5 items and 10 types. Prices are shaded as
    in `optimal_menu`. Raises ValueError for bad types or probabilities.
    """
    start = perf_counter()
    buyers = as_valuations(types)
    weights = type_probabilities(probabilities, len(buyers))
    values = np.array([buyer.table().ravel() for buyer in buyers])
    unit = unit_of(values)
    chosen, bound = _solve_sure(values / unit, weights)
    bound *= unit
    prices = _highest_prices(values, chosen)
    bundles = np.array(list(np.ndindex((2,) * buyers[0].n)), dtype=float)
    sold = np.unique(chosen[chosen > 0])
    if not len(sold):  # nobody wants anything: everything at 0 earns as much
        sold, prices = np.array([len(bundles) - 1]), np.zeros(len(bundles))
    menu = discounted(bundles[sold], prices[sold])
    revenue = menu_revenue(menu, list(buyers), weights, 1)
    return OptimalMenu(menu, revenue, bound, perf_counter() - start)


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
    from scipy.sparse import lil_array

    count, size = values.shape
    most = float(values.max())
    width = count * size + count + size
    rows: Any = lil_array((3 * count * size, width))
    limits = np.zeros(3 * count * size)
    for t, b in product(range(count), range(size)):
        mine, pays, price, row = t * size, count * size + t, count * size + count + b, 3 * (t * size + b)
        rows[row, [pays, price, mine + b]] = 1.0, -1.0, most
        rows[row + 1, [pays, price, mine + b]] = -1.0, 1.0, most
        rows[row + 2, [pays, price]] = 1.0, -1.0
        rows[row + 2, mine : mine + size] = -values[t]
        limits[row : row + 3] = most, most, -values[t, b]
    once = np.kron(np.eye(count), np.ones((1, size))), np.zeros((count, count + size))
    objective = np.concatenate([np.zeros(count * size), weights, np.zeros(size)])
    upper = np.concatenate([np.ones(count * size), np.full(count + size, most)])
    upper[count * size + count] = 0  # nothing is free
    found = maximise(objective, (rows, limits), (np.hstack(once), np.ones(count)), (0.0, upper),
                     integral=np.arange(width) < count * size)
    return found.x[: count * size].reshape(count, size).argmax(axis=1), found.upper_bound
