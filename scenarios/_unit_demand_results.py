"""Small matrices of buyers and items: what each way of pricing brings there, tables and plots."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.distributions import JointDistribution
from mechanisms.risk_averse import (
    ItemPrices,
    OrderObliviousDesign,
    TooLargeError,
    design_order_oblivious_prices,
    optimal_matrix,
)
from mechanisms.risk_averse.order_oblivious import ANY_SCALE, RANDOM_SCALE
from mechanisms.utilities import CARA, Linear, Utility
from scenarios._plain_table import plain_table
from sim.measures.plots import COLOURS, figure
from sim.records import Column, Records, Table

if TYPE_CHECKING:
    from sim.audit import Instance

KEPT = 1 - 1 / math.e
HIGHEST = 9
"""Values are whole numbers up to this."""

PROVED = {
    "soft": KEPT,
    "any order, s = 1/3": KEPT * ANY_SCALE * (1 - ANY_SCALE) ** 2,
    "random order, s = .42": KEPT / (3 * math.sqrt(3)),
    "random order, best s": KEPT / (3 * math.sqrt(3)),
    "item prices, worst order": math.nan,
    "item prices, random": KEPT / (3 * math.sqrt(3)),
}
"""Ways to price, with the share of the best that is proved; NaN where nothing is for these prices."""

SHARES = Table("shares", "One row for each instance and way to price.", (
    Column("instance", "int32", "", "number of the instance, from 0"),
    Column("way", "category", "", "how it is priced", labels=tuple(PROVED)),
    Column("utility", "float64", "utility", "the seller's expected utility"),
    Column("best", "float64", "utility", "of the best dominant-strategy mechanism; NaN if not known"),
    Column("bound", "float64", "utility", "no dominant-strategy mechanism has more"),
))
SCALES = Table("scales", "One row for each share s of the first instance's prices.", (
    Column("scale", "float64", "probability", "s: with what share of their probability prices are offered"),
    Column("worst", "float64", "utility", "expected utility in the worst order of rows"),
    Column("random", "float64", "utility", "in random order of rows"),
    Column("buyers", "float64", "utility", "of item prices for buyers in random order"),
    Column("soft", "float64", "utility", "of soft prices"),
))

EXPLANATION = (
    "Shares of the best dominant-strategy mechanism of the matrix (of a bound on it, where it is too large), "
    "over the instances: the worst, the mean. Proved: for designs with ever more steps. Best s: of five, by "
    "its utility. Orders are of rows, an adversary orders each row; at item prices buyers choose instead."
)


@dataclass(frozen=True, eq=False)
class MatrixMarket:
    """n buyers and m items: values and probabilities of each cell, and the seller's attitude."""

    values: list[list[Any]]
    probabilities: list[list[Any]]
    utility: Utility

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return len(self.values), len(self.values[0])

    @cached_property
    def design(self) -> OrderObliviousDesign:
        """The soft prices, the best share of them, and the bound."""
        prices = np.unique(np.concatenate([grid for row in self.values for grid in row]))
        return design_order_oblivious_prices(self.values, self.probabilities, self.utility, prices)

    @cached_property
    def best(self) -> float:
        """Utility of the best dominant-strategy mechanism; NaN if it is too large to compute."""
        try:
            return optimal_matrix(self.values, self.probabilities, self.utility).utility
        except TooLargeError:
            return math.nan

    def oblivious(self, scale: float, order: str) -> float:
        """Utility of the soft prices' share `scale` against the adversary."""
        return self.design.soft.expected_utility(
            self.values, self.probabilities, self.utility, scale=scale, row_order=order
        )

    def chosen(self, scale: float, order: Any = "random") -> float:
        """Utility of item prices, where buyers choose."""
        prices = ItemPrices(self.design.soft.scaled(scale), order)
        return prices.expected_utility(self.values, self.probabilities, self.utility)

    def utilities(self) -> dict[str, float]:
        """Of each way to price."""
        n, scale = self.shape[0], self.design.scale
        return dict(zip(PROVED, (
            self.design.soft_utility,
            self.oblivious(ANY_SCALE, "worst"),
            self.oblivious(RANDOM_SCALE, "random"),
            self.oblivious(scale, "random"),
            min(self.chosen(scale, order) for order in itertools.permutations(range(n))),
            self.chosen(scale),
        ), strict=True))

    def audited(self) -> list[Instance]:
        """Item prices in random order and in a fixed one, before buyers who fear risk or do not."""
        from sim.audit import Instance

        prices = self.design.soft.scaled(self.design.scale)
        types = [np.array(list(itertools.product(*grids))) for grids in self.values]
        masses = [
            np.array([math.prod(each) for each in itertools.product(*row)]) for row in self.probabilities
        ]
        joint = JointDistribution(
            reduce(np.multiply.outer, masses), [own if self.shape[1] > 1 else own[:, 0] for own in types]
        )
        orders: dict[str, Any] = {"random order": "random", "fixed order": tuple(range(self.shape[0]))}
        return [
            Instance(ItemPrices(prices, order), joint, name=f"item prices, {name}", utilities=buyers)
            for (name, order), buyers in zip(orders.items(), (CARA(0.5), Linear()), strict=True)
        ]


