"""Sealed auctions of k units to buyers who want one each (Krishna, Auction Theory, chs. 12 and 13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.equilibrium import pay_as_bid
from mechanisms.auctions.ranking import k_highest, lowest_accepted
from mechanisms.auctions.risk_averse import risk_averse_schedule
from mechanisms.conversation import DirectMechanism, check_count, check_money
from mechanisms.outcome import Outcome
from mechanisms.utilities import Utility


@dataclass(frozen=True)
class _UnitDemandAuction(DirectMechanism):
    """The `supply` highest bidders who meet the reserve win one unit each; the pricing is the subclass's."""

    supply: int = 1
    reserve: float = 0.0

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_count("supply", self.supply)
        check_money("reserve", self.reserve)

    @property
    def units(self) -> int:  # type: ignore[override]
        """The supply."""
        return self.supply

    def _ranked(self, bids: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[Any]]:
        """Who wins a unit, `(..., n)`, and the highest bid that would lose without the reserve, `(...)`."""
        among, next_highest = k_highest(bids, self.supply)
        return among & (bids >= lowest_accepted(self.reserve)), next_highest


@dataclass(frozen=True)
class UniformPrice(_UnitDemandAuction):
    """The k highest bidders win and all pay the (k+1)st highest bid, or the reserve if that is higher.

    k is `supply`, at least 1; `reserve` is money, at least 0. With unit demand truth is a dominant strategy.
    Ties go to the lowest index. Raises TypeError or ValueError for a supply that is no integer of at least
    1, then for a reserve that is no finite amount of at least 0.
    """

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for bids of shape `(..., n)`; ValueError for NaN."""
        bids = np.asarray(reports, dtype=float)
        wins, next_highest = self._ranked(bids)
        price = np.maximum(next_highest, self.reserve)
        return Outcome(wins.astype(float), np.where(wins, price[..., None], 0.0))


@dataclass(frozen=True)
class Discriminatory(_UnitDemandAuction):
    """The k highest bidders win and each pays her own bid, if it meets the reserve.

    k is `supply`, at least 1; `reserve` is money, at least 0. With one unit it is the first-price auction.
    Ties go to the lowest index. Raises TypeError or ValueError for a supply that is no integer of at least
    1, then for a reserve that is no finite amount of at least 0.
    """

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for bids of shape `(..., n)`; ValueError for NaN."""
        bids = np.asarray(reports, dtype=float)
        wins, _ = self._ranked(bids)
        return Outcome(wins.astype(float), np.where(wins, np.maximum(bids, self.reserve), 0.0))

    def equilibrium_bids(self, values: NDArray[Any], n: int, prior: Any) -> NDArray[Any]:
        """The symmetric equilibrium: the k-th highest rival value, or the reserve, given that one wins.

        See `mechanisms.auctions.equilibrium`, also for the errors.
        """
        return pay_as_bid(prior, n, self.supply, self.reserve)(values)

    def risk_averse_bids(self, values: NDArray[Any], n: int, prior: Any, utility: Utility) -> NDArray[Any]:
        """The symmetric equilibrium of bidders who share a utility; `mechanisms.auctions.risk_averse`."""
        return risk_averse_schedule(utility, prior, n, self.supply, self.reserve)(values)
