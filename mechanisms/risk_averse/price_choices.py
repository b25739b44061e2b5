"""The choices of a deterministic DSIC mechanism: each buyer's price, given the others' reports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.conservative.optimal import GridLottery
from mechanisms.distributions import Discrete
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.sales import TooLargeError

MOST_CHOICES = 6_000
"""The most pairs (profile of the others, price), over all buyers."""


@dataclass(frozen=True, eq=False)
class PriceChoices:
    """An instance: P profiles of types, and C choices of a price, one for each buyer and the others' profile.

    Choice (i, the others' profile, j): buyer i is offered her value j. Choices are numbered buyer by buyer,
    in the order of an array of shape (others' grids …, own grid).
    """

    priors: tuple[Discrete, ...]
    units: int
    utility: Attitude

    def __post_init__(self) -> None:
        if self.choices > MOST_CHOICES:
            raise TooLargeError(
                f"grids of {self.shape} values make {self.choices} choices of a price, "
                f"more than {MOST_CHOICES}; utility_bounds bounds the optimum of instances of any size"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each buyer may have."""
        return tuple(prior.values.size for prior in self.priors)

    @property
    def profiles(self) -> int:
        """P."""
        return int(np.prod(self.shape))

    @property
    def choices(self) -> int:
        """C."""
        return len(self.priors) * self.profiles

    @cached_property
    def types(self) -> np.ndarray:
        """Each profile's types, shape (P, n)."""
        return np.indices(self.shape).reshape(len(self.shape), -1).T

    @cached_property
    def weights(self) -> FloatArray:
        """Each profile's probability, shape (P,)."""
        factors = [prior.probabilities[self.types[:, i]] for i, prior in enumerate(self.priors)]
        return np.prod(factors, axis=0)

    @cached_property
    def numbers(self) -> list[np.ndarray]:
        """For each buyer the number of the choice (others at this profile, price j), shape (P, B_i)."""
        tables = []
        for i, size in enumerate(self.shape):
            others = np.delete(np.array(self.shape), i)
            place = np.ravel_multi_index(np.delete(self.types, i, axis=1).T, others) if others.size else 0
            first = i * self.profiles + np.broadcast_to(place, self.profiles) * size
            tables.append(first[:, None] + np.arange(size))
        return tables

    @cached_property
    def sale(self) -> Any:
        """Whether each choice sells at each profile, of scipy.sparse, shape (P, C)."""
        return self._table(lambda i: np.ones(self.shape[i]))

    @cached_property
    def payment(self) -> Any:
        """What each choice earns at each profile, shape (P, C)."""
        return self._table(lambda i: self.priors[i].values)

    def _table(self, amounts: Any) -> Any:
        from scipy.sparse import csr_array

        rows, columns, data = [], [], []
        for i, numbers in enumerate(self.numbers):
            sells = np.arange(self.shape[i]) <= self.types[:, i, None]
            rows.append(np.nonzero(sells)[0])
            columns.append(numbers[sells])
            data.append(np.broadcast_to(amounts(i), sells.shape)[sells])
        flat = [np.concatenate(part) for part in (data, rows, columns)]
        return csr_array((flat[0], (flat[1], flat[2])), shape=(self.profiles, self.choices))

    @cached_property
    def one_price(self) -> Any:
        """Rows that say that one price is offered, of scipy.sparse, shape (offers, C); at most 1 each."""
        from scipy.sparse import csr_array

        offers = [
            np.arange(self.profiles // size).repeat(size) + i * self.profiles
            for i, size in enumerate(self.shape)
        ]
        _, row = np.unique(np.concatenate(offers), return_inverse=True)
        return csr_array((np.ones(self.choices), (row, np.arange(self.choices))))

    @cached_property
    def polygons(self) -> list[tuple[FloatArray, FloatArray]]:
        """Knots and heights of each profile's polygon: the revenues that can occur, and their utilities."""
        knots = [self._revenues(types) for types in self.types]
        return [(money, np.asarray(self.utility(money), dtype=np.float64)) for money in knots]

    def _revenues(self, types: np.ndarray) -> FloatArray:
        """All revenues from up to k buyers who pay at most their values, increasing."""
        n = len(types)
        sums = [np.zeros(1)]
        for sellers in combinations(range(n), min(self.units, n)):
            money = np.zeros(1)
            for i in sellers:
                payments = np.append(0.0, self.priors[i].values[: types[i] + 1])
                money = np.unique(money[:, None] + payments)
            sums.append(money)
        money = np.unique(np.concatenate(sums))
        return money[np.diff(money, prepend=-np.inf) > 1e-9 * money[-1]]

    @property
    def pieces(self) -> int:
        """How many pieces of different slopes the polygons have, in all."""
        slopes = [np.diff(heights) / np.diff(knots) for knots, heights in self.polygons]
        return sum(1 + int((-np.diff(steps) > 1e-9 * steps[0]).sum()) for steps in slopes if steps.size)

    def expected_utility(self, choice: FloatArray) -> float:
        """What the choices are worth, by the utility of revenue at each profile."""
        return float(self.weights @ np.asarray(self.utility(self.payment @ choice), dtype=np.float64))

    def mechanism(self, choice: FloatArray) -> GridLottery:
        """The choices as a mechanism of the house."""
        sold, paid = np.zeros(self.types.shape), np.zeros(self.types.shape)
        for i, numbers in enumerate(self.numbers):
            taken = choice[numbers] * (np.arange(self.shape[i]) <= self.types[:, i, None])
            sold[:, i], paid[:, i] = taken.sum(axis=1), taken @ self.priors[i].values
        grids = tuple(prior.values for prior in self.priors)
        full = (*self.shape, len(self.shape))
        return GridLottery(grids, sold.reshape(full), paid.reshape(full), min(self.units, len(self.shape)))
