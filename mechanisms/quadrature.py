"""Quadrature of functions that are smooth between known cuts, and inverses of monotone functions.

Outcomes of auctions jump where bids meet, and payments kink elsewhere; between these cuts integrands are
smooth, and Gauss and Legendre's rule of m points is exact for polynomials of degree 2m - 1 (Davis and
Rabinowitz, Methods of Numerical Integration, ch. 2).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray

BISECTIONS = 56
"""Halvings of an inverse's interval: down to rounding."""


def between_cuts(cuts: FloatArray, points: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights, each `(..., (c - 1) * points)`, for c cuts `(..., c)` in any order, ends included.

    Nodes never coincide with a cut, unless a piece has length 0; then its weights are 0.

    >>> nodes, weights = between_cuts(np.array([0.0, 1.0, 0.5]), 2)
    >>> round(float((weights * nodes**3).sum()), 12)
    0.25
    """
    ends = np.sort(cuts, axis=-1)
    places, parts = _unit_rule(points)
    lengths = np.diff(ends)[..., None]
    shape = (*ends.shape[:-1], (ends.shape[-1] - 1) * points)
    return (ends[..., :-1, None] + lengths * places).reshape(shape), (lengths * parts).reshape(shape)


@lru_cache(maxsize=32)
def _unit_rule(points: int) -> tuple[FloatArray, FloatArray]:
    """Gauss and Legendre's nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return (nodes + 1) / 2, weights / 2


def inverse(
    function: Callable[[FloatArray], FloatArray], levels: ArrayLike, low: ArrayLike, high: ArrayLike
) -> FloatArray:
    """Greatest x in [low, high] with function(x) <= level, elementwise, for a nondecreasing function.

    `low` where there is none. By bisection, so that flat pieces and jumps do no harm.
    """
    levels, low, high = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (levels, low, high)))
    top = high
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = function(middle) <= levels
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(function(top) <= levels, top, low)
