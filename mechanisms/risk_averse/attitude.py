"""The seller's attitude to risk, whoever wrote it: a `Utility` of the house, or any elementwise function."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.utilities import Utility, validate_utility

Attitude = Utility | Callable[[FloatArray], ArrayLike]
"""A concave, nondecreasing utility of money with U(0) = 0, elementwise on arrays."""

ROUNDING = 1e-12
"""How far, relative to its supremum, rounding may take an expected utility above it."""
GRID = 65
"""Amounts of money at which a function that is not of the house is checked."""


def check_attitude(utility: Attitude, most: float) -> Attitude:
    """Return `utility`; raise unless it is a `Utility`, or concave and so on at amounts in [0, most].

    Raises TypeError if it cannot be called, ValueError with the amounts at fault (`validate_utility`).
    """
    if not isinstance(utility, Utility):
        validate_utility(utility, np.linspace(0.0, most if most > 0 else 1.0, GRID))
    return utility


def least_money(utility: Attitude, level: float, most: float) -> float:
    """U⁻¹(level) = inf {t >= 0 : U(t) >= level}; by bisection in [0, `most`] unless U knows its inverse.

    Raises ValueError if not even `most` has that utility.
    """
    if isinstance(utility, Utility):
        top = utility.supremum
        return float(utility.inverse(top if top < level <= top * (1 + ROUNDING) else level))
    if float(np.asarray(utility(np.array(most)))) < level:
        raise ValueError(f"level must be a utility of money up to {most!r}, not {level!r}")
    low, high = 0.0, most
    while high - low > 1e-13 * most:
        middle = (low + high) / 2
        if float(np.asarray(utility(np.array(middle)))) >= level:
            high = middle
        else:
            low = middle
    return high
