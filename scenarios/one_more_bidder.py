"""One more bidder: is it worth more than knowing the prior? It is, unless values may depend on one another.

A seller of one good has I bidders. She may look for the best auction for what she knows, or for one more
bidder, and then run a second price auction without a reserve, for which she needs to know nothing. Bulow and
Klemperer (1996) showed that with independent, alike and regular values the further bidder is worth more than
the optimal auction. Koçyiğit's thesis (Theorem 1.4.3) carries that over to a seller who knows only that the
law is one of a set: one more bidder without reserve is worth more than the best that she can be sure of. The
market tries three laws, all regular, with for each

- Vickrey's auction among I, Myerson's optimal auction for the true law among I, and Vickrey's among I + 1.

It fails where values may depend on one another. There the seller knows only that values lie in [0, 1] and
that the mean of each is at least μ (the Markov set). She is sure of r with the optimal highest-bidder lottery
among I; Vickrey's auction among I + 1 meets its own worst case, and so does that among I.

What to look for. In each row of a law the third column is the largest, and so it is in the worst of the laws.
In the row of the Markov set it is not: one more bidder is worth less than the lottery. With a high mean and
few bidders it may be enough (`mean=0.95`), but for every μ there are I from which on it is not, nor is any
fixed number of further bidders (Proposition 1.5.10; the lines below the table tell how many are).
`revenue.png` shows the table. `markov.png` shows what is secured in the Markov set as I grows: the lottery
among I, Vickrey's among I and I + 1, and the bound on all mechanisms.

    bazaar audit one_more_bidder
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from mechanisms.auctions import MyersonAuction, SecondPrice
from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.distributions import ContinuousDistribution, Exponential, IndependentPrior, PowerLaw, Uniform
from mechanisms.distributions.order_statistics import expected_second_highest
from mechanisms.names import counted
from mechanisms.robust import (
    HighestBidderLottery,
    IndependentSet,
    MarkovSet,
    extra_bidders,
    markov_bounds,
    one_more_bidder,
    second_price_worst_case,
    worst_case_revenue,
)
from mechanisms.robust.markov import lottery_constants
from scenarios import _presets
from scenarios._rooms import Room, figures, market_of, series
from sim.market.market import Market
from sim.measures.comparison import Figure, comparison_table
from sim.measures.plots import figure, pictures, plot_bars
from sim.records import Records
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance

LAWS: dict[str, ContinuousDistribution] = {
    "uniform": Uniform(0.0, 1.0),
    "power law": PowerLaw(2.0),
    "exponential": Exponential(2.0),
}
"""Regular laws of one value."""
MARKOV = "Markov set"
VICKREY, BEST, ONE_MORE = "Vickrey, I", "best, I", "Vickrey, I + 1"
COLUMNS = (VICKREY, BEST, ONE_MORE)
EXPLANATION = (
    "Revenue an auction; ± is the half-width of a 95% confidence interval by batch means. Best: the optimal "
    "auction for the law of the row; for the Markov set the highest-bidder lottery, and each auction before "
    "its own worst case."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "bidders are truthful: that is best for them at each of these sellers"

    until: float = Field(default=6000.0, gt=0, le=1e9, description="simulated time at which the run ends")
    bidders: int = Field(default=2, ge=2, le=20, description="I, bidders before one more comes")
    mean: float = Field(default=0.5, ge=0.05, le=0.95, description="μ, the least mean in the Markov set")


def rooms_of(parameters: Parameters) -> list[Room]:
    """Three sellers for each law, and three for the Markov set."""
    n, rooms = parameters.bidders, []
    for name, law in LAWS.items():
        few, more = (IndependentPrior.identical(law, count) for count in (n, n + 1))
        rooms += [
            Room(VICKREY, name, SecondPrice(), few, float(expected_second_highest(law, n))),
            Room(BEST, name, MyersonAuction(law), few, optimal_revenue(law, n)),
            Room(ONE_MORE, name, SecondPrice(), more, float(expected_second_highest(law, n + 1))),
        ]
    lottery = HighestBidderLottery(n, parameters.mean, charge="winner")
    rules: dict[str, tuple[SecondPrice | HighestBidderLottery, int]] = {
        VICKREY: (SecondPrice(), n), BEST: (lottery, n), ONE_MORE: (SecondPrice(), n + 1)
    }
    for column in COLUMNS:
        rule, count = rules[column]
        worst = worst_case_revenue(rule, MarkovSet(count, parameters.mean))
        rooms.append(Room(column, MARKOV, rule, worst.distribution, worst.revenue))
    return rooms


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """Twelve rooms, each with bidders of its own."""
    return market_of(rooms_of(Parameters() if parameters is None else parameters), seed, records)


def audited_instances(parameters: Parameters) -> Sequence[Instance]:
    """The rules for two bidders on quarters, over all distributions of at least the mean."""
    from sim.audit.library import markov_instance

    rules = {"Vickrey": SecondPrice(), "optimal for uniform values": MyersonAuction(LAWS["uniform"]),
             "highest-bidder lottery": HighestBidderLottery(2, parameters.mean, charge="winner")}
    return [markov_instance(rule, parameters.mean, name) for name, rule in rules.items()]


# --- what came of it --------------------------------------------------------------------------------


def verdicts(parameters: Parameters) -> list[str]:
    """What theory says of one more bidder in both sets, and how many more it takes."""
    n, mean = parameters.bidders, parameters.mean
    lines = []
    for name, ambiguity in (("the three laws", IndependentSet(tuple(LAWS.values()), n)),
                            ("the Markov set", MarkovSet(n, mean))):
        found = one_more_bidder(ambiguity)
        answer = {True: "enough", False: "not enough", None: "perhaps enough"}[found.enough]
        lines.append(
            f"Worst case over {name}: I + 1 without reserve {found.vickrey:.4f}, the best among I between "
            f"{found.least:.4f} and {found.most:.4f}: one more bidder is {answer}."
        )
    more = extra_bidders(n, mean)
    needed = f"There the best second price auction needs {counted(more, 'more bidder')} to match the lottery."
    return [*lines, needed]


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """Revenue by law and seller, the verdicts of theory, and the plots in the run's folder."""
    told = Parameters(**manifest["parameters"])
    rooms = rooms_of(told)
    rows = figures(rooms, series(tables, len(rooms)))
    lines: list[Any] = [
        f"One more bidder: {told.bidders} bidders, or {told.bidders + 1}.",
        comparison_table("values", COLUMNS, rows),
        EXPLANATION,
        *verdicts(told),
    ]
    drawn = partial(draw, parameters=told, rows=rows)
    return [*lines, *pictures(tables, ("revenue.png", "markov.png"), drawn)]


