"""Lottery tickets: the best menus for customers who come k times, and where coming back stops to matter.

A seller has two items and customers of three kinds, who value them at (3, 4), (4, 3) and (5, 7); the last
kind is four times as frequent as each of the others. She may sell lottery tickets: pay a price, and get each
item with some chance. If everybody bought once, a ticket that gives either item with chance 1/5, at 1.40,
would bring in the first kind without tempting the others. But a ticket can be bought twice, or k times, and
then it tempts. A menu is buy-k incentive compatible if nobody does better with up to k entries than with one.

The paper (buy-many, Example 2 and Appendix C) finds the best menus for a few k, and conjectures that its
menu M_k, with a ticket of chance α_k for either item, is the best one for every k, so that revenue,
8 + 7/6 α_k, falls with every further visit, towards the 8 that bundling earns (both items together for 12 to
the frequent kind).

What to look for. On each day of the run the seller computes the best menu for one k, and proves it: no menu
that is buy-k incentive compatible earns more than the upper bound. The conjecture holds up to k = 10. From
k = 11 on the best menu has another shape: a ticket with chances of about (.298, .086) for 1.24, the first
item for 3.788, both for 10.788. It is safe however often people come, and earns 8.0297 whatever k is. So
revenue stops falling: from the eleventh visit on customers' patience costs the seller nothing more.

`menus.png` shows the menus in the unit square: each entry is a point of its two chances. `revenue.png` shows
revenue by k beside the conjecture, and `misjudged.png` what a menu made for k visits earns when people come
another number of times.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from mechanisms.menus import (
    LOTTERY_TICKETS,
    Menu,
    bundle_revenue,
    menu_revenue,
    optimal_buy_k_menu,
    ticket_revenue,
)
from scenarios import _presets
from sim.market.workdays import Workdays
from sim.measures.plots import figure, pictures
from sim.records import Column, Records, Table
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance

TYPES, PROBABILITIES = LOTTERY_TICKETS.types, LOTTERY_TICKETS.probabilities
COMES = (*range(1, 13), 15, 20, math.inf)
"""How often people come, where a menu is judged that was made for another number of visits."""
SHOWN = (1, 2, 3, 5, 10, 11, math.inf)
"""The k whose menus are drawn."""
ROUNDING = 1e-9
"""Revenue that is ahead by less is not."""

CERTIFICATES = Table("certificates", "One row for each k whose best menu was computed.", (
    Column("k", "float64", "visits", "how many entries customers may buy; inf for any number"),
    Column("revenue", "float64", "money", "what the menu earns a customer"),
    Column("upper_bound", "float64", "money", "no buy-k incentive compatible menu earns more"),
    Column("boxes", "int32", "", "size of the search"),
))
ENTRIES = Table("entries", "One row for each entry of a menu.", (
    Column("k", "float64", "visits", "the menu: that for k visits"),
    Column("first", "float64", "probability", "chance of the first item"),
    Column("second", "float64", "probability", "chance of the second item"),
    Column("price", "float64", "money", "its price"),
))
SALES = Table("sales", "One row for each menu and number of visits.", (
    Column("k", "float64", "visits", "the menu: that for k visits"),
    Column("visits", "float64", "visits", "how often people come at most; inf for any number"),
    Column("revenue", "float64", "money", "what it then earns a customer"),
))

EXPLANATION = (
    "Bound: no buy-k incentive compatible menu earns more; gap: bound less revenue. Conjectured: what the "
    "menu M_k of the paper earns, 8 + 7/6 α_k. "
    "Ticket: its chances of item 1 and 2, and its price; then the prices of item 1 and of both for sure. "
    "The menu for any number of visits is checked for any number; its bound is that of a finite k."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "customers know the menu and buy what is best for them; in coffee_shop some learn it"

    until: float = Field(
        default=21.0, gt=0, le=1e9, description="days: one for each k up to `most`, then one for any number",
    )
    most: int = Field(default=20, ge=1, le=100, description="the largest finite k")
    gap: float = Field(default=1e-5, gt=0, le=1, description="how far the upper bound may be off, in money")
    patience: float = Field(
        default=60.0, gt=0, le=1e5, description="seconds of computing for one k; then the bound is as it is"
    )


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Workdays:
    """A day of work for each k. Nothing is random: the seed changes nothing."""
    told = Parameters() if parameters is None else parameters
    book = Records() if records is None else records
    tasks = {f"k = {k:g}": partial(certify, book, k, told) for k in (*range(1, told.most + 1), math.inf)}
    return Workdays(tasks, book, (CERTIFICATES, ENTRIES, SALES))


def certify(records: Records, k: float, told: Parameters) -> None:
    """Compute the best menu for k, its proof, and what it earns when people come another number of times."""
    best = optimal_buy_k_menu(TYPES, PROBABILITIES, k, told.gap, told.patience)
    records["certificates"].row(k, best.revenue, best.upper_bound, best.boxes)
    lotteries, prices = best.menu.probabilities.tolist(), best.menu.prices.tolist()
    for (first, second), price in zip(lotteries, prices, strict=True):
        records["entries"].row(k, first, second, price)
    for visits in COMES:
        records["sales"].row(k, visits, menu_revenue(best.menu, TYPES, PROBABILITIES, visits))


def audited_menus(parameters: Parameters) -> list[Instance]:
    """The best menus for the k that are drawn, before people who come so often; for any, `most` times."""
    from sim.audit.library import menu_instance

    found = []
    for k in SHOWN:
        if k <= parameters.most or math.isinf(k):
            menu = optimal_buy_k_menu(TYPES, PROBABILITIES, k, parameters.gap, parameters.patience).menu
            come = parameters.most if math.isinf(k) else int(k)
            name = f"best for {'any k, ' if math.isinf(k) else ''}k = {come}"
            found.append(menu_instance(LOTTERY_TICKETS, menu, come, name))
    return found


def menu_for(tables: Mapping[str, Any], k: float) -> Menu:
    """The recorded menu for k."""
    rows = tables["entries"]
    mine = rows[rows["k"] == k]
    return Menu(mine[["first", "second"]].to_numpy(), mine["price"].to_numpy())


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """The best revenue for each k, and its bound."""
    rows = list(tables["certificates"].itertuples())
    revenue = {f"revenue: k = {row.k:g}": row.revenue for row in rows}
    return revenue | {f"bound: k = {row.k:g}": row.upper_bound for row in rows}


def report(tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Any]:
    """The certificates, the finding, and the plots in the run's folder."""
    return [
        f"Lottery tickets: bundling earns {bundle_revenue(TYPES, PROBABILITIES):g} a customer.",
        certificate_table(tables, manifest.get("timings", {})),
        *finding(tables),
        EXPLANATION,
        *plots(tables),
    ]


