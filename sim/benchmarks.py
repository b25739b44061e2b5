"""Benchmarks of a run: what the optimal auction would earn from as many bidders (Myerson 1981)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.market import Market


def record_benchmarks(market: Market) -> None:
    """Write the optimal auction's revenue for each number of bidders that a finished auction had.

    For bidders with independent values from the market's one prior, and one unit of one good; elsewhere
    nothing is written.
    """
    from mechanisms.distributions import Distribution
    from mechanisms.myerson import optimal_revenue

    prior = market.nature.prior
    sold = [seller.plan.mechanism for seller in market.sellers]
    if not (isinstance(prior, Distribution) and prior.support[0] >= 0 and math.isfinite(prior.mean)):
        return
    if any(mechanism.units > 1 or mechanism.items > 1 for mechanism in sold):
        return
    auctions = market.records.frame("auctions")
    numbers = sorted(set(auctions.loc[auctions["status"] != "unfinished", "bidders"].tolist()))
    table = market.records["benchmarks"]
    for bidders in numbers:
        table.row(bidders, optimal_revenue(prior, bidders))
