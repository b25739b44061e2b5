"""Truth as rows of a linear program, on a grid of value profiles (robust paper, (2.6) and (3.1) on a grid).

A profile holds the surplus v − c of each bidder for each item: with payments net of cost, costs drop out.
There are too many pairs of a truth and a lie to write all of them down: the program starts with lies next to
the truth, and those that its solution tempts to are added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.conversation import check_count

MOST_LIES = 4_000_000
"""The most pairs of a truth and a lie."""
LIES_AT_ONCE = 3
"""As many lies are added for each truth, the most tempting ones."""


@dataclass(frozen=True, eq=False)
class Lies:
    """Which bidder says what in place of what: three arrays (k,), profiles by their number."""

    bidder: NDArray[np.intp]
    truth: NDArray[np.intp]
    lie: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.bidder)

    def and_also(self, others: Lies) -> Lies:
        """These and others, each once."""
        columns = [np.concatenate(pair) for pair in zip(self._columns, others._columns, strict=True)]
        return Lies(*np.unique(np.stack(columns), axis=1))

    @property
    def _columns(self) -> tuple[NDArray[np.intp], ...]:
        return self.bidder, self.truth, self.lie


class Grid:
    """All profiles of surpluses k/steps · width, k = 0 … steps, for each bidder and item.

    The variables of a program on it are allocation (profiles, bidders, items), then payments
    (profiles, bidders), then one more, the worst regret.
    """

    def __init__(self, width: FloatArray, bidders: int, steps: int) -> None:
        """Raise TypeError or ValueError for bad steps, or if there are more than `MOST_LIES` pairs."""
        check_count("steps", steps)
        self.bidders, self.items, self.steps = bidders, width.size, steps
        types = (steps + 1) ** self.items
        if bidders * types ** (bidders + 1) > MOST_LIES:
            raise ValueError(
                f"steps must leave at most {MOST_LIES} pairs of a truth and a lie, not "
                f"{bidders * types ** (bidders + 1)} with {steps} steps"
            )
        self.levels = np.indices((steps + 1,) * (bidders * self.items)).reshape(bidders * self.items, -1).T
        self.surplus = (self.levels / steps).reshape(-1, bidders, self.items) * width

    def __len__(self) -> int:
        """Number of profiles."""
        return len(self.surplus)

    @property
    def variables(self) -> int:
        """Number of the program's variables."""
        return len(self) * self.bidders * (self.items + 1) + 1

    @cached_property
    def best(self) -> FloatArray:
        """Shape (profiles,): the sum over items of the highest surplus."""
        return self.surplus.max(axis=1).sum(axis=-1)

    def got(self, profile: Any, bidder: Any) -> NDArray[np.intp]:
        """Columns (..., items) of what a bidder gets."""
        seat = np.asarray(profile * self.bidders + bidder)
        return seat[..., None] * self.items + np.arange(self.items)

    def paid(self, profile: Any, bidder: Any) -> NDArray[np.intp]:
        """Columns (...,) of what a bidder pays."""
        return np.asarray(len(self) * self.bidders * self.items + profile * self.bidders + bidder)

    def split(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Allocation (profiles, bidders, items) and payments (profiles, bidders) of a point."""
        cut = len(self) * self.bidders * self.items
        shape = (len(self), self.bidders)
        return x[:cut].reshape(*shape, self.items), x[cut:-1].reshape(shape)

    def neighbours(self) -> Lies:
        """The lies one step away, diagonally too."""
        found = [self._steps_away(bidder, np.array(step)) for bidder in range(self.bidders)
                 for step in product((-1, 0, 1), repeat=self.items) if any(step)]
        return Lies(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def _steps_away(self, bidder: int, step: NDArray[np.intp]) -> tuple[NDArray[np.intp], ...]:
        own = slice(bidder * self.items, (bidder + 1) * self.items)
        lies = self.levels.copy()
        lies[:, own] += step
        truth = np.flatnonzero(((lies >= 0) & (lies <= self.steps)).all(axis=1))
        lie = np.ravel_multi_index(tuple(lies[truth].T), (self.steps + 1,) * lies.shape[1])
        return np.full(truth.size, bidder), truth, lie

    def truth_rows(self, lies: Lies) -> Any:
        """Rows (k, variables), at most 0: what each lie brings less what the truth brings."""
        worth = self.surplus[lies.truth, lies.bidder]
        truth, lie = self._utility(lies.truth, lies.bidder), self._utility(lies.lie, lies.bidder)
        return self.rows(np.concatenate([lie, truth], axis=1), np.concatenate(
            [worth, -np.ones((len(lies), 1)), -worth, np.ones((len(lies), 1))], axis=1))

    def rational_rows(self) -> Any:
        """Rows (profiles · bidders, variables), at most 0: payment less what the allocation is worth."""
        profile, bidder = (index.ravel() for index in np.indices((len(self), self.bidders)))
        worth = self.surplus[profile, bidder]
        return self.rows(self._utility(profile, bidder),
                         np.concatenate([-worth, np.ones((len(worth), 1))], axis=1))

    def stock_rows(self) -> Any:
        """Rows (profiles · items, variables), at most 1: how often each item is given away."""
        profile, bidder = np.indices((len(self), self.bidders))
        columns = np.moveaxis(self.got(profile, bidder), 1, -1).reshape(-1, self.bidders)
        return self.rows(columns, np.ones(columns.shape))

    def regret_rows(self) -> Any:
        """Rows (profiles, variables), at most −best: less the revenue, less the worst regret."""
        profile, bidder = np.indices((len(self), self.bidders))
        last = np.full((len(self), 1), self.variables - 1)
        columns = np.concatenate([self.paid(profile, bidder), last], axis=1)
        return self.rows(columns, -np.ones(columns.shape))

    def rows(self, columns: NDArray[np.intp], entries: FloatArray) -> Any:
        """A sparse matrix, each row of as many entries: both of shape (rows, entries)."""
        from scipy.sparse import csr_array

        starts = np.arange(len(columns) + 1) * columns.shape[1]
        return csr_array((entries.ravel(), columns.ravel(), starts), shape=(len(columns), self.variables))

    def _utility(self, profile: NDArray[np.intp], bidder: NDArray[np.intp]) -> NDArray[np.intp]:
        """Columns (k, items + 1): what is got, then what is paid."""
        return np.concatenate([self.got(profile, bidder), self.paid(profile, bidder)[:, None]], axis=1)

    def temptations(self, x: FloatArray, tolerance: float) -> Lies:
        """Of each truth the most tempting lies that bring more than it, by more than `tolerance`."""
        found = list(self._tempted(*self.split(x), tolerance))
        return Lies(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def _tempted(self, allocation: FloatArray, payments: FloatArray,
                 tolerance: float) -> Iterator[tuple[NDArray[np.intp], ...]]:
        types = (self.steps + 1) ** self.items
        seats = np.arange(len(self)).reshape((types,) * self.bidders)
        for bidder in range(self.bidders):
            number = np.moveaxis(seats, bidder, -1).reshape(-1, types)  # (rivals, own type)
            own = self.surplus[number[0], bidder]
            worth = own @ np.swapaxes(allocation[number, bidder], -1, -2)
            utility = worth - payments[number, bidder][:, None]
            gain = utility - np.diagonal(utility, axis1=1, axis2=2)[..., None]
            lies = np.argpartition(-gain, min(LIES_AT_ONCE, types - 1), axis=-1)[..., :LIES_AT_ONCE]
            rivals, truth, place = np.nonzero(np.take_along_axis(gain, lies, axis=-1) > tolerance)
            lie = lies[rivals, truth, place]
            yield np.full(rivals.size, bidder), number[rivals, truth], number[rivals, lie]