def certificate_table(tables: Mapping[str, Any], timings: Mapping[str, float]) -> Any:
    """A row for each k, for `rich`."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid

    grid = Grid(box=SIMPLE_HEAD, padding=0)
    headings = ("k", "revenue", "bound", "gap", "conjectured", "seconds", "ticket", "at", "item 1", "both")
    for heading in headings:
        grid.add_column(heading, justify="right")
    for row in tables["certificates"].itertuples():
        guess = f"{ticket_revenue(int(row.k)):.5f}" if math.isfinite(row.k) else "–"
        seconds = timings.get(f"k = {row.k:g}")
        grid.add_row(
            named(row.k), f"{row.revenue:.5f}", f"{row.upper_bound:.5f}",
            f"{row.upper_bound - row.revenue:.0e}", guess, "–" if seconds is None else f"{seconds:.1f}",
            *entry_cells(menu_for(tables, row.k)),
        )
    return grid


def entry_cells(menu: Menu) -> Iterator[str]:
    """The ticket's chances and price, and the prices of item 1 and of both; – where they are not sold."""
    sure = {tuple(q): p for q, p in zip(menu.probabilities.tolist(), menu.prices.tolist(), strict=True)}
    tickets = [q for q in sure if 0 < min(q) < 1]
    ticket = tickets[0] if tickets else None
    yield "–" if ticket is None else f"{ticket[0]:.3f} {ticket[1]:.3f}"
    for lottery in (ticket, (1.0, 0.0), (1.0, 1.0)):
        yield f"{sure[lottery]:.3f}" if lottery in sure else "–"


