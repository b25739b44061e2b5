"""The sealed first-price auction with a reserve price (Vickrey 1961; Krishna, Auction Theory, ch. 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.equilibrium import pay_as_bid
from mechanisms.auctions.ranking import single_sale, top_one
from mechanisms.auctions.risk_averse import risk_averse_schedule
from mechanisms.conversation import DirectMechanism, check_money
from mechanisms.outcome import Outcome
from mechanisms.utilities import Utility


@dataclass(frozen=True)
class FirstPrice(DirectMechanism):
    """The highest bidder wins and pays her bid, if it meets the reserve.

    `reserve` is money, at least 0. A bid equal to the reserve wins; ties go to the lowest index. Raises
    TypeError or ValueError for a reserve that is no finite amount of at least 0.
    """

    reserve: float = 0.0

    ex_post_ir: ClassVar[bool] = True
    highest_rival_decides: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_money("reserve", self.reserve)

    @property
    def breakpoints(self) -> tuple[float, ...]:  # type: ignore[override]
        """The reserve."""
        return (float(self.reserve),)

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for bids of shape `(..., n)`; ValueError for NaN."""
        reports = np.asarray(reports, dtype=float)
        winner, highest = top_one(reports)
        return single_sale(reports.shape, winner, highest, highest, self.reserve)

    def equilibrium_bids(self, values: NDArray[Any], n: int, prior: Any) -> NDArray[Any]:
        """The symmetric equilibrium: the highest rival value, or the reserve, expected given that one wins.

        See `mechanisms.auctions.equilibrium`, also for the errors.
        """
        return pay_as_bid(prior, n, 1, self.reserve)(values)

    def risk_averse_bids(self, values: NDArray[Any], n: int, prior: Any, utility: Utility) -> NDArray[Any]:
        """The symmetric equilibrium of bidders who share a utility; `mechanisms.auctions.risk_averse`."""
        return risk_averse_schedule(utility, prior, n, 1, self.reserve)(values)