def draw(folder: Any, parameters: Parameters, rows: Mapping[str, Mapping[str, Figure]]) -> None:
    """The table as bars; and what is secured in the Markov set by the number of bidders."""
    bars = {}
    for column in COLUMNS:
        found = [row[column].estimate for row in rows.values()]
        bars[column] = [one.mean for one in found], [one.half_width for one in found]
    plot_bars(folder / "revenue.png", bars, list(rows), "revenue (money)", "One more bidder")
    mean, sizes = parameters.mean, np.arange(2, 31)
    secured = {
        "any mechanism among I, at most": [markov_bounds(int(n), mean, steps=0).upper for n in sizes],
        "lottery among I": [lottery_constants(int(n), mean).value for n in sizes],
        "Vickrey among I + 1": [second_price_worst_case(int(n) + 1, mean, 0.0).revenue for n in sizes],
        "Vickrey among I": [second_price_worst_case(int(n), mean, 0.0).revenue for n in sizes],
    }
    with figure(folder / "markov.png", "bidders I", "worst-case revenue (money)",
                f"Worst case over the Markov set of mean {mean:g}") as axes:
        for label, numbers in secured.items():
            axes.plot(sizes, numbers, marker="o", markersize=3, linewidth=1.2, label=label)


PRESETS = _presets.ONE_MORE_BIDDER


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "one_more_bidder", *sys.argv[1:]])