def finding(tables: Mapping[str, Any]) -> Iterator[str]:
    """What the run has proved of the conjecture, and no more.

    A menu for any number of visits may be offered for every k, and further visits never help the seller
    (Observation 1): so its revenue is below all optima, and a bound for k is above those of all larger k.
    """
    rows = tables["certificates"]
    safe = float(rows[np.isinf(rows["k"])]["revenue"].max())  # NaN if that day has not come
    finite = [
        (int(row.k), np.fmax(row.revenue, safe), row.upper_bound, ticket_revenue(int(row.k)))
        for row in rows[np.isfinite(rows["k"])].itertuples()
    ]
    beaten = [(k, bound) for k, revenue, bound, guess in finite if revenue > guess + ROUNDING]
    kept = [(k, bound - guess) for k, revenue, bound, guess in finite if revenue <= guess + ROUNDING]
    if kept:
        most = max(excess for _, excess in kept)
        yield f"Up to k = {kept[-1][0]} no menu earns more than the conjectured ones by more than {most:.0e}."
    if beaten:
        yield f"At k = {beaten[0][0]} a menu earns more than the conjectured one."
    if beaten and math.isfinite(safe):
        k, bound = beaten[0]
        yield (
            f"For every k from {k} on the best menu earns between {safe:.5f} and {bound:.5f}: further visits "
            f"cost the seller {bound - safe:.0e} at most. (Bundling earns 8.)"
        )


def named(k: float) -> str:
    """A number of visits for tables."""
    return "any" if math.isinf(k) else f"{k:g}"


# --- plots ------------------------------------------------------------------------------------------


def plots(tables: Mapping[str, Any]) -> list[str]:
    """Draw all three into the folder of the run; says where, or nothing if the run is in memory."""

    def draw(folder: Any) -> None:
        draw_menus(tables, folder / "menus.png")
        draw_revenue(tables, folder / "revenue.png")
        draw_misjudged(tables, folder / "misjudged.png")

    return pictures(tables, ["menus.png", "revenue.png", "misjudged.png"], draw)


def look(k: float) -> dict[str, Any]:
    """The menu for any number is drawn over the others, as it coincides with that for k = 11."""
    return {"color": "black", "linestyle": "--", "markersize": 4} if math.isinf(k) else {}


def draw_menus(tables: Mapping[str, Any], path: Any) -> None:
    """Each menu's entries as points of the unit square, from the cheapest to the dearest."""
    rows = tables["entries"]
    title = "The best menus for k visits: a ticket, item 1, both"
    with figure(path, "chance of item 1", "chance of item 2", title) as axes:
        for k in SHOWN:
            mine = rows[rows["k"] == k].sort_values("price")
            if not len(mine):
                continue
            told = f"{'any k' if math.isinf(k) else f'k = {k}'}: ticket at {mine['price'].iloc[0]:.2f}"
            style = {"marker": "o", "linestyle": ":", "alpha": 0.8} | look(k)
            axes.plot(mine["first"], mine["second"], label=told, **style)
        axes.annotate("item 1", (1, 0), (6, -3), textcoords="offset points")
        axes.annotate("both", (1, 1), (6, -3), textcoords="offset points")
        axes.set(xlim=(-0.03, 1.18), ylim=(-0.05, 1.07))


def draw_revenue(tables: Mapping[str, Any], path: Any) -> None:
    """Certified revenue, its bound, and the conjecture by k, on a scale that widens towards bundling's 8."""
    from matplotlib.ticker import LogLocator, NullFormatter

    rows = tables["certificates"]
    finite = rows[np.isfinite(rows["k"])]
    k = finite["k"].to_numpy()
    x, y = "k, visits that customers may make", "revenue a customer (money; bundling earns 8)"
    with figure(path, x, y, "Best menus by visits") as axes:
        guess = np.array([ticket_revenue(int(one)) for one in k]) - 8
        axes.plot(k, guess, "--", color="black", linewidth=1, label="conjectured")
        axes.plot(k, finite["revenue"] - 8, "o-", markersize=4, label="best menu found")
        axes.plot(k, finite["upper_bound"] - 8, "_", markersize=9, label="no menu earns more")
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        axes.yaxis.set_major_formatter(lambda above, _: f"{8 + above:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xticks(k[:: max(1, len(k) // 10)])


def draw_misjudged(tables: Mapping[str, Any], path: Any) -> None:
    """What menus made for some k earn by the number of visits that people make."""
    rows = tables["sales"]
    x, y = "visits that people make at most", "revenue a customer (money)"
    with figure(path, x, y, "Menus made for other people") as axes:
        for k in SHOWN:
            mine = rows[(rows["k"] == k) & np.isfinite(rows["visits"])]
            if len(mine):
                label = f"made for {named(k)}"
                axes.plot(mine["visits"], mine["revenue"], marker=".", label=label, **look(k))
        axes.set_xticks(range(1, 21))
        axes.tick_params(axis="x", labelsize="small")


PRESETS = _presets.LOTTERY_TICKETS


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "lottery_tickets", *sys.argv[1:]])
