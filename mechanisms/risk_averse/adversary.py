"""The adversary of Appendix E, who orders the cells within each row knowing all realised prices and values.

Of the cells of a row that accept their prices and whose columns are still open, one is served: the
adversary says which, to make the seller's revenue least in the end. So the rows are gone through from the
last one back, with the law of the least revenue that they leave for each set of open columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.risk_averse.attitude import Attitude

MOST_STATES = 2_000_000
"""The most pairs of what may still be earned and what a row may do that are looked at together."""

Cell = Mapping[float, float]
"""Prices to the probability that they are offered and accepted."""
Combine = Callable[[Sequence[float]], float]


@dataclass(frozen=True, eq=False)
class RowsLeft:
    """What the rows that come last still bring.

    least
        Shape (L, 2^m): the least revenue that the adversary leaves, for each set of open columns, a bit each.
    chances
        Shape (L,): how likely each line is.
    """

    least: FloatArray
    chances: FloatArray

    @classmethod
    def none(cls, columns: int) -> RowsLeft:
        """No row is left."""
        return cls(np.zeros((1, 1 << columns)), np.ones(1))

    def before(self, row: Sequence[Cell]) -> RowsLeft:
        """The same with one more row before them."""
        doings = _doings(row)
        if len(doings) * len(self.chances) > MOST_STATES:
            raise TooLargeError(
                f"offers make {len(doings)} times {len(self.chances)} states of the rows left, more than "
                f"{MOST_STATES}: take fewer prices, rows or columns"
            )
        vectors = np.concatenate([self._after(accepting) for accepting, _ in doings])
        chances = np.concatenate([chance * self.chances for _, chance in doings])
        return RowsLeft(*_merged(vectors, chances))

    def _after(self, accepting: Mapping[int, float]) -> FloatArray:
        """The least revenue where these columns' cells of the row accept, at these prices.

        One of them whose column is open is served, if there is any.
        """
        sets = np.arange(self.least.shape[1])
        best = np.full(self.least.shape, np.inf)
        for column, price in accepting.items():
            is_open = (sets >> column & 1).astype(bool)
            then = price + self.least[:, sets[is_open] ^ (1 << column)]
            best[:, is_open] = np.minimum(best[:, is_open], then)
        return np.where(np.isinf(best), self.least, best)

    def expected(self, utility: Attitude) -> float:
        """E[U] of the least revenue with all columns open."""
        return float(self.chances @ np.asarray(utility(self.least[:, -1]), dtype=float))


def over_orders(
    rows: Sequence[Sequence[Cell]], left: tuple[int, ...], last: RowsLeft, utility: Attitude, combine: Combine
) -> float:
    """Combine the expected utilities of all orders of the rows `left`, which come before those in `last`."""
    if not left:
        return last.expected(utility)
    return combine([
        over_orders(rows, tuple(j for j in left if j != i), last.before(rows[i]), utility, combine)
        for i in left
    ])


def mean(utilities: Sequence[float]) -> float:
    """The mean: of what comes of the different next rows, where one of them comes at random."""
    return math.fsum(utilities) / len(utilities)


def _merged(vectors: FloatArray, chances: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Different vectors, up to rounding, with the probabilities of equal ones added up."""
    unit = 1e-11 * max(float(np.abs(vectors).max()), 1e-300)
    rounded = np.round(vectors / unit)
    _, first, place = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    return vectors[first], np.bincount(place.ravel(), weights=chances).astype(np.float64)


def _doings(row: Sequence[Cell]) -> list[tuple[dict[int, float], float]]:
    """What a row may do: which columns' cells accept, at which prices, and how likely that is."""
    doings: list[tuple[dict[int, float], float]] = [({}, 1.0)]
    for column, cell in enumerate(row):
        refuses = 1 - sum(cell.values())
        after = [(accepting, chance * refuses) for accepting, chance in doings]
        for price, accepted in cell.items():
            after += [({**accepting, column: price}, chance * accepted) for accepting, chance in doings]
        doings = after
    return doings
