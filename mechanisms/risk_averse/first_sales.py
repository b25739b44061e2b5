"""Utility of the first k sales among independent buyers who come in uniformly random order (one pass, R1).

Buyer i would buy at price p with probability h_i(p), whoever else buys. If w buyers would, each set of
min(w, k) of them is as likely to be the one that is served. So a set of buyers who would buy is divided
into those chosen, at most k, and the rest; a choice counts where it is all of them, or else k of w with
weight 1 / C(w, k). A state is (how many are chosen, how many not, the sum that the chosen pay), and a
dynamic program over buyers in any order gives the utility, without a sum over permutations: it is linear in
each buyer's h_i.
"""

from __future__ import annotations

from math import comb

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.sums import Sums

States = list[FloatArray]
"""By the number a of the chosen an array (n + 1, len(levels[a])): by how many are not, and by the sum."""


def first_sales_law(sums: Sums, units: int, masses: FloatArray) -> RevenueLaw:
    """The law of revenue of one pass; `masses`, shape (n, m), of each buyer's sale at each price.

    `sums` are of up to min(units, n) prices.
    """
    n, k = len(masses), min(units, len(masses))
    law = _start(sums, k, n)
    for own in masses:
        law = _after(law, sums, own)
    return RevenueLaw.of(
        np.concatenate(sums.levels), np.concatenate([*(law[a][0] for a in range(k)), _shares(n, k) @ law[k]])
    )


def gradient(sums: Sums, units: int, masses: FloatArray, utility: Attitude) -> FloatArray:
    """The derivatives of one pass's E[U(revenue)] by `masses`, shape (n, m).

    What it would add if buyer i would buy at price j for sure, and would not buy before: laws of the buyers
    before her meet values of those after her.
    """
    n, k = len(masses), min(units, len(masses))
    laws = [_start(sums, k, n)]
    for own in masses[:-1]:
        laws.append(_after(laws[-1], sums, own))
    values = _worth(sums, k, n, utility)
    slopes = np.empty_like(masses)
    for i in reversed(range(n)):
        slopes[i] = _slope(laws[i], values, sums)
        values = _before(values, sums, masses[i])
    return slopes


def _start(sums: Sums, k: int, n: int) -> States:
    """Nobody has been looked at."""
    law = [np.zeros((n + 1, sums.levels[a].size)) for a in range(k + 1)]
    law[0][0, 0] = 1.0
    return law


def _after(law: States, sums: Sums, own: FloatArray) -> States:
    """The weights with one more buyer: she would not buy, would but is not chosen, or is chosen."""
    would = float(own.sum())
    after = [(1 - would) * part + would * np.roll(part, 1, axis=0) for part in law]  # last rows are empty
    for a in range(len(law) - 1):
        after[a + 1] += sums.add(law[a], a, own)
    return after


def _before(values: States, sums: Sums, own: FloatArray) -> States:
    """The value of each state before one more buyer."""
    would = float(own.sum())
    before = [(1 - would) * part + would * _one_more_not_chosen(part) for part in values]
    for a in range(len(values) - 1):
        before[a] += values[a + 1][:, sums.next[a]] @ own
    return before


def _slope(law: States, values: States, sums: Sums) -> FloatArray:
    """What a buyer between the two adds at each price, shape (m,)."""
    slope = np.zeros(sums.prices.size)
    for a, (part, value) in enumerate(zip(law, values, strict=True)):
        slope += float((part * (_one_more_not_chosen(value) - value)).sum())
        if a < len(law) - 1:
            slope += np.tensordot(part, values[a + 1][:, sums.next[a]], axes=2)
    return slope


def _one_more_not_chosen(values: FloatArray) -> FloatArray:
    return np.concatenate([values[1:], np.zeros_like(values[:1])])


def _worth(sums: Sums, k: int, n: int, utility: Attitude) -> States:
    """What final states count: the utility of the sum if all are chosen; of k, with weight 1 / C(w, k)."""
    worth = [np.zeros((n + 1, sums.levels[a].size)) for a in range(k + 1)]
    for a in range(k):
        worth[a][0] = utility(sums.levels[a])
    worth[k] = _shares(n, k)[:, None] * np.asarray(utility(sums.levels[k]), dtype=float)
    return worth


def _shares(n: int, k: int) -> FloatArray:
    """1 / C(w, k), the weight of a choice of k from w = k, …, k + n."""
    return np.array([1 / comb(k + others, k) for others in range(n + 1)])
