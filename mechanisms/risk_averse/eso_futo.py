"""Eső and Futó's auction: revenue without risk from risk-neutral buyers (Economics Letters 1999; Table 1).

The k units go as in Myerson's auction. With x_i(v) the interim payment of type v there, buyer i pays
x_i(v_i) − Σ_{j≠i} (x_j(v_j) − E x_j) / (n − 1): on average what she would pay there, while all payments add
up to Σ_j E x_j whatever the types are. Bayesian incentive compatible and interim individually rational for
risk- neutral buyers, and the best that a risk-averse seller can get from them; neither dominant nor ex-post
individually rational.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.conversation import DirectMechanism, check_count
from mechanisms.distributions import Discrete
from mechanisms.outcome import Outcome

MOST_PROFILES = 1_000_000
"""The most type profiles over which interim payments are averaged."""


@dataclass(frozen=True)
class EsoFutoAuction(DirectMechanism):
    """Sell `units` units to the highest ironed virtual values, for a revenue that does not depend on types.

    priors
        A `Discrete` for each of n >= 2 buyers, independent, values at least 0.
    units
        At least 1.

    Reports are rounded down to the priors' grids; one below is no bid. Who makes no bid gets and pays
    nothing, and moves nobody's payment.

    Raises TypeError for priors that are not `Discrete`, ValueError for fewer than two, for negative values
    and for units < 1, TooLargeError for more than `MOST_PROFILES` profiles.
    """

    priors: Sequence[Discrete]
    units: int = 1

    anonymous: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "priors", tuple(self.priors))
        for i, prior in enumerate(self.priors):
            if not isinstance(prior, Discrete):
                raise TypeError(f"priors[{i}] must be a Discrete, not {prior!r}")
        if len(self.priors) < 2:
            raise ValueError(f"priors must be at least two, one for each buyer, not {len(self.priors)}")
        check_count("units", self.units)
        profiles = int(np.prod([prior.values.size for prior in self.priors], dtype=float))
        if profiles > MOST_PROFILES:
            raise TooLargeError(
                f"priors have {profiles} profiles, more than the {MOST_PROFILES} that are averaged over"
            )
        _ = self._auction

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as there are priors."""
        return len(self.priors)

    @cached_property
    def _auction(self) -> MyersonAuction:
        return MyersonAuction(self.priors, self.units)

    @cached_property
    def interim_payments(self) -> tuple[FloatArray, ...]:
        """x_i: for each buyer, shape (types,), what each type pays on average in Myerson's auction."""
        values = np.array(list(product(*(prior.values for prior in self.priors))))
        chances = np.array(list(product(*(prior.probabilities for prior in self.priors))))
        paid = self._auction.outcome(values).payments
        interim = []
        for i, prior in enumerate(self.priors):
            others = np.delete(chances, i, axis=1).prod(axis=1)
            place = np.searchsorted(prior.values, values[:, i])
            sums = np.bincount(place, weights=others * paid[:, i], minlength=prior.values.size)
            interim.append(sums.astype(np.float64))
        return tuple(interim)

    @cached_property
    def _expected_payments(self) -> FloatArray:
        """E x_j for each buyer, shape (n,)."""
        pairs = zip(self.priors, self.interim_payments, strict=True)
        return np.array([prior.probabilities @ own for prior, own in pairs])

    @property
    def revenue(self) -> float:
        """Σ_j E x_j: what the seller gets, whatever the types are; Myerson's expected revenue."""
        return float(self._expected_payments.sum())

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for reports of shape `(..., n)`; ValueError for another n, or NaN."""
        reports = np.asarray(reports, dtype=float)
        types, bids = self._types(reports)
        rounded = np.where(bids, _of_each([p.values for p in self.priors], types), -np.inf)
        allocation = self._auction.outcome(rounded).allocation
        due = _of_each(list(self.interim_payments), types)
        surprise = np.where(bids, due - self._expected_payments, 0.0)
        from_others = (surprise.sum(axis=-1, keepdims=True) - surprise) / (len(self.priors) - 1)
        return Outcome(allocation, np.where(bids, due - from_others, 0.0))

    def _types(self, reports: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Indices of the reports on the grids, and who bids; shapes (..., n)."""
        n = len(self.priors)
        if reports.ndim == 0 or reports.shape[-1] != n or np.isnan(reports).any():
            raise ValueError(f"reports must be {n} numbers each, not NaN, got shape {reports.shape}")
        places = np.stack([
            np.searchsorted(prior.values, reports[..., i] * (1 + 1e-12), side="right") - 1
            for i, prior in enumerate(self.priors)
        ], axis=-1)
        return np.maximum(places, 0), places >= 0


def _of_each(tables: Sequence[FloatArray], types: NDArray[np.intp]) -> FloatArray:
    """Look each buyer's type up in her table; shape (..., n)."""
    return np.stack([table[types[..., i]] for i, table in enumerate(tables)], axis=-1)
