"""First choices of sequential prices: argmax (g(p) − λ) Pr[v >= p] for a few g and λ.

g(p) = U(b + p) − U(b) is what a sale adds to a revenue of b, and λ is what a unit is worth: it is set so that
a certain number of sales is expected.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.bounds import gain_over

SHIFTS = (0.0, 0.5, 0.85, 1.2)
"""b, as parts of Myerson's revenue."""
EXPECTED_SALES = (0.6, 1.0, 1.4, 2.0)
"""Sales expected without a limit, as multiples of the units."""
BISECTIONS = 40


def first_choices(
    prices: FloatArray, chances: FloatArray, units: int, utility: Attitude, revenue: float
) -> Iterator[np.ndarray]:
    """Yield the choices, each of shape (n,): the index of each buyer's price, −1 for none.

    prices
        Shape (m,).
    chances
        Shape (n, m): Pr[v_i >= p_j], 0 for prices that buyer i is not to be offered.
    revenue
        Myerson's.
    """
    for shift in SHIFTS:
        gains = gain_over(utility, shift * revenue)(prices)
        for share in EXPECTED_SALES:
            yield _choice(chances, gains, _unit_price(chances, gains, share * units))


def _choice(chances: FloatArray, gains: FloatArray, unit_price: float) -> np.ndarray:
    surplus = chances * (gains - unit_price)
    best = surplus.argmax(axis=1)
    return np.where(surplus.max(axis=1) > 0, best, -1)


def _unit_price(chances: FloatArray, gains: FloatArray, sales: float) -> float:
    """The least λ >= 0 at which at most so many sales are expected."""

    def expected(unit_price: float) -> float:
        choice = _choice(chances, gains, unit_price)
        return float(chances[np.arange(choice.size), choice][choice >= 0].sum())

    if expected(0.0) <= sales:
        return 0.0
    low, high = 0.0, float(gains.max())
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if expected(middle) > sales else (low, middle)
    return high
