"""A program in the solver's terms, checked: rows low <= A x <= high, bounds, whole numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, finite_vector, float_array, without_nan

Rows = tuple[Any, ArrayLike]
"""A matrix, dense or of scipy.sparse, and the right-hand sides."""


class ProgramError(ValueError):
    """A program has no optimum (infeasible, unbounded), or none was found."""


@dataclass(frozen=True, eq=False)
class Program:
    """Maximise c·x over A x <= b (= b from row `inequalities` on) and lower <= x <= upper.

    `matrix` is a csr_array, shape (rows, m); `integral` a mask, shape (m,), of whole numbers.
    """

    objective: FloatArray
    matrix: Any
    limits: FloatArray
    inequalities: int
    lower: FloatArray
    upper: FloatArray
    integral: NDArray[np.bool_]

    def with_integers(self, x: FloatArray) -> Program:
        """The linear program that is left when the integers are held at those next to `x`."""
        whole = np.round(x)
        lower, upper = (np.where(self.integral, whole, bound) for bound in (self.lower, self.upper))
        return replace(self, lower=lower, upper=upper, integral=np.zeros_like(self.integral))


def checked_program(
    objective: ArrayLike,
    at_most: Rows | None,
    equal: Rows | None,
    bounds: tuple[ArrayLike, ArrayLike],
    integral: ArrayLike | None,
) -> Program:
    """The program of the arguments of `maximise`; TypeError or ValueError for bad ones."""
    from scipy.sparse import vstack

    c = finite_vector("objective", objective)
    upper_rows, upper_limits = _checked_rows("at_most", at_most, c.size)
    equal_rows, equal_limits = _checked_rows("equal", equal, c.size)
    matrix = vstack([upper_rows, equal_rows], format="csr")
    limits = np.concatenate([upper_limits, equal_limits])
    lower, upper = _checked_bounds(bounds, c.size)
    whole = np.zeros(c.size, dtype=bool) if integral is None else np.asarray(integral)
    if whole.dtype != bool or whole.shape != c.shape:
        raise ValueError(f"integral must be a mask of shape {c.shape}, got {whole.dtype} {whole.shape}")
    return Program(c, matrix, limits, len(upper_limits), lower, upper, whole)


def _checked_rows(name: str, rows: Rows | None, m: int) -> tuple[Any, FloatArray]:
    """A sparse matrix and its right-hand sides."""
    from scipy.sparse import csr_array, issparse

    if rows is None:
        return csr_array((0, m)), np.zeros(0)
    given, limits = rows
    b = finite_vector(f"{name}[1]", limits, minimum_length=0)
    entries: Any = given if issparse(given) else float_array(f"{name}[0]", given)
    matrix: Any = csr_array(entries).astype(float)
    matrix.sum_duplicates()
    if matrix.shape != (b.size, m):
        raise ValueError(f"{name}[0] must have a row a limit, a column a variable, shape ({b.size}, {m}), "
                         f"got {matrix.shape}")
    if not np.isfinite(matrix.data).all():
        raise ValueError(f"{name}[0] must be finite, not {matrix.data[~np.isfinite(matrix.data)][0]}")
    return matrix, b


def _checked_bounds(bounds: tuple[ArrayLike, ArrayLike], m: int) -> tuple[FloatArray, FloatArray]:
    """The least and the highest value of each variable, possibly infinite."""
    lower, upper = (
        _checked_bound(f"bounds[{side}]", bound, m) for side, bound in zip((0, 1), bounds, strict=True)
    )
    empty = (lower > upper) | (lower == np.inf) | (upper == -np.inf)
    if empty.any():
        j = int(empty.argmax())
        raise ProgramError(f"the program is infeasible: bounds of variable {j} are {lower[j]} and {upper[j]}")
    return lower, upper


def _checked_bound(name: str, bound: ArrayLike, m: int) -> FloatArray:
    """One bound for each variable."""
    array = without_nan(name, float_array(name, bound))
    if array.shape not in ((), (m,)):
        raise ValueError(f"{name} must be a number or have shape ({m},), got {array.shape}")
    return np.broadcast_to(array, (m,))
