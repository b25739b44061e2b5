"""Priors with finitely many profiles that lie on no grid, so that many buyers need no table."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, float_array, probability_array, read_only
from mechanisms.distributions.prior import Prior


class AtomicPrior(Prior):
    """A probability for each of P profiles.

    Parameters
    ----------
    profiles
        Shape (P, n), P >= 1: finite values of n buyers in each.
    probabilities
        Shape (P,): nonnegative, of sum 1. Profiles of probability 0 are left out.

    Raises TypeError or ValueError for anything else.
    """

    def __init__(self, profiles: ArrayLike, probabilities: ArrayLike) -> None:
        rows, weights = float_array("profiles", profiles), probability_array("probabilities", probabilities)
        if rows.ndim != 2 or 0 in rows.shape:
            raise ValueError(f"profiles must be rows of an array (P, n), P, n >= 1, not shape {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError(f"profiles must be finite, not {rows[~np.isfinite(rows)][0]}")
        if weights.shape != (len(rows),):
            raise ValueError(f"probabilities must be one for each of {len(rows)} profiles, "
                             f"not of shape {weights.shape}")
        self.profiles = read_only(rows[weights > 0])
        self.probabilities = read_only(weights[weights > 0])
        self._cumulative = np.cumsum(self.probabilities)[:-1]

    @property
    def n(self) -> int:
        """The number of buyers."""
        return self.profiles.shape[1]

    @property
    def uniforms_per_profile(self) -> int:
        """One."""
        return 1

    @property
    def mean(self) -> FloatArray:
        """Each buyer's expected value, shape (n,)."""
        return self.expectation(self.profiles)

    def expectation(self, function: ArrayLike) -> FloatArray:
        """Expected value of a function given on the profiles, shape (P, ...): shape (...)."""
        return np.tensordot(self.probabilities, np.asarray(function, dtype=float), axes=1)

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        return self.profiles[np.searchsorted(self._cumulative, u[..., 0], side="right")]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AtomicPrior):
            return NotImplemented
        mine, theirs = (self.profiles, self.probabilities), (other.profiles, other.probabilities)
        return all(map(np.array_equal, mine, theirs))

    def __hash__(self) -> int:
        return hash((self.profiles.tobytes(), self.probabilities.tobytes()))

    def __reduce__(self) -> tuple[object, ...]:
        return AtomicPrior, (self.profiles, self.probabilities)

    def __repr__(self) -> str:
        if self.profiles.size <= 12:
            return f"AtomicPrior({self.profiles.tolist()}, {self.probabilities.tolist()})"
        return f"<AtomicPrior of {len(self.profiles)} profiles of {self.n} buyers>"
