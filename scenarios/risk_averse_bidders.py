"""Risk-averse bidders: first price earns more than second price, and revenue equivalence breaks.

Three crowds of bidders differ in nothing but their attitude to risk: risk-neutral, averse with constant
relative risk aversion (CRRA), and averse with constant absolute risk aversion (CARA). Each crowd bids at two
sellers of its own, one of whom runs a first-price and the other a second-price auction. Values are
independent and uniform on [0, 1], drawn anew for each auction, and everybody plays the equilibrium among
bidders like herself; or learns from nothing, with `--set strategy=hedge` say, and one sees how far it takes
her towards it. (Gradient play stalls in second price among the CRRA bidders: any loss is a catastrophe to
them, and dwarfs what it climbs.)

In second price truth is dominant whatever the attitude: nothing that one risks depends on one's own bid. In
first price a lower bid risks the good for a better price. Who fears that risk bids more: with CRRA utility
x^r/r, r = 1 - crra, b(v) = v (n-1)/(n-1+r); with CARA utility, exp(a b) is the mean of exp(a Y) over the
highest rival value Y below v. So among the averse first price earns more (Holt 1980; Krishna, Auction Theory,
Proposition 4.1), and among the neutral as much.

What to look for. The column of differences: 0 for the neutral, above 0 for both others, as theory says,
figure for figure. (With another strategy theory is shown where it holds; in brackets where learners may be
going.) The plot `bids.png` in the run's folder shows each crowd's bids against values on the theoretical
curve. `loss.png` shows over time what each crowd's first-price bidders get less, in money an auction, than a
bidder who knows all bids of an auction before she makes hers: that is the price of not knowing, and not a
mistake.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agents.population import Group, Population
from agents.registry import STRATEGIES, make_strategy
from agents.seller import SellerPlan, disclosure_for
from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.auctions.risk_averse import expected_highest_bid, risk_averse_schedule
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Uniform
from mechanisms.distributions.order_statistics import expected_second_highest
from mechanisms.utilities import CARA, CRRA, Linear, Utility
from scenarios import _presets
from scenarios._one_more import OneMore, with_one_more
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.batch_means import Estimate, batch_means
from sim.measures.comparison import Figure, comparison_table
from sim.measures.ex_post_regret import ex_post_regret
from sim.measures.lost_answers import sellers_who_missed_answers
from sim.measures.plots import pictures, plot_bids, plot_curves, running_means
from sim.measures.replicates import across
from sim.records import Records
from sim.runs import scenario
from sim.runs.replicates import REPLICATES, across_told, alone, runs_of
from sim.runs.scenario import OneOf

if TYPE_CHECKING:
    import pandas

VALUES = Uniform(0.0, 1.0)
FORMATS: dict[str, Mechanism] = {"first price": FirstPrice(), "second price": SecondPrice()}
SHOWN = 1500
"""Bids of each crowd in the plot: the last, by when learners have learned."""

EXPLANATION = (
    "Revenue an auction, in money, and by how much first price earns more; theory's is for the equilibrium. "
    "– is not known, or theory does not hold: it takes bids as in equilibrium (in brackets: where learners "
    "may be going), all of which are heard."
)
BATCHED = (
    "± is the half-width of a 95% confidence interval by batch means, of independent series for the "
    "difference."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    until: float = Field(default=10_000.0, gt=0, le=1e9, description="simulated time at which the run ends")
    bidders: int = Field(default=3, ge=2, le=1000, description="bidders in each auction")
    crra: float = Field(default=0.6, ge=0, lt=1, description="relative risk aversion of the CRRA bidders")
    cara: float = Field(default=4.0, gt=0, le=500, description="absolute risk aversion of the CARA bidders")
    strategy: Annotated[str, OneOf(tuple(STRATEGIES))] = Field(
        default="equilibrium", description="how the bidders bid; theory's figures are for the equilibrium"
    )
    mechanism: OneMore = Field(
        default=None, description="each crowd has one more seller, with this mechanism; none: it has not"
    )
    replicates: int = REPLICATES

    @property
    def learns(self) -> bool:
        """Whether bidders learn, so that a run is one observation."""
        return not make_strategy(self.strategy).memoryless


def attitudes(crra: float, cara: float) -> dict[str, Utility]:
    """The three crowds' utilities, by their names in the table."""
    return {"risk-neutral": Linear(), f"CRRA {crra:g}": CRRA(crra), f"CARA {cara:g}": CARA(cara)}


