"""Second visit: what one visit earns over bundling has no bound, what two visits earn has one.

A seller has two items and one customer at a time. On the simplest menu both items are sold together at one
price (bundling). With N lotteries, each made for one kind of customer, she can do better, if nobody comes
twice: rarer kinds want more, and each pays for what her lottery is worth to her beyond those made for the
kinds before. The more lotteries, the greater the advantage, without end (Hart and Nisan). Here lotteries lie
on quarter circles in the unit square, ever closer, so that a lottery is only a little better than those
nearby, but a million times dearer.

Then customers may queue again. Two cheap lotteries together give more than the dear one, and the tower
falls: this is why the buy-many paper lets people come back. For two items and two visits no menu that is
incentive compatible has gaps that add up to more than 2 (Lemma 7), and none earns more than 36 times what
bundling earns (Theorem 1). Of these customers none earns more than twice that, but for some millionths:
nobody pays more than her gap and what the earlier lotteries cost, which to her is next to nothing. And a
price for each item earns twice that, at any number of lotteries: the best menu for two visits is known
(`mechanisms.menus.ladder`, `Ladder.item_revenue`, has the proof).

What to look for. In `second_visit.png`: revenue, in multiples of bundling's, against the number of lotteries.
The menu for one visit rises without end while people come once. When they come twice, it earns next to
nothing. Priced for two visits, its gaps add up to 2 at most, and each customer pays hers once or twice; the
more alike the lotteries, the less is left. The best menu for two visits offers no lotteries, but both items
one by one: the line at 2, which one visit leaves behind, and two never do.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from mechanisms.menus.examples import Example
from mechanisms.menus.ladder import Ladder, shell_lotteries
from scenarios import _presets
from sim.market.workdays import Workdays
from sim.measures.plots import figure, pictures
from sim.records import Column, Records, Table
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance

BOUND = 2
"""MenuGap² of two items is at most the number of items."""

AUDITED = (1, 2, 4)
"""Numbers of circles that are audited: with these, values stay in the range of a computer's numbers."""

ADVANTAGES = Table("advantages", "One row for each menu of lotteries.", (
    Column("shells", "int32", "", "quarter circles on which the lotteries lie"),
    Column("lotteries", "int32", "", "how many there are"),
    Column("bundling", "float64", "money", "what both items together earn"),
    Column("once", "float64", "money", "what the menu for one visit earns from people who come once"),
    Column("misjudged", "float64", "money", "what it earns from people who come twice"),
    Column("twice", "float64", "money", "what these lotteries priced for two visits earn from them"),
    Column("best", "float64", "money", "what the best menu for two visits earns from them: item prices"),
))
EXPLANATION = (
    "Revenue in multiples of bundling's. Every kind of customer buys what is best for her; money is counted "
    "in a unit of her own, by which her probability is weighted. The bound on gaps: what each lottery is "
    "worth to its buyer beyond the best two that came before adds up to 2 at most. The best menu for two "
    "visits has a price for each item; of those incentive compatible none earns more, but for millionths."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "customers know the menu and buy what is best for them; in coffee_shop some learn it"

    until: float = Field(default=7.0, gt=0, le=1e9, description="days; each doubles the number of circles")
    doublings: int = Field(default=6, ge=0, le=8, description="how often the number of circles is doubled")


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Workdays:
    """A day of work for each number of circles. Nothing is random: the seed changes nothing."""
    told = Parameters() if parameters is None else parameters
    book = Records() if records is None else records
    circles = [2**day for day in range(told.doublings + 1)]
    tasks = {f"{shells} circles": partial(sell, book, shells) for shells in circles}
    return Workdays(tasks, book, (ADVANTAGES,))


def sell(records: Records, shells: int) -> None:
    """Sell the lotteries of so many circles, at both prices."""
    lotteries = shell_lotteries(shells)
    once, twice = Ladder(lotteries, 1), Ladder(lotteries, 2)
    records["advantages"].row(
        shells, len(lotteries), once.bundle_revenue, once.earned(1), once.earned(2), twice.earned(2),
        twice.item_revenue,
    )


def audited_menus(parameters: Parameters) -> list[Instance]:
    """The lotteries of the first days at both prices, before people who come twice."""
    from sim.audit.library import menu_instance

    found = []
    for lotteries in map(shell_lotteries, AUDITED[: parameters.doublings + 1]):
        for k, planned in ((1, "one visit"), (2, "two")):
            menu, types, weights = Ladder(lotteries, k).in_money()
            name = f"{len(lotteries)} lotteries priced for {planned}, 2 visits"
            found.append(menu_instance(Example(types=types, probabilities=weights), menu, 2, name))
    return found


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """Revenue in multiples of bundling's, by the number of lotteries and by what the menu is made for."""
    return {
        f"{name}: {row.lotteries} lotteries": getattr(row, name) / row.bundling
        for row in tables["advantages"].itertuples()
        for name in ("once", "misjudged", "twice", "best")
    }


def report(tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Any]:
    """The table of advantages over bundling, and the picture in the run's folder."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid

    rows = tables["advantages"]
    grid = Grid(box=SIMPLE_HEAD, padding=(0, 1), collapse_padding=True, pad_edge=False)
    headings = (
        "lotteries", "made for one visit,\npeople come once", "made for one visit,\npeople come twice",
        "for two visits,\npeople come twice", "best for two visits,\npeople come twice",
    )
    for heading in headings:
        grid.add_column(heading, justify="right")
    for row in rows.itertuples():
        cells = (one / row.bundling for one in (row.once, row.misjudged, row.twice, row.best))
        grid.add_row(f"{row.lotteries:,}", *(f"{cell:.4f}" for cell in cells))
    lines: list[Any] = ["Second visit: revenue in multiples of bundling's.", grid, EXPLANATION]
    name = "second_visit.png"
    return lines + pictures(tables, [name], lambda folder: draw(rows, folder / name))


def draw(rows: Any, path: Any) -> None:
    """Revenue in multiples of bundling's against the number of lotteries."""
    y = "revenue, in multiples of bundling's"
    with figure(path, "lotteries on the menu", y, "Second visit: one visit and two") as axes:
        curves = {
            "for one visit, come once": "once",
            "for one visit, come twice": "misjudged",
            "for two visits, come twice": "twice",
            "best for two visits, come twice": "best",
        }
        for label, column in curves.items():
            axes.plot(rows["lotteries"], rows[column] / rows["bundling"], "o-", markersize=4, label=label)
        axes.axhline(BOUND, color="black", linestyle="--", linewidth=1, label="bound on gaps, two visits")
        axes.axhline(1, color="black", linestyle=":", linewidth=1)
        axes.annotate("bundling", (1, 1), (-4, 4), xycoords=("axes fraction", "data"),
                      textcoords="offset points", ha="right")
        axes.set_xscale("log")


PRESETS = _presets.SECOND_VISIT


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "second_visit", *sys.argv[1:]])
