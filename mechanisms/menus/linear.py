"""Linear programs, and bounds on them that rest on no solver's word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray


@dataclass(frozen=True)
class LinearOptimum:
    """An optimal point, shape (z,), and multipliers of the rows, shape (r,), at least 0."""

    point: FloatArray
    multipliers: FloatArray


def maximise(objective: FloatArray, matrix: FloatArray, limits: FloatArray, lower: FloatArray,
             upper: FloatArray, precision: float = 1e-7) -> LinearOptimum | None:
    """Maximise c·z over A z <= b, lower <= z <= upper, with HiGHS; None if that fails.

    `precision` is how far a row may be exceeded, 1e-10 at least.
    """
    from scipy import optimize

    linprog: Any = optimize.linprog
    found = linprog(
        -objective, A_ub=matrix, b_ub=limits, bounds=np.stack([lower, upper], axis=1), method="highs",
        options={"primal_feasibility_tolerance": precision},
    )
    if found.status != 0:
        return None
    return LinearOptimum(found.x, np.maximum(-found.ineqlin.marginals, 0))


def weak_dual(objective: FloatArray, matrix: FloatArray, limits: FloatArray, multipliers: FloatArray,
              lower: FloatArray, upper: FloatArray) -> float:
    """Bound max c·z over A z <= b, lower <= z <= upper, from any multipliers y: weak duality.

    y is cut at 0; then c·z <= y·b + (c − yA)·z <= y·b + Σ max over each z_i. Nothing that a solver says is
    relied on.
    """
    y = np.maximum(multipliers, 0)
    rest = objective - y @ matrix
    return float(y @ limits + np.where(rest > 0, rest * upper, rest * lower).sum())
