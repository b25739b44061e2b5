"""The all-pay auction with a least bid (Krishna, Auction Theory, ch. 3; contests, lobbying)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import check_field
from mechanisms.auctions.equilibrium import all_pay
from mechanisms.auctions.ranking import lowest_accepted, single_sale, top_one
from mechanisms.conversation import DirectMechanism, check_money
from mechanisms.outcome import Outcome


@dataclass(frozen=True)
class AllPay(DirectMechanism):
    """The highest bidder wins and everyone pays her own bid, or a share of it.

    `reserve` (money, at least 0) is the least bid that is admitted: a lower one is turned away, so that it
    neither wins nor pays. `share`, in (0, 1], is the part of the bids that is paid, by winners and losers
    alike (robust paper, Example 1.2.2: one half). Ties go to the lowest index. Raises TypeError or
    ValueError for a reserve that is no finite amount of at least 0, then for another share.
    """

    reserve: float = 0.0
    share: float = 1.0

    def __post_init__(self) -> None:
        check_money("reserve", self.reserve)
        check_field(self, "share", above=0, at_most=1)

    @property
    def breakpoints(self) -> tuple[float, ...]:  # type: ignore[override]
        """The least bid."""
        return (float(self.reserve),)

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for bids of shape `(..., n)`; ValueError for NaN."""
        reports = np.asarray(reports, dtype=float)
        winner, highest = top_one(reports)
        sale = single_sale(reports.shape, winner, highest, highest, self.reserve)
        admitted = reports >= lowest_accepted(self.reserve)
        return Outcome(sale.allocation, self.share * np.where(admitted, reports, 0.0))

    def equilibrium_bids(self, values: NDArray[Any], n: int, prior: Any) -> NDArray[Any]:
        """The symmetric equilibrium: she pays what she would in expectation if only winners paid.

        See `mechanisms.auctions.equilibrium`, also for the errors.
        """
        return all_pay(prior, n, self.share * self.reserve)(values) / self.share
