"""Prices that work in an order chosen by an adversary, under a matrix constraint (Appendix E).

n rows and m columns of buyers with independent values, one in each cell; at most one of each row and of
each column is served. Each is offered an independent random price. Soft prices serve all who accept;
partially order-oblivious ones serve the rows in an order, and within a row an adversary who knows all
realised prices and values orders the cells, to the seller's harm, so long as the constraint holds. Proofs
of the factors are in docs/theory/one_pass.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, number_in
from mechanisms.comparison import at_least
from mechanisms.risk_averse.adversary import Cell, Combine, RowsLeft, mean, over_orders
from mechanisms.risk_averse.attitude import Attitude, check_attitude
from mechanisms.risk_averse.known_buyers import checked_order, type_values, value_probabilities
from mechanisms.risk_averse.lottery_sale import ROUNDING
from mechanisms.risk_averse.revenue import RevenueLaw

Offers = tuple[tuple[tuple[tuple[float, float], ...], ...], ...]
"""For each cell of the matrix, pairs of a price and the probability with which it is offered."""
Matrix = Sequence[Sequence[ArrayLike]]
RowOrder = str | Sequence[int]
"""`"random"`: uniformly random; `"worst"`: the worst fixed order; or a fixed order of the rows' indices."""

RANDOM_SCALE = 1 - 1 / math.sqrt(3)
"""The share of the prices that is offered to rows in random order: 1/(3√3) of the soft utility is left."""
ANY_SCALE = 1 / 3
"""The share for any order of rows: 4/27 = 1/6.75 of the soft utility is left (Lemma 20)."""


