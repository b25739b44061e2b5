"""Highest-bidder lottery: a seller who knows nothing but a mean, before natures that know her rule.

One good, I bidders, values between 0 and 1. The seller knows that the mean of each value is at least μ, and
nothing else: values may depend on one another in any way. She wants to be sure of as much revenue as she can.
Five sellers try:

- the optimal highest-bidder lottery (Koçyiğit's thesis, Theorem 1.5.3): the highest bidder wins with a chance
  that depends on the two highest bids, and pays only if she wins;
- a second price auction with a random reserve that is sure of as much as the lottery, r, and never earns less
  (docs/theory/robust.md);
- the best second price auction with a sure reserve (Theorem 1.5.2), and Vickrey's, without one;
- the believer: the optimal auction for independent values of a mean `believed_mean`, which is not true.

Each of them meets four natures, whose values all have the mean μ, truthful bidders told:

- the worst case for this very seller: a closed form of the thesis, or the solution of a linear program;
- a nature who learns: she is told after each auction how much each pair of highest and other bids would have
  hurt, and plays Hedge tilted onto the mean; she starts from nothing and knows no theorem;
- independent values of a power law, and the same law with all values alike: towns that mean no harm.

What to look for. In the worst case the lottery and the random reserve earn r, Vickrey's auction much less
(nothing with two bidders and μ = ½), and the believer nothing. The nature who learns ends there too. In the
towns it is the other way round: the best sure reserve earns more than both, and that is the price of being
sure. The random reserve is ahead of the lottery in both towns, as it is wherever two values are above r. With
more bidders (`bidders=10`) all but the believer come together.

`slackness.png` shows why the worst cases are what they are (Figure 1.2 of the thesis: the revenue touches a
plane just where nature puts her atoms), `worst_cases.png` what is secured by how many bidders (Figure 1.4),
`extra_bidders.png` how many more bidders a second price auction needs to be as good (Figure 1.5), a number
without bound. `typical.png` shows what is secured (solid) and what is earned in the independent town (dotted)
as μ and I vary, `learning.png` the nature who learns at work, `revenue.png` the table.

    bazaar audit highest_bidder_lottery

shows that truth is safe, whatever bidders think of ambiguity, at all sellers.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from agents.nature import LearningNature
from mechanisms.auctions import MyersonAuction, SecondPrice
from mechanisms.conversation import DirectLottery, DirectMechanism
from mechanisms.distributions import IndependentPrior, PowerLaw
from mechanisms.names import counted
from mechanisms.robust import (
    HighestBidderLottery,
    MarkovSet,
    Moment,
    RandomReserveLottery,
    expected_revenue,
    extra_bidders,
    hedge,
    markov_bounds,
    optimal_reserve,
    worst_case_revenue,
)
from mechanisms.robust.markov import lottery_constants
from mechanisms.robust.worst_case import refined_grid
from scenarios import _presets
from scenarios._markov_figures import draw_extra_bidders, draw_slackness, draw_worst_cases, panels
from scenarios._rooms import Room, alike, average_revenue, figures, market_of, one_high, series
from sim.market.market import Market
from sim.measures.comparison import comparison_table
from sim.measures.plots import COLOURS, pictures, plot_bars, plot_curves, running_means
from sim.records import Records
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance

POINTS = 21
"""Of the grid of bids on which a nature learns, before it is refined at a seller's breakpoints."""
PICTURES = (
    "slackness.png", "worst_cases.png", "extra_bidders.png", "typical.png", "learning.png", "revenue.png"
)

