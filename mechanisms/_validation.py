"""Guards shared by the ground floor: each names the field, shows the value and says what is allowed."""

from __future__ import annotations

from numbers import Real
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
Scalar = TypeVar("Scalar", bound=np.generic)

SUM_TOLERANCE = 1e-9
"""How far probabilities may be from a sum of 1: rounding, not a mistake."""


class TooLargeError(ValueError):
    """An instance is too large for an exact method; the message says how large, and what would do instead."""


def finite_number(name: str, value: object) -> float:
    """Return `value` as a float; TypeError unless it is a real number, ValueError unless it is finite."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, not {value!r}")
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{name} must be finite, not {number!r}")
    return number


def number_in(
    name: str,
    value: object,
    *,
    above: float = -np.inf,
    at_least: float = -np.inf,
    below: float = np.inf,
    at_most: float = np.inf,
) -> float:
    """Return `value` as a finite float that respects the given bounds (`above` and `below` are strict)."""
    number = finite_number(name, value)
    if not (number > above and number >= at_least and number < below and number <= at_most):
        limits = {">": above, ">=": at_least, "<": below, "<=": at_most}
        allowed = " and ".join(f"{sign} {bound!r}" for sign, bound in limits.items() if np.isfinite(bound))
        raise ValueError(f"{name} must be {allowed}, not {number!r}")
    return number


def check_seats(name: str, array: NDArray[Scalar], bidders: int, axis: int = -1) -> None:
    """Raise ValueError unless the axis of reports that holds the bidders has as many as the rule is for."""
    if array.ndim < -axis or array.shape[axis] != bidders:
        raise ValueError(f"{name} must be of {bidders} bidders, in axis {axis}, got shape {array.shape}")


def check_field(
    record: object,
    name: str,
    *,
    above: float = -np.inf,
    at_least: float = -np.inf,
    below: float = np.inf,
    at_most: float = np.inf,
) -> None:
    """Replace a number of a frozen dataclass by the float that `number_in` returns for it, or raise."""
    number = number_in(
        name, getattr(record, name), above=above, at_least=at_least, below=below, at_most=at_most
    )
    object.__setattr__(record, name, number)


def float_array(name: str, values: ArrayLike) -> FloatArray:
    """Return a new float array of real numbers; TypeError for anything else."""
    try:
        array = np.array(values)
    except ValueError as error:
        what = _odd_row(name, values) or error
        raise ValueError(f"{name} must be a rectangular array of numbers: {what}") from None
    if array.dtype.kind not in "iuf" and array.size:
        raise TypeError(f"{name} must hold real numbers, not dtype {array.dtype}")
    return array.astype(np.float64) + 0.0  # -0.0 becomes 0.0, so that equal values have equal bytes


def _odd_row(name: str, rows: ArrayLike) -> str:
    """The first row that is not as long as the first, in words; nothing if that is not what is wrong."""
    each = rows if isinstance(rows, list | tuple) else ()
    lengths = [len(row) if isinstance(row, list | tuple) else int(np.size(row)) for row in each]
    for i, length in enumerate(lengths):
        if length != lengths[0]:
            return f"{name}[{i}] holds {length}, {name}[0] holds {lengths[0]}"
    return ""


def finite_vector(name: str, values: ArrayLike, *, minimum_length: int = 1) -> FloatArray:
    """Return a new vector of finite floats, of length at least `minimum_length`."""
    vector = float_array(name, values)
    if vector.ndim != 1 or vector.size < minimum_length:
        raise ValueError(f"{name} must be a vector of length >= {minimum_length}, not shape {vector.shape}")
    if not np.isfinite(vector).all():
        raise ValueError(f"{name} must be finite, not {vector[~np.isfinite(vector)][0]}")
    return vector


def probability_array(name: str, values: ArrayLike) -> FloatArray:
    """Return a new array of nonnegative floats that sum to 1 within `SUM_TOLERANCE`.

    An array whose sum is 1 up to rounding (1e-12) is kept to the last bit; a coarser one is divided by its
    sum, so that products and mixtures of what was accepted are accepted.
    """
    array = float_array(name, values)
    if np.isnan(array).any():
        raise ValueError(f"{name} must be probabilities, not NaN")
    if (array < 0).any():
        raise ValueError(f"{name} must be nonnegative, not {array[array < 0][0]}")
    total = float(array.sum())
    if not abs(total - 1) <= SUM_TOLERANCE:
        raise ValueError(f"{name} must sum to 1, not {total!r}")
    return array if abs(total - 1) <= 1e-12 else array / total


def without_nan(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as a float array; ValueError if any is NaN. Infinities pass."""
    array = np.asarray(values, dtype=np.float64)
    if np.isnan(array).any():
        raise ValueError(f"{name} must not be NaN")
    return array


def read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return a copy that nobody can write to, nor make writable again: its numbers are held as bytes."""
    if array.size == 0:
        return array
    return np.ndarray(array.shape, array.dtype, array.tobytes())
