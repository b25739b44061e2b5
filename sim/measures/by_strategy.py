"""By strategy: what buyers who answer alike gain in an auction, side payments counted, from the records.

The series behind an estimate are the finished auctions in the order of opening; its interval is that of a
ratio, gains over takings part, by batch means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.measures.batch_means import Estimate, batch_ratio
from sim.measures.shares import SELDOM
from sim.measures.surplus import surplus_of

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    Tables = Mapping[str, pandas.DataFrame]


@dataclass(frozen=True)
class StrategyMeasures:
    """What the buyers of one strategy gained.

    buyers, taken_part
        How many names bid by it, and how often one of them was asked in a finished auction.
    payoff
        Money for each time: value of what was won less what was paid to sellers, and side payments received
        less those paid. They are spread evenly over all auctions, so that the interval leaves them out.
    side_payments
        The part of that which is side payments.
    """

    strategy: str
    buyers: int
    taken_part: int
    payoff: Estimate
    side_payments: float


def strategy_measures(tables: Tables, steady: bool = True) -> list[StrategyMeasures]:
    """What the buyers of each strategy gained, in the order in which strategies first stand in `agents`.

    Without intervals if there is no steady state, or where hardly any auction brought a strategy anything.
    """
    agents = tables["agents"]
    names = list(dict.fromkeys(agents["strategy"].astype(str)))
    of_names = agents["strategy"].astype(str).map(names.index).tolist()
    of_buyer = dict(zip(agents["bidder_id"].tolist(), of_names, strict=True))
    counts = np.bincount(list(of_buyer.values()), minlength=len(names))
    gained, taken = _by_auction(tables, of_buyer, len(names))
    moved = _side_payments(tables, of_buyer, len(names))
    found = []
    for number, name in enumerate(names):
        times = int(taken[:, number].sum())
        each = float(moved[number] / times) if times else 0.0
        estimate = batch_ratio(gained[:, number], taken[:, number])
        if not steady or np.count_nonzero(gained[:, number]) < SELDOM:
            estimate = estimate.without_interval()
        payoff = Estimate(estimate.mean + each, estimate.half_width, estimate.batches)
        found.append(StrategyMeasures(name, int(counts[number]), times, payoff, each))
    return found


def _by_auction(
    tables: Tables, of_buyer: Mapping[int, int], count: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Gains, and how many took part, by finished auction and strategy: shapes (auctions, strategies)."""
    auctions, trade = tables["auctions"], tables["transactions"]
    done = auctions[auctions["status"] != "unfinished"].sort_values("opened", kind="stable")
    order = done["auction"].to_numpy()
    asked = tables["messages"][["auction", "bidder_id"]].drop_duplicates()
    ones = np.ones(len(asked))
    return (
        _spread(trade, surplus_of(trade).fillna(0.0).to_numpy(), of_buyer, order, count),
        _spread(asked, ones, of_buyer, order, count),
    )


def _spread(
    rows: pandas.DataFrame, amounts: Any, of_buyer: Mapping[int, int], order: NDArray[Any], count: int
) -> NDArray[np.float64]:
    """Amounts added up by auction, in this order, and strategy."""
    totals = np.zeros((len(order), count))
    if not len(order):
        return totals
    places = np.argsort(order)
    found = np.searchsorted(order, rows["auction"].to_numpy(), sorter=places)
    found = places[np.minimum(found, len(order) - 1)]
    known = order[found] == rows["auction"].to_numpy()
    strategies = rows["bidder_id"].map(of_buyer).to_numpy()
    np.add.at(totals, (found[known], strategies[known]), amounts[known])
    return totals


def _side_payments(tables: Tables, of_buyer: Mapping[int, int], count: int) -> NDArray[np.float64]:
    """What the buyers of each strategy received from others less what they paid them, in all.

    Of a person with several names the first one's strategy has it.
    """
    agents, transfers = tables["agents"], tables["transfers"]
    first = agents.drop_duplicates("person_id").set_index("person_id")["bidder_id"].map(of_buyer)
    moved = np.zeros(count)
    amounts = transfers["amount"].to_numpy()
    np.add.at(moved, transfers["to_person"].map(first).to_numpy(dtype=np.intp), amounts)
    np.add.at(moved, transfers["from_person"].map(first).to_numpy(dtype=np.intp), -amounts)
    return moved
