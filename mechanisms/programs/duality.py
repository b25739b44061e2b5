"""Weak duality: a bound on a linear program from any multipliers, which rests on no solver's word."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray

ROUNDING = 1e-13
"""What a reduced cost may be off by, as a part of the sum of its terms' sizes."""
NEAR = 1e-8
"""Reduced costs below this part are taken for 0 that a solver meant."""
REPAIRS = 5


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
    reduced = objective - multipliers @ matrix
    if _unbounded(reduced, objective, matrix, multipliers, lower, upper).any():
        return np.inf
    side = np.where(reduced > 0, upper, lower)
    most = reduced * np.where(np.isfinite(side), side, 0.0)
    return float(multipliers @ limits + most.sum())


def repaired(
    objective: FloatArray,
    matrix: Any,
    multipliers: FloatArray,
    inequalities: int,
    lower: FloatArray,
    upper: FloatArray,
) -> FloatArray:
    """Multipliers next to these, whose reduced costs are 0 up to rounding where that makes a bound finite.

    A solver's multipliers are off by its tolerance, which is enough to spoil the bound for variables without
    bounds. Steps of least squares (iterative refinement) move the multipliers that are not 0, the first
    `inequalities` of them not below 0.
    """
    y = multipliers
    for _ in range(REPAIRS):
        reduced = objective - y @ matrix
        wrong = _unbounded(reduced, objective, matrix, y, lower, upper)
        if not wrong.any():
            break
        near = np.isinf(lower) | np.isinf(upper)
        near[near] = _parts(reduced, objective, matrix, y, near) <= NEAR
        rows = (y != 0) | (np.arange(len(y)) >= inequalities)
        y = y.copy()
        y[rows] += _step(matrix[np.flatnonzero(rows)], y[rows], objective, reduced, near | wrong)
        y[:inequalities] = np.maximum(y[:inequalities], 0.0)
    return y


def _step(matrix: Any, y: FloatArray, objective: FloatArray, reduced: FloatArray,
          where: NDArray[np.bool_]) -> FloatArray:
    """The change of multipliers, small in units of their rows, that brings some reduced costs to 0."""
    from scipy.sparse import csr_array, diags_array
    from scipy.sparse.linalg import lsqr

    part = csr_array(matrix)[:, np.flatnonzero(where)]
    sizes, terms = abs(part).max(axis=1).toarray(), np.abs(objective[where]) + np.abs(y) @ abs(part)
    units, weights = (1 / np.where(size > 0, size, 1.0) for size in (sizes, terms))
    scaled = diags_array(weights) @ part.T @ diags_array(units)
    moved = np.asarray(lsqr(scaled, reduced[where] * weights, atol=1e-8, btol=1e-8, conlim=0)[0])
    return np.where(np.abs(moved) > ROUNDING * np.abs(moved).max(initial=0.0), moved, 0.0) * units


def _unbounded(reduced: FloatArray, objective: FloatArray, matrix: Any, multipliers: FloatArray,
               lower: FloatArray, upper: FloatArray) -> NDArray[np.bool_]:
    """Where a reduced cost, not 0 by rounding, asks for a bound that its variable does not have."""
    wrong = ((reduced > 0) & (upper == np.inf)) | ((reduced < 0) & (lower == -np.inf))
    if wrong.any():
        wrong[wrong] = _parts(reduced, objective, matrix, multipliers, wrong) > ROUNDING
    return wrong


def _parts(reduced: FloatArray, objective: FloatArray, matrix: Any, multipliers: FloatArray,
           where: NDArray[np.bool_]) -> FloatArray:
    """The sizes of some reduced costs as parts of the sums of their terms' sizes."""
    terms = np.abs(objective[where]) + np.abs(multipliers) @ abs(matrix[:, np.flatnonzero(where)])
    return np.abs(reduced[where]) / np.where(terms > 0, terms, 1.0)
