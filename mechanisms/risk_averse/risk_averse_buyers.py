"""A risk-neutral seller and risk-averse buyers: a program, and a mechanism that earns γ(k) of it.

Appendix D of the risk-averse seller.

The program bounds the revenue of every Bayesian incentive compatible mechanism. As printed it has no
individual rationality, and is bounded by nothing but the grid of prices; here buyers do not lose on average
(interim), or, as an option, never (ex post).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.conversation import check_count
from mechanisms.programs import Design, maximise
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.incentives import incentive_rows, one_consequence_rows
from mechanisms.risk_averse.known_buyers import Buyers
from mechanisms.risk_averse.sequential_sale import SequentialSale, by_payment_per_unit

if TYPE_CHECKING:
    from scipy.sparse import csr_array

RATIONALITIES = ("interim", "ex post")


@dataclass(frozen=True)
class RiskAverseBuyersDesign(Design[SequentialSale]):
    """Algorithm 1's mechanism, truthful in expectation, and the program that it comes from.

    lp_revenue
        The program's value: no Bayesian incentive compatible mechanism earns more. `upper_bound` is the same
        from the program's multipliers, by weak duality.

    `value` is what the mechanism earns from truthful buyers, at least γ(k) of `lp_revenue`.
    """

    lp_revenue: float

    @property
    def expected_revenue(self) -> float:
        """`value` under its other name."""
        return self.value


def design_risk_averse_buyers(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    buyer_utilities: Attitude | Sequence[Attitude],
    prices: ArrayLike,
    rationality: str = "interim",
) -> RiskAverseBuyersDesign:
    """Solve Appendix D's program, and make Algorithm 1's mechanism of its solution.

    values, probabilities
        For each of n buyers her values, increasing, and their probabilities.
    units
        k; each buyer wants one.
    buyer_utilities
        One for all, or one for each: concave with U(0) = 0, finite where she loses.
    prices
        Shape (m,): the grid of payments, with or without a unit. Paying nothing is always possible.
    rationality
        "interim": no type loses in expected utility by taking part. "ex post": nobody pays more than her
        value with a unit, or anything without one.

    Raises TypeError or ValueError for bad input.
    """
    start = time.perf_counter()
    buyers = Buyers.checked(values, probabilities, buyer_utilities, prices)
    check_count("units", units)
    program = PaymentProgram(buyers, checked_rationality(rationality))
    rows, limits = program.rows(units)
    solution = maximise(program.revenue, at_most=(rows, limits), bounds=(0.0, program.allowed))
    tables = [np.split(table, 2, axis=1) for table in program.tables(solution.x)]
    sales, charges = [table[0] for table in tables], [table[1] for table in tables]
    unordered = SequentialSale(values, prices, sales, charges, range(buyers.n), units)
    order = by_payment_per_unit(unordered, probabilities)
    mechanism = SequentialSale(values, prices, sales, charges, order, units)
    revenue = mechanism.expected_revenue(probabilities)
    seconds = time.perf_counter() - start
    return RiskAverseBuyersDesign(mechanism, revenue, solution.upper_bound, seconds, solution.value)


def checked_rationality(rationality: str) -> bool:
    """Whether "ex post" is meant; ValueError unless that or "interim"."""
    if rationality not in RATIONALITIES:
        allowed = " or ".join(map(repr, RATIONALITIES))
        raise ValueError(f"rationality must be {allowed}, not {rationality!r}")
    return rationality == "ex post"


@dataclass(frozen=True, eq=False)
class PaymentProgram:
    """Variables: for each buyer (types, 2m): a unit at each price, then no unit at each payment."""

    buyers: Buyers
    ex_post: bool

    @property
    def revenue(self) -> FloatArray:
        """The objective: expected payments."""
        paid = np.tile(self.buyers.prices, 2)
        return np.concatenate([np.outer(own, paid).ravel() for own in self.buyers.probabilities])

    @property
    def allowed(self) -> FloatArray:
        """Upper bounds of the variables: 0 where a consequence would break ex-post rationality."""
        free = self.buyers.prices == 0
        masks = [
            np.concatenate([affordable, np.broadcast_to(free, affordable.shape)], axis=1).ravel()
            for affordable in self.buyers.affordable
        ]
        allowed = np.concatenate(masks).astype(float)
        return allowed if self.ex_post else np.ones_like(allowed)

    @property
    def worth(self) -> list[FloatArray]:
        """For each buyer, shape (types, 2m): the utility of each consequence."""
        b = self.buyers
        paying = [np.asarray(utility(-b.prices), dtype=float) for utility in b.utilities]
        return [
            np.concatenate([with_unit, np.broadcast_to(without, with_unit.shape)], axis=1)
            for with_unit, without in zip(b.surplus, paying, strict=True)
        ]

    @property
    def truth_and_rationality(self) -> csr_array:
        """Rows A with A x <= 0: nobody gains by a lie, and no type's lottery is worth less than nothing."""
        from scipy.sparse import block_diag, csr_array, vstack

        truth = block_diag([incentive_rows(worth) for worth in self.worth])
        taking_part = block_diag([csr_array(-row[None]) for worth in self.worth for row in worth])
        return csr_array(vstack([truth, taking_part]))

    def rows(self, units: int) -> tuple[csr_array, FloatArray]:
        """A x <= b: truth, rationality, one consequence each, and `units` units in expectation."""
        from scipy.sparse import block_diag, csr_array, vstack

        a_unit = np.repeat([1.0, 0.0], self.buyers.prices.size)
        sold = np.concatenate([np.outer(own, a_unit).ravel() for own in self.buyers.probabilities])
        at_most_zero = self.truth_and_rationality
        once = block_diag([one_consequence_rows(*worth.shape) for worth in self.worth])
        limits = np.concatenate([np.zeros(at_most_zero.shape[0]), np.ones(once.shape[0]), [float(units)]])
        return csr_array(vstack([at_most_zero, once, csr_array(sold[None])])), limits

    def tables(self, x: FloatArray) -> list[FloatArray]:
        """For each buyer her lotteries, shape (types, 2m), freed of the solver's rounding."""
        sizes = [worth.size for worth in self.worth]
        parts = np.split(np.clip(x, 0.0, 1.0), np.cumsum(sizes)[:-1])
        tables = [part.reshape(worth.shape) for part, worth in zip(parts, self.worth, strict=True)]
        return [table / np.maximum(table.sum(axis=1, keepdims=True), 1.0) for table in tables]

