"""The summary at the end of a run: what each seller did, from the records and the manifest alone.

Every estimate stands with the half-width of its 95% confidence interval by batch means
(`sim.measures.batch_means`).
The series behind it are the seller's finished auctions in the order of opening, and for the share of visits
all visits in the order of the records.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mechanisms.names import counted
from sim.measures.batch_means import Estimate, batch_means, batch_ratio
from sim.measures.plots import pictures, plot_bars
from sim.measures.surplus import surplus_of

if TYPE_CHECKING:
    import pandas

Tables = Mapping[str, "pandas.DataFrame"]

BATCHES = 20

EXPLANATION = (
    f"± is the half-width of a 95% confidence interval by batch means ({BATCHES} batches); – is not known. "
    "Figures are of finished auctions, those that nobody came to and the start of the run included. Sold: "
    "units sold of those offered. Welfare: the winners' values, of the best possible among those who took "
    "part. Surplus: what buyers keep of their values. Visits: the seller's share of all visits."
)
COMPARISON = (
    "Of optimal: revenue, of what the optimal auction would earn in expectation from as many bidders with "
    "values drawn afresh from the prior. It compares, it does not bound: visitors choose their seller, and "
    "who was not served may come back with the same value, so that the values at a seller are no fresh draws "
    "from the prior, and her format decides how many come. A share above 100% is possible, and a seller with "
    "a smaller share of more visitors may earn more."
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


def seller_measures(tables: Tables) -> list[SellerMeasures]:
    """What each seller did, in the order of their numbers."""
    sellers = tables["sellers"].sort_values("seller_id")
    auctions = tables["auctions"]
    finished = auctions[auctions["status"] != "unfinished"].sort_values("opened", kind="stable")
    visits = tables["visits"]["seller_id"].to_numpy()
    chosen = visits[visits >= 0]
    optimum = tables["benchmarks"].set_index("bidders")["optimal_revenue"]
    gains = surplus_of(tables["transactions"]).groupby(tables["transactions"]["auction"]).sum()
    return [
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


def _measures(
    number: int,
    name: str,
    auctions: pandas.DataFrame,
    visits: Any,
    optimum: pandas.Series[float],
    gains: pandas.Series[float],
) -> SellerMeasures:
    revenue, welfare = auctions["revenue"].to_numpy(), auctions["welfare"].to_numpy()
    best = auctions["bidders"].map(optimum).to_numpy(dtype=float)
    return SellerMeasures(
        number,
        name,
        len(auctions),
        float(revenue.sum()),
        revenue_per_auction=batch_means(revenue, BATCHES),
        sale_rate=batch_ratio(auctions["sold"].to_numpy(), auctions["offered"].to_numpy(), BATCHES),
        welfare_share=batch_ratio(welfare, auctions["best_welfare"].to_numpy(), BATCHES),
        surplus_per_auction=batch_means(auctions["auction"].map(gains).fillna(0.0).to_numpy(), BATCHES),
        visit_share=batch_means(visits, BATCHES),
        optimal_share=batch_ratio(revenue, best, BATCHES),
    )


# --- in words ---------------------------------------------------------------------------------------


def summary(tables: Tables, manifest: Mapping[str, Any]) -> list[Any]:
    """What stands at the end of a run: lines of text and a table, for `rich` to print; 80 columns wide."""
    notes = [*manifest.get("notes", ()), *_answers_lost(tables)]
    measures, name = seller_measures(tables), "sellers.png"
    return [
        _headline(tables, manifest),
        *(f"{note}." for note in notes),
        seller_table(measures),
        EXPLANATION,
        COMPARISON,
        *pictures(tables, [name], lambda folder: draw_sellers(measures, folder / name)),
    ]


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


_HEADINGS = (
    "seller",
    "auctions",
    "revenue\nin all",
    "revenue\na time",
    "sold",
    "welfare",
    "surplus\na time",
    "visits",
    "of\noptimal",
)


def seller_table(measures: list[SellerMeasures]) -> Any:
    """The table of sellers, for `rich`."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=0, show_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading == "seller" else "right", overflow="fold")
    for seller in measures:
        table.add_row(
            seller.name,
            f"{seller.auctions:,}",
            _money(seller.revenue, seller.revenue),
            _cell(seller.revenue_per_auction, _money),
            _cell(seller.sale_rate, _percent),
            _cell(seller.welfare_share, _percent),
            _cell(seller.surplus_per_auction, _money),
            _cell(seller.visit_share, _percent),
            _cell(seller.optimal_share, _percent),
        )
    return table


def _cell(estimate: Estimate, shown: Any) -> str:
    """The estimate, and its half-width below."""
    if math.isnan(estimate.mean):
        return "–\n"
    half_width = "–" if math.isnan(estimate.half_width) else shown(estimate.half_width, estimate.mean)
    return f"{shown(estimate.mean, estimate.mean)}\n±{half_width}"


def _money(amount: float, scale: float) -> str:
    """An amount with three decimals if its scale is below 1, two below 1000, none above."""
    decimals = 3 if 0 < abs(scale) < 1 else 2 if abs(scale) < 1000 else 0
    return f"{amount:,.{decimals}f}"


def _percent(share: float, _: float) -> str:
    return f"{100 * share:.1f}%"


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