@dataclass(frozen=True, init=False)
class OrderObliviousPrices:
    """Independent random prices for each cell of an n × m matrix of buyers.

    offers
        offers[i][j] maps prices to the probabilities with which they are offered to the buyer of row i and
        column j; with what remains to 1 she is offered nothing. Stored as pairs. A price of `math.inf` is
        never accepted.

    Raises ValueError for rows of different lengths, negative prices, and probabilities that are none or sum
    to more than 1.
    """

    offers: Offers

    def __init__(self, offers: Sequence[Sequence[Cell | Sequence[tuple[float, float]]]]) -> None:
        pairs = tuple(
            tuple(_checked_cell(i, j, cell) for j, cell in enumerate(row)) for i, row in enumerate(offers)
        )
        if not pairs or not pairs[0] or len({len(row) for row in pairs}) > 1:
            lengths = [len(row) for row in pairs]
            raise ValueError(f"offers must be a matrix of at least one cell, not rows of {lengths}")
        object.__setattr__(self, "offers", pairs)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m): rows and columns."""
        return len(self.offers), len(self.offers[0])

    def scaled(self, scale: float) -> OrderObliviousPrices:
        """The same prices, each offered with `scale` times its probability; `scale` in [0, 1]."""
        share = number_in("scale", scale, at_least=0.0, at_most=1.0)
        return OrderObliviousPrices(
            [[[(price, share * chance) for price, chance in cell] for cell in row] for row in self.offers]
        )

    def sales(self, values: Matrix, probabilities: Matrix) -> list[list[dict[float, float]]]:
        """Of each cell, prices to the probability that they are offered, and accepted if the buyer is served.

        Raises TypeError or ValueError for values or probabilities that are no such matrices.
        """
        grids, masses = self.check_types(values, probabilities)
        return [
            [_accepted(cell, grids[i][j], masses[i][j]) for j, cell in enumerate(row)]
            for i, row in enumerate(self.offers)
        ]

    def expected_sales(self, values: Matrix, probabilities: Matrix) -> FloatArray:
        """Shape (n, m): the probability of a soft sale in each cell.

        For the proved factors the sums over each row and each column have to be at most 1.
        """
        return np.array([[sum(cell.values()) for cell in row] for row in self.sales(values, probabilities)])

    def soft_utility(self, values: Matrix, probabilities: Matrix, utility: Attitude) -> float:
        """E[U(revenue)] where everyone who accepts her price is served, whatever the constraint."""
        law = self.soft_revenue_law(values, probabilities)
        check_attitude(utility, float(law.amounts[-1]))
        return law.expected_utility(utility)

    def soft_revenue_law(self, values: Matrix, probabilities: Matrix) -> RevenueLaw:
        """The exact law of revenue where everyone who accepts her price is served."""
        return _sum_of([cell for row in self.sales(values, probabilities) for cell in row])

    def expected_utility(
        self,
        values: Matrix,
        probabilities: Matrix,
        utility: Attitude,
        scale: float | None = None,
        row_order: RowOrder = "random",
    ) -> float:
        """E[U(revenue)] of partially oblivious prices, against the worst order of the cells in each row.

        values, probabilities
            Matrices (n rows, m columns) of vectors: each buyer's values, increasing, and their probabilities.
        utility
            The seller's; nondecreasing, so that the adversary minimises revenue.
        scale
            Each price is offered with this share of its probability. None: `RANDOM_SCALE` if rows come in
            random order, else `ANY_SCALE`.
        row_order
            `"random"`, `"worst"` (the worst fixed one), or a fixed one.

        Raises TypeError or ValueError for bad input, and TooLargeError if there is too much to enumerate:
        rows may do as many things as the product of 1 + the numbers of prices in their cells.
        """
        n, m = self.shape
        share = scale if scale is not None else RANDOM_SCALE if row_order == "random" else ANY_SCALE
        rows = self.scaled(share).sales(values, probabilities)
        check_attitude(utility, _most([cell for row in rows for cell in row]))
        left = RowsLeft.none(m)
        if isinstance(row_order, str):
            return over_orders(rows, tuple(range(n)), left, utility, row_orders(row_order))
        for i in reversed(checked_order("row_order", row_order, n)):
            left = left.before(rows[i])
        return left.expected(utility)

    def check_types(self, values: Matrix, probabilities: Matrix) -> tuple[list, list]:
        """Return matrices of values and probabilities, or raise TypeError or ValueError if they are none."""
        for name, matrix in (("values", values), ("probabilities", probabilities)):
            shape = [len(row) for row in matrix]
            if shape != [self.shape[1]] * self.shape[0]:
                raise ValueError(f"{name} must be a matrix {self.shape} of vectors, not rows of {shape}")
        grids = [type_values(row) for row in values]
        return grids, [value_probabilities(own, row) for own, row in zip(probabilities, grids, strict=True)]


def row_orders(name: str) -> Combine:
    """How the utilities of the different next rows are combined: their mean, or the least."""
    combine: dict[str, Combine] = {"random": mean, "worst": min}
    if name not in combine:
        raise ValueError(f"row_order must be 'random', 'worst' or an order of the rows, not {name!r}")
    return combine[name]


def _checked_cell(i: int, j: int, cell: Any) -> tuple[tuple[float, float], ...]:
    pairs = tuple(cell.items() if isinstance(cell, Mapping) else cell)
    for price, chance in pairs:
        if not price >= 0:
            raise ValueError(f"offers[{i}][{j}] must have prices of at least 0, not {price!r}")
        if not 0 <= chance <= 1 + ROUNDING:
            raise ValueError(f"offers[{i}][{j}] must have probabilities from 0 to 1, not {chance!r}")
    total = sum(chance for _, chance in pairs)
    if total > 1 + ROUNDING:
        raise ValueError(f"offers[{i}][{j}] must have probabilities of sum at most 1, not {total!r}")
    return tuple((float(price), float(chance)) for price, chance in pairs)


def _accepted(
    cell: Sequence[tuple[float, float]], grid: FloatArray, masses: FloatArray
) -> dict[float, float]:
    """Prices to the probability that they are offered and at most the value; none that is never accepted."""
    sold: dict[float, float] = {}
    for price, chance in cell:
        accepted = chance * float(masses[at_least(grid, price)].sum())
        if accepted > 0:
            sold[price] = sold.get(price, 0.0) + accepted
    return sold


def _most(cells: Sequence[Cell]) -> float:
    return sum(max(cell, default=0.0) for cell in cells)


def _sum_of(cells: Sequence[Cell]) -> RevenueLaw:
    """The law of the sum of independent payments."""
    law = RevenueLaw(np.zeros(1), np.ones(1))
    for cell in cells:
        prices = np.array([0.0, *cell])
        chances = np.array([1 - sum(cell.values()), *cell.values()])
        sums = np.add.outer(law.amounts, prices).ravel()
        law = RevenueLaw.of(sums, np.outer(law.probabilities, chances).ravel())
    return law
