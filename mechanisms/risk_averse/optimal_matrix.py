"""The utility-optimal DSIC mechanism of a small matrix (Appendix E; OPT′ of Lemma 18).

A DSIC mechanism may be taken deterministic: each cell's buyer faces a price that depends on the others'
values, and buys if hers is at least that. An integer program: a price for each cell and values of the
others, and at each profile a sale, which says who is served at which price. Only prices at her own values
are worth offering.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations, product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.programs import maximise
from mechanisms.risk_averse.attitude import Attitude, check_attitude
from mechanisms.risk_averse.known_buyers import type_values, value_probabilities
from mechanisms.risk_averse.order_oblivious import Matrix

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_SALES = 60_000
"""The most pairs of a profile and a sale that are put into one program."""

Sale = tuple[tuple[int, int], ...]
"""Pairs of a cell and the index of its price among its values."""


@dataclass(frozen=True, eq=False)
class OptimalMatrix:
    """The optimum of the program.

    utility, upper_bound
        The seller's expected utility, and the bound that the solver proved.
    masses
        Prices to the expected number of sales at each.
    """

    utility: float
    upper_bound: float
    masses: dict[float, float]


def optimal_matrix(values: Matrix, probabilities: Matrix, utility: Attitude) -> OptimalMatrix:
    """Return the best DSIC mechanism that serves at most one cell of each row and each column.

    values, probabilities
        Matrices (n rows, m columns) of vectors: each buyer's values, increasing, and their probabilities.
    utility
        The seller's, concave with U(0) = 0.

    By Lemma 18 no deterministic DSIC mechanism for n unit-demand buyers of m items has more, if a buyer's
    values of items are those of her row. Raises TypeError or ValueError for bad input, and TooLargeError for
    more than `MOST_SALES` pairs of a profile and a sale.
    """
    grids = [type_values(row) for row in values]
    masses = [value_probabilities(own, row) for own, row in zip(probabilities, grids, strict=True)]
    if len({len(row) for row in grids}) > 1:
        raise ValueError(f"values must be a matrix of vectors, not rows of {[len(row) for row in grids]}")
    program = _Program(len(grids), len(grids[0]), tuple(chain(*grids)), tuple(chain(*masses)))
    check_attitude(utility, sum(float(grid[-1]) for grid in program.grids))
    program.refuse_size()
    return program.solved(utility)


@dataclass(frozen=True, eq=False)
class _Program:
    """Cells are numbered row by row; variables are sales at profiles, then offers."""

    rows: int
    columns: int
    grids: tuple[FloatArray, ...]
    masses: tuple[FloatArray, ...]

    @cached_property
    def matchings(self) -> list[tuple[int, ...]]:
        """Sets of cells, no two in one row or column."""
        cells = range(self.rows * self.columns)
        sets = chain.from_iterable(combinations(cells, k) for k in range(min(self.rows, self.columns) + 1))
        return [chosen for chosen in sets if self._apart(chosen)]

    def _apart(self, chosen: tuple[int, ...]) -> bool:
        rows, columns = {c // self.columns for c in chosen}, {c % self.columns for c in chosen}
        return len(rows) == len(columns) == len(chosen)

    def refuse_size(self) -> None:
        """Raise TooLargeError if there are too many sales."""
        sizes = [grid.size for grid in self.grids]
        count = prod(sizes) * sum(prod(sizes[c] for c in chosen) for chosen in self.matchings)
        if count > MOST_SALES:
            raise TooLargeError(
                f"values make up to {count} pairs of a profile and a sale, more than the {MOST_SALES} that "
                "are optimised over: take fewer, or the upper bound of design_order_oblivious_prices"
            )

    def _profiles(self) -> Iterator[tuple[tuple[int, ...], float]]:
        for types in product(*(range(grid.size) for grid in self.grids)):
            yield types, prod(float(f[t]) for f, t in zip(self.masses, types, strict=True))

    @cached_property
    def sales(self) -> list[tuple[tuple[int, ...], float, Sale]]:
        """Profile, its probability, and a sale in which nobody pays more than her value."""
        return [
            (types, chance, tuple(zip(chosen, prices, strict=True)))
            for types, chance in self._profiles()
            for chosen in self.matchings
            for prices in product(*(range(types[c] + 1) for c in chosen))
        ]

    def solved(self, utility: Attitude) -> OptimalMatrix:
        """The optimum."""
        revenue = np.array([sum(self.grids[c][p] for c, p in sale) for _, _, sale in self.sales])
        chances = np.array([chance for _, chance, _ in self.sales])
        once, sold, offers = self._rows()
        width = len(self.sales) + offers
        equal = _sparse([*once.values(), *sold.values()], width)
        one_price = self._one_price()
        solution = maximise(
            np.append(chances * np.asarray(utility(revenue), dtype=float), np.zeros(offers)),
            at_most=(_sparse(one_price, width), np.ones(len(one_price))),
            equal=(equal, np.repeat([1.0, 0.0], [len(once), len(sold)])),
            bounds=(0.0, 1.0),
            integral=np.arange(width) >= len(self.sales),
        )
        return OptimalMatrix(solution.value, solution.upper_bound, self._masses(solution.x))

    @cached_property
    def _offers(self) -> dict[tuple[int, tuple[int, ...], int], int]:
        """Cell, types of the others and price to the variable that says whether it is offered."""
        keys = (
            (c, types[:c] + types[c + 1 :], price)
            for types, _ in self._profiles()
            for c in range(len(self.grids))
            for price in range(self.grids[c].size)
        )
        return {key: len(self.sales) + place for place, key in enumerate(dict.fromkeys(keys))}

    def _rows(self) -> tuple[dict, dict, int]:
        """Rows as maps from variables to entries: one sale a profile; who accepts is served, at her price."""
        once: dict[tuple[int, ...], dict[int, float]] = {}
        sold: dict[tuple[tuple[int, ...], int, int], dict[int, float]] = {}
        for types, _ in self._profiles():
            for c, own in enumerate(types):
                for price in range(own + 1):
                    sold[types, c, price] = {self._offers[c, types[:c] + types[c + 1 :], price]: -1.0}
        for place, (types, _, sale) in enumerate(self.sales):
            once.setdefault(types, {})[place] = 1.0
            for c, price in sale:
                sold[types, c, price][place] = 1.0
        return once, sold, len(self._offers)

    def _one_price(self) -> list[dict[int, float]]:
        """Rows: at most one price for each cell and values of the others."""
        rows: dict[tuple[int, tuple[int, ...]], dict[int, float]] = {}
        for (c, others, _), place in self._offers.items():
            rows.setdefault((c, others), {})[place] = 1.0
        return list(rows.values())

    def _masses(self, x: FloatArray) -> dict[float, float]:
        masses: dict[float, float] = {}
        for share, (_, chance, sale) in zip(x[: len(self.sales)].tolist(), self.sales, strict=True):
            for c, place in sale:
                price = float(self.grids[c][place])
                masses[price] = masses.get(price, 0.0) + share * chance
        return {price: mass for price, mass in sorted(masses.items()) if mass > 0}


def _sparse(rows: list[dict[int, float]], width: int) -> csr_array:
    """The matrix of these rows."""
    from scipy.sparse import csr_array

    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.array([place for row in rows for place in row], dtype=np.int64)
    entries = np.array([entry for row in rows for entry in row.values()])
    return csr_array((entries, columns, ends), shape=(len(rows), width))
