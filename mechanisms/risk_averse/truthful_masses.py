"""The masses that lotteries which are truthful in expectation implement: the polytope of Section 4's program.

h_i(v, p) is the probability that buyer i of type v gets a unit and pays p. Truth in expectation, no price
above the value, at most one unit each, k units in expectation (Appendix B, read with "at most" for "exactly
one"). Buyers who are alike share one h (Lemma 15: an average over them implements the same masses), so that
buyers who are all alike, Appendix C, are the program of a single one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.programs import maximise
from mechanisms.risk_averse.greedy import Masses
from mechanisms.risk_averse.incentives import incentive_rows, one_consequence_rows
from mechanisms.risk_averse.known_buyers import Buyers

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class TruthfulMasses:
    """The polytope; a design is the flat array of one lottery (types, m) for each sort of buyers.

    buyers
        The n buyers.
    units
        At most so many are sold in expectation.
    sorts
        Local indices of buyers who share a lottery; each index is in one of them.
    """

    buyers: Buyers
    units: int
    sorts: tuple[tuple[int, ...], ...]

    @classmethod
    def of_sorts(cls, buyers: Buyers, units: int) -> TruthfulMasses:
        """Buyers with the same values, probabilities and utility share their lottery."""
        alike: dict[object, list[int]] = {}
        for i, sort in enumerate(zip(buyers.values, buyers.probabilities, buyers.utilities, strict=True)):
            grid, masses, utility = sort
            alike.setdefault((grid.tobytes(), masses.tobytes(), utility), []).append(i)
        return cls(buyers, units, tuple(map(tuple, alike.values())))

    @classmethod
    def of_each(cls, buyers: Buyers, units: int) -> TruthfulMasses:
        """Every buyer has a lottery of her own."""
        return cls(buyers, units, tuple((i,) for i in range(buyers.n)))

    def best(self, gains: FloatArray) -> Masses:
        """The masses that earn most where a sale at price p_j adds gains[j]; an oracle of the greedy.

        `gains` has shape (m,), or (sorts, m) where it matters to whom a unit is sold.
        """
        rows, limits = self._rows
        each = np.broadcast_to(gains, (len(self.sorts), self.buyers.prices.size))
        objective = np.concatenate([
            len(sort) * np.outer(self.buyers.probabilities[sort[0]], own).ravel()
            for sort, own in zip(self.sorts, each, strict=True)
        ])
        solution = maximise(objective, at_most=(rows, limits), bounds=(0.0, self._allowed))
        return Masses(self._sales @ solution.x, solution.x, solution.upper_bound)

    def lotteries(self, design: FloatArray) -> list[FloatArray]:
        """For each buyer her lottery, shape (types, m), freed of the solver's rounding."""
        tables: list[FloatArray] = [np.zeros(0)] * self.buyers.n
        parts = np.split(design, np.cumsum(self._sizes)[:-1])
        for sort, part in zip(self.sorts, parts, strict=True):
            allowed = self.buyers.affordable[sort[0]]
            table = np.clip(part.reshape(allowed.shape), 0.0, 1.0) * allowed
            for i in sort:
                tables[i] = table / np.maximum(table.sum(axis=1, keepdims=True), 1.0)
        return tables

    @property
    def _sizes(self) -> list[int]:
        return [self.buyers.affordable[sort[0]].size for sort in self.sorts]

    @cached_property
    def _sales(self) -> csr_array:
        """Shape (m, variables): from a design to the total mass at each price."""
        from scipy.sparse import csr_array, eye_array, hstack, kron

        alike = eye_array(self.buyers.prices.size)
        shares = [len(sort) * self.buyers.probabilities[sort[0]][None] for sort in self.sorts]
        return csr_array(hstack([kron(share, alike) for share in shares]))

    @cached_property
    def _allowed(self) -> FloatArray:
        return np.concatenate([self.buyers.affordable[sort[0]].ravel() for sort in self.sorts]).astype(float)

    @cached_property
    def _rows(self) -> tuple[csr_array, FloatArray]:
        """A x <= b: truth, at most one unit each, `units` in expectation."""
        from scipy.sparse import block_diag, csr_array, vstack

        worth = [self.buyers.surplus_of_lies[sort[0]] for sort in self.sorts]
        truth = block_diag([incentive_rows(own) for own in worth])
        once = block_diag([one_consequence_rows(*own.shape) for own in worth])
        sold = csr_array(self._sales.sum(axis=0)[None])
        limits = np.concatenate([np.zeros(truth.shape[0]), np.ones(once.shape[0]), [float(self.units)]])
        return csr_array(vstack([truth, once, sold])), limits
