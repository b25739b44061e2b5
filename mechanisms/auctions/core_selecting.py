"""Core-selecting auctions of two items, with two local bidders and a global one (Ausubel and Baranov 2020).

Bidder 0 wants the first item, bidder 1 the second, bidder 2 only both. The highest bids win: the locals if
theirs add up to at least the global bid B, which is then what the seller earns in every core outcome that is
best for the bidders. Local i pays at least her VCG payment max(B - b_j, 0), and at most b_i; of these
divisions of B the rule takes the one nearest to a point of reference (Day and Cramton 2012).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.comparison import at_least
from mechanisms.conversation import DirectMechanism
from mechanisms.outcome import Outcome
from mechanisms.types import Packages

BIDDERS = 3
PACKAGES = Packages(((0,), (1,), (0, 1)))


@dataclass(frozen=True)
class _CoreSelecting(DirectMechanism):
    """What the rules share: reports of shape `(..., 3)`, each a bid on the bidder's own package.

    An allocation of 1 means that a bidder gets the package she wants; at most two do. If the locals together
    bid as much as the global bidder, they win. Bids must be at least 0, or `-inf` for none.
    """

    least_buyers: ClassVar[int] = BIDDERS
    anonymous: ClassVar[bool] = False
    ex_post_ir: ClassVar[bool] = True

    @property
    def space(self) -> Packages:
        """The first item for bidder 0, the second for bidder 1, both for bidder 2."""
        return PACKAGES

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The winners and what they pay. Raises ValueError for another shape or bid."""
        bids, present = _checked(reports)
        locals_win = at_least(bids[..., 0] + bids[..., 1], bids[..., 2]) & present[..., :2].any(axis=-1)
        wins = present & np.where(np.arange(BIDDERS) < 2, locals_win[..., None], ~locals_win[..., None])
        prices = np.empty(bids.shape)
        prices[..., 0] = self._first_share(bids)
        prices[..., 1] = bids[..., 2] - prices[..., 0]
        prices[..., 2] = bids[..., 0] + bids[..., 1]
        return Outcome(wins.astype(float), np.where(wins, np.clip(prices, 0.0, bids), 0.0))

    def _first_share(self, bids: FloatArray) -> FloatArray:
        """Bidder 0's part of the global bid: the reference projected on the segment of core payments."""
        first, second = self._reference(bids)
        least, most = vcg_payments(bids)[0], np.minimum(bids[..., 0], bids[..., 2])
        return np.clip((bids[..., 2] + first - second) / 2, least, np.maximum(least, most))

    @abstractmethod
    def _reference(self, bids: FloatArray) -> tuple[Any, Any]:
        """The locals' payments, each `(...)`, to which theirs shall be nearest."""


@dataclass(frozen=True)
class NearestZero(_CoreSelecting):
    """The locals' payments are nearest to zero: as equal as their bids allow (the proxy rule)."""

    def _reference(self, bids: FloatArray) -> tuple[Any, Any]:
        return 0.0, 0.0


@dataclass(frozen=True)
class NearestBid(_CoreSelecting):
    """The locals' payments are nearest to their bids: both save the same, unless one pays 0."""

    def _reference(self, bids: FloatArray) -> tuple[Any, Any]:
        return bids[..., 0], bids[..., 1]


@dataclass(frozen=True)
class NearestVCG(_CoreSelecting):
    """The locals' payments are nearest to their VCG payments (Day and Cramton 2012)."""

    @property
    def name(self) -> str:
        """Name for tables."""
        return "nearest VCG"

    def _reference(self, bids: FloatArray) -> tuple[Any, Any]:
        return vcg_payments(bids)


def vcg_payments(bids: NDArray[Any]) -> tuple[Any, Any]:
    """The winning locals' VCG payments max(B - b_j, 0), each `(...)`, for bids `(..., 3)`."""
    return np.maximum(bids[..., 2] - bids[..., 1], 0.0), np.maximum(bids[..., 2] - bids[..., 0], 0.0)


def _checked(reports: NDArray[Any]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Bids with 0 for none, and who bids."""
    bids = np.asarray(reports, dtype=float)
    if bids.ndim == 0 or bids.shape[-1] != BIDDERS:
        raise ValueError(f"reports must have shape (..., {BIDDERS}), got {np.shape(reports)}")
    present = bids > -np.inf
    acceptable = ~present | ((bids >= 0) & (bids < np.inf))
    if not (acceptable & ~np.isnan(bids)).all():
        raise ValueError("reports must be finite numbers of at least 0, or -inf for no bid")
    return np.where(present, bids, 0.0), present
