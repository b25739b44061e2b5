"""Few tickets: if people come back only a few times, bundling can lose almost everything.

A seller has n = q² items. Her menu offers sets of q items, each made for one kind of customer who wants all
of it and nothing else. The sets are graphs of polynomials of degree d over q points (Reed-Solomon codes, as
Kautz and Singleton use them): there are q^(d+1) of them, any two share at most d items, and so no set lies in
the union of k others, if k is at most (q - 1)/d. Each kind wants its set (n + 1)² times as dearly as the kind
before, and is as much rarer. A set costs what it is worth beyond the best k sets before it; so nobody who
buys at most k gets around it, and everyone pays her price (buy-many paper, Section 4, Lemma 21).

Bundling must choose one price for everything, and earns about q: what one kind wants. The menu earns from
all kinds, at least q - kd from each. So for a fixed number of visits k the menu's revenue over bundling's
grows like q^(q/k), exponentially in the root of the number of items, and no simple menu comes near. With n
visits it could not: bundling earns at least 1/(9n²) of any menu that is incentive compatible then (Thm 1).

Customers are simulated one of each kind, weighted by their probabilities: a draw would almost surely want
nothing. Values leave the range of a computer's numbers, so each customer counts money in a unit of her own,
in which she values each item of her set at 1; since her probability is one over that unit, what customers
pay simply adds up to the expected revenue.

What to look for. The column of the menu's revenue over bundling's, the number of tickets, and what is left
when people come once more than the menu was made for: where the sets are no longer protected, revenue falls.
`few_tickets.png` shows the gap on a logarithmic scale: simulated, and proved for families too large to be
sold one by one. In place of these a smaller family over as many items is sold, of polynomials of a lower
degree; its gap is smaller, and grows in proportion to the items only (hollow in the plot).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from mechanisms.menus import cover_free_family, gap_instance
from mechanisms.menus.examples import Example
from mechanisms.names import counted
from scenarios import _presets
from sim.market.workdays import Workdays
from sim.measures.plots import figure, pictures
from sim.records import Column, Records, Table
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance

ORDERS = (2, 3, 4, 5, 7, 8, 9, 11, 13)
"""Orders of fields: powers of primes."""

FAMILIES = Table("families", "One row for each menu that was sold.", (
    Column("order", "int32", "", "q: items in a set"),
    Column("degree", "int32", "", "d: items that two sets share at most"),
    Column("items", "int32", "", "n = q²"),
    Column("sets", "int32", "", "entries of the menu, and kinds of customers"),
    Column("bundling", "float64", "money", "what all items together earn at their best price"),
))
BUYERS = Table("buyers", "One row for each customer, one of each kind; money in a unit of her own.", (
    Column("order", "int32", "", "the family"),
    Column("type", "int32", "", "her kind"),
    Column("price", "float64", "her unit", "price of the set that was made for her"),
    Column("once", "float64", "her unit", "what she pays if she may buy one entry"),
    Column("planned", "float64", "her unit", "what she pays if she may buy k entries"),
    Column("more", "float64", "her unit", "what she pays if she may buy k + 1"),
))
EXPLANATION = (
    "Degree: d, of the polynomials. Gap: the menu's revenue over bundling's, when people come as often as "
    "planned. At least: what the construction promises, sets · (q - kd) over q. – was not sold: it has too "
    "many sets to sell one by one, or the run ended before."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "customers know the menu and buy what is best for them; in coffee_shop some learn it"

    until: float = Field(default=9.0, gt=0, le=1e9, description="days, one for each family")
    visits: int = Field(default=2, ge=1, le=6, description="k: how often people may come, by the menus' plan")
    sets: int = Field(
        default=343, ge=1, le=2500, description="menus of more sets are not sold; 2,401 take many minutes"
    )


@dataclass(frozen=True)
class Family:
    """A family of sets by the order of its field and the degree of its polynomials."""

    order: int
    degree: int

    @property
    def items(self) -> int:
        """Number of items."""
        return self.order**2

    @property
    def sets(self) -> int:
        """Number of sets."""
        return self.order ** (self.degree + 1)

    def promised(self, visits: int) -> float:
        """A lower bound on the menu's revenue over bundling's: each type pays at least q - kd.

        Bundling earns less than q (1 + 1/((n + 1)² - 1)), as every type values her set at q of her units.
        """
        bundling = self.order * (1 + 1 / ((self.items + 1) ** 2 - 1))
        return self.sets * (self.order - visits * self.degree) / bundling


def families(visits: int) -> Iterator[Family]:
    """For each order the largest family that k others cannot cover."""
    for order in ORDERS:
        if (order - 1) // visits >= 1:
            yield Family(order, (order - 1) // visits)


def on_sale(visits: int, sets: int) -> Iterator[Family]:
    """For each order the largest of these families that has at most so many sets, if there is one."""
    for largest in families(visits):
        degrees = range(largest.degree, 0, -1)
        fit = (family for family in (Family(largest.order, d) for d in degrees) if family.sets <= sets)
        yield from islice(fit, 1)


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Workdays:
    """A day of selling for each family. Nothing is random: the seed changes nothing."""
    told = Parameters() if parameters is None else parameters
    book = Records() if records is None else records
    tasks = {
        f"order {family.order}": partial(sell, book, family, told.visits)
        for family in on_sale(told.visits, told.sets)
    }
    return Workdays(tasks, book, (FAMILIES, BUYERS))


def sell(records: Records, family: Family, visits: int) -> None:
    """Let one customer of each kind buy, who comes once, k times, or once more."""
    instance = gap_instance(cover_free_family(family.order, family.degree), visits)
    for i in range(len(instance)):
        paid = (instance.purchase(i, k).payment for k in (1, visits, visits + 1))
        records["buyers"].row(family.order, i, float(instance.gaps[i]), *paid)
    records["families"].row(
        family.order, family.degree, family.items, family.sets, instance.bundle_revenue
    )


def audited_menus(parameters: Parameters) -> list[Instance]:
    """The menu of the smallest family, before people who come as often as planned, and once more.

    Raises ValueError if there is no family that is small enough to be sold.
    """
    from sim.audit.library import menu_instance

    found = []
    for family in islice(on_sale(parameters.visits, parameters.sets), 1):
        instance = gap_instance(cover_free_family(family.order, family.degree), parameters.visits)
        example = Example(types=instance.types, probabilities=np.array(instance.probabilities, float))
        for k in (parameters.visits, parameters.visits + 1):
            name = f"{family.sets} sets, {counted(k, 'visit')}"
            found.append(menu_instance(example, instance.menu, k, name))
    if not found:
        smallest = min(family.order for family in families(parameters.visits)) ** 2
        raise ValueError(f"sets is {parameters.sets}; there is a menu to audit from {smallest} on")
    return found


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """The menu's revenue in multiples of bundling's, by order and by how often people come."""
    counts = (1, parameters.visits, parameters.visits + 1)
    return {
        f"revenue: order {family.order}, {counted(count, 'visit')}": earned / bundling
        for family, (bundling, *menu) in gaps(tables).items()
        for count, earned in zip(counts, menu, strict=True)
    }


def report(tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Any]:
    """The table of families, and the picture in the run's folder."""
    told = Parameters(**manifest["parameters"])
    lines: list[Any] = [
        f"Few tickets: menus for people who come up to {counted(told.visits, 'time')}.",
        family_table(tables, told.visits),
        EXPLANATION,
    ]
    name = "few_tickets.png"
    return lines + pictures(tables, [name], lambda folder: draw(tables, told.visits, folder / name))