EXPLANATION = (
    "Revenue an auction; ± is the half-width of a 95% confidence interval by batch means. Of the nature who "
    "learns only the second half counts; theory's figure for her is the worst case, the least that she can "
    "come to."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "bidders are truthful: that is best for them at each of these sellers"

    until: float = Field(default=1500.0, gt=0, le=1e9, description="simulated time at which the run ends")
    bidders: int = Field(default=2, ge=2, le=30, description="I, bidders in each auction")
    mean: float = Field(default=0.5, ge=0.05, le=0.95, description="μ, the mean of each value")
    believed_mean: float = Field(
        default=0.75, ge=0.5, le=0.95, description="the mean of the believer's independent values"
    )


def town_law(mean: float) -> PowerLaw:
    """Values in [0, 1] of this mean, uniform if it is ½."""
    return PowerLaw(mean / (1 - mean))


def sellers(parameters: Parameters) -> dict[str, DirectLottery | DirectMechanism]:
    """The five rules. The believer's law is regular, so her optimal auction is a second price auction."""
    market = (parameters.bidders, parameters.mean)
    believed = MyersonAuction(town_law(parameters.believed_mean))
    return {
        "lottery": HighestBidderLottery(*market, charge="winner"),
        "random reserve": RandomReserveLottery(*market),
        "best reserve": SecondPrice(optimal_reserve(*market).reserve),
        "Vickrey": SecondPrice(),
        "believer": SecondPrice(believed.breakpoints[0]),
    }


def learning_nature(mechanism: DirectLottery | DirectMechanism, bidders: int, mean: float) -> LearningNature:
    """Hedge over a highest bid and one of all others, tilted onto the mean."""
    grid = refined_grid(MarkovSet(bidders, mean), mechanism, POINTS)
    high, low = np.triu_indices(len(grid))[::-1]
    bids = np.column_stack([grid[high], grid[low]])
    moment = Moment((bids[:, 0] + (bidders - 1) * bids[:, 1]) / bidders, mean)
    return LearningNature(one_high(bids, bidders), hedge(len(bids), 1.0, moment))


def rooms_of(parameters: Parameters) -> list[Room]:
    """Each seller before each nature."""
    bidders, mean = parameters.bidders, parameters.mean
    law = town_law(mean)
    independent, same = IndependentPrior.identical(law, bidders), alike(law, bidders)
    rooms = []
    for name, rule in sellers(parameters).items():
        worst = worst_case_revenue(rule, MarkovSet(bidders, mean))
        even = average_revenue(rule, same)
        learner = learning_nature(rule, bidders, mean)
        rooms += [
            Room(name, "worst case", rule, worst.distribution, worst.revenue),
            Room(name, "learns", rule, learner, worst.revenue),
            Room(name, "independent", rule, independent, expected_revenue(rule, law, bidders)),
            Room(name, "alike", rule, same, even),
        ]
    return rooms


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """Twenty rooms, each with bidders of its own."""
    return market_of(rooms_of(Parameters() if parameters is None else parameters), seed, records)


def audited_instances(parameters: Parameters) -> Sequence[Instance]:
    """The sellers' rules for two bidders on quarters, with all distributions of at least the mean."""
    from sim.audit.library import markov_instance

    two = parameters.model_copy(update={"bidders": 2})
    return [markov_instance(rule, two.mean, name) for name, rule in sellers(two).items()]


# --- what came of it --------------------------------------------------------------------------------


def secured_lines(parameters: Parameters) -> list[str]:
    """What theory says of these bidders and this mean."""
    bidders, mean = parameters.bidders, parameters.mean
    bounds = markov_bounds(bidders, mean, steps=0)
    extra = extra_bidders(bidders, mean)
    return [
        f"The lottery is sure of r = {lottery_constants(bidders, mean).value:.4f}; no mechanism of more than "
        f"{bounds.upper:.4f}.",
        f"The best second price auction needs {counted(extra, 'more bidder')} to be sure of as much.",
    ]


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """Revenue by nature and seller, what is secured, and the plots in the run's folder."""
    told = Parameters(**manifest["parameters"])
    rooms = rooms_of(told)
    found = series(tables, len(rooms))
    rows = figures(rooms, found)
    lines: list[Any] = [
        f"Highest-bidder lottery: {told.bidders} bidders, values in [0, 1] of mean {told.mean:g}.",
        comparison_table("nature", list(sellers(told)), rows, decimals=3),
        EXPLANATION,
        *secured_lines(told),
    ]
    return [*lines, *pictures(tables, PICTURES, partial(draw, parameters=told, rooms=rooms, found=found))]


def draw(folder: Any, parameters: Parameters, rooms: Sequence[Room], found: Sequence[Any]) -> None:
    """Figures 1.2, 1.4 and 1.5; worst-case and typical revenue; the table as bars; and how nature learns."""
    rows = figures(rooms, found)
    bars = {name: [row[name].estimate for row in rows.values()] for name in sellers(parameters)}
    shown = {name: ([e.mean for e in each], [e.half_width for e in each]) for name, each in bars.items()}
    plot_bars(folder / "revenue.png", shown, list(rows), "revenue (money)", "Sellers before natures")
    draw_slackness(folder / "slackness.png")
    draw_worst_cases(folder / "worst_cases.png", parameters.mean)
    draw_extra_bidders(folder / "extra_bidders.png")
    draw_typical(folder / "typical.png", parameters.bidders, parameters.mean)
    learned = {
        room.seller: running_means(numbers)
        for room, numbers in zip(rooms, found, strict=True)
        if room.nature == "learns" and len(numbers)
    }
    plot_curves(folder / "learning.png", learned, "auctions", "mean revenue so far (money)",
                "A nature who learns")


def draw_typical(path: Any, bidders: int, mean: float, points: int = 17) -> None:
    """By mean and by bidders: what is secured (solid), and earned in the independent town (dotted)."""
    means, sizes = np.linspace(0.05, 0.95, points), range(2, 21, 2)
    with panels(path, 2) as (by_mean, by_bidders):
        _draw_typical(by_mean, means, [(bidders, float(one)) for one in means])
        _draw_typical(by_bidders, sizes, [(one, mean) for one in sizes])
        by_mean.plot([], [], ":", color="black", label="earned from independent values")
        by_mean.set(title=f"{bidders} bidders: secured, and earned", xlabel="mean of each value (money)",
                    ylabel="revenue (money)")
        by_bidders.set(title=f"Mean {mean:g}: secured, and earned", xlabel="bidders",
                       ylabel="revenue (money)", xticks=sizes[::3])
        by_mean.legend(frameon=False, fontsize="small")


def _draw_typical(axes: Any, x: Any, markets: Sequence[tuple[int, float]]) -> None:
    told = [Parameters(bidders=bidders, mean=mean) for bidders, mean in markets]
    rules = [sellers(one) for one in told]
    for place, name in enumerate(("lottery", "random reserve", "best reserve", "Vickrey")):
        each = list(zip((one[name] for one in rules), markets, strict=True))
        worst = [worst_case_revenue(rule, MarkovSet(*market)).revenue for rule, market in each]
        typical = [expected_revenue(rule, town_law(mean), bidders) for rule, (bidders, mean) in each]
        line = "--" if name == "random reserve" else "-"  # it secures as much as the lottery
        width = 2.8 if name == "best reserve" else 1.2  # it is 0 where Vickrey is best
        axes.plot(x, worst, line, color=COLOURS[place], linewidth=width, label=name)
        axes.plot(x, typical, color=COLOURS[place], linewidth=1.0, linestyle=":")
    bounds = [markov_bounds(*market, steps=0).upper for market in markets]
    axes.plot(x, bounds, color="black", linewidth=0.8, linestyle="-.", label="any mechanism, at most")


PRESETS = _presets.HIGHEST_BIDDER_LOTTERY


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "highest_bidder_lottery", *sys.argv[1:]])
