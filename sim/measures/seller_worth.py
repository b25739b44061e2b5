"""What a seller's auctions are worth to her, who may be averse to risk (risk-averse seller, Section 1).

The market's counterpart of `ExpectedOutcome.seller_utility`: means over the auctions that were held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agents.seller import Seller
from mechanisms.distributions import Discrete, Distribution, IndependentPrior
from mechanisms.types import one_good
from mechanisms.utilities import Utility
from sim.measures.batch_means import Estimate, batch_means
from sim.records import Column, Table

if TYPE_CHECKING:
    import pandas

    from sim.market.market import Market
    from sim.records import Records

LARGEST = 20_000
"""Buyers × values up to which a bound on utility is computed for a benchmark."""

WORTHS = Table("worths", "One row for each seller who is averse to risk, written when the run ends.", (
    Column("seller_id", "int32", "", "the seller"),
    Column("utility", "category", "", "her attitude to the risk of one auction's revenue"),
    Column("auctions", "int32", "", "how many she finished"),
    Column("revenue", "float64", "money", "of an auction, on average"),
    Column("expected_utility", "float64", "utility", "hers of an auction's revenue, on average"),
    Column("half_width", "float64", "utility", "half of its 95% confidence interval; NaN for too few"),
    Column("certainty_equivalent", "float64", "money", "the sure revenue that is worth as much to her"),
    Column("utility_bound", "float64", "utility", "no dominant-strategy mechanism, ex-post IR and without "
                                                  "money to buyers, has more; NaN if not known"),
))


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


# --- in the records ---------------------------------------------------------------------------------


def record_worths(market: Market, records: Records | None = None) -> None:
    """Write what auctions are worth to the sellers who are averse to risk; without one there is no table.

    Read from, and written to, the market's records, or others given.
    """
    averse = [seller for seller in market.sellers if not seller.plan.utility.is_risk_neutral]
    if not averse:
        return
    records = market.records if records is None else records
    records.add(WORTHS)
    auctions, table = records.frame("auctions"), records["worths"]
    finished = auctions[auctions["status"] != "unfinished"]
    for seller in averse:
        own, utility = finished[finished["seller_id"] == seller.number], seller.plan.utility
        worth = seller_worth(own, utility)
        numbers = own["bidders"].unique().tolist()
        bound = utility_bound(market, seller, numbers[0]) if len(numbers) == 1 else np.nan
        table.row(
            seller.number, table.code("utility", str(utility)), len(own), worth.revenue.mean,
            worth.utility.mean, worth.utility.half_width, worth.certainty_equivalent, bound,
        )


def utility_bound(market: Market, seller: Seller, bidders: int) -> float:
    """No dominant-strategy mechanism is worth more to this seller; NaN where that is not known.

    None that is ex-post individually rational and pays nothing to buyers. It is known for independent bidders
    with finitely many values, and units of one good (`utility_bounds`).
    """
    from mechanisms.risk_averse import utility_bounds

    priors = _priors(market, seller, bidders)
    units = seller.plan.mechanism.space.units
    size = sum(prior.values.size for prior in priors)
    if not priors or size > LARGEST or seller.plan.mechanism.space != one_good(units):
        return float(np.nan)
    values, chances = [prior.values for prior in priors], [prior.probabilities for prior in priors]
    return utility_bounds(values, chances, units, seller.plan.utility).least


def _priors(market: Market, seller: Seller, bidders: int) -> list[Discrete]:
    """The independent finite distributions of the bidders' values; none where there are no such."""
    prior = market.entry(seller).prior or market.nature.prior
    each: list[Distribution] = []
    if isinstance(prior, Distribution):
        each = [prior] * bidders
    elif isinstance(prior, IndependentPrior) and prior.n == bidders:
        each = list(prior.marginals)
    found = [one for one in each if isinstance(one, Discrete) and one.values[0] >= 0]
    return found if len(found) == len(each) and any(one.values[-1] > 0 for one in found) else []
