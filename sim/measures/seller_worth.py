"""What a seller's auctions are worth to her, who may be averse to risk (risk-averse seller, Section 1).

The market's counterpart of `ExpectedOutcome.seller_utility`: means over the auctions that were held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mechanisms.utilities import Utility
from sim.measures.batch_means import Estimate, batch_means

if TYPE_CHECKING:
    import pandas

    from sim.market.market import Market


@dataclass(frozen=True)
class SellerWorth:
    """Means over one seller's auctions.

    revenue
        Money for each auction.
    utility
        Hers, of one auction's revenue.
    certainty_equivalent
        The sure revenue for each auction that is worth as much to her, at the mean utility; NaN where there
        was no auction.
    """

    revenue: Estimate
    utility: Estimate
    certainty_equivalent: float


def seller_worth(auctions: pandas.DataFrame, utility: Utility) -> SellerWorth:
    """What the finished auctions of a table are worth to a seller of this utility."""
    revenue = auctions.loc[auctions.status != "unfinished", "revenue"].to_numpy(float)
    felt = batch_means(utility(revenue))
    sure = float(utility.inverse(min(felt.mean, utility.supremum))) if len(revenue) else float(np.nan)
    return SellerWorth(batch_means(revenue), felt, sure)


def worth_to_sellers(market: Market) -> list[SellerWorth]:
    """The same for each seller of a market, in their order, by the utility of her plan."""
    auctions = market.records.frames()["auctions"]
    return [
        seller_worth(auctions[auctions.seller_id == seller.number], seller.plan.utility)
        for seller in market.sellers
    ]
