"""Cover-free families from Reed–Solomon codes (buy-many paper, Definition 3; Kautz and Singleton 1964).

A family of sets is k-cover-free if no set lies in the union of k others.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from mechanisms.menus.finite_fields import finite_field

MAX_CELLS = 50_000_000
"""The largest family that is built: sets times items."""


def cover_free_family(q: int, degree: int) -> NDArray[np.int64]:
    """Return the graphs of all polynomials of at most this degree over the field of order q.

    Shape (q^(degree + 1), q²): rows are indicator vectors of sets of q items; item a·q + b stands for
    "the polynomial is b at a". Two polynomials agree in at most `degree` places, so the family is
    k-cover-free for every k <= (q − 1) / degree (see `cover_free_strength`).

    Raises ValueError if q is no prime power, if degree is not in 0 … q − 1, or if the family is too large.
    """
    field = finite_field(q)
    d = _degree(q, degree)
    if q ** (d + 3) > MAX_CELLS:
        raise ValueError(
            f"degree {degree} over {q} elements makes {q ** (d + 1)} sets over {q * q} items: too large"
        )
    coefficients = np.array(list(product(range(q), repeat=d + 1)))
    values = field.evaluate(coefficients, np.arange(q))
    family = np.zeros((len(values), q, q), dtype=np.int64)
    family[np.arange(len(values))[:, None], np.arange(q), values] = 1
    return family.reshape(len(values), q * q)


def cover_free_strength(q: int, degree: int) -> float:
    """The k up to which `cover_free_family(q, degree)` is known to be k-cover-free; inf for disjoint sets."""
    d = _degree(q, degree)
    return np.inf if d == 0 else (q - 1) // d


def _degree(q: int, degree: int) -> int:
    if isinstance(degree, bool) or not isinstance(degree, int | np.integer):
        raise TypeError(f"degree must be an integer, not {degree!r}")
    if not 0 <= degree < q:
        raise ValueError(f"degree must be from 0 to {q - 1}, below the order of the field, not {degree}")
    return int(degree)
