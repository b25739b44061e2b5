"""The summary at the end of a run: what each seller did, from the records and the manifest alone.

Every estimate stands with its 95% confidence interval by batch means (`sim.measures.batch_means`), which
for shares stays between 0 and 1 (`sim.measures.shares`). The series behind it are the seller's finished
auctions in the order of opening, and for the share of visits all visits in the order of the records. Where
buyers learn there is no steady state, and no interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.names import counted
from sim.measures.batch_means import Estimate, batch_means, batch_ratio
from sim.measures.comparison import Figure
from sim.measures.plots import pictures, plot_bars
from sim.measures.shares import share
from sim.measures.surplus import surplus_of

if TYPE_CHECKING:
    import pandas

Tables = Mapping[str, "pandas.DataFrame"]

BATCHES = 20

EXPLANATION = (
    f"± and a–b are 95% confidence intervals by batch means ({BATCHES} batches), of shares within 0 and 100 "
    "%; – is not known. Figures are of finished auctions, those that nobody came to and the start of the run "
    "included. Sold: units sold of those offered. Welfare: the winners' values, of the best possible among "
    "those who took part. Surplus: what buyers keep of their values. Visits: the seller's share of all "
    "visits."
)
LEARNERS = "Some buyers learn, so that a run has no steady state; several seeds tell how far figures vary"
COMPARISON = (
    "Of optimal: revenue, of what the optimal auction would earn in expectation from as many bidders with "
    "values drawn afresh from the prior. It compares, it does not bound: visitors choose their seller, and "
    "who was not served may come back with the same value, so that the values at a seller are no fresh draws "
    "from the prior, and her format decides how many come. A share above 100% is possible, and a seller with "
    "a smaller share of more visitors may earn more."
)

WORTHS_EXPLANATION = (
    "Sellers who are averse to risk: the expected utility of one auction's revenue, ± half of its interval; "
    "the revenue that, if it were sure, would be worth as much. Of best: of a bound on all mechanisms with "
    "dominant strategies, ex-post individually rational and without money to buyers, for as many bidders; it "
    "is known for independent ones of finitely many values."
)


@dataclass(frozen=True)
class SellerMeasures:
    """What one seller did in a run.

    auctions, revenue
        How many auctions she finished, and the money from all of them.
    revenue_per_auction, surplus_per_auction
        Means in money, of payments less rewards and of what buyers keep of their values.
    sale_rate, welfare_share, visit_share, optimal_share
        Ratios: units sold of those offered; welfare of the best possible among those who took part; visits
        of all visits; revenue of the optimal auction's for as many bidders. NaN where the records do not
        tell.
    """

    seller_id: int
    name: str
    auctions: int
    revenue: float
    revenue_per_auction: Estimate
    sale_rate: Estimate
    welfare_share: Estimate
    surplus_per_auction: Estimate
    visit_share: Estimate
    optimal_share: Estimate


def seller_measures(tables: Tables, steady: bool = True) -> list[SellerMeasures]:
    """What each seller did, in the order of their numbers; without intervals if there is no steady state."""
    sellers = tables["sellers"].sort_values("seller_id")
    auctions = tables["auctions"]
    finished = auctions[auctions["status"] != "unfinished"].sort_values("opened", kind="stable")
    visits = tables["visits"]["seller_id"].to_numpy()
    chosen = visits[visits >= 0]
    optimum = tables["benchmarks"].set_index("bidders")["optimal_revenue"]
    gains = _gains(tables)
    found = [
        _measures(
            int(number),
            str(name),
            finished[finished["seller_id"] == number],
            chosen == number,
            optimum,
            gains,
        )
        for number, name in zip(sellers["seller_id"], sellers["seller"], strict=True)
    ]
    return found if steady else [_without_intervals(seller) for seller in found]


def _without_intervals(seller: SellerMeasures) -> SellerMeasures:
    """The same means, of which nothing more is known."""
    bare = {field: getattr(seller, field).without_interval() for field in ESTIMATES}
    return replace(seller, **bare)


def market_measures(tables: Tables) -> SellerMeasures:
    """What all sellers did together, as if they were one; she has the number -1."""
    auctions = tables["auctions"]
    finished = auctions[auctions["status"] != "unfinished"].sort_values("opened", kind="stable")
    optimum = tables["benchmarks"].set_index("bidders")["optimal_revenue"]
    visits = tables["visits"]["seller_id"].to_numpy()
    return _measures(-1, "all", finished, visits >= 0, optimum, _gains(tables))


def _gains(tables: Tables) -> pandas.Series[float]:
    """What buyers kept of their values, by auction."""
    trade = tables["transactions"]
    return surplus_of(trade).groupby(trade["auction"]).sum()


def _measures(
    number: int,
    name: str,
    auctions: pandas.DataFrame,
    visits: Any,
    optimum: pandas.Series[float],
    gains: pandas.Series[float],
) -> SellerMeasures:
    revenue, welfare = auctions["revenue"].to_numpy(), auctions["welfare"].to_numpy()
    best: Any = auctions["bidders"].map(optimum).to_numpy(dtype=float)
    surplus = auctions["auction"].map(gains).fillna(0.0).to_numpy()
    return SellerMeasures(
        number,
        name,
        len(auctions),
        float(revenue.sum()),
        revenue_per_auction=mean_revenue(revenue),
        sale_rate=share(auctions["sold"].to_numpy(), auctions["offered"].to_numpy(), BATCHES),
        welfare_share=share(welfare, auctions["best_welfare"].to_numpy(), BATCHES),
        surplus_per_auction=batch_means(surplus, BATCHES),
        visit_share=share(visits, np.ones(len(visits)), BATCHES),
        optimal_share=share_of_optimum(revenue, best),
    )


def mean_revenue(revenue: NDArray[np.float64]) -> Estimate:
    """Revenue an auction, from that of each, shape (A,).

    If the good brought one price or nothing, it is the price times the share of auctions that sold: then
    sales that fail may be too rare to have shown in all batches, or in any.
    """
    price = float(revenue.max(initial=0.0))
    if price > 0 and np.isin(revenue, (0.0, price)).all():
        return share(revenue > 0, np.ones(len(revenue)), BATCHES).scaled(price)
    return batch_means(revenue, BATCHES)


def share_of_optimum(revenue: NDArray[np.float64], best: NDArray[np.floating]) -> Estimate:
    """Revenue of what the optimal auction would earn, both by auction, shape (A,).

    Its interval is at least as wide, beside the share, as that of revenue beside revenue.
    """
    ratio, earned = batch_ratio(revenue, best, BATCHES), mean_revenue(revenue)
    if earned.ends is None or not ratio.mean > 0:
        return ratio
    below, above = (max(float(ratio.half_width), error * ratio.mean / earned.mean) for error in earned.errors)
    ends = (max(0.0, ratio.mean - below), ratio.mean + above)
    return Estimate(ratio.mean, (ends[1] - ends[0]) / 2, BATCHES, ends)


# --- in words ---------------------------------------------------------------------------------------


def summary(tables: Tables, manifest: Mapping[str, Any], unsteady: str = "") -> list[Any]:
    """What stands at the end of a run: lines of text and a table, for `rich` to print; 80 columns wide.

    `unsteady` says why a run like this has no steady state, if it has none; then there are no intervals.
    Where buyers learn there is none either way.
    """
    why = unsteady or (LEARNERS if len(tables["policies"]) else "")
    notes = [*manifest.get("notes", ()), *_answers_lost(tables)]
    measures, name = seller_measures(tables, steady=not why), "sellers.png"
    return [
        _headline(tables, manifest),
        *(f"{note}." for note in notes),
        seller_table(measures),
        *([f"No intervals: {why[0].lower()}{why[1:]}."] if why else []),
        EXPLANATION,
        COMPARISON,
        *_worths(tables),
        *pictures(tables, [name], lambda folder: draw_sellers(measures, folder / name)),
    ]


def _worths(tables: Tables) -> list[Any]:
    """What auctions are worth to sellers who are averse to risk, if there are any."""
    if "worths" not in tables or not len(tables["worths"]):
        return []
    names = {seller.seller_id: seller.name for seller in seller_measures(tables)}
    return [worth_table(tables["worths"], names), WORTHS_EXPLANATION]


def _headline(tables: Tables, manifest: Mapping[str, Any]) -> str:
    unfinished = int((tables["auctions"]["status"] == "unfinished").sum())
    held = len(tables["auctions"]) - unfinished
    run = f"{manifest['scenario']}, seed {manifest['seed']}{_time_told(tables, manifest)}"
    people = f"{counted(len(tables['agents']), 'buyer')}, {counted(len(tables['sellers']), 'seller')}"
    return f"{run}: {people}, {counted(held, 'auction')} finished, {unfinished:,} unfinished."


def _time_told(tables: Tables, manifest: Mapping[str, Any]) -> str:
    """Up to when the run went; if it was broken off, up to when its records go."""
    until = manifest["parameters"].get("until")
    if until is None:
        return ""
    if manifest.get("status", "complete") == "complete":
        return f", up to time {until:,.12g}"
    last = tables["auctions"]["opened"].max()
    return f", up to time {0 if math.isnan(last) else last:,.6g} of {until:,.12g}"


def _answers_lost(tables: Tables) -> list[str]:
    """How many answers came too late or were refused, and why."""
    status = tables["messages"]["status"].value_counts()
    sent = int(status.sum() - status.get("silent", 0))
    late, refused = int(status.get("late", 0)), len(tables["refusals"])
    answers = counted(sent, "answer")
    notes = [f"{late:,} of {answers} came too late"] if late else []
    if refused:
        reasons = tables["refusals"]["reason"].value_counts()
        reasons = reasons[reasons > 0]
        notes.append(f"refused: {refused:,} of {answers}, most often: {reasons.index[0]}")
    if len(tables["failures"]):
        first = tables["failures"].iloc[0]
        times = counted(len(tables["failures"]), "time")
        notes.append(f"{first['hook']} failed {times}, first: {first['reason']}")
    return notes


@dataclass(frozen=True)
class SellerTable:
    """The table of sellers, for `rich`."""

    sellers: Sequence[SellerMeasures]

    @property
    def figures(self) -> dict[str, dict[str, Figure]]:
        """What stands in it with an interval, by seller and column."""
        columns = ESTIMATES.items()
        return {
            seller.name: {heading: Figure(getattr(seller, field)) for field, (heading, _) in columns}
            for seller in self.sellers
        }

    def __rich__(self) -> Any:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, padding=0)
        table.add_column("seller,\nrevenue\nin auctions", no_wrap=True, overflow="fold")
        for heading, _ in ESTIMATES.values():
            table.add_column(heading.replace(" ", "\n"), justify="right", overflow="fold")
        for seller in self.sellers:
            earned = f"{_money(seller.revenue, seller.revenue)} in {seller.auctions:,}"
            cells = (_cell(getattr(seller, field), told) for field, (_, told) in ESTIMATES.items())
            table.add_row(f"{seller.name}\n{earned}", *cells)
        return table


def seller_table(measures: Sequence[SellerMeasures]) -> SellerTable:
    """The table of sellers, for `rich`."""
    return SellerTable(measures)


def worth_table(worths: pandas.DataFrame, names: Mapping[int, str]) -> Any:
    """The table of what revenue is worth to sellers who are averse to risk, for `rich`."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1), title_justify="left")
    for heading in ("seller", "her utility"):
        table.add_column(heading, overflow="fold")
    for heading in ("expected\nutility", "sure\nrevenue", "mean\nrevenue", "of best"):
        table.add_column(heading, justify="right")
    for one in worths.to_dict("records"):
        mean, share = one["expected_utility"], one["expected_utility"] / one["utility_bound"]
        felt = Estimate(mean, one["half_width"], BATCHES)
        table.add_row(
            names[int(one["seller_id"])],
            str(one["utility"]),
            _cell(felt, _money),
            _money(one["certainty_equivalent"], one["certainty_equivalent"]),
            _money(one["revenue"], one["revenue"]),
            "–" if math.isnan(share) else f"{share:.1%}",
        )
    return table