def formats(mechanism: str | None = None) -> dict[str, Mechanism]:
    """The formats by which each crowd bids."""
    return with_one_more(FORMATS, mechanism, VALUES)


def check_equilibrium(parameters: Parameters) -> None:
    """ValueError if some crowd's equilibrium of its one more auction is not known, and it is to play it."""
    if parameters.mechanism is None or parameters.strategy != "equilibrium":
        return
    *_, rule = formats(parameters.mechanism).values()
    averse = [u for u in attitudes(parameters.crra, parameters.cara).values() if not u.is_risk_neutral]
    try:
        for utility in averse:
            rule.risk_averse_bids(np.array([0.5]), parameters.bidders, VALUES, utility)
    except NotImplementedError as error:
        raise ValueError(f"mechanism is {parameters.mechanism}: {error}; set another strategy") from None


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """The sellers, each with her own panel of bidders; one auction in a unit of time each."""
    told = Parameters() if parameters is None else parameters
    check_equilibrium(told)
    crowds = attitudes(told.crra, told.cara)
    groups, plans = [], []
    for crowd, utility in crowds.items():
        for format_, rule in formats(told.mechanism).items():  # each panel learns for itself
            strategy = make_strategy(told.strategy)
            groups.append(Group(strategy, utility, VALUES))
            name = f"{format_}, {crowd}"
            told_after = disclosure_for([strategy])
            plans.append(SellerPlan(rule, window=0.5, discloses=told_after, name=name))
    membership = np.repeat(np.arange(len(plans)), told.bidders)
    members = np.arange(membership.size).reshape(len(plans), told.bidders)
    panels = [Panel(row) for row in members]
    return Market(Population(groups, membership), plans, panels, VALUES, seed, records)


def revenues(tables: Mapping[str, pandas.DataFrame]) -> list[NDArray[np.float64]]:
    """The revenue of each finished auction, for each seller."""
    auctions = tables["auctions"]
    done = auctions[auctions["status"] != "unfinished"].sort_values("auction")
    return [part["revenue"].to_numpy(dtype=float) for _, part in done.groupby("seller_id")]


def expected_revenues(parameters: Parameters) -> dict[str, dict[str, float]]:
    """For each crowd the equilibrium's revenue in first and second price, and the difference."""
    rows = {}
    for crowd, utility in attitudes(parameters.crra, parameters.cara).items():
        schedule = risk_averse_schedule(utility, VALUES, parameters.bidders, 1, 0.0)
        first = expected_highest_bid(schedule, VALUES, parameters.bidders)
        second = float(expected_second_highest(VALUES, parameters.bidders))
        rows[crowd] = {"first price": first, "second price": second, "difference": first - second}
    return rows


def theory_for(tables: Mapping[str, pandas.DataFrame], parameters: Parameters) -> dict[str, dict[str, float]]:
    """The same where the bidders play, or may learn, the equilibrium, and where all their bids were heard."""
    missed, rows = sellers_who_missed_answers(tables), expected_revenues(parameters)
    sellers = len(formats(parameters.mechanism))
    plays = {"equilibrium": {*FORMATS}, "truthful": {"second price"}}.get(parameters.strategy, set())
    for k, row in enumerate(rows.values()):
        for place, name in enumerate(FORMATS):
            if not (parameters.learns or name in plays) or sellers * k + place in missed:
                row[name] = row["difference"] = math.nan
    return rows


def measures(tables: Mapping[str, pandas.DataFrame], parameters: Parameters) -> dict[str, float]:
    """The mean revenues of one run, by `crowd: format`, and the differences."""
    names = list(formats(parameters.mechanism))
    found: dict[str, float] = {}
    earned = iter(revenues(tables))
    for crowd in attitudes(parameters.crra, parameters.cara):
        means = {name: float(next(earned).mean()) for name in names}
        means["difference"] = means["first price"] - means["second price"]
        found |= {f"{crowd}: {name}": mean for name, mean in means.items()}
    return found


