"""A reported distribution over several buyers' types: a table over profiles, or a product of marginals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.questions import PRODUCT_TOLERANCE

MAX_TABLE = 1_000_000
"""The largest table that a buyer is asked for."""


class ReportedBelief(Protocol):
    """F, announced: what inner mechanisms and scoring rules need of it."""

    def joint(self) -> JointDistribution:
        """As a table."""

    def marginals(self) -> list[Discrete]:
        """One for each buyer; ValueError if it is no product."""

    def mass_and_norm(self, types: NDArray[np.intp]) -> tuple[float, float]:
        """F(v), 0 if v is off the grid, and ‖F‖²."""


@dataclass(frozen=True, eq=False)
class TableBelief:
    """A table of shape (B_1, …, B_m)."""

    table: FloatArray

    def joint(self) -> JointDistribution:
        """As it is."""
        return JointDistribution.from_table(self.table)

    def marginals(self) -> list[Discrete]:
        """Its marginals; ValueError if the table is not their product."""
        joint = self.joint()
        if not joint.is_product(PRODUCT_TOLERANCE):
            raise ValueError(
                "inner must fit the announced F: Myerson's auction needs a product, and F is none; "
                "use inner='program'"
            )
        return [_marginal(joint, j) for j in range(joint.n)]

    def mass_and_norm(self, types: NDArray[np.intp]) -> tuple[float, float]:
        """Look it up."""
        inside = (types < self.table.shape).all()
        return float(self.table[tuple(types)]) if inside else 0.0, float((self.table**2).sum())


@dataclass(frozen=True, eq=False)
class ProductBelief:
    """Marginals of shape (m, B); profiles are not enumerated."""

    rows: FloatArray

    def joint(self) -> JointDistribution:
        """Their product; ValueError if it is too large."""
        _check_size(self.rows.shape[1] ** self.rows.shape[0])
        return JointDistribution.from_table(reduce(np.multiply.outer, self.rows))

    def marginals(self) -> list[Discrete]:
        """The rows."""
        return [Discrete(np.arange(len(row)), row) for row in self.rows]

    def mass_and_norm(self, types: NDArray[np.intp]) -> tuple[float, float]:
        """Masses and squared norms of a product are products."""
        norm = float(np.prod((self.rows**2).sum(axis=1)))
        if not (types < self.rows.shape[1]).all():
            return 0.0, norm
        return float(np.prod(self.rows[np.arange(len(types)), types])), norm


def table_belief(answer: Any, shape: tuple[int, ...]) -> TableBelief:
    """The table of an answer in lexicographic order."""
    return TableBelief(np.asarray(answer, dtype=float).reshape(shape))


def check_table(shape: tuple[int, ...]) -> None:
    """ValueError if a table of this shape is too large to be asked for."""
    _check_size(prod(shape))


def _check_size(cells: int) -> None:
    if cells > MAX_TABLE:
        raise ValueError(
            f"F must have at most {MAX_TABLE} cells as a table, got {cells}: ask for marginals instead"
        )


def _marginal(joint: JointDistribution, j: int) -> Discrete:
    known = joint.marginal(j)
    if not isinstance(known, Discrete):
        raise TypeError(f"marginal of one buyer must be a Discrete, got {known!r}")
    return known
