"""The optimal BIC revenue by Border's inequalities: Appendix D's program of interim lotteries, with them.

Alaei and others (Table 1): interim chances x_i(v) of a unit belong to a mechanism for k units if and only if,
for every set S of types of all buyers, Σ_{(i, v) in S} f_i(v) x_i(v) <= E[min(k, number of buyers in S)].
Nothing else about a profile matters to a seller without fear, so that this program has the optimum, without
a variable for each profile. Here all the inequalities are listed; they find them one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.conversation import check_count
from mechanisms.programs import maximise
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.known_buyers import Buyers
from mechanisms.risk_averse.laws import poisson_binomial
from mechanisms.risk_averse.risk_averse_buyers import PaymentProgram, checked_rationality

MOST_TYPES = 14
"""Over all buyers; the inequalities are as many as sets of them."""


def border_revenue(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    buyer_utilities: Attitude | Sequence[Attitude],
    prices: ArrayLike,
    rationality: str = "interim",
) -> float:
    """Return the highest expected revenue of a BIC mechanism; arguments as of `design_risk_averse_buyers`.

    Raises TypeError or ValueError for bad input, and TooLargeError for more than `MOST_TYPES` types.
    """
    buyers = Buyers.checked(values, probabilities, buyer_utilities, prices)
    check_count("units", units)
    program = PaymentProgram(buyers, checked_rationality(rationality))
    types = sum(grid.size for grid in buyers.values)
    if types > MOST_TYPES:
        raise TooLargeError(
            f"values are {types} types, more than the {MOST_TYPES} whose sets are listed: take fewer, or the "
            "bound of design_risk_averse_buyers"
        )
    rows, limits = program.rows(units)
    border, most = border_rows(buyers, units)
    from scipy.sparse import csr_array, vstack

    all_rows = csr_array(vstack([rows, csr_array(border)]))
    return maximise(
        program.revenue, at_most=(all_rows, np.concatenate([limits, most])), bounds=(0.0, program.allowed)
    ).value


def border_rows(buyers: Buyers, units: int) -> tuple[FloatArray, FloatArray]:
    """A x <= b over the program's variables (types, 2m of each buyer): a row for each set of types."""
    chances = np.concatenate(buyers.probabilities)
    sets = np.array(list(product([0.0, 1.0], repeat=chances.size)))[1:]
    starts = np.cumsum([0, *(own.size for own in buyers.probabilities)])[:-1]
    in_set = np.minimum(np.add.reduceat(sets * chances, starts, axis=1), 1.0)
    served = np.minimum(np.arange(buyers.n + 1), units)
    a_unit = np.repeat([1.0, 0.0], buyers.prices.size)
    return np.kron(sets * chances, a_unit), poisson_binomial(in_set) @ served
