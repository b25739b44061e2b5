"""Table one: what is proved of selling under risk, row by row, beside what is so on random instances.

Table 1 of the risk-averse seller says which share of the best mechanism can be had in polynomial time, for a
seller and buyers who fear risk or do not. Two benchmarks: the best dominant-strategy mechanism (DSIC), and
the best Bayesian incentive compatible one (BIC), which may do more. Against it one may use dominant
strategies or truth in expectation (TIE), or Bayesian incentive compatibility itself. On each day of the run a
small random market is drawn, both benchmarks are computed exactly, and each cell of the table is tried:

- no fear at all: Myerson's auction is the best, whichever benchmark;
- buyers who fear risk, a seller who does not: against DSIC Myerson's again, since dominant strategies do not
  notice; against BIC Algorithm 1 (Theorem 4) keeps γ(k) in expectation, and the program of interim
  lotteries with Border's inequalities (Alaei and others) all, Bayesian incentive compatible;
- a seller who fears risk: sequential prices against DSIC (Theorem 1); one pass against BIC (Theorem 2). Where
  the buyers do not fear risk, Eső and Futó's auction has no risk left, and nothing is better.

The BIC benchmark of a seller without fear, and Eső and Futó's, let buyers lose ex post, and money flow to
them. That of Theorem 2 does not.

What to look for. `proved` is the paper's, `sharper` what is proved here (docs/theory): no ε in Theorem 1, and
c in place of (1 − 1/e) γ(k) in Theorem 2, as one pass beats rounds, less what this design's steps cost. The
measured shares, the worst and the mean, are far above both; never below, or something were wrong.
`table_one.png` shows them side by side.

    bazaar audit table_one

audits what stands in the cells, on the first day's market: each is what its column says, and Eső and Futó's
auction is Bayesian incentive compatible, but neither dominant nor ex-post individually rational.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from scenarios import _presets
from scenarios._table_one_cells import RATIOS, judge, market_of, ratios_of
from scenarios._table_one_results import draw, lines_of
from sim.draws import Stream
from sim.market.workdays import Workdays
from sim.measures.plots import pictures
from sim.records import Records
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "the mechanisms are judged exactly, for truthful buyers; nobody bids"

    until: float = Field(default=16.0, gt=0, le=1000, description="days; one market on each")
    buyers: int = Field(default=3, ge=2, le=3, description="buyers in each market")
    values: int = Field(default=3, ge=2, le=3, description="different values of each buyer")
    units: int = Field(default=1, ge=1, le=3, description="k, units for sale")
    seller_fear: float = Field(default=0.5, gt=0, le=2, description="her absolute risk aversion in its rows")
    buyer_fear: float = Field(default=2.0, gt=0, le=8, description="theirs")
    alike: bool = Field(default=False, description="whether all buyers are alike (Appendix C)")
    epsilon: float = Field(default=0.5, gt=0, lt=1, description="ε of Theorem 1's algorithm as written")


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Workdays:
    """A day for each market."""
    told = Parameters() if parameters is None else parameters
    book = Records() if records is None else records
    tasks = {
        f"market {day}": partial(judge, book, day, market_of(told, generator(seed, day)))
        for day in range(math.ceil(told.until))
    }
    return Workdays(tasks, book, (RATIOS,))


def generator(seed: int, day: int) -> Any:
    """The stream from which a day's market is drawn."""
    return Stream(seed, "markets").generator(day)


def audited_instances(parameters: Parameters) -> list[Instance]:
    """What stands in the cells, on the first day's market."""
    return market_of(parameters, generator(0, 0)).audited()


def measures(tables: Any, parameters: Parameters) -> dict[str, float]:
    """What each mechanism brings over the markets, in shares of its benchmark, by cell: mean and worst."""
    shares = {cell: own for cell, own in ratios_of(tables).items() if len(own)}
    means = {f"ratio: {cell}": float(own.mean()) for cell, own in shares.items()}
    return means | {f"worst: {cell}": float(own.min()) for cell, own in shares.items()}


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """Table 1 with what was measured, and the plot."""
    told = Parameters(**manifest["parameters"])
    name = "table_one.png"
    return lines_of(tables, told) + pictures(tables, [name], lambda folder: draw(folder / name, tables, told))


PRESETS = _presets.TABLE_ONE


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "table_one", *sys.argv[1:]])