def estimates(
    tables: Mapping[str, pandas.DataFrame], parameters: Parameters, seed: int = 0, status: str = "complete"
) -> dict[str, Estimate]:
    """The revenues by `crowd: format`: intervals across replicates if bidders learn, else by batches."""
    if parameters.learns:
        return across(runs_of(build, measures, tables, parameters, seed, status))
    names = list(formats(parameters.mechanism))
    found: dict[str, Estimate] = {}
    earned = iter(revenues(tables))
    for crowd in attitudes(parameters.crra, parameters.cara):
        row = {name: batch_means(next(earned)) for name in names}
        first, second = row["first price"], row["second price"]
        spread = float(np.hypot(first.half_width, second.half_width))
        row["difference"] = Estimate(first.mean - second.mean, spread, first.batches)
        found |= {f"{crowd}: {name}": estimate for name, estimate in row.items()}
    return found


def figures(
    tables: Mapping[str, pandas.DataFrame], parameters: Parameters, seed: int = 0, status: str = "complete"
) -> dict[str, dict[str, Figure]]:
    """For each crowd: revenue in both formats and the difference, simulated and in theory; and in a third."""
    found, theory = estimates(tables, parameters, seed, status), theory_for(tables, parameters)
    columns = [*FORMATS, "difference", *list(formats(parameters.mechanism))[len(FORMATS) :]]
    return {
        crowd: {
            name: Figure(found[f"{crowd}: {name}"], row.get(name, math.nan), target=parameters.learns)
            for name in columns
        }
        for crowd, row in theory.items()
    }


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """The table of revenues, and the plots in the run's folder."""
    told, status = Parameters(**manifest["parameters"]), manifest.get("status", "complete")
    rows = figures(tables, told, int(manifest["seed"]), status)
    lines: list[Any] = [
        f"Risk-averse bidders: {told.bidders} in each auction, values uniform on [0, 1], strategy "
        f"{told.strategy}.",
        comparison_table("attitude", list(next(iter(rows.values()))), rows),
        EXPLANATION,
        across_told(told.replicates, status) if told.learns else BATCHED,
    ]
    crowds, sellers = attitudes(told.crra, told.cara), len(formats(told.mechanism))
    return lines + pictures(
        tables, ["bids.png", "loss.png"], lambda folder: draw(tables, told.bidders, crowds, folder, sellers)
    )


def first_price_against_second(market: Market) -> list[Any]:
    """Does fear of risk make first price earn more.

    Revenue an auction, by the bidders' attitude to risk; the difference is 0 for the neutral. A tick and
    "theory" are the equilibrium's.
    """
    told = alone(Parameters(**market.records.manifest.parameters))
    rows = figures(market.records.frames(), told)
    return [comparison_table("attitude", list(next(iter(rows.values()))), rows)]


FIGURES = (first_price_against_second,)
"""What the page shows besides, worked out anew as the run grows."""


def draw(
    tables: Mapping[str, pandas.DataFrame],
    bidders: int,
    crowds: Mapping[str, Utility],
    folder: Any,
    sellers: int = len(FORMATS),
) -> None:
    """Bids against values, and the loss over time, of each crowd in first price; each crowd has `sellers`."""
    messages = tables["messages"]
    seller = messages["auction"].to_numpy() % (sellers * len(crowds))
    values = np.linspace(0, 1, 200)
    points, losses = {}, {}
    curves: dict[str, tuple[Any, Any]] = {}
    for k, (crowd, utility) in enumerate(crowds.items()):
        mine = messages[seller == sellers * k]
        points[crowd] = (mine["value"].to_numpy()[-SHOWN:], mine["bid"].to_numpy()[-SHOWN:])
        label = "_" * bool(curves) + "theory"
        curves[label + " " * k] = (values, risk_averse_schedule(utility, VALUES, bidders, 1, 0.0)(values))
        lost = ex_post_regret(mine, tables["transactions"]).groupby("auction")["regret"].mean()
        losses[crowd] = running_means(lost.to_numpy())
    plot_bids(folder / "bids.png", points, curves, f"First price, {bidders} bidders")
    title = "First price: what foresight would bring, mean so far"
    plot_curves(folder / "loss.png", losses, "auction", "ex-post regret (money an auction)", title)


PRESETS = _presets.RISK_AVERSE_BIDDERS


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "risk_averse_bidders", *sys.argv[1:]])
