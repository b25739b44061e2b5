"""Weak duality: a bound on a linear program from any multipliers, which rests on no solver's word."""

from __future__ import annotations

from typing import Any

import numpy as np

from mechanisms._validation import FloatArray

ROUNDING = 1e-13
"""What a reduced cost may be off by, as a part of the sum of its terms' sizes."""


def weak_duality(
    objective: FloatArray,
    matrix: Any,
    limits: FloatArray,
    multipliers: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
) -> float:
    """Bound c·x over A x <= b (or = b), lower <= x <= upper, from multipliers y of the rows.

    y is at least 0 where rows are inequalities, and any number where they are equations. For
    r = c − yA, c·x = yA x + r·x <= y·b + Σ_j max(r_j lower_j, r_j upper_j). A variable without a bound on the
    side that r_j asks for makes it infinite, unless r_j is 0 up to the rounding of its terms.

    matrix
        Dense or of scipy.sparse, shape (rows, m).
    """
    reduced = objective - matrix.T @ multipliers
    side = np.where(reduced > 0, upper, lower)
    terms = np.abs(objective) + abs(matrix).T @ np.abs(multipliers)
    zero = (reduced == 0) | (np.isinf(side) & (np.abs(reduced) <= ROUNDING * terms))
    return float(multipliers @ limits + (np.where(zero, 0.0, reduced) * np.where(zero, 0.0, side)).sum())
