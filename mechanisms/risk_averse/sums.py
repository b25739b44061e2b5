"""All amounts that sales at given prices can add up to, and the laws over them.

Prices with a common unit of money have few sums, others as many as there are multisets of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray, TooLargeError

MOST_SUMS = 100_000
"""The most different sums of a number of prices that a law is kept over."""
DIGITS = 1e-11
"""Sums that differ by less than this part of the largest are one."""


@dataclass(frozen=True, eq=False)
class Sums:
    """The sums of 0, 1, …, `most` prices, repetition allowed.

    prices
        Shape (m,), at least 0.
    levels
        levels[a], increasing: the different sums of a prices.
    next
        next[a], shape (len(levels[a]), m): where levels[a] + prices stand in levels[a + 1].
    """

    prices: FloatArray
    levels: tuple[FloatArray, ...]
    next: tuple[NDArray[np.intp], ...]

    @classmethod
    def of(cls, prices: FloatArray, most: int) -> Sums:
        """All sums of up to `most` prices; TooLargeError for more than `MOST_SUMS` of one number."""
        levels, following = [np.zeros(1)], []
        unit = DIGITS * max(float(prices.max()) * most, 1e-300)
        for count in range(1, most + 1):
            added = levels[-1][:, None] + prices
            _, first, place = np.unique(np.round(added / unit), return_index=True, return_inverse=True)
            if first.size > MOST_SUMS:
                raise TooLargeError(
                    f"prices have {first.size} different sums of {count}, more than the {MOST_SUMS} of an "
                    "exact law: take prices with a common unit of money, or fewer"
                )
            levels.append(added.ravel()[first])
            following.append(place.reshape(added.shape))
        return cls(prices, tuple(levels), tuple(following))

    def add(self, law: FloatArray, a: int, masses: FloatArray) -> FloatArray:
        """The law after one more sale: `law` (…, len(levels[a])) to (…, len(levels[a + 1])).

        `masses`, shape (m,), are the probabilities of the prices of that sale; what they lack to 1 is lost.
        """
        from scipy.sparse import csr_array

        sums, m = self.next[a].shape
        starts = np.arange(0, sums * m + 1, m)
        moves = csr_array(
            (np.tile(masses, sums), self.next[a].ravel(), starts), shape=(sums, self.levels[a + 1].size)
        )
        return law @ moves
