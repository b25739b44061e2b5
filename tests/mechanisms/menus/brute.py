"""Plain enumerations to compare with, and random instances."""

import functools
import itertools
import math

import numpy as np
from hypothesis import strategies as st

from mechanisms.menus import AdditiveValuation, Menu, TableValuation, UnitDemandValuation


def lottery_value(table, lottery):
    """Expected value by summing over bundles; `table` of shape (2, ..., 2)."""
    total = 0.0
    for bundle in itertools.product((0, 1), repeat=table.ndim):
        chance = np.prod([q if has else 1 - q for q, has in zip(lottery, bundle, strict=True)])
        total += chance * table[bundle]
    return total


def additive_table(values):
    """Table of an additive buyer."""
    n = len(values)
    return np.array([np.dot(values, b) for b in itertools.product((0, 1), repeat=n)]).reshape((2,) * n)


def all_purchases(menu, table, k):
    """(utility, payment, entries) of every multiset of at most k entries."""
    for size in range(k + 1):
        for entries in itertools.combinations_with_replacement(range(len(menu)), size):
            together = 1 - np.prod(1 - menu.probabilities[list(entries)], axis=0)
            paid = sum(menu.prices[e] for e in entries)
            yield lottery_value(table, together * np.ones(menu.n)) - paid, paid, entries


def best_committed(menu, table, k):
    """Highest utility, and the highest payment at that utility."""
    found = list(all_purchases(menu, table, k))
    top = max(utility for utility, _, _ in found)
    return top, max(paid for utility, paid, _ in found if utility >= top - 1e-11)


def best_adaptive(menu, table, k, ties="seller"):
    """Highest expected utility, and the most ("buyer": the least) that is paid at it.

    By walking the tree of entries and outcomes, one outcome after the other.
    """
    favour = 1 if ties == "seller" else -1

    @functools.cache
    def worth(held, left):
        options = [(table[held], 0.0)]
        for lottery, price in zip(menu.probabilities.tolist(), menu.prices.tolist(), strict=True):
            if left == 0:
                break
            gain, paid = -price, price
            for got in itertools.product((0, 1), repeat=menu.n):
                chance = math.prod(q if g else 1 - q for q, g in zip(lottery, got, strict=True))
                if chance > 0:
                    after = worth(tuple(max(h, g) for h, g in zip(held, got, strict=True)), left - 1)
                    gain, paid = gain + chance * after[0], paid + chance * after[1]
            options.append((gain, paid))
        top = max(gain for gain, _ in options)
        return top, favour * max(favour * paid for gain, paid in options if gain >= top - 1e-11)

    return worth((0,) * menu.n, k)


@st.composite
def menus(draw, n=None, most=6):
    """Menus with probabilities in quarters and prices in quarters: ties and certain entries are frequent."""
    n = draw(st.integers(1, 4)) if n is None else n
    m = draw(st.integers(1, most))
    probabilities = draw(st.lists(st.integers(0, 4), min_size=m * n, max_size=m * n))
    prices = draw(st.lists(st.integers(0, 9), min_size=m, max_size=m))
    return Menu(np.reshape(probabilities, (m, n)) / 4, np.array(prices) / 4)


@st.composite
def tables(draw, n):
    """Monotone tables with whole values: substitutes, complements, anything."""
    steps = draw(st.lists(st.integers(0, 3), min_size=2**n - 1, max_size=2**n - 1))
    table = np.array([0, *steps], dtype=float).reshape((2,) * n)
    for axis in range(n):
        table = np.maximum.accumulate(table, axis=axis)
    return table


@st.composite
def buyers(draw, n):
    """Pairs (valuation, table): additive, unit-demand and tables."""
    kind = draw(st.sampled_from([AdditiveValuation, UnitDemandValuation, TableValuation]))
    if kind is TableValuation:
        table = draw(tables(n))
        return TableValuation(table), table
    values = np.array(draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)), dtype=float)
    if kind is AdditiveValuation:
        return AdditiveValuation(values), additive_table(values)
    bundles = itertools.product((0, 1), repeat=n)
    best = np.array([max(values * np.array(bundle)) for bundle in bundles])
    return UnitDemandValuation(values), best.reshape((2,) * n)


@st.composite
def distributions(draw, n=2, most=3, high=6):
    """Additive types (T, n) of whole values, not all 0, and probabilities."""
    count = draw(st.integers(1, most))
    values = draw(st.lists(st.integers(0, high), min_size=count * n, max_size=count * n).filter(any))
    weights = np.array(draw(st.lists(st.integers(1, 4), min_size=count, max_size=count)))
    return np.reshape(values, (count, n)).astype(float), weights / weights.sum()
