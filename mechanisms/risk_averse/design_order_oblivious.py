"""Design of order-oblivious prices: Appendix E's soft prices by continuous greedy (Theorems 5 and 6).

The masses are those of soft prices: one sale in expectation in each row and each column, one price at a
time in each cell. The loop is that of Section 3 (R2); only the polytope differs. Its bound is one on every
dominant- strategy mechanism of the matrix, so also on every deterministic one of the unit-demand instance
(Lemma 18).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.comparison import at_least
from mechanisms.conversation import check_count
from mechanisms.programs import Design, maximise
from mechanisms.risk_averse.attitude import Attitude, check_attitude
from mechanisms.risk_averse.greedy import Masses, continuous_greedy
from mechanisms.risk_averse.known_buyers import price_vector, type_values, value_probabilities
from mechanisms.risk_averse.order_oblivious import RANDOM_SCALE, Matrix, OrderObliviousPrices

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SCALES = (RANDOM_SCALE, 0.55, 0.7, 0.85, 1.0)
"""Shares of the soft prices that are tried; the first carries the proof."""
LEAST_OFFER = 1e-12
"""Offers of no more probability are left out."""


@dataclass(frozen=True)
class OrderObliviousDesign(Design[OrderObliviousPrices]):
    """Prices to be offered by rows in random order, with their certificate.

    soft
        The soft prices of which `mechanism` is a share.
    scale
        That share.
    soft_utility
        E[U] of the soft prices; at least (1 − 1/e) of the optimum, less the greedy's steps' error.

    `value` is the expected utility of `mechanism` at scale 1 against the adversary within the rows, and at
    least 1/(3√3) of `soft_utility`; `upper_bound` is above the optimum of the matrix.
    """

    soft: OrderObliviousPrices
    scale: float
    soft_utility: float


def design_order_oblivious_prices(
    values: Matrix, probabilities: Matrix, utility: Attitude, prices: ArrayLike, steps: int = 20
) -> OrderObliviousDesign:
    """Design order-oblivious prices for rows in random order.

    values, probabilities
        Matrices (n rows, m columns) of vectors: each buyer's values, increasing, and their probabilities.
    utility
        The seller's, concave with U(0) = 0.
    prices
        Shape (l,): the grid of prices.
    steps
        Of the continuous greedy, at least 1.

    Raises TypeError or ValueError for bad input, and TooLargeError where the result is too large to evaluate.
    """
    start = time.perf_counter()
    grids = [type_values(row) for row in values]
    masses = [value_probabilities(own, row) for own, row in zip(probabilities, grids, strict=True)]
    money = price_vector(prices)
    n, m = len(grids), len(grids[0])
    check_count("steps", steps)
    served = min(n, m)
    check_attitude(utility, float(money.max()) * n * m)
    polytope = _SoftMasses(_sale_probabilities(grids, masses, money))
    greedy = continuous_greedy(money, served, utility, polytope.best, steps=steps)
    soft = OrderObliviousPrices(polytope.offers(greedy.design, money))
    tried = [
        (soft.expected_utility(values, probabilities, utility, scale=scale, row_order="random"), scale)
        for scale in SCALES
    ]
    value, scale = max(tried)
    return OrderObliviousDesign(
        soft.scaled(scale), value, greedy.upper_bound, time.perf_counter() - start, soft, scale,
        soft.soft_utility(values, probabilities, utility),
    )


def _sale_probabilities(
    grids: Sequence[Sequence[FloatArray]], masses: Sequence[Sequence[FloatArray]], prices: FloatArray
) -> FloatArray:
    """Shape (n, m, l): the probability that each cell's value is at least each price."""
    return np.array([
        [(own[:, None] * at_least(grid[:, None], prices)).sum(axis=0) for grid, own in zip(*row, strict=True)]
        for row in zip(grids, masses, strict=True)
    ])


@dataclass(frozen=True, eq=False)
class _SoftMasses:
    """The polytope of x (n, m, l), the probability that each cell is offered each price.

    chances
        Shape (n, m, l): Pr[v_ij >= p_l].
    """

    chances: FloatArray

    def best(self, gains: FloatArray) -> Masses:
        """The masses that earn most where a sale at price p_l adds gains[l]."""
        rows, limits = self._rows
        objective = (self.chances * gains).ravel()
        solution = maximise(objective, at_most=(rows, limits), bounds=(0.0, 1.0))
        x = solution.x.reshape(self.chances.shape)
        return Masses((self.chances * x).sum(axis=(0, 1)), x, solution.upper_bound)

    @cached_property
    def _rows(self) -> tuple[csr_array, FloatArray]:
        """A x <= 1: sales in each row, sales in each column, offers in each cell."""
        from scipy.sparse import csr_array, vstack

        n, m, prices = self.chances.shape
        cell = np.repeat(np.arange(n * m), prices)
        variables = np.arange(cell.size)
        sold = self.chances.ravel()
        rows = csr_array((sold, (cell // m, variables)), shape=(n, cell.size))
        columns = csr_array((sold, (cell % m, variables)), shape=(m, cell.size))
        offered = csr_array((np.ones(cell.size), (cell, variables)), shape=(n * m, cell.size))
        return csr_array(vstack([rows, columns, offered])), np.ones(n + m + n * m)

    def offers(self, x: FloatArray, prices: FloatArray) -> list[list[dict[float, float]]]:
        """The design as offers, freed of the solver's rounding."""
        shares = np.clip(x, 0.0, 1.0)
        shares = shares / np.maximum(shares.sum(axis=2, keepdims=True), 1.0)
        return [
            [{prices[k]: cell[k] for k in np.flatnonzero(cell > LEAST_OFFER)} for cell in row]
            for row in shares
        ]
