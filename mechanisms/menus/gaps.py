"""Menu gaps: how far a sequence of lotteries runs ahead of what came before (buy-many paper, 2.2 and 3).

gap_i^k is what lottery q_i is worth to buyer x_i beyond the best k earlier lotteries, had for nothing:
the largest price at which she would still take q_i. MenuGap^k adds them up, each divided by x_i([n]).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.menus.menu import Menu, check_purchases, lottery_rows
from mechanisms.menus.purchase import best_purchase, check_menu, type_probabilities
from mechanisms.menus.simple import bundle_revenue
from mechanisms.menus.valuations import Valuation, as_valuations


def menu_gaps(X: ArrayLike | list[Valuation], Q: ArrayLike, k: float) -> FloatArray:
    """Return gap_1^k, …, gap_N^k of Definition 1: not normalised, shape (N,).

    Parameters
    ----------
    X
        N types as in `best_purchase`, stacked along a first axis.
    Q
        Shape (N, n): q_1 … q_N. q_0 = 0 goes without saying, or leads as row 0 of (N + 1, n).
    k
        How many earlier lotteries count, copies included; may be `math.inf`.

    Raises
    ------
    ValueError
        If X and Q disagree in number or items, for probabilities outside [0, 1], for k < 1.
    """
    buyers = as_valuations(X, name="X")
    lotteries = _sequence(Q, len(buyers), buyers[0].n)
    limit = check_purchases(k)
    gaps = np.empty(len(buyers))
    for i, buyer in enumerate(buyers):
        own = float(buyer.value(lotteries[i]))
        earlier = 0.0
        if i:
            free = Menu(lotteries[:i], np.zeros(i))
            earlier = best_purchase(free, buyer, limit, ties="buyer").utility
        gaps[i] = own - earlier
    return gaps


def menu_gap(X: ArrayLike | list[Valuation], Q: ArrayLike, k: float) -> float:
    """Return MenuGap^k(X, Q) = Σ_i gap_i^k / x_i([n]), for vectors and for tables; arguments as `menu_gaps`.

    For k >= n it is at most n, for every monotone buyer (the paper's Lemma 7 has n for additive buyers, its
    Lemma 8 n·2ⁿ for the others). Proof. Let m_i be the coordinatewise maximum of q_0 … q_i. The n earlier
    lotteries that attain m_{i−1} give together at least m_{i−1}, so gap_i <= x_i(m_i) − x_i(m_{i−1}), x_i
    standing for the multilinear extension, which is monotone. Its derivative by q_j is the expectation of
    x_i(S + j) − x_i(S − j), at most x_i([n]); so gap_i / x_i([n]) <= Σ_j (m_ij − m_{i−1,j}). The sum over i
    telescopes to Σ_j m_Nj <= n. With Lemma 6 bundling earns 1/(9n²) of the buy-n revenue.

    Raises ValueError as `menu_gaps` does, and where a type values all items at 0.
    """
    buyers = as_valuations(X, name="X")
    totals = np.array([buyer.total for buyer in buyers])
    if (totals == 0).any():
        raise ValueError(f"X[{int(np.argmin(totals))}] values all items at 0: its gap cannot be normalised")
    return math.fsum((menu_gaps(list(buyers), Q, k) / totals).tolist())


@dataclass(frozen=True)
class GapSequences:
    """Lemma 6's sequences: representatives X of the bins, and what they buy, Q, with their prices.

    `types` are the indices of the representatives. Empty when the menu earns nothing.
    """

    X: tuple[Valuation, ...]
    Q: FloatArray
    prices: FloatArray
    types: tuple[int, ...]

    def gap(self, k: float) -> float:
        """MenuGap^k of the sequences; 0 if they are empty."""
        return menu_gap(list(self.X), self.Q, k) if self.X else 0.0


def gap_sequences(
    menu: Menu, types: ArrayLike | list[Valuation], probabilities: ArrayLike, k: int
) -> GapSequences:
    """Construct sequences with 9k · MenuGap^k · BRev >= revenue from a buy-k IC menu (Lemma 6).

    Entries priced below c, a hundredth of the revenue, are dropped. The others fall into classes of prices,
    [c (2k)^j, c (2k)^(j+1)); of the even and the odd classes those that earn more stay. In each, the type
    of the lowest value for all items represents those whose original choice it was: nobody chooses again.

    The revenue is that of single purchases. k is finite. Raises ValueError as `menu_revenue` does.
    """
    check_menu(menu)
    buyers = as_valuations(types, menu.n)
    weights = type_probabilities(probabilities, len(buyers))
    purchases = [best_purchase(menu, buyer, 1) for buyer in buyers]
    paid = np.array([purchase.payment for purchase in purchases])
    revenue = float(weights @ paid)
    factor = 2 * _finite(k)
    taken = (weights > 0) & (paid > 0) & (paid >= revenue / 100)
    if not taken.any():
        return GapSequences((), np.zeros((0, menu.n)), np.zeros(0), ())
    classes = _price_classes(paid, revenue / 100, factor)
    earned = [float((weights * paid)[taken & (classes % 2 == parity)].sum()) for parity in (0, 1)]
    kept = taken & (classes % 2 == int(earned[1] > earned[0]))
    totals = np.array([buyer.total for buyer in buyers])
    chosen = [
        min(np.flatnonzero(kept & (classes == label)).tolist(), key=lambda t: totals[t])
        for label in np.unique(classes[kept])
    ]
    lotteries = np.array([menu.probabilities[purchases[t].committed[0]] for t in chosen])
    return GapSequences(tuple(buyers[t] for t in chosen), lotteries, paid[chosen], tuple(chosen))


def gap_bound(types: ArrayLike | list[Valuation], probabilities: ArrayLike, sequences: GapSequences,
              k: int) -> float:
    """Lemma 6's upper bound on a menu's revenue: 9k · MenuGap^k · BRev.

    Theorem: no buy-n incentive compatible menu earns more than 9n² BRev from monotone buyers of n items, as
    MenuGap^n <= n (`menu_gap`). The paper has this for additive buyers (Theorem 1), for others 9n² 2ⁿ BRev.
    """
    return 9 * _finite(k) * sequences.gap(k) * bundle_revenue(types, probabilities)


def _price_classes(paid: FloatArray, lowest: float, factor: int) -> np.ndarray:
    """The j with lowest · factor^j <= price < lowest · factor^(j+1), by repeated multiplication."""
    classes = np.zeros(len(paid), dtype=int)
    edge = lowest * factor
    while (paid >= edge).any():
        classes += paid >= edge
        edge *= factor
    return classes


def _finite(k: float) -> int:
    limit = check_purchases(k)
    if limit == math.inf:
        raise ValueError("k must be finite for the construction of Lemma 6, not inf")
    return int(limit)


def _sequence(Q: ArrayLike, count: int, n: int) -> FloatArray:
    lotteries = lottery_rows("Q", Q)
    if len(lotteries) == count + 1 and not lotteries[0].any():
        lotteries = lotteries[1:]
    if lotteries.shape != (count, n):
        raise ValueError(
            f"Q must be of shape {(count, n)}, a lottery for each of X, with or without a leading row of 0, "
            f"not {np.shape(Q)}"
        )
    return lotteries
