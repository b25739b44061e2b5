"""Revenue of the two simplest menus: one price for everything, and one price for each item.

BRev of the buy-many paper's Section 2.1, and SRev of its Appendix B.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.comparison import at_least
from mechanisms.menus.menu import Menu
from mechanisms.menus.purchase import type_probabilities
from mechanisms.menus.valuations import Valuation, additive_values, as_valuations


@dataclass(frozen=True)
class BestPrice:
    """A monopolist's price for one good: the price, and its revenue."""

    price: float
    revenue: float


def best_price(values: FloatArray, probabilities: FloatArray) -> BestPrice:
    """Maximise p · Pr(v >= p) over prices p; of equally good ones, the lowest. Vectors of shape (T,)."""
    prices = np.unique(values)
    sold = at_least(values, prices[:, None])
    revenues = prices * (np.where(sold, probabilities, 0).sum(axis=1))
    best = int(np.argmax(revenues))
    return BestPrice(float(prices[best]), float(revenues[best]))


def bundle_price(types: ArrayLike | list[Valuation], probabilities: ArrayLike) -> BestPrice:
    """Return the best price of all items together, and its revenue; types as in `best_purchase`."""
    buyers = as_valuations(types)
    weights = type_probabilities(probabilities, len(buyers))
    return best_price(np.array([buyer.total for buyer in buyers]), weights)


def bundle_revenue(types: ArrayLike | list[Valuation], probabilities: ArrayLike) -> float:
    """BRev: what the best price of all items together earns. Raises ValueError for bad types or weights."""
    return bundle_price(types, probabilities).revenue


def item_prices(types: ArrayLike | list[Valuation], probabilities: ArrayLike) -> tuple[BestPrice, ...]:
    """Return the best price of each item, and its revenue, for additive types (T, n)."""
    values = additive_values(types, "item pricing")
    weights = type_probabilities(probabilities, len(values))
    return tuple(best_price(column, weights) for column in values.T)


def item_revenue(types: ArrayLike | list[Valuation], probabilities: ArrayLike) -> float:
    """SRev: what the best price of each item earns, for additive types (T, n)."""
    return sum(best.revenue for best in item_prices(types, probabilities))


def bundle_menu(types: ArrayLike | list[Valuation], probabilities: ArrayLike) -> Menu:
    """Return the menu that sells all items at their best price."""
    best = bundle_price(types, probabilities)
    return Menu(np.ones((1, as_valuations(types)[0].n)), [best.price])


def item_menu(types: ArrayLike | list[Valuation], probabilities: ArrayLike) -> Menu:
    """Return the menu that sells each item at its best price."""
    prices = [best.price for best in item_prices(types, probabilities)]
    return Menu(np.eye(len(prices)), prices)