def _cell(estimate: Estimate, told: Shown) -> str:
    """The estimate, and its interval below."""
    if math.isnan(estimate.mean):
        return "–\n"
    mean = told(estimate.mean, estimate.mean)
    if math.isnan(estimate.half_width):
        return f"{mean}\n–"
    if estimate.ends is None:
        return f"{mean}\n±{told(estimate.half_width, estimate.mean)}"
    low, high = (told(end, 10 * estimate.mean) for end in estimate.ends)
    return f"{mean}\n{low}–{high}"


def _money(amount: float, scale: float) -> str:
    """An amount with three decimals if its scale is below 1, two below 100, one below 1000, none above."""
    steps = ((0, 1000), (1, 100), (2, 1))
    decimals = next((k for k, least in steps if abs(scale) >= least), 3 if scale else 2)
    return f"{amount:,.{decimals}f}"


def _percent(part: float, _: float) -> str:
    return f"{100 * part:.1f}".replace("100.0", "100")


Shown = Callable[[float, float], str]
"""(number, scale) to text."""

ESTIMATES: Mapping[str, tuple[str, Shown]] = {
    "revenue_per_auction": ("revenue an auction", _money),
    "sale_rate": ("sold, %", _percent),
    "welfare_share": ("welfare, %", _percent),
    "surplus_per_auction": ("surplus an auction", _money),
    "visit_share": ("visits, %", _percent),
    "optimal_share": ("of optimal, %", _percent),
}
"""What stands in the table with an interval: the heading, and how numbers are shown, by field."""


# --- in a picture -----------------------------------------------------------------------------------


def draw_sellers(sellers: list[SellerMeasures], path: Any) -> None:
    """Revenue and the buyers' surplus in an auction, with their intervals, by seller."""
    kinds = {
        "revenue": [seller.revenue_per_auction for seller in sellers],
        "buyers' surplus": [seller.surplus_per_auction for seller in sellers],
    }
    bars = {
        label: ([one.mean for one in each], [one.half_width for one in each]) for label, each in kinds.items()
    }
    names = [seller.name.replace(" ", "\n") for seller in sellers]
    plot_bars(path, bars, names, "mean of an auction (money), with 95% interval", "What sellers earn")
