"""Ranges of values: all that the seller knows in the robust paper's Chapters 2 and 3 (Section 2.2).

The value of item j lies in [0, v̄_j], and handing it over costs c_j. An item whose cost reaches its upper
bound is not worth selling (Remark 2.3.1): its width is 0.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, finite_vector, float_array, read_only
from mechanisms.comparison import at_least


class Ranges:
    """Upper bounds v̄ and unit costs c of the items.

    upper
        A number, or one for each item, finite and above 0.
    cost
        A number, or one for each item, finite and at least 0.

    Raises TypeError or ValueError for anything else.
    """

    def __init__(self, upper: ArrayLike, cost: ArrayLike = 0.0) -> None:
        self.upper = read_only(_bounds(upper))
        self.cost = read_only(_costs(cost, self.items))

    def __repr__(self) -> str:
        return f"Ranges({self.upper.tolist()}, {self.cost.tolist()})"

    @property
    def items(self) -> int:
        """Number of items."""
        return self.upper.size

    @cached_property
    def width(self) -> FloatArray:
        """(v̄ − c)⁺, shape (items,): what is at stake on each item."""
        return read_only(np.maximum(self.upper - self.cost, 0.0))

    @property
    def total(self) -> float:
        """1ᵀ(v̄ − c)⁺: the range that regret is a share of."""
        return float(self.width.sum())

    def checked(self, values: ArrayLike) -> FloatArray:
        """Values (..., items) as floats; ValueError for another last axis or values outside the ranges.

        `-inf`, no bid, passes.
        """
        array = np.asarray(values, dtype=float)
        if array.ndim == 0 or array.shape[-1] != self.items:
            raise ValueError(f"values must have a last axis of {self.items} items, not shape {array.shape}")
        allowed = (array == -np.inf) | ((array >= 0) & at_least(self.upper, array))
        if not allowed.all():
            place = tuple(int(i) for i in np.argwhere(~allowed)[0])
            item = place[-1]
            raise ValueError(
                f"values must be from 0 to upper[{item}] = {self.upper[item]}, not {array[place]}"
            )
        return np.minimum(array, self.upper)

    def share(self, values: FloatArray) -> FloatArray:
        """(v − c) / (v̄ − c) of values (..., items): at most 1, and 0 for items that are not sold."""
        width = np.where(self.width > 0, self.width, 1.0)
        return np.where(self.width > 0, np.minimum((values - self.cost) / width, 1.0), 0.0)

    def surplus(self, values: FloatArray) -> FloatArray:
        """1ᵀ(v − c)⁺ of values (..., items): the profit under full information, shape (...)."""
        return np.maximum(values - self.cost, 0.0).sum(axis=-1)


def _bounds(upper: ArrayLike) -> FloatArray:
    array = _one_for_each_item("upper", upper)
    if not (array > 0).all():
        raise ValueError(f"upper must be above 0, not {float(array[array <= 0][0])}")
    return array


def _costs(cost: ArrayLike, items: int) -> FloatArray:
    array = _one_for_each_item("cost", cost)
    if np.ndim(cost) == 0:
        array = np.full(items, array[0])
    if array.size != items:
        raise ValueError(f"cost must be one for each of {items} items, not {array.size}")
    if not (array >= 0).all():
        raise ValueError(f"cost must be at least 0, not {float(array[array < 0][0])}")
    return array


def _one_for_each_item(name: str, values: ArrayLike) -> FloatArray:
    return finite_vector(name, np.atleast_1d(float_array(name, values)))
