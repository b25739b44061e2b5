"""What came of ℳ among neighbours: money and shares room by room, and what each kind of person kept and cost.

Everything but the twins' revenue is read from the records. The k-th auctions of all rooms meet the same
values: rooms differ in what they know, and in the seller's coins. A figure over several rooms is that of one
series, whose k-th entry is the mean of the rooms' k-th auctions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions import SecondPrice
from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.conservative import LookaheadAuction
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions import IndependentPrior, Prior
from sim.measures.batch_means import Estimate, batch_means, batch_ratio
from sim.measures.comparison import Figure, Sentence, comparison_table
from sim.measures.surplus import surplus_of

if TYPE_CHECKING:
    import pandas

BATCHES = 10
"""Batches of auctions where several rooms are put together."""

EXPLANATION = (
    "Money an auction; all rooms, and all auctions beside ℳ, meet the same values. ℳ: price less rewards, as "
    "recorded. Optimal, where it stands: of a seller who knows the prior. Share: of the gap from the star's "
    "best price without neighbours (lookahead, which knows the prior too) to the highest value, what ℳ "
    "closes. ± is the half-width of a 95% confidence interval by batch means; – where the run is too short "
    "to tell: of a share, with fewer than ten random offers."
)
TELLING = 50
"""How many equal gaps the gaps of auctions must weigh as much as, for an interval of a ratio over them."""
RANDOM = 10
"""How many random offers such an interval takes."""
MONEY = ("ℳ", "Vickrey", "lookahead", "optimal", "highest")
"""Columns that are shown to a hundredth."""
COMMON_BINS = "All who know a person know her in the same bins: a second neighbour adds nothing."
COST_EXPLANATION = (
    "Cost: what ℳ would have earned more an auction from an all honest town, on the same values and coins; "
    "beside it the share of the gap as it is, and as it would have been (dashed in the plot)."
)
EARNED_EXPLANATION = (
    "Kept: value less price, and rewards, of one person of the kind in an auction; over the rooms with ties, "
    "counted alike."
)
GAIN_EXPLANATION = (
    "Gain: kept beyond what the same seats would have kept in an all honest town. Cost: what the seller "
    "loses where this kind is there and all others are honest."
)


@dataclass(frozen=True)
class RoomResult:
    """A finished auctions of one room, in order.

    auctions
        Shape (A,): their numbers.
    revenue
        Shape (A,).
    values, payoffs, rewards
        Shape (A, n): true values, and what each seat kept in all, and in rewards.
    tails
        Shape (A,): whether beliefs were asked for, and the good was not offered at random.
    """

    auctions: NDArray[np.int64]
    revenue: NDArray[np.float64]
    values: NDArray[np.float64]
    payoffs: NDArray[np.float64]
    rewards: NDArray[np.float64]
    tails: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> RoomResult:
        """Some of its auctions, a mask of shape (A,)."""
        return RoomResult(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


def results_of(tables: Mapping[str, pandas.DataFrame], rooms: int, n: int) -> list[RoomResult]:
    """What the records tell of each of so many rooms of n people."""
    done = tables["auctions"].query("status != 'unfinished'").sort_values("auction")
    asked = tables["messages"]
    first = asked[asked["question_number"] == 0].sort_values(["auction", "bidder_id"])
    with_beliefs = asked.loc[asked["question_number"] == 1, "auction"].unique()
    trade = tables["transactions"]
    kept = surplus_of(trade)
    rewarded = -trade["payment"].where(trade["cause"] == "reward", 0.0)
    results = []
    for number in range(rooms):
        held = done.loc[done["seller_id"] == number, "auction"].to_numpy()
        revenue = done.loc[done["seller_id"] == number, "revenue"].to_numpy(dtype=float)
        values = first.loc[first["auction"].isin(held), "value"].to_numpy(dtype=float).reshape(-1, n)
        table = partial(_by_seat, trade, held, n)
        tails = np.isin(held, with_beliefs)
        results.append(RoomResult(held, revenue, values, table(kept), table(rewarded), tails))
    return results


def _by_seat(
    trade: pandas.DataFrame, held: NDArray[Any], n: int, amounts: pandas.Series[float]
) -> NDArray[np.float64]:
    """Sums of amounts by auction and seat."""
    inside = trade["auction"].isin(held).to_numpy()
    totals = np.zeros((len(held), n))
    rows = np.searchsorted(held, trade["auction"].to_numpy()[inside])
    np.add.at(totals, (rows, trade["bidder_id"].to_numpy()[inside] % n), amounts.to_numpy()[inside])
    return totals


def comparisons(prior: Prior, results: Sequence[RoomResult]) -> list[dict[str, Figure]]:
    """For each room: ℳ, the auctions beside it on the same profiles, and the share of the gap closed.

    Among them is the optimal auction of a seller who knows the prior, where values are independent.
    """
    beside: dict[str, DirectMechanism] = {"Vickrey": SecondPrice(), "lookahead": LookaheadAuction(prior)}
    if isinstance(prior, IndependentPrior):
        beside["optimal"] = MyersonAuction(prior.marginals)
    rows = []
    for result in results:
        series = {name: auction.outcome(result.values).revenue for name, auction in beside.items()}
        money = {"ℳ": result.revenue, **series, "highest": result.values.max(axis=1)}
        row = {name: Figure(batch_means(earned)) for name, earned in money.items()}
        row["share of gap"] = Figure(share_of_gap(prior, result, result.revenue))
        rows.append(row)
    return rows


def shares_beside(rows: Sequence[Mapping[str, Figure]]) -> dict[str, float]:
    """The share of the same gap that the auctions beside ℳ close, over all rooms; lookahead's is 0."""
    means = {name: sum(row[name].estimate.mean for row in rows) for name in rows[0]}
    gap = means["highest"] - means["lookahead"]
    names = [name for name in ("Vickrey", "optimal") if name in means]
    return {name: (means[name] - means["lookahead"]) / gap for name in names} if gap > 0 else {}


