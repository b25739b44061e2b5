"""One pass: a seller and buyers who all fear risk, and lotteries that sell certainty to the buyers.

A seller of a few units fears risk, and so do her buyers. Fixed prices are all that dominant strategies leave
her. If it is enough that truth is best on average over her own coins, she can do more: to each buyer's report
she answers with a lottery over a unit at some price, or nothing. Whoever fears risk pays more for a better
chance. Each lottery is made so that truth is best in it. But how to keep to the number of units? If a buyer's
chance to be served depended on the others' reports in too clever a way, truth would be lost. Five ways:

- one pass: ask every buyer once, in random order, until the units are gone. Whether she is reached depends on
  nothing that she says. It keeps a factor c of what the lotteries would bring without a limit of units; c is
  computed for this very design (sharper than the paper's; docs/theory/one_pass.md);
- the same, oversold: lotteries that would sell more units than there are, were there no limit;
- the paper's rounds (Theorem 2), in the limit of ever more: one pass that stops early; and with L rounds;
- soft: no limit of units, which no seller has; only to compare.

What to look for. One pass is above rounds, whatever the fears, and far above what is proved of either. Where
all is small the best mechanism there is can be computed, one that may do anything that is truthful on average
(Bayesian incentive compatible), where nobody ever loses and no money flows to buyers: one pass comes close.
Against fixed prices it gains by the buyers' fear: with `--set buyer_fear=0` there is nothing to gain, and
fixed prices are ahead, as one pass must not ask the dearest first. Few rounds beat many, and a single one,
which asks everybody in a fixed order, may even beat one pass (`--set buyers=2 --set units=1 --set rounds=1`).
The plots: `one_pass.png`, beside what is proved, and `fear.png`, by the buyers' fear.

    bazaar audit one_pass

on a small instance: truthful in expectation, but not dominant. Who knew what she would draw would lie, and
the audit says how; and lotteries for the fearful are not truthful for others.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Truthful
from mechanisms.distributions import IndependentPrior, JointDistribution
from scenarios import _presets
from scenarios._one_pass_designs import Found, found_for
from scenarios._one_pass_results import draw, lines_of, seen_utilities
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.plots import pictures
from sim.records import Records
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance
    from sim.page.drawing.drawing import Drawing


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "the lotteries are made so that truth is best, and buyers are truthful"

    until: float = Field(default=1500.0, gt=0, le=1e6, description="simulated time at which the run ends")
    buyers: int = Field(default=3, ge=2, le=6, description="buyers; the optimum is known for few")
    types: int = Field(default=4, ge=2, le=6, description="values 1, 2, …, each as likely")
    units: int = Field(default=2, ge=1, le=6, description="units that she has")
    fineness: int = Field(default=2, ge=1, le=3, description="prices for each unit of value")
    seller_fear: float = Field(default=0.5, ge=0, le=2, description="her absolute risk aversion (CARA)")
    buyer_fear: float = Field(default=3.0, ge=0, le=8, description="the buyers' absolute risk aversion")
    rounds: int = Field(default=4, ge=1, le=200, description="L, the number of rounds")


def found_by(told: Parameters, buyer_fear: float | None = None) -> Found:
    """What is designed; for other buyers on request."""
    fear = told.buyer_fear if buyer_fear is None else buyer_fear
    return found_for(
        told.buyers, told.types, told.units, told.fineness, told.seller_fear, fear, told.rounds
    )


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """A seller for each way, with buyers of her own, and the same values at all; one sale a unit of time."""
    told = Parameters() if parameters is None else parameters
    found = found_by(told)
    plans = [
        SellerPlan(mechanism, window=0.9 / told.buyers, name=name, utility=found.game.seller)
        for name, mechanism in found.mechanisms.items()
    ]
    seats = np.arange(len(plans) * told.buyers).reshape(len(plans), told.buyers)
    people = Population([Group(Truthful(), found.game.buyer)], np.zeros(seats.size, dtype=int))
    panels = [Panel(row, same_profiles=True) for row in seats]
    return Market(people, plans, panels, IndependentPrior(found.game.priors), seed, records)


def audited_instances(parameters: Parameters) -> list[Instance]:
    """The same for one unit and two buyers of 3 values; and for others than those that it was made for."""
    from sim.audit import Instance

    small = parameters.model_copy(update={"buyers": 2, "types": 3, "units": 1, "rounds": 2})
    found = found_by(small)
    prior = JointDistribution.product(found.game.priors)
    made_for = [
        Instance(mechanism, prior, name=name, utilities=found.game.buyer)
        for name, mechanism in found.mechanisms.items()
        if name != "soft"
    ]
    others = [replace(one, name=f"{one.name}, before the fearless", utilities=None) for one in made_for[:1]]
    return [*made_for, *others] if parameters.buyer_fear > 0 else made_for


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """The seller's utility as the market saw it, for each way; and one pass's certificate and factor c."""
    found = found_by(parameters)
    seen = seen_utilities(tables, found)
    utilities = {f"utility: {name}": float(estimate.mean) for name, estimate in seen.items()}
    return {**utilities, "certificate": found.design.certificate, "c": found.design.factor}


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """The ways beside each other, what is proved, and the plots."""
    told = Parameters(**manifest["parameters"])
    found = found_by(told)

    def drawn(folder: Any) -> None:
        ladder = sorted({0.0, 0.5, 1.0, 2.0, 4.0, 8.0, told.buyer_fear})
        draw(folder, tables, found, {fear: found_by(told, fear) for fear in ladder})

    return lines_of(tables, told, found) + pictures(tables, ["one_pass.png", "fear.png"], drawn)


def utilities_so_far(market: Market) -> Drawing:
    """The seller's utility of a sale.

    Bars: exact. Dots: seen so far, with 95% intervals. Dashed: the best mechanism there is, if it is known.
    """
    from sim.page.drawing.look import INKED, THEORY, look_of_seller
    from sim.page.drawing.marks import points, spans_on_rows, stripes, upright
    from sim.page.drawing.plot import framed, rows_of
    from sim.page.drawing.scales import roomy_range

    found = found_by(Parameters(**market.records.manifest.parameters))
    seen = seen_utilities({"auctions": market.records.frame("auctions")}, found)
    names, rows = list(found.laws), -np.arange(len(found.laws))
    exact = np.array([found.worth(name) for name in names])
    mean, half = np.array([[seen[name].mean, seen[name].half_width] for name in names]).T
    ends = [*exact, *(mean + half)[np.isfinite(half)], found.best if np.isfinite(found.best) else 0.0]
    plot = rows_of(names, roomy_range(0.0, max(ends)), "the seller's utility")
    bars = [stripes(plot, exact[k : k + 1], rows[k : k + 1], look_of_seller(k)) for k in range(len(names))]
    known = np.isfinite(half)
    marks = [*bars, spans_on_rows(plot, mean - half, mean + half, rows, INKED),
             points(plot, mean[known], rows[known], INKED, 6)]
    if np.isfinite(found.best):
        marks.append(upright(plot, found.best, THEORY, "best mechanism"))
    data = {"way": names, "exact": exact, "seen": mean, "half_width": half}
    return framed(plot, "The seller's utility of a sale", *marks, data=data)


PANELS = (utilities_so_far,)
PRESETS = _presets.ONE_PASS


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "one_pass", *sys.argv[1:]])
