"""Insurance: what a buyer who bears the seller's risk is worth, and what it gives up.

A seller has two units. Each of two buyers values a unit at 1 with a small probability ε, and else at
nothing. The seller needs ε, and no more helps her: her utility of revenue t is min(t, ε). The best that she
can do with dominant strategies, if nobody ever loses and no money flows to buyers, is a price of 1 for each:
she gets her ε with probability 2ε − ε², which is worth 2ε² − ε³. But one buyer can insure her (risk-averse
seller, Example 1): the first pays a premium of ε whatever happens, gets no unit, and is handed what the
second pays for hers, 1 with probability ε. On average she loses nothing. The seller has ε for sure. As ε
falls, the gap has no bound.

The insured sale is a dominant-strategy mechanism itself, so that this is not what it gives up. What it gives
up is that nobody ever loses (ex-post individual rationality), and that no money flows to buyers. The same
again

- with an insurer who fears risk herself (CARA), and charges for it: she pays a smaller premium;
- with an insurer who may leave when she has seen the outcome: she pays when the other buys, and only then;
- with insurers who are not bound, and learn whether to take part. At the fair premium they gain nothing by
  it, and whether they come in the end is luck; a small discount, and they come.

What to look for. The column `utility`, exact, beside what the market saw; and what the insurer gains on
average, in her own utility, and at worst. With `--set epsilon=0.01` insurance is worth fifty times as much as
the prices. `gap.png`: utility against ε, all of them. `learning.png`: how often the two learners take part,
over time.

    bazaar audit insurance

confirms: truth is dominant, and taking part is worth it on average, but not ex post.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from agents.learners import Hedge
from agents.learners.participation import ParticipationLearner
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Strategy, Truthful
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.risk_averse import InsuredSale, SequentialPrices, fair_premium
from mechanisms.utilities import CARA, Capped, Linear, Utility
from scenarios import _presets
from scenarios._insurance_results import Deal, draw, last_half, lines_of, participation, revenues
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.plots import pictures
from sim.records import Records
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance
    from sim.page.drawing.drawing import Drawing

PRICE = 1.0
TAKE_PART_OR_NOT = (0.0, 1.0)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "truth is a dominant strategy here; two insurers learn whether to take part"

    until: float = Field(default=4000.0, gt=0, le=1e6, description="simulated time at which the run ends")
    epsilon: float = Field(default=0.1, gt=0, lt=1, description="ε, how likely a buyer values a unit at 1")
    fear: float = Field(default=2.0, gt=0, le=50, description="the cautious insurer's absolute risk aversion")
    discount: float = Field(
        default=0.25, ge=0, lt=1, description="what the second learner's premium is below the fair one"
    )


def prior_of(told: Parameters) -> JointDistribution:
    """Two buyers who value a unit at 1 with probability ε."""
    return JointDistribution.product([Discrete([0.0, PRICE], [1 - told.epsilon, told.epsilon])] * 2)


def deals(told: Parameters) -> dict[str, Deal]:
    """What is tried: each mechanism, and the attitude of its first buyer, who may be the insurer."""
    fair, fearful = told.epsilon * PRICE, CARA(told.fear)
    charged = fair_premium(fearful, PRICE, told.epsilon)
    found: dict[str, tuple[Mechanism, Utility]] = {
        "prices of 1": (SequentialPrices((PRICE, PRICE), 2), Linear()),
        "insured": (InsuredSale(PRICE, fair), Linear()),
        "cautious insurer": (InsuredSale(PRICE, charged), fearful),
        "may leave ex post": (InsuredSale(PRICE, fair, walk_away=True), Linear()),
        "learns, fair": (InsuredSale(PRICE, fair, may_decline=True), Linear()),
        "learns, discount": (InsuredSale(PRICE, (1 - told.discount) * fair, may_decline=True), Linear()),
    }
    return {name: Deal(*deal) for name, deal in found.items()}


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """A seller for each deal, with two buyers of her own, and the same values at all; one sale a time."""
    told = Parameters() if parameters is None else parameters
    tried = deals(told)
    seller, second = Capped(told.epsilon), Group(Truthful())
    plans = [
        SellerPlan(deal.mechanism, window=0.4, discloses="bids", name=name, utility=seller)
        for name, deal in tried.items()
    ]
    first = [Group(_first_buyer(deal), deal.utility) for deal in tried.values()]
    membership = [group for k in range(len(plans)) for group in (k + 1, 0)]
    people = Population([second, *first], membership)
    panels = [Panel([2 * k, 2 * k + 1], same_profiles=True) for k in range(len(plans))]
    return Market(people, plans, panels, prior_of(told), seed, records)


def _first_buyer(deal: Deal) -> Strategy:
    return ParticipationLearner(Hedge(shares=TAKE_PART_OR_NOT), PRICE) if deal.learns else Truthful()


def audited_instances(parameters: Parameters) -> list[Instance]:
    """The deals whose buyers are bound, as they stand."""
    from sim.audit import Instance

    prior = prior_of(parameters)
    return [
        Instance(deal.mechanism, prior, name=name, utilities=[deal.utility, Linear()])
        for name, deal in deals(parameters).items()
        if not deal.learns
    ]


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """The seller's utility as the market saw it, for each deal; and how often learners took part at last."""
    tried, seller = deals(parameters), Capped(parameters.epsilon)
    found = {}
    for number, (name, deal) in enumerate(tried.items()):
        found[f"utility: {name}"] = float(np.mean(seller(revenues(tables, number))))
        if deal.learns:
            came = participation(tables, number, len(tried))
            found[f"came: {name}"] = float(last_half(came).mean())
    return found


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """The deals beside each other, and the plots."""
    told = Parameters(**manifest["parameters"])

    def drawn(folder: Any) -> None:
        ladder = [told.model_copy(update={"epsilon": float(e)}) for e in np.geomspace(0.003, 0.9, 40)]
        by_epsilon = {given.epsilon: (deals(given), prior_of(given)) for given in ladder}
        draw(folder, tables, told, deals(told), by_epsilon)

    found = lines_of(tables, told, deals(told), prior_of(told))
    return found + pictures(tables, ["gap.png", "learning.png"], drawn)


def insurers_who_learn(market: Market) -> Drawing:
    """Who takes part.

    How often, so far, the insurers who are not bound have taken part.
    """
    from sim.page.drawing.look import look_of_seller
    from sim.page.drawing.marks import curve, legend_above
    from sim.page.drawing.plot import framed, plot_of
    from sim.page.drawing.scales import roomy

    tried = deals(Parameters(**market.records.manifest.parameters))
    messages = market.records.frame("messages")
    learning = {name: number for number, (name, deal) in enumerate(tried.items()) if deal.learns}
    took = {name: participation({"messages": messages}, number, len(tried))
            for name, number in learning.items()}
    top, named = legend_above([(name, look_of_seller(number)) for name, number in learning.items()])
    end = roomy(max(10.0, *map(len, took.values())))
    plot = plot_of((0, end), (0, 1), "sale", "share that took part", top=top)
    lines = [curve(plot, np.arange(1, len(taken) + 1), np.cumsum(taken) / np.arange(1, len(taken) + 1),
                   look_of_seller(learning[name]), name) for name, taken in took.items() if len(taken)]
    return framed(plot, "Who takes part", named, *lines)


PANELS = (insurers_who_learn,)
PRESETS = _presets.INSURANCE


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "insurance", *sys.argv[1:]])
