"""Utility of the first k sales among independent buyers who come in uniformly random order (one pass, R1).

Buyer i would buy at price p with probability h_i(p), whoever else buys. If w buyers would, each set of
min(w, k) of them is as likely to be the one that is served. So it is enough to know the joint law of how many
are served, at what sum, and how many of the others would have bought: a dynamic program over buyers in any
order, without a sum over permutations.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import comb

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.sums import Sums

Law = list[FloatArray]
"""law[a], shape (n + 1, len(levels[a])): by how many others would have bought, and by the sum of a sales."""


def choices(sums: Sums, units: int, masses: Iterable[FloatArray]) -> Law:
    """For every choice of at most `units` buyers who would buy: the sum they pay, how many would buy besides.

    `masses` has a vector (m,) for each buyer: her probability of a sale at each price. The entries add up to
    more than 1, as each set of who would buy is counted once for each choice from it.
    """
    rows = list(masses)
    law = [np.zeros((len(rows) + 1, sums.levels[a].size)) for a in range(units + 1)]
    law[0][0, 0] = 1.0
    for own in rows:
        would_buy = float(own.sum())
        for a in range(units, -1, -1):
            late = np.roll(law[a], 1, axis=0)  # its last row is empty until the last buyer
            law[a] = (1 - would_buy) * law[a] + would_buy * late
            if a:
                law[a] += sums.add(law[a - 1], a - 1, own)
    return law


def expected_utility(sums: Sums, units: int, masses: FloatArray, utility: Attitude) -> float:
    """E[U(revenue)] of one pass; `masses`, shape (n, m), of each buyer's sale at each price."""
    served = min(units, len(masses))
    law = choices(sums, served, masses)
    total = sum(float(law[a][0] @ _levels(utility, sums.levels[a])) for a in range(served))
    return total + float(_shares(len(masses), served) @ law[served] @ _levels(utility, sums.levels[served]))


def gains(sums: Sums, units: int, others: FloatArray, utility: Attitude) -> tuple[float, FloatArray]:
    """What one more buyer adds: the expected utility if she would not buy, and how much more at each price.

    `others`, shape (n − 1, m), are the other buyers' sale probabilities. One pass earns the first number
    plus Σ_j h(p_j) gains[j] if she would buy at p_j with probability h(p_j). Needs sums of `units` prices,
    at most n.
    """
    n = len(others) + 1
    law = choices(sums, min(units, n - 1), others)
    if n <= units:
        law.append(np.zeros((n, sums.levels[n].size)))
    levels = [_levels(utility, sums.levels[a]) for a in range(len(law))]
    k = min(units, n)
    without = sum(float(law[a][0] @ levels[a]) for a in range(k))
    full = law[k] @ levels[k]
    without += float(_shares(n - 1, k) @ full)
    crowded_out = float(_shares(n, k)[1:] @ full)
    served = [law[a][0] @ levels[a + 1][sums.next[a]] for a in range(k - 1)]
    served.append(_shares(n - 1, k) @ law[k - 1] @ levels[k][sums.next[k - 1]])
    return without, np.sum(served, axis=0) + crowded_out - without


def _shares(n: int, k: int) -> FloatArray:
    """How likely a choice of k is the one served where u others would buy too: 1 / C(k + u, k), u = 0 … n."""
    return np.array([1 / comb(k + u, k) for u in range(n + 1)])


def _levels(utility: Attitude, money: FloatArray) -> FloatArray:
    return np.asarray(utility(money), dtype=float)


def soft_utility(sums: Sums, masses: FloatArray, utility: Attitude) -> float:
    """E[U(revenue)] where everyone who would buy does; needs the sums of n prices."""
    n = len(masses)
    return expected_utility(sums, n, masses, utility)
