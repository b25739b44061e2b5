"""The buy-many paper's two examples: types, probabilities, and the menus that it proposes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import index

import numpy as np

from mechanisms._validation import FloatArray, read_only
from mechanisms.menus.menu import Menu


@dataclass(frozen=True, eq=False)
class Example:
    """Additive types (T, n) and their probabilities (T,)."""

    types: FloatArray
    probabilities: FloatArray


def _example(types: list[list[float]], weights: list[float]) -> Example:
    return Example(read_only(np.array(types)), read_only(np.array(weights) / sum(weights)))


COFFEE_SHOP = _example([[2.0, 0.0], [0.0, 4.0], [4.0, 6.0]], [1, 1, 1])
"""Example 1: values of coffee and a bagel; the types are equally likely."""

LOTTERY_TICKETS = _example([[3.0, 4.0], [4.0, 3.0], [5.0, 7.0]], [1, 1, 4])
"""Example 2, for which the paper conjectures that every further purchase costs the seller revenue."""


def coffee_shop_menu() -> Menu:
    """Example 1's optimal buy-one menu: coffee at 2, the bagel at 4, both at 8."""
    return Menu([[1, 0], [0, 1], [1, 1]], [2, 4, 8])


def ticket_chance(k: int) -> float:
    """α_k: the smallest positive root of 12 (1 − (1 − x)^k) − 7kx − 1 (Appendix C).

    The function rises and then falls on [0, 1], and is −1 at 0: the root lies before its top, where
    (1 − x)^(k − 1) = 7/12. Bisection to the last bit. Raises ValueError for k < 1.
    """
    if index(k) < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    if k == 1:
        return 0.2  # 12x − 7x − 1 = 0
    low, high = 0.0, 1 - (7 / 12) ** (1 / (k - 1))
    while low < (middle := (low + high) / 2) < high:
        if _excess(middle, k) < 0:
            low = middle
        else:
            high = middle
    return high


def _excess(x: float, k: int) -> float:
    """12 (1 − (1 − x)^k) − 7kx − 1."""
    return -12 * math.expm1(k * math.log1p(-x)) - 7 * k * x - 1


def ticket_menu(k: int) -> Menu:
    """M_k of Appendix C: ((α_k, α_k), 7 α_k), ((1, 0), 4), ((1, 1), 11)."""
    chance = ticket_chance(k)
    return Menu(np.array([[chance, chance], [1, 0], [1, 1]]), [7 * chance, 4, 11])


def ticket_revenue(k: int) -> float:
    """R_k = 8 + 7/6 α_k, what M_k earns when buyers may buy up to k entries (Claim 25)."""
    return 8 + 7 / 6 * ticket_chance(k)