def share_of_gap(prior: Prior, result: RoomResult, revenue: NDArray[np.float64]) -> Estimate:
    """How much of the gap from the lookahead auction to the highest value some revenue (A,) closes.

    Gaps have a heavy tail, and now and then the good is offered at random. Where a few gaps make up the sum,
    or few offers were random, batches do not tell how far the ratio may be off: there is no interval unless
    the gaps weigh as much as TELLING equal ones, and RANDOM offers or more were random.
    """
    known = LookaheadAuction(prior).outcome(result.values).revenue
    gaps = result.values.max(axis=1) - known
    estimate = batch_ratio(revenue - known, gaps)
    squares = float(gaps @ gaps)
    equal = float(gaps.sum()) ** 2 / squares if squares > 0 else 0.0
    told = equal >= TELLING and int((~result.tails).sum()) >= RANDOM
    return estimate if told else estimate.without_interval()


def over_rooms(series: Sequence[NDArray[np.float64]]) -> Estimate:
    """The mean of one series (A,) for each room, rooms counted alike.

    Rooms meet the same values, so that their k-th auctions go together; auctions are batched, because
    learners remember. A room that has held more auctions than another is cut to its length. The interval is
    NaN where there are fewer auctions than BATCHES.
    """
    held = min(len(each) for each in series)
    return batch_means(np.mean([each[:held] for each in series], axis=0), BATCHES)


def earnings(
    seats: NDArray[np.intp],
    kinds: Sequence[str],
    results: Sequence[RoomResult],
    honest: Sequence[RoomResult],
    alone: Mapping[str, Sequence[RoomResult]],
) -> dict[str, dict[str, Figure]]:
    """For each kind that is there: what one of them kept an auction, its gain and its reward, and its cost.

    All over the rooms but the first, which has no ties.

    seats
        Shape (n,): the kind of each seat, as an index into `kinds`.
    honest
        The same auctions in an all honest town: what is kept beyond it is the gain.
    alone
        By kind that is not honest, the same auctions with all others honest: what the seller earns less than
        in an all honest town is the cost.
    """
    rows = {}
    for k, kind in enumerate(kinds):
        mine = seats == k
        if not mine.any():
            continue
        pairs = list(zip(results, honest, strict=True))[1:]
        figures = {
            "kept": over_rooms([one.payoffs[:, mine].mean(axis=1) for one, _ in pairs]),
            "rewards, millionths": over_rooms([1e6 * one.rewards[:, mine].mean(axis=1) for one, _ in pairs]),
        }
        if alone:
            gains = [(one.payoffs - other.payoffs)[:, mine].mean(axis=1) for one, other in pairs]
            figures["gain"] = over_rooms(gains)
        if kind in alone:
            figures["cost the seller"] = over_rooms(losses(honest, alone[kind])[1:])
        rows[f"{kind} ({int(mine.sum())})"] = {name: Figure(each) for name, each in figures.items()}
    return rows


def losses(honest: Sequence[RoomResult], others: Sequence[RoomResult]) -> list[NDArray[np.float64]]:
    """For each room what the seller lost in each auction to those who are not honest, shape (A,)."""
    return [one.revenue - other.revenue for one, other in zip(honest, others, strict=True)]


def room_table(names: Sequence[str], rows: Sequence[Mapping[str, Figure]]) -> Any:
    """A table with a row for each room."""
    named = dict(zip(names, rows, strict=True))
    decimals = {column: 2 if column in MONEY else 3 for column in rows[0]}
    return comparison_table("room", list(rows[0]), named, decimals, theory=False)


def what_it_cost(
    names: Sequence[str],
    results: Sequence[RoomResult],
    honest: Sequence[RoomResult],
    shares: Sequence[Estimate],
    honest_shares: Sequence[Estimate],
) -> list[Any]:
    """Room by room, and over all rooms but the first: what the seller lost to those who are not honest."""
    lost = losses(honest, results)
    rows = [
        {
            "cost": Figure(batch_means(cost)),
            "share of gap": Figure(share),
            "were all honest": Figure(other),
        }
        for cost, share, other in zip(lost, shares, honest_shares, strict=True)
    ]
    total = over_rooms(lost[1:])
    return [
        room_table(names, rows),
        COST_EXPLANATION,
        Sentence("Over all rooms with ties their answers cost the seller {cost} an auction.",
                 {"cost": Figure(total)}),
    ]


def who_earned_what(rows: Mapping[str, Mapping[str, Figure]]) -> list[Any]:
    """The table of `earnings`."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    return [
        comparison_table("kind", columns, rows, theory=False),
        EARNED_EXPLANATION,
        *([GAIN_EXPLANATION] if "gain" in columns else []),
    ]