def market_of(told: Any, rng: np.random.Generator) -> MatrixMarket:
    """A random instance: whole values up to 9, each cell its own, with random probabilities."""
    shape = (told.buyers, told.items)
    values = [
        [np.sort(rng.choice(HIGHEST, told.values, replace=False)) + 1.0 for _ in range(shape[1])]
        for _ in range(shape[0])
    ]
    chances = [[rng.dirichlet(np.ones(told.values)) for _ in range(shape[1])] for _ in range(shape[0])]
    return MatrixMarket(values, chances, CARA(told.fear) if told.fear > 0 else Linear())


def judge(records: Records, day: int, market: MatrixMarket) -> None:
    """Price one instance in every way; of the first one, with every share."""
    table = records["shares"]
    for way, utility in market.utilities().items():
        table.row(day, table.code("way", way), utility, market.best, market.design.upper_bound)
    if day == 0:
        for scale in np.linspace(0, 1, 21).tolist():
            records["scales"].row(
                scale, market.oblivious(scale, "worst"), market.oblivious(scale, "random"),
                market.chosen(scale), market.design.soft_utility,
            )


# --- tables and plots ---------------------------------------------------------------------------------


def shares_of(tables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """For each way its shares of the best, instance by instance."""
    rows = tables["shares"]
    known = rows["best"].fillna(rows["bound"])
    for way in PROVED:
        yield way, (rows["utility"] / known)[rows["way"] == way].to_numpy()


def shown(share: float) -> str:
    """Three decimals; a dash where there is none."""
    return "–" if math.isnan(share) else f"{share:.3f}"


def lines_of(tables: Any, told: Any) -> list[Any]:
    """What stands at the end of a run."""
    count = tables["shares"]["instance"].nunique()
    rows = [
        (way, shown(PROVED[way]), shown(own.min()), shown(own.mean()))
        for way, own in shares_of(tables)
        if len(own)
    ]
    return [
        f"Unit demand: {told.buyers} buyers, {told.items} items, {count} instances; the seller's absolute "
        f"risk aversion is {told.fear:g}.",
        plain_table(("way to price", "proved", "worst", "mean"), rows),
        EXPLANATION,
    ]


def draw(folder: Any, tables: Mapping[str, Any]) -> None:
    """Shares of the best by instance, and what is left of soft by the scale."""
    with figure(folder / "shares.png", "instance", "share of the best mechanism", "Unit demand") as axes:
        for place, (way, own) in enumerate(shares_of(tables)):
            axes.plot(own, "o-", markersize=4, linewidth=0.8, color=COLOURS[place], label=way)
        axes.set_ylim(0, 1.25)
        axes.axhline(1, color="black", linewidth=0.6)
    rows = tables["scales"]
    with figure(folder / "scale.png", "s, share of the prices' probability", "share of soft",
                "The first instance") as axes:
        for place, (column, label) in enumerate(
            [("worst", "worst order"), ("random", "random order"), ("buyers", "buyers choose")]
        ):
            axes.plot(rows["scale"], rows[column] / rows["soft"], color=COLOURS[place], label=label)
        s = rows["scale"]
        axes.plot(s, s * (1 - s) ** 2, "k:", linewidth=1, label="proved, any order")
        axes.plot(s, s * (1 - s) * (1 - s / 2), "k--", linewidth=1, label="proved, random")
