"""Arithmetic of finite fields of prime-power order, as tables; for Reed–Solomon codes.

The elements of the field of order q = p^m are 0 … q − 1: the digits of an element in base p are the
coefficients of a polynomial over the integers modulo p, and products are taken modulo an irreducible one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

MAX_ORDER = 1024
"""The largest field: its tables have this many rows and columns."""


@dataclass(frozen=True, eq=False)
class FiniteField:
    """Tables of sums and products, each of shape (order, order)."""

    order: int
    sums: IntArray
    products: IntArray

    def evaluate(self, coefficients: IntArray, points: IntArray) -> IntArray:
        """Values of polynomials (..., d + 1), lowest coefficient first, at points (a,): shape (..., a)."""
        value = np.zeros((*coefficients.shape[:-1], len(points)), dtype=np.int64)
        for coefficient in np.moveaxis(coefficients, -1, 0)[::-1]:
            value = self.sums[self.products[value, points], coefficient[..., None]]
        return value


def finite_field(order: int) -> FiniteField:
    """Return the field of `order` elements; ValueError unless it is a prime power of at most 1024."""
    if isinstance(order, bool) or not isinstance(order, int | np.integer):
        raise TypeError(f"the order of a field must be an integer, not {order!r}")
    prime, degree = prime_power(int(order))
    digits = np.array([_digits(element, prime, degree) for element in range(order)])
    weights = prime ** np.arange(degree)
    sums = ((digits[:, None] + digits[None]) % prime) @ weights
    modulus = _irreducible(prime, degree)
    return FiniteField(int(order), sums, _products(digits, modulus, prime) @ weights)


def prime_power(order: int) -> tuple[int, int]:
    """Return (p, m) with order = p^m and p prime; ValueError if there are none, or order > 1024."""
    if not 2 <= order <= MAX_ORDER:
        raise ValueError(f"the order of a field must be a prime power from 2 to {MAX_ORDER}, not {order}")
    prime = next(p for p in range(2, order + 1) if order % p == 0)
    degree, rest = 0, order
    while rest % prime == 0:
        degree, rest = degree + 1, rest // prime
    if rest != 1:
        raise ValueError(f"the order of a field must be a prime power, not {order}")
    return prime, degree


def _digits(element: int, prime: int, degree: int) -> list[int]:
    return [element // prime**power % prime for power in range(degree)]


def _products(digits: IntArray, modulus: IntArray, prime: int) -> IntArray:
    """Digits of all products, shape (q, q, m): long multiplication, then reduction from the top."""
    q, degree = digits.shape
    full = np.zeros((q, q, 2 * degree - 1), dtype=np.int64)
    for power in range(degree):
        full[:, :, power : power + degree] += digits[:, None, power, None] * digits[None]
    for power in range(2 * degree - 2, degree - 1, -1):
        full[:, :, power - degree : power + 1] -= full[:, :, power, None] * modulus
    return full[:, :, :degree] % prime


def _irreducible(prime: int, degree: int) -> IntArray:
    """A monic polynomial of this degree without factors, lowest coefficient first."""
    monic = {d: _monics(prime, d) for d in range(1, degree)}
    reducible = {
        tuple(np.convolve(left, right) % prime)
        for d in range(1, degree // 2 + 1)
        for left in monic[d]
        for right in monic[degree - d]
    }
    return next(poly for poly in _monics(prime, degree) if tuple(poly) not in reducible)


def _monics(prime: int, degree: int) -> list[IntArray]:
    return [np.array([*low, 1]) for low in product(range(prime), repeat=degree)]
