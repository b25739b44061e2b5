"""The best Bayesian incentive compatible mechanism of a small instance (risk-averse seller, Section 4).

Among those with ex-post individual rationality and without positive transfers. There only who gets a unit
pays, and at most her value. A linear program over profiles: at each profile a lottery over sales, where a
sale says who gets a unit at which of the prices. Buyers see their interim lotteries only; the seller's
utility is of the sale as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from math import comb, prod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.conversation import check_count
from mechanisms.programs import maximise
from mechanisms.risk_averse.attitude import Attitude, check_attitude
from mechanisms.risk_averse.incentives import incentive_rows
from mechanisms.risk_averse.known_buyers import Buyers

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_COLUMNS = 400_000
"""The most pairs of a profile and a sale that are put into one program."""
NOTHING = -1


@dataclass(frozen=True, eq=False)
class OptimalBic:
    """The optimum of the program.

    utility, upper_bound
        The seller's expected utility, and a bound on it by weak duality, equal up to rounding.
    lotteries
        For each buyer (types, m): her interim probability of a unit at each price, h of Section 4.
    """

    utility: float
    upper_bound: float
    lotteries: tuple[FloatArray, ...]


def optimal_bic(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    utility: Attitude,
    buyer_utilities: Attitude | Sequence[Attitude],
    prices: ArrayLike,
) -> OptimalBic:
    """Return the best BIC mechanism, ex-post IR, without positive transfers.

    values, probabilities
        For each of n buyers her values, increasing, and their probabilities.
    units
        How many units there are; each buyer wants one.
    utility, buyer_utilities
        The seller's, and the buyers' (one for all, or one for each), concave with U(0) = 0. A misreport that
        brings a loss is evaluated with the buyer's finite utility.
    prices
        The grid of possible payments, shape (m,).

    Raises TypeError or ValueError for bad input, and TooLargeError for an instance of more than
    `MOST_COLUMNS` pairs of a profile and a sale; it says how many. `design_one_pass` bounds the optimum of
    larger ones.
    """
    buyers = Buyers.checked(values, probabilities, buyer_utilities, prices)
    check_count("units", units)
    check_attitude(utility, float(buyers.prices.max()) * min(units, buyers.n))
    _refuse_size(buyers, units)
    program = _Profiles(buyers, min(units, buyers.n))
    truth, each = program.incentives, program.one_sale_each
    solution = maximise(
        program.likelihood * np.asarray(utility(program.revenue), dtype=float),
        at_most=(truth, np.zeros(truth.shape[0])),
        equal=(each, np.ones(each.shape[0])),
    )
    lotteries = tuple(
        (program.interim(i) @ solution.x).reshape(worth.shape) for i, worth in enumerate(buyers.surplus)
    )
    return OptimalBic(solution.value, solution.upper_bound, lotteries)


def optimal_bic_utility(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    utility: Attitude,
    buyer_utilities: Attitude | Sequence[Attitude],
    prices: ArrayLike,
) -> float:
    """Return the utility of `optimal_bic`; arguments and errors as there.

    >>> from mechanisms.utilities import Linear
    >>> optimal_bic_utility([[1.0, 2.0]], [[0.5, 0.5]], 1, Linear(), Linear(), [1.0, 2.0])
    1.0
    """
    return optimal_bic(values, probabilities, units, utility, buyer_utilities, prices).utility


def _refuse_size(buyers: Buyers, units: int) -> None:
    n, m = buyers.n, buyers.prices.size
    profiles = prod(grid.size for grid in buyers.values)
    pairs = profiles * sum(comb(n, sold) * m**sold for sold in range(min(units, n) + 1))
    if pairs > MOST_COLUMNS:
        raise TooLargeError(
            f"values and prices make {pairs} pairs of a profile and a sale, more than the {MOST_COLUMNS} "
            "that are optimised over exactly: take fewer, or the upper bound of design_one_pass"
        )


@dataclass(frozen=True, eq=False)
class _Profiles:
    """The program's columns: the pairs (profile, sale) in which nobody pays more than her value."""

    buyers: Buyers
    units: int

    @cached_property
    def sales(self) -> NDArray[np.intp]:
        """Shape (sales, n): the index of each buyer's price, or `NOTHING`; at most `units` prices each."""
        n, m = self.buyers.n, self.buyers.prices.size
        found = []
        for sold in range(self.units + 1):
            for winners in combinations(range(n), sold):
                block = np.full((m**sold, n), NOTHING)
                block[:, list(winners)] = np.indices((m,) * sold).reshape(sold, m**sold).T
                found.append(block)
        return np.concatenate(found)

    @cached_property
    def profiles(self) -> NDArray[np.intp]:
        """Shape (profiles, n): the index of each buyer's type."""
        return np.array(list(product(*(range(grid.size) for grid in self.buyers.values))))

    @cached_property
    def columns(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Of each column its profile and its sale."""
        allowed = np.ones((len(self.profiles), len(self.sales)), dtype=bool)
        for i, affordable in enumerate(self.buyers.affordable):
            with_nothing = np.pad(affordable, ((0, 0), (0, 1)), constant_values=True)
            allowed &= with_nothing[self.profiles[:, i]][:, self.sales[:, i]]
        profile, sale = np.nonzero(allowed)
        return profile, sale

    @cached_property
    def chances(self) -> FloatArray:
        """Shape (profiles, n): the probability of each buyer's type."""
        masses = [own[self.profiles[:, i]] for i, own in enumerate(self.buyers.probabilities)]
        return np.stack(masses, axis=-1)

    @property
    def likelihood(self) -> FloatArray:
        """The probability of each column's profile."""
        return self.chances.prod(axis=1)[self.columns[0]]

    @property
    def revenue(self) -> FloatArray:
        """What each column's sale brings in."""
        with_nothing = np.append(self.buyers.prices, 0.0)
        return with_nothing[self.sales[self.columns[1]]].sum(axis=1)

    @property
    def one_sale_each(self) -> csr_array:
        """Rows: each profile's lottery over sales has mass 1."""
        from scipy.sparse import csr_array

        profile = self.columns[0]
        return csr_array((np.ones(profile.size), (profile, np.arange(profile.size))))

    @property
    def incentives(self) -> csr_array:
        """Rows: nobody gains by a lie, given that the others' types are as likely as they are."""
        from scipy.sparse import vstack

        worth_of_lies = self.buyers.surplus_of_lies
        rows = [incentive_rows(worth) @ self.interim(i) for i, worth in enumerate(worth_of_lies)]
        return vstack(rows, format="csr")

    def interim(self, i: int) -> csr_array:
        """The matrix that maps the columns to buyer i's interim lottery, flat (types · m,)."""
        from scipy.sparse import csr_array

        profile, sale = self.columns
        others = np.delete(self.chances, i, axis=1).prod(axis=1)
        m = self.buyers.prices.size
        price = self.sales[sale, i]
        sold = np.flatnonzero(price != NOTHING)
        row = self.profiles[profile[sold], i] * m + price[sold]
        shape = (self.buyers.values[i].size * m, profile.size)
        return csr_array((others[profile[sold]], (row, sold)), shape=shape)
