"""Rows of a linear program from whole arrays of variables: one call states a constraint for every entry."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray
from mechanisms.programs import maximise

Term = tuple[NDArray[np.intp], ArrayLike]
"""Variables, by number, and their coefficients, which broadcast to the same shape."""


class RowBuilder:
    """Collects variables and rows, and solves the program.

    value, upper_bound
        After `maximise`: the objective at its point, and a bound on the optimum.
    """

    def __init__(self) -> None:
        self._count = 0
        self._lower: list[FloatArray] = []
        self._upper: list[FloatArray] = []
        self._whole: list[NDArray[np.bool_]] = []
        self._blocks: dict[bool, list[tuple[Any, FloatArray]]] = {False: [], True: []}
        self.value, self.upper_bound = -np.inf, np.inf

    def variables(
        self, *shape: int, least: float = 0.0, most: float = np.inf, whole: bool = False
    ) -> NDArray[np.intp]:
        """Numbers of new variables between `least` and `most`, in an array of this shape; `whole` numbers."""
        numbers = self._count + np.arange(int(np.prod(shape))).reshape(shape)
        self._count += numbers.size
        self._lower.append(np.full(numbers.size, least))
        self._upper.append(np.full(numbers.size, most))
        self._whole.append(np.full(numbers.size, whole))
        return numbers

    def at_most(self, limit: ArrayLike, *terms: Term) -> None:
        """For every entry of the terms' arrays, all of one shape: the sum over the terms <= limit.

        `limit` is a number or has that shape.
        """
        self._add(False, limit, terms)

    def equal(self, limit: ArrayLike, *terms: Term) -> None:
        """The same with =."""
        self._add(True, limit, terms)

    def at_most_sum(self, limit: ArrayLike, *terms: Term) -> None:
        """One row: the sum over all entries of all terms <= limit."""
        self._add(False, limit, terms, one_row=True)

    def equal_sum(self, limit: ArrayLike, *terms: Term) -> None:
        """The same with =."""
        self._add(True, limit, terms, one_row=True)

    def maximise(self, *terms: Term, seconds: float | None = None) -> FloatArray:
        """The point that maximises the sum over all entries of all terms, by variables' numbers.

        Arguments and errors as `mechanisms.programs.maximise`.
        """
        objective = np.zeros(self._count)
        for numbers, coefficients in terms:
            np.add.at(objective, numbers.ravel(), np.broadcast_to(coefficients, numbers.shape).ravel())
        bounds = (np.concatenate(self._lower), np.concatenate(self._upper))
        rows = (self._rows(False), self._rows(True))
        found = maximise(objective, *rows, bounds, np.concatenate(self._whole), seconds)
        self.value, self.upper_bound = found.value, found.upper_bound
        return found.x

    def _add(self, equal: bool, limit: ArrayLike, terms: tuple[Term, ...], one_row: bool = False) -> None:
        rows = 1 if one_row else terms[0][0].size
        columns = np.concatenate([numbers.ravel() for numbers, _ in terms])
        entries = np.concatenate([
            np.broadcast_to(np.asarray(c, dtype=float), numbers.shape).ravel() for numbers, c in terms
        ])
        places = [np.zeros(numbers.size, int) if one_row else np.arange(rows) for numbers, _ in terms]
        limits = np.zeros(rows) + np.ravel(limit)
        self._blocks[equal].append(((entries, (np.concatenate(places), columns)), limits))

    def _rows(self, equal: bool) -> tuple[Any, FloatArray] | None:
        from scipy.sparse import coo_array, vstack

        blocks = self._blocks[equal]
        if not blocks:
            return None
        parts = [coo_array(block, shape=(limits.size, self._count)) for block, limits in blocks]
        return vstack(parts, format="csr"), np.concatenate([limits for _, limits in blocks])
