"""What menus of lotteries cost: best purchases, certified menus, incentive checks; in seconds, and ratios."""

from __future__ import annotations

import itertools
import math

import numpy as np

from mechanisms.menus import (
    LOTTERY_TICKETS,
    Menu,
    best_purchase,
    cover_free_family,
    gap_instance,
    optimal_buy_k_menu,
)
from tests.benchmarks.measure import Figure, against, seconds


def random_menu(entries, items, seed=0):
    """Lotteries and prices, uniformly drawn."""
    rng = np.random.default_rng(seed)
    return Menu(rng.random((entries, items)), rng.random(entries) * items / 3)


def brute_force(menu, values, k):
    """The best multiset by listing all of them."""
    best = 0.0
    for size in range(1, k + 1):
        for entries in itertools.combinations_with_replacement(range(len(menu)), size):
            chosen = list(entries)
            missed = np.prod(1 - menu.probabilities[chosen], axis=0)
            best = max(best, float((1 - missed) @ values) - float(menu.prices[chosen].sum()))
    return best


def purchases(menu, types, k):
    """Best purchases of many types, one after the other."""
    return [best_purchase(menu, values, k).utility for values in types]


def figures():
    """Yield the figures one by one."""
    types = np.random.default_rng(1).random((1_000, 10)) * 2
    large, small = random_menu(50, 10), random_menu(5, 10)
    yield Figure(
        "best purchases of 1,000 types, 50 entries over 10 items, k = 5",
        seconds(lambda: purchases(large, types, 5)), "seconds", 10,
    )
    yield Figure(
        "the same from 5 entries, against brute force",
        against(
            lambda: purchases(small, types[:20], 5),
            lambda: [brute_force(small, values, 5) for values in types[:20]],
            repeats=3,
        ),
        "times brute force", None,
    )
    yield from certificates()
    instance = gap_instance(cover_free_family(5, 2), 2)
    yield Figure(
        "buy-4 incentive check of 125 cover-free entries", seconds(lambda: instance.is_buy_k_ic(4)),
        "seconds", 10,
    )


def certificates():
    """Example 2's certified menus; the remark shows revenue and gap."""
    for k in (*range(1, 21), math.inf):
        best = optimal_buy_k_menu(LOTTERY_TICKETS.types, LOTTERY_TICKETS.probabilities, k)
        remark = f"{best.revenue:.6f}, gap {best.gap:.0e}, {best.boxes} boxes"
        yield Figure(f"certified menu of Example 2, k = {k}", best.seconds, "seconds", 10, remark)
