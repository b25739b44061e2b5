"""Truth of one buyer who is offered a lottery for each report: the linear constraints (Sections 2 and 4).

A lottery h(v, c) gives, for a report v, the probability of each of several consequences c: a unit at price
p_j, or in Appendix D also no unit at payment p_j. What remains to 1 is nothing, which is worth 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechanisms._validation import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def incentive_rows(worth: FloatArray) -> csr_array:
    """Rows A with A h <= 0 where no type gains by another's report; h is flat, of shape (types · c,).

    `worth` has shape (types, c): each type's utility of each consequence. The row of types (v, w) says
    Σ_c worth(v, c) (h(w, c) − h(v, c)) <= 0.
    """
    from scipy.sparse import coo_array, csr_array

    types, c = worth.shape
    truth, lie = np.nonzero(~np.eye(types, dtype=bool))
    rows = np.repeat(np.arange(truth.size), c)
    columns = np.arange(c)
    own = (truth[:, None] * c + columns).ravel()
    other = (lie[:, None] * c + columns).ravel()
    entries = worth[truth].ravel()
    places = (np.concatenate([rows, rows]), np.concatenate([own, other]))
    return csr_array(coo_array((np.concatenate([-entries, entries]), places), shape=(truth.size, types * c)))


def one_consequence_rows(types: int, c: int) -> csr_array:
    """Rows A with A h <= 1: each type's lottery has at most one consequence."""
    from scipy.sparse import csr_array, eye_array, kron

    return csr_array(kron(eye_array(types), np.ones((1, c))))


def gain_from_lying(worth: FloatArray, lottery: FloatArray) -> float:
    """The most that any type gains in expected utility by another's report; at most 0 where truth is best.

    `worth` and `lottery` have shape (types, c).
    """
    expected = worth @ lottery.T
    return float((expected - np.diag(expected)[:, None]).max())