def gaps(tables: Mapping[str, Any]) -> dict[Family, tuple[float, ...]]:
    """By family: bundling's revenue, then the menu's when people come 1, k and k + 1 times."""
    paid = tables["buyers"].groupby("order")[["once", "planned", "more"]].sum()
    return {
        Family(int(row.order), int(row.degree)): (float(row.bundling), *map(float, paid.loc[row.order]))
        for row in tables["families"].itertuples()
    }


def family_table(tables: Mapping[str, Any], visits: int) -> Any:
    """A row for each family, for `rich`."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid

    counts = list(dict.fromkeys((1, visits, visits + 1)))
    grid = Grid(box=SIMPLE_HEAD, padding=0)
    menus = [f"menu,\n{counted(k, 'visit')}" for k in counts]
    for heading in ("items", "degree", "sets", "bundling\nearns", *menus, "gap", "at\nleast"):
        grid.add_column(heading, justify="right")
    sold = gaps(tables)
    for family in sorted({*families(visits), *sold}, key=lambda one: (one.order, one.degree)):
        cells = ["–"] * (len(counts) + 2)
        if family in sold:
            bundling, once, planned, more = sold[family]
            earned = dict(zip((1, visits, visits + 1), (once, planned, more), strict=True))
            cells = [amount(one) for one in (bundling, *(earned[k] for k in counts), planned / bundling)]
        least = family.promised(visits)
        promised = amount(least, 2 if least < 1e4 else 0)
        grid.add_row(f"{family.items:,}", str(family.degree), amount(family.sets, 0), *cells, promised)
    return grid


def amount(number: float, decimals: int = 2) -> str:
    """A number for the table."""
    return f"{number:,.{decimals}f}" if number < 1e9 else f"{number:.1e}"


def draw(tables: Mapping[str, Any], visits: int, path: Any) -> None:
    """The gap against the number of items."""
    sold = gaps(tables)
    shown = list(families(visits))
    lower = [family for family in sold if family not in shown]
    title = "Few tickets: menus and visits"
    with figure(path, "items", "menu's revenue, in multiples of bundling's", title) as axes:
        places = [family.items for family in shown]
        axes.plot(places, [family.promised(visits) for family in shown], "--", color="black", linewidth=1,
                  label="proved, at least")
        for column, k in ((2, visits), (3, visits + 1)):
            heights = {family: earned[column] / earned[0] for family, earned in sold.items()}
            whole = [family for family in shown if family in sold]
            label = f"sold to people who come {counted(k, 'time')}"
            points = axes.plot([family.items for family in whole], [heights[family] for family in whole],
                               "o-", markersize=4, label=label)
            axes.plot([family.items for family in lower], [heights[family] for family in lower], "o",
                      markersize=4, fillstyle="none", color=points[0].get_color())
        axes.axhline(1, color="black", linestyle=":", linewidth=1, label="bundling")
        axes.set_yscale("log")


PRESETS = _presets.FEW_TICKETS


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "few_tickets", *sys.argv[1:]])
