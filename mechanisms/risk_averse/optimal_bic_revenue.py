"""The best Bayesian incentive compatible mechanism of a risk-neutral seller, small instances (Appendix D).

The paper's program of interim lotteries lacks only that they can be implemented together (Border's
inequalities). Here a lottery for each buyer at each profile, at most k units sold in expectation at each,
says that directly: expected payments add up over buyers, so nothing else about a profile matters to the
seller.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.conversation import check_count
from mechanisms.programs import maximise
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.known_buyers import Buyers
from mechanisms.risk_averse.risk_averse_buyers import PaymentProgram, checked_rationality

MOST_VARIABLES = 400_000
"""The most consequences, over profiles and buyers, that are put into one program."""


def optimal_bic_revenue(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    buyer_utilities: Attitude | Sequence[Attitude],
    prices: ArrayLike,
    rationality: str = "interim",
) -> float:
    """Return the highest expected revenue of a BIC mechanism; arguments as of `design_risk_averse_buyers`.

    Raises TypeError or ValueError for bad input, and TooLargeError for more than `MOST_VARIABLES` variables.
    """
    buyers = Buyers.checked(values, probabilities, buyer_utilities, prices)
    check_count("units", units)
    program = PaymentProgram(buyers, checked_rationality(rationality))
    count = prod(grid.size for grid in buyers.values) * buyers.n * 2 * buyers.prices.size
    if count > MOST_VARIABLES:
        raise TooLargeError(
            f"values and prices make {count} variables, more than the {MOST_VARIABLES} that are optimised "
            "over exactly: take fewer, or the bound of design_risk_averse_buyers"
        )
    return _solved(buyers, units, program)


def _solved(buyers: Buyers, units: int, program: PaymentProgram) -> float:
    """The program's value; its variables are x, shape (profiles, n, 2m)."""
    from scipy.sparse import csr_array, eye_array, kron, vstack

    profiles = np.array(list(product(*(range(grid.size) for grid in buyers.values))))
    m = buyers.prices.size
    place = _places(buyers, profiles)
    weights = np.repeat(_others_chances(buyers, profiles).ravel(), 2 * m)
    variables = np.arange(place.size)
    interim = csr_array((weights, (place, variables)), shape=(program.revenue.size, place.size))
    truth = program.truth_and_rationality @ interim
    a_unit = np.tile(np.repeat([1.0, 0.0], m), buyers.n)[None]
    supply = kron(eye_array(len(profiles)), a_unit)
    once = kron(eye_array(profiles.size), np.ones((1, 2 * m)))
    limits = [np.zeros(truth.shape[0]), np.full(supply.shape[0], float(units)), np.ones(once.shape[0])]
    return maximise(
        np.asarray(interim.T @ program.revenue),
        at_most=(csr_array(vstack([truth, supply, once])), np.concatenate(limits)),
        bounds=(0.0, program.allowed[place]),
    ).value


def _places(buyers: Buyers, profiles: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where each of x's entries stands in the interim lotteries, flat (types, 2m) for each buyer."""
    width = 2 * buyers.prices.size
    first = np.cumsum([0, *(grid.size for grid in buyers.values)])[:-1]
    return ((profiles + first)[..., None] * width + np.arange(width)).ravel()


def _others_chances(buyers: Buyers, profiles: NDArray[np.intp]) -> FloatArray:
    """Shape (profiles, n): how likely the other buyers' types are."""
    chances = np.stack([own[profiles[:, i]] for i, own in enumerate(buyers.probabilities)], axis=-1)
    return np.stack([np.delete(chances, i, axis=1).prod(axis=1) for i in range(buyers.n)], axis=-1)
