"""Independent random payments: their k largest, exactly; and how they are split and merged (Section 3.3).

Masses have shape (n, m): the probability with which variable i is price j; otherwise it is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.conversation import check_count
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.laws import chances

MOST_STATES = 100_000
"""The most collections of k prices that are listed."""


@dataclass(frozen=True, eq=False)
class TopStates:
    """All collections of up to k prices: what can be the k dearest of many sales.

    prices
        Shape (m,), increasing, positive.
    units
        k.

    Raises TooLargeError if there are more than `MOST_STATES` of the (m + k choose k) collections.
    """

    prices: FloatArray
    units: int

    def __post_init__(self) -> None:
        size = math.comb(self.prices.size + self.units, self.units)
        if size > MOST_STATES:
            raise TooLargeError(
                f"{self.prices.size} prices and {self.units} units have {size} collections of the dearest "
                f"sales, more than the {MOST_STATES} that are listed; use fewer prices, or a grid of money"
            )

    @cached_property
    def collections(self) -> np.ndarray:
        """Shape (S, k): the states, each in increasing order; 0 for no sale, j + 1 for price j."""
        size = self.prices.size + 1
        return np.array(list(combinations_with_replacement(range(size), self.units)), dtype=np.int64)

    @cached_property
    def sums(self) -> FloatArray:
        """Shape (S,): revenue in each state; state 0 is that of no sale."""
        return np.append(0.0, self.prices)[self.collections].sum(axis=1)

    @cached_property
    def after(self) -> np.ndarray:
        """Shape (S, m): the state after one more sale at each price."""
        return np.stack([self._places(self._with(j)) for j in range(1, self.prices.size + 1)], axis=1)

    def _with(self, j: int) -> np.ndarray:
        """Each collection with j in place of its least member, if that is less."""
        more = self.collections.copy()
        more[:, 0] = np.maximum(more[:, 0], j)
        return np.sort(more, axis=1)

    def _places(self, rows: np.ndarray) -> np.ndarray:
        """Where the rows stand among the collections, which are in lexicographic order."""
        _, place = np.unique(np.vstack([self.collections, rows]), axis=0, return_inverse=True)
        return place.ravel()[len(self.collections) :]

    def start(self) -> FloatArray:
        """The law before any sale, shape (S,)."""
        return np.eye(1, len(self.collections))[0]

    def add(self, law: FloatArray, masses: FloatArray) -> FloatArray:
        """The law, shape (S,), after one more independent variable with these masses, shape (m,)."""
        later = law * (1.0 - float(masses.sum()))
        for j in np.flatnonzero(masses):
            later += np.bincount(self.after[:, j], weights=law * masses[j], minlength=law.size)
        return later

    def before(self, values: FloatArray, masses: FloatArray) -> FloatArray:
        """The value of each state, shape (S,), before such a variable comes."""
        return values * (1.0 - float(masses.sum())) + values[self.after] @ masses


def expected_top_utility(
    prices: ArrayLike, masses: ArrayLike, units: int, utility: Attitude
) -> float:
    """E[U_k] of n independent variables that take price j with probability masses[i, j], else 0.

    That is the expected utility of randomised sequential prices in decreasing order of the prices drawn
    (Lemma 4), with masses x_ij Pr[v_i >= p_j]. Exact. Raises TooLargeError where `TopStates` does.
    """
    check_count("units", units)
    rows = checked_masses(masses)
    money = np.asarray(prices, dtype=np.float64)
    distinct, place = np.unique(money, return_inverse=True)
    if distinct[0] < 0 or money.shape != rows.shape[1:]:
        raise ValueError(f"prices must be {rows.shape[1]} amounts of at least 0, not {money.tolist()}")
    states = TopStates(distinct, min(units, len(rows)))
    law = states.start()
    for row in rows:
        law = states.add(law, np.bincount(place, weights=row, minlength=distinct.size).astype(np.float64))
    return float(np.asarray(utility(states.sums)) @ law)


def merged(masses: ArrayLike, i: int, j: int) -> FloatArray:
    """Make one of variables i and j, as the last row: Pr[Y = p] = Pr[X_i = p] + Pr[X_j = p] (Lemma 6).

    Raises ValueError if they are the same, or positive with total probability above 1.
    """
    rows = checked_masses(masses)
    both = rows[i] + rows[j]
    if i == j or both.sum() > 1 + 1e-12:
        raise ValueError(
            f"i and j must be two variables with Pr[X_i > 0] + Pr[X_j > 0] <= 1, got {i} and {j} "
            f"with {float(both.sum())!r}"
        )
    return np.vstack([np.delete(rows, [i, j], axis=0), both])


def split(masses: ArrayLike, i: int, parts: ArrayLike) -> FloatArray:
    """Break variable i into independent parts, shape (t, m), that add up to its masses (Lemma 7).

    The parts come at the end of the rows. Raises ValueError if they do not add up to row i.
    """
    rows, pieces = checked_masses(masses), checked_masses(parts)
    if not np.allclose(pieces.sum(axis=0), rows[i], rtol=0, atol=1e-12):
        raise ValueError(f"parts must add up to the masses of variable {i}, {rows[i].tolist()}")
    return np.vstack([np.delete(rows, i, axis=0), pieces])


def checked_masses(masses: ArrayLike) -> FloatArray:
    """Masses as a float array (n, m); ValueError unless each row is nonnegative and sums to at most 1."""
    rows = chances("masses", masses)
    if rows.ndim != 2:
        raise ValueError(f"masses must have shape (n, m), not {rows.shape}")
    if (rows.sum(axis=1) > 1 + 1e-9).any():
        raise ValueError(f"masses must sum to at most 1 for each variable, not {rows.sum(axis=1).max()!r}")
    return rows
