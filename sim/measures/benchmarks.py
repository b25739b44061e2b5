"""Benchmarks of a run: what the optimal auction would earn from as many bidders (Myerson 1981)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.measures.seller_worth import record_worths

if TYPE_CHECKING:
    from sim.market.market import Market
    from sim.records import Records


def record_benchmarks(market: Market, records: Records | None = None) -> None:
    """Write the optimal auction's revenue for each number of bidders that a finished auction had.

    The numbers are read from, and the benchmarks written to, the market's records, or others given. Nothing
    is written where there is no such benchmark. For sellers who are averse to risk see `record_worths`, which
    is called too.
    """
    record_worths(market, records)
    optimum = optimum_of(market)
    if optimum is None:
        return
    records = market.records if records is None else records
    auctions = records.frame("auctions")
    numbers = sorted(set(auctions.loc[auctions["status"] != "unfinished", "bidders"].tolist()))
    table = records["benchmarks"]
    for bidders in numbers:
        table.row(bidders, optimum(bidders))


def optimum_of(market: Market) -> Callable[[int], float] | None:
    """The optimal auction's expected revenue by the number of bidders.

    For bidders with independent values from the market's one prior, and one unit of one good; None elsewhere,
    also where a panel of buyers has a prior of its own.
    """
    from mechanisms.auctions.myerson import optimal_revenue
    from mechanisms.distributions import Distribution
    from mechanisms.types import OneGood

    prior = market.nature.prior
    if any(entry.prior is not None for entry in market.entries):
        return None
    sold = [seller.plan.mechanism for seller in market.sellers]
    if not (isinstance(prior, Distribution) and prior.support[0] >= 0 and math.isfinite(prior.mean)):
        return None
    if any(mechanism.space != OneGood() for mechanism in sold):
        return None
    return lambda bidders: optimal_revenue(prior, bidders)
