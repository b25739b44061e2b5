"""Buyers with independent types whose attitudes to risk are known, and the prices that they may be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, finite_vector, probability_array, read_only
from mechanisms.comparison import at_least
from mechanisms.risk_averse.attitude import Attitude, check_attitude
from mechanisms.utilities import Utility, validate_utility


def type_values(values: Sequence[ArrayLike]) -> tuple[FloatArray, ...]:
    """Return each buyer's values as an increasing vector, or raise; `values` holds one for each of n >= 1."""
    if not len(values):
        raise ValueError("values must hold a vector for each of at least one buyer, not none")
    grids = tuple(read_only(finite_vector(f"values[{i}]", own)) for i, own in enumerate(values))
    for i, grid in enumerate(grids):
        if grid[0] < 0 or (np.diff(grid) <= 0).any():
            raise ValueError(f"values[{i}] must be at least 0 and strictly increase, not {grid.tolist()}")
    return grids


def value_probabilities(
    probabilities: Sequence[ArrayLike], values: tuple[FloatArray, ...]
) -> tuple[FloatArray, ...]:
    """Return the probabilities of each buyer's values, or raise unless they fit and sum to 1."""
    if len(probabilities) != len(values):
        raise ValueError(
            f"probabilities must hold a vector for each of {len(values)} buyers, not {len(probabilities)}"
        )
    masses = tuple(probability_array(f"probabilities[{i}]", own) for i, own in enumerate(probabilities))
    for i, (own, grid) in enumerate(zip(masses, values, strict=True)):
        if own.shape != grid.shape:
            expected = f"the shape of values[{i}] {grid.shape}"
            raise ValueError(f"probabilities[{i}] must have {expected}, not {own.shape}")
    return masses


def price_vector(prices: ArrayLike) -> FloatArray:
    """Return prices as a vector of money, at least 0, or raise."""
    money = finite_vector("prices", prices)
    if (money < 0).any():
        raise ValueError(f"prices must be at least 0, not {money[money < 0][0]}")
    return money


def checked_order(name: str, order: Sequence[int], n: int) -> tuple[int, ...]:
    """Return the order as a tuple, or raise unless it holds each of 0 to n − 1 once."""
    indices = tuple(int(i) for i in order)
    if sorted(indices) != list(range(n)):
        raise ValueError(f"{name} must hold each of 0 to {n - 1} once, not {indices}")
    return indices

DEEPEST = 1e6
"""Losses that are so many times as deep as the greatest gain count as this deep where lies are ruled out."""


@dataclass(frozen=True, eq=False)
class Buyers:
    """n buyers with independent types and known utilities, and the prices that they may be asked.

    values, probabilities
        For each buyer her possible values, shape (types,), increasing, and their probabilities.
    utilities
        For each buyer her utility of money.
    prices
        Shape (m,), at least 0, in any order.
    """

    values: tuple[FloatArray, ...]
    probabilities: tuple[FloatArray, ...]
    utilities: tuple[Attitude, ...]
    prices: FloatArray

    @classmethod
    def checked(
        cls,
        values: Sequence[ArrayLike],
        probabilities: Sequence[ArrayLike],
        utilities: Attitude | Sequence[Attitude],
        prices: ArrayLike,
    ) -> Buyers:
        """Return the buyers; one utility may stand for all.

        Raises TypeError or ValueError, in this order, for values that do not increase from at least 0,
        probabilities that do not fit them or sum to 1, negative prices, and utilities that are not one, or
        one for each, or not concave.
        """
        grids = type_values(values)
        masses = value_probabilities(probabilities, grids)
        money = price_vector(prices)
        each = (utilities,) * len(grids) if callable(utilities) else tuple(utilities)
        if len(each) != len(grids):
            raise ValueError(
                f"buyer_utilities must be one, or one for each of {len(grids)} buyers, not {len(each)}"
            )
        for utility, grid in zip(each, grids, strict=True):
            _check_buyer(utility, float(grid[-1]), float(money.max()))
        return cls(grids, masses, each, read_only(money))

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.values)

    @cached_property
    def affordable(self) -> tuple[NDArray[np.bool_], ...]:
        """For each buyer, shape (types, m): which prices are at most her value."""
        return tuple(at_least(grid[:, None], self.prices) for grid in self.values)

    @cached_property
    def surplus(self) -> tuple[FloatArray, ...]:
        """For each buyer, shape (types, m): the utility of a unit at a price, finite also where she loses.

        Raises ValueError where a loss is infinitely bad: then a misreport cannot be weighed.
        """
        felt = tuple(
            np.asarray(utility(grid[:, None] - self.prices), dtype=float)
            for utility, grid in zip(self.utilities, self.values, strict=True)
        )
        for i, utilities in enumerate(felt):
            if not np.isfinite(utilities).all():
                raise ValueError(f"buyer_utilities[{i}] must be finite at every value less price, not -inf")
        return felt

    @cached_property
    def surplus_of_lies(self) -> tuple[FloatArray, ...]:
        """`surplus`, but no loss is deeper than `DEEPEST` times the greatest gain: for programs' rows.

        For mechanisms in which only lies bring losses. A lie is then worth no less than it is, so that where
        truth is best here, it is best; and a solver can weigh entries that are not too far apart.
        """
        return tuple(np.maximum(felt, -DEEPEST * max(float(felt.max()), 0.0)) for felt in self.surplus)


def _check_buyer(utility: Attitude, highest_value: float, highest_price: float) -> None:
    """Raise unless a utility is a `Utility`, or concave and so on from the worst loss to the best gain."""
    check_attitude(utility, highest_value)
    if not isinstance(utility, Utility) and highest_price > 0:
        validate_utility(utility, np.linspace(-highest_price, highest_value, 65))
