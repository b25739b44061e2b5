"""A menu of priced lotteries, and what several lotteries bought together give (buy-many paper, Section 2)."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, float_array, read_only


class Menu:
    """Priced lotteries over n items.

    probabilities
        Shape (m, n): the chance that an entry gives an item; items and entries are independent.
    prices
        Shape (m,), at least 0.

    Buying nothing for nothing is always possible and need not be listed. Arrays are read-only.
    """

    def __init__(self, probabilities: ArrayLike, prices: ArrayLike) -> None:
        """Raise ValueError for no entries, shapes that disagree, probabilities outside [0, 1], bad prices."""
        self.probabilities = read_only(lottery_rows("probabilities", probabilities))
        self.prices = read_only(_prices(prices))
        if self.prices.shape != self.probabilities.shape[:1]:
            raise ValueError(
                f"prices must be one for each of {len(self.probabilities)} entries, "
                f"not of shape {self.prices.shape}"
            )

    @property
    def n(self) -> int:
        """Number of items."""
        return self.probabilities.shape[1]

    def __len__(self) -> int:
        """Number of entries, the empty one not counted."""
        return len(self.prices)

    def __eq__(self, other: object) -> bool:
        """Return whether entries and prices are the same, in the same order."""
        if not isinstance(other, Menu):
            return NotImplemented
        return np.array_equal(self.probabilities, other.probabilities) and np.array_equal(
            self.prices, other.prices
        )

    def __hash__(self) -> int:
        return hash((self.probabilities.tobytes(), self.prices.tobytes()))

    def __repr__(self) -> str:
        entries = ", ".join(
            f"({', '.join(f'{q:.4g}' for q in lottery)}) at {price:.6g}"
            for lottery, price in zip(self.probabilities, self.prices, strict=True)
        )
        return f"<Menu: {entries}>"


def lot(probabilities: ArrayLike) -> FloatArray:
    """What lotteries of shape (..., r, n) give when all r are bought: shape (..., n), 1 − Π_i (1 − q_i).

    >>> lot([[0.5, 0.0], [0.5, 1.0]])
    array([0.75, 1.  ])
    """
    array = float_array("probabilities", probabilities)
    if array.ndim < 2:
        raise ValueError(f"probabilities must be of shape (..., r, n), not {array.shape}")
    _check_probabilities("probabilities", array)
    return 1 - np.prod(1 - array, axis=-2)


def check_purchases(k: float) -> float:
    """Return k, a number of purchases: an integer of at least 1, or `math.inf`; raise otherwise."""
    if isinstance(k, bool) or not isinstance(k, Real):
        raise TypeError(f"k must be an integer of at least 1, or math.inf, not {k!r}")
    if not k >= 1 or (k != math.inf and k != int(k)):
        raise ValueError(f"k must be an integer of at least 1, or math.inf, not {k!r}")
    return k if k == math.inf else int(k)


def lottery_rows(name: str, values: ArrayLike) -> FloatArray:
    """Return lotteries as a new array (m, n), m >= 1; ValueError says where one is no probability."""
    array = float_array(name, values)
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one entry, not be of shape {array.shape}")
    if array.ndim != 2:
        raise ValueError(f"{name} must be of shape (entries, items), not {array.shape}")
    _check_probabilities(name, array)
    return array


def _check_probabilities(name: str, array: FloatArray) -> None:
    wrong = ~((array >= 0) & (array <= 1))
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = ", ".join(map(str, where))
        raise ValueError(f"{name}[{place}] must be in [0, 1], not {array[where]}")


def _prices(values: ArrayLike) -> FloatArray:
    prices = float_array("prices", values)
    if prices.ndim != 1:
        raise ValueError(f"prices must be a vector, not of shape {prices.shape}")
    wrong = ~(np.isfinite(prices) & (prices >= 0))
    if wrong.any():
        entry = int(np.argmax(wrong))
        raise ValueError(f"prices[{entry}] must be finite and at least 0, not {prices[entry]}")
    return prices
