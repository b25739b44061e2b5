"""Cautious seller: prices for a seller who fears a bad evening, with a proof of how good they are.

A seller has a few units and one evening to sell them to a line of buyers, who want one each. She knows how
likely each of them is to pay how much. Were she to hold many evenings, she would look at mean revenue, and
Myerson's auction would be best. But rent is due tomorrow: her utility of revenue is concave, and she gives up
some revenue on average for less risk. Four ways to sell:

- designed prices: each buyer has a price of her own, and the dearest offers are made first;
- by history: a price may depend on the units left and the money earned so far: bold where she is behind with
  many units, careful where little is left to win;
- the best single price for everybody;
- Myerson's auction, the best one for a seller without fear.

Truth is a dominant strategy in all four, whatever the buyers' own attitudes to risk: nobody moves her own
price. No theory gives the best dominant-strategy mechanism for a cautious seller of several units; but it
gives a bound on what any can be worth to her, so that each way comes with a certificate: at least so many
per cent of the best possible (risk-averse seller, Theorem 1, and sharper: docs/theory/risk_averse_seller.md).

In the market these are offers over time. Buyers stand in line, and she asks the dearest first; or strangers
arrive (`--set come=arriving`), and she takes them as they come. Each offer has a deadline; whoever is late is
passed over. When the units are gone, the rest of the line goes home.

What to look for. With `values=jackpot` a buyer pays 1, or 40 with 3 %. Myerson's auction hopes for jackpots,
and comes home with nothing two evenings out of three: to a cautious seller that is worth next to nothing. A
single price of 1 sells out for sure, and never wins. The designed prices ask the first in line for 40 and
keep the last for 1. With `values=normal` Myerson's auction has little risk, and no prices come up to it: then
the certificate shows how little is lost. With `values=rare` it shows 92 % at most: what is missing is lost by
the prices or given away by the bound, and nobody knows how much by which; of 200 such buyers and 20 units
more than 97 % is certified. `frontier.png`: from no caution to much, means and spreads fall together.
`revenue.png`: the law of an evening's revenue, exact, and what the market saw.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Truthful
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution
from mechanisms.utilities import CARA, Linear
from scenarios import _presets
from scenarios._cautious_seller_designs import ATTITUDES, FAMILIES, Sale, buyers_of, sale, sale_to
from scenarios._cautious_seller_results import draw, exact_law, lines_of, revenues, seen_utility
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.plots import pictures
from sim.records import Records
from sim.runs import scenario
from sim.runs.scenario import OneOf

if TYPE_CHECKING:
    from sim.audit import Instance
    from sim.page.drawing.drawing import Drawing

CROWD = 3
"""Strangers come from a crowd that is so many times as large."""


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "truth is a dominant strategy here, and buyers are truthful"

    until: float = Field(default=1000.0, gt=0, le=1e6, description="evenings; each seller sells once in each")
    values: Annotated[str, OneOf(tuple(FAMILIES))] = Field(
        default="jackpot", description="how the buyers' values, from 1 to 40, are distributed"
    )
    attitude: Annotated[str, OneOf(tuple(ATTITUDES))] = Field(
        default="CARA", description="the family of the seller's utility"
    )
    caution: float = Field(default=2.0, ge=0, le=50, description="her caution, 0 for none; 2 fears much")
    buyers: int = Field(default=12, ge=2, le=40, description="buyers in line")
    units: int = Field(default=3, ge=1, le=10, description="units that she has")
    come: Annotated[str, OneOf(("in line", "arriving"))] = Field(
        default="in line", description="the same buyers, dearest offers first; or strangers as they come"
    )
    late: float = Field(default=0.05, ge=0, le=0.5, description="share of answers that miss the deadline")


def sale_of(told: Parameters, values: str | None = None, caution: float | None = None) -> Sale:
    """Her ways to sell, for other values or another caution on request."""
    family, degree = values or told.values, told.caution if caution is None else caution
    arriving = told.come == "arriving"
    return sale(family, told.buyers, told.units, told.attitude, degree, told.late, arriving)


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """Four sellers of one attitude, each with a line of her own, who meet the same values every evening."""
    told = Parameters() if parameters is None else parameters
    chosen, prior = sale_of(told), IndependentPrior(buyers_of(told.values, told.buyers))
    window = 1.0 / (told.buyers + 1)
    plans = [
        SellerPlan(way.mechanism, window=window, name=name, utility=chosen.utility)
        for name, way in chosen.ways.items()
    ]
    crowd = told.buyers * (CROWD if told.come == "arriving" else 1)
    lines = np.arange(crowd * len(plans)).reshape(len(plans), crowd)
    panels = [Panel(line, size=told.buyers, same_profiles=True) for line in lines]
    latency = window / -math.log(told.late) if told.late > 0 else 0.0
    people = Population([Group(Truthful())], np.zeros(lines.size, dtype=int), latency)
    return Market(people, plans, panels, prior, seed, records)


def audited_instances(parameters: Parameters) -> list[Instance]:
    """The same ways to sell 2 units to 3 such buyers of 3 values each; before the cautious, too."""
    from sim.audit import Instance

    priors = []
    for value in buyers_of(parameters.values, 3):
        grid = np.unique(value.quantile(np.array([0.2, 0.6, 0.99])))
        priors.append(Discrete(grid, np.full(grid.size, 1 / grid.size)))
    small = sale_to(priors, 2, sale_of(parameters).utility, parameters.come == "arriving")
    joint = JointDistribution.product(priors)
    return [
        Instance(way.mechanism, joint, name=f"{name}{to}", utilities=buyers)
        for name, way in small.ways.items()
        for to, buyers in (("", Linear()), (", cautious buyers", CARA(0.5)))
    ]


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """Her utility as the market saw it, and exactly what is sure and certified, for each way to sell."""
    chosen = sale_of(parameters)
    seen = seen_utility(tables, chosen.utility)
    return {
        f"{what}: {name}": figure
        for name in chosen.ways
        for what, figure in (
            ("utility", float(seen[name].mean)),
            ("sure", chosen.sure(name)),
            ("certified", chosen.certified(name)),
        )
    }


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """The four ways beside each other, the ladder of caution, the families of values, and the plots."""
    told = Parameters(**manifest["parameters"])
    names = ["frontier.png", "revenue.png"]
    drawn = pictures(tables, names, lambda folder: draw(folder, tables, told, sale_of))
    return lines_of(tables, told, sale_of) + drawn


def revenue_so_far(market: Market) -> Drawing:
    """Revenue of an evening.

    The probability that it is no more: exact as lines, dots for the evenings so far.
    """
    from sim.page.drawing.look import look_of_seller
    from sim.page.drawing.marks import legend_above, points, staircase
    from sim.page.drawing.plot import framed, plot_of
    from sim.page.drawing.scales import roomy

    ways = sale_of(Parameters(**market.records.manifest.parameters)).ways
    seen = revenues({"auctions": market.records.frame("auctions")})
    end = max(float(way.law.amounts[-1]) for way in ways.values())
    top, named = legend_above([(name, look_of_seller(k)) for k, name in enumerate(ways)])
    plot = plot_of((0, roomy(end)), (0, 1), "an evening's revenue (money)", "probability of no more", top=top)
    marks = [named]
    for number, (name, way) in enumerate(ways.items()):
        look = look_of_seller(number)
        marks.append(staircase(plot, *exact_law(way.law, end), look, name))
        if len(seen[name]):
            at, counts = np.unique(seen[name], return_counts=True)
            marks.append(points(plot, at, np.cumsum(counts) / len(seen[name]), look, 6))
    return framed(plot, "Revenue of an evening", *marks)


PANELS = (revenue_so_far,)
PRESETS = _presets.CAUTIOUS_SELLER


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "cautious_seller", *sys.argv[1:]])
