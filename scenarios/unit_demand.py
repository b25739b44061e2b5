"""Unit demand: several different items, buyers who want one of them, and prices nobody's order can spoil.

A seller who fears risk has a few different items; each buyer wants one, and values them differently. No
theory gives the best mechanism, with or without risk. The risk-averse seller's Appendix E makes prices for a
harder problem: think of each buyer as many, one for each item, in a matrix of buyers (rows) and items
(columns), of which at most one in each row and in each column is served. Each cell is offered a random price
of its own:

- soft prices serve whoever accepts, whatever the matrix says; only to compare;
- order-oblivious prices, offered with a share s of their probability: rows come one after the other, and
  within a row an adversary who knows all prices and values orders the cells, to the seller's harm. With
  s = 1/3 at least 1/6.75 of soft is left in any order of rows (Lemma 20); with s = 1 − 1/√3 in random order
  1/(3√3) (sharper than the paper's; docs/theory/one_pass.md);
- item prices for real buyers: each sees the prices of the items that are left, and takes what she likes best.
  That is never worse than the adversary (Lemma 18), and truth is dominant.

Soft prices keep (1 − 1/e) of the best dominant-strategy mechanism of the matrix, and that is at least as good
as any deterministic one for the buyers themselves.

What to look for. On each day of the run there is a new small instance, for which that best mechanism is
computed. What is proved is a fifth of it or less; what is so, most of it: adversaries as bad as in the proofs
need instances made for them. Real buyers, who choose what they like, cost less still. `shares.png`: the share
of the best, instance by instance. `scale.png`: what is left of soft by the share s, for the first instance,
and the proved curves s (1 − s)² and s (1 − s)(1 − s/2).

    bazaar audit unit_demand
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from scenarios import _presets
from scenarios._unit_demand_results import SCALES, SHARES, draw, judge, lines_of, market_of, shares_of
from sim.draws import Stream
from sim.market.workdays import Workdays
from sim.measures.plots import pictures
from sim.records import Records
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "truth is a dominant strategy here; nobody bids"

    until: float = Field(default=16.0, gt=0, le=1000, description="days; one instance on each")
    buyers: int = Field(default=2, ge=1, le=3, description="buyers, the rows")
    items: int = Field(default=2, ge=1, le=3, description="items, the columns")
    values: int = Field(default=2, ge=2, le=3, description="different values of each buyer for each item")
    fear: float = Field(default=0.3, ge=0, le=5, description="the seller's absolute risk aversion (CARA)")


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Workdays:
    """A day for each instance."""
    told = Parameters() if parameters is None else parameters
    book = Records() if records is None else records
    tasks = {
        f"instance {day}": partial(judge, book, day, market_of(told, generator(seed, day)))
        for day in range(math.ceil(told.until))
    }
    return Workdays(tasks, book, (SHARES, SCALES))


def generator(seed: int, day: int) -> Any:
    """The stream from which a day's instance is drawn."""
    return Stream(seed, "instances").generator(day)


def audited_instances(parameters: Parameters) -> list[Instance]:
    """Item prices, in random order and in a fixed one, for buyers with the values of a day's instance."""
    return market_of(parameters, generator(0, 0)).audited()


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """The worst and the mean share of the best, for each way to price."""
    shares = {way: own for way, own in shares_of(tables) if len(own)}
    means = {f"mean: {way}": float(own.mean()) for way, own in shares.items()}
    return means | {f"worst: {way}": float(own.min()) for way, own in shares.items()}


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """What is proved beside what is so, and the plots."""
    told = Parameters(**manifest["parameters"])
    drawn = pictures(tables, ["shares.png", "scale.png"], lambda folder: draw(folder, tables))
    return lines_of(tables, told) + drawn


PRESETS = _presets.UNIT_DEMAND


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "unit_demand", *sys.argv[1:]])
