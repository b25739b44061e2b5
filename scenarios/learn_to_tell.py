"""Learn to tell: do buyers in ℳ find out by themselves that truth pays, about values and about beliefs?

Four sellers run mechanism ℳ of Azar, Chen and Micali (2010), each with two buyers of her own, in hundreds of
auctions. Values are whole numbers, each half as likely as the one below. In ℳ a true value is strictly
dominant in step 1, and a true belief strictly best in step 2; but by how little! A false value may cost as
little as δε(1 + 2δ)/(3nB), and a false belief δε/(3nB) times its squared distance from the truth: about a
thousandth of a price. The buyers start with no idea of truth:

- values, told everything: each buyer learns by regret matching which number to report for each of her values.
  She is told all reports and knows the rules, so that she can work out what each report would have brought
  on average over the seller's coins;
- values, told her payoff: a bandit (EXP3-IX), who sees only what she got, coins and all;
- beliefs, told her score: a softmax over the values that are possible, taught by the itemised reward. From
  the score she can read off what the star's value was, and that is worth more than the money;
- beliefs, told her payoff: a bandit who tries a few beliefs, the true one among them.

Where one thing is learned the other is told truthfully.

What to look for. The first room ends in truth, for every value: advantages that are tiny are still
advantages when they are computed and not sampled. The third comes as close to the truth as its number of
lessons allows. The bandits do not get there: a payoff differs from the next by prices, and of a belief the
difference that truth makes is a thousandth of that. Beliefs stay where they were. About a value a gross lie
costs more, against a rival who is honest, so that gross lies become rarer and truth creeps above chance; but
the next best report costs next to nothing. Told apart from it at all, truth needs on the order of
(price / difference)² auctions, and the last line of the report says how many that is. The plots in the
run's folder: `values.png` shows how often truth is told over time, `beliefs.png` how far beliefs are off.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agents.learners import Exp3, RegretMatching
from agents.learners.belief_learner import BeliefLearner
from agents.learners.report_learner import BanditBeliefs, BanditReports, InformedReports
from agents.play.exact import expected_outcome
from agents.play.table_knowledge import TableKnowledge
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Strategy
from mechanisms.conservative import StarAuction
from mechanisms.conservative.star_auction import classical_price
from mechanisms.deviations import Tabulated, brought
from mechanisms.distributions import Discrete, JointDistribution
from scenarios import _presets
from sim.draws import Stream
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.comparison import Figure, comparison_table
from sim.measures.plots import figure, pictures
from sim.measures.replicates import across, shares_across
from sim.records import Records
from sim.runs import scenario
from sim.runs.replicates import REPLICATES, across_told, alone, runs_of

if TYPE_CHECKING:
    import pandas

BUYERS = 2
RATIOS = (0.25, 0.5, 0.75, 1.0, 1.5)
"""Beliefs that the bandit tries: how likely a value is beside the one below it. The truth is 1/2."""
ROOMS = (
    "values, told everything",
    "values, told her payoff",
    "beliefs, told her score",
    "beliefs, told her payoff",
)
POINTS = 20
"""Points of a curve over time."""

EXPLANATION = (
    "Reports in step 1 that are the value; beliefs where more than one value is possible. First and last "
    "quarter of the run."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = (
        "everybody learns here, each room in its own way: two by EXP3-IX, one by regret matching, one from "
        "the scores of beliefs"
    )

    until: float = Field(default=3000.0, gt=0, le=1e9, description="simulated time at which the run ends")
    value_bound: int = Field(default=4, ge=3, le=8, description="values are whole numbers below this")
    delta: float = Field(default=0.2, gt=0, lt=0.25, description="probability of the random sale")
    epsilon: float = Field(default=0.2, gt=0, lt=0.25, description="the star's discount")
    replicates: int = REPLICATES


def mechanism_of(parameters: Parameters) -> StarAuction:
    """ℳ."""
    return StarAuction(BUYERS, parameters.value_bound, parameters.delta, parameters.epsilon)


def value_of(parameters: Parameters) -> Discrete:
    """Each value half as likely as the one below."""
    grid = np.arange(parameters.value_bound)
    return Discrete(grid, 0.5**grid / (0.5**grid).sum())


def prior_of(parameters: Parameters) -> JointDistribution:
    """Independent values."""
    return JointDistribution.product([value_of(parameters)] * BUYERS)


def expected_deals(parameters: Parameters) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected allocation and payments of both buyers at each profile of reports, both of shape (B, B, 2)."""
    prior = prior_of(parameters)
    exact = expected_outcome(mechanism_of(parameters), prior)
    shape = (*prior.shape, BUYERS)
    return (
        exact.per_profile(exact.leaves.allocation).reshape(shape),
        exact.per_profile(exact.leaves.payments).reshape(shape),
    )


def strategies(parameters: Parameters, seed: int) -> list[Strategy]:
    """One for each room. Beliefs are about the star's value alone, and the same whatever one reported."""
    allocation, payments = expected_deals(parameters)
    numbers = tuple(np.linspace(0, 1, parameters.value_bound).tolist())
    largest = float(parameters.value_bound)
    return [
        InformedReports(
            RegretMatching(shares=numbers),
            largest,
            allocation=allocation,
            payments=payments,
        ),
        BanditReports(Exp3(shares=numbers), largest),
        BeliefLearner(Stream(seed, "first beliefs").generator(), parameters.value_bound),
        BanditBeliefs(Exp3(shares=tuple(np.linspace(0, 1, len(RATIOS)).tolist())), RATIOS, largest),
    ]


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """The four rooms; one auction in a unit of time each."""
    told = Parameters() if parameters is None else parameters
    prior, mechanism = prior_of(told), mechanism_of(told)
    groups = [Group(strategy, prior=prior) for strategy in strategies(told, seed)]
    membership = np.repeat(np.arange(len(groups)), BUYERS)
    plans = [SellerPlan(mechanism, window=0.4, discloses="bids", name=name) for name in ROOMS]
    knowledge = TableKnowledge(prior)
    panels = [Panel(BUYERS * k + np.arange(BUYERS), knowledge=knowledge) for k in range(len(ROOMS))]
    return Market(Population(groups, membership), plans, panels, prior, seed, records)


# --- what came of it --------------------------------------------------------------------------------


def truthful_reports(tables: Mapping[str, pandas.DataFrame], room: int) -> NDArray[np.float64]:
    """Of each auction of a room the share of truthful reports, in order."""
    messages = tables["messages"]
    first = messages[(messages["question_number"] == 0) & (messages["auction"] % len(ROOMS) == room)]
    told = (first["bid"] == first["value"]).astype(float).groupby(first["auction"].to_numpy()).mean()
    return np.asarray(told.sort_index(), dtype=np.float64)


def distances(
    tables: Mapping[str, pandas.DataFrame], room: int, parameters: Parameters
) -> NDArray[np.float64]:
    """Squared distance of each belief from the truth, in order, where more than one value is possible."""
    messages, vectors = tables["messages"], tables["vectors"]
    first = messages[(messages["question_number"] == 0) & (messages["auction"] % len(ROOMS) == room)]
    ordered = first.sort_values(["auction", "bidder_id"])
    reports = dict(
        zip(
            ordered["auction"].to_numpy()[::BUYERS].tolist(),
            ordered["bid"].to_numpy().reshape(-1, BUYERS),
            strict=True,
        )
    )
    said = vectors[vectors["auction"] % len(ROOMS) == room].sort_values(
        ["auction", "bidder_id", "position"], kind="stable"
    )
    numbers = said["number"].to_numpy().reshape(-1, parameters.value_bound)
    auctions = said["auction"].to_numpy()[:: parameters.value_bound].tolist()
    masses, found = value_of(parameters).probabilities, []
    for auction, belief in zip(auctions, numbers, strict=True):
        values = reports[auction]
        least = classical_price(values, int(values.argmax()))
        if least < parameters.value_bound - 1 and np.isfinite(belief).all():
            truth = np.where(np.arange(parameters.value_bound) >= least, masses, 0.0)
            found.append(float(((belief - truth / truth.sum()) ** 2).sum()))
    return np.array(found)


def learned(tables: Mapping[str, pandas.DataFrame], parameters: Parameters) -> list[NDArray[np.float64]]:
    """For each room its measure over time: truthful reports, or distances of beliefs."""
    values = [truthful_reports(tables, room) for room in (0, 1)]
    return values + [distances(tables, room, parameters) for room in (2, 3)]


def quarter(series: NDArray[np.float64], last: bool) -> float:
    """The mean of the first or the last quarter."""
    part = max(1, len(series) // 4)
    return float((series[-part:] if last else series[:part]).mean()) if len(series) else math.nan


FIRST, LAST = "at first", "at last"


def measures(tables: Mapping[str, pandas.DataFrame], parameters: Parameters) -> dict[str, float]:
    """The figures of one run, by `room: when`."""
    series = dict(zip(ROOMS, learned(tables, parameters), strict=True))
    return {
        f"{room}: {when}": quarter(each, last=when == LAST)
        for room, each in series.items()
        for when in (FIRST, LAST)
    }


def figures(
    tables: Mapping[str, pandas.DataFrame], parameters: Parameters, seed: int, status: str = "complete"
) -> dict[str, dict[str, Figure]]:
    """What was learned in each room, at first and at last, with intervals across replicates."""
    runs = runs_of(build, measures, tables, parameters, seed, status)
    shares, others = shares_across(runs), across(runs)
    return {
        room: {when: Figure((shares if room in ROOMS[:2] else others)[f"{room}: {when}"])
               for when in (FIRST, LAST)}
        for room in ROOMS
    }


def auctions_needed(parameters: Parameters) -> tuple[float, float]:
    """(price / difference)² of truth from the next best report, and from the uniform belief.

    Differences are expected ones, against an honest rival; of reports the smallest, over values and seats.
    """
    bound, truth = parameters.value_bound, value_of(parameters).probabilities
    rule, values = Tabulated(*expected_deals(parameters)), np.arange(float(bound))
    said, met = np.indices((bound, bound))
    differences = []
    for seat in range(BUYERS):
        reports = np.stack([said, met] if seat == 0 else [met, said], axis=-1)
        utilities = brought(rule, reports, seat, values[:, None, None]).payoffs[..., 0] @ truth
        losses = utilities.diagonal()[:, None] - utilities
        differences.append(float(losses[~np.eye(bound, dtype=bool)].min()))
    belief = mechanism_of(parameters).reward_unit * float(((truth - 1 / bound) ** 2).sum())
    return (bound / min(differences)) ** 2, (bound / belief) ** 2


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """What was learned in each room, how long bandits would need, and the plots in the run's folder."""
    told = Parameters(**manifest["parameters"])
    status = manifest.get("status", "complete")
    rows = figures(tables, told, int(manifest["seed"]), status)
    halves = [
        ("share of truthful reports", {name: rows[name] for name in ROOMS[:2]}),
        ("squared distance of beliefs from the truth", {name: rows[name] for name in ROOMS[2:]}),
    ]
    value, belief = auctions_needed(told)
    lines: list[Any] = [
        f"Learn to tell: {BUYERS} buyers in each room, values below {told.value_bound}.",
        *(comparison_table(name, [FIRST, LAST], part, theory=False) for name, part in halves),
        EXPLANATION,
        across_told(told.replicates, status) + " a–b is such an interval of a share, within 0 and 1.",
        f"A point of the score is worth {mechanism_of(told).reward_unit:.5f}, the highest price "
        f"{told.value_bound - 1}. To tell truth by payoffs alone takes on the order of {value:,.0f} auctions "
        f"for a value beside the next best report, and {belief:,.0f} for a belief beside the uniform one.",
    ]
    return lines + pictures(
        tables,
        ["values.png", "beliefs.png"],
        lambda folder: draw(folder, learned(tables, told), told),
    )


def what_is_learned(market: Market, theory: bool = True) -> list[Any]:
    """Do they learn to tell the truth.

    Truthful reports, and how far beliefs are from the truth (squared distance, 0 is the truth): in the first
    and in the last quarter of the auctions so far. By chance a report is true 1 time in as many as there are
    values.
    """
    told = alone(Parameters(**market.records.manifest.parameters))
    rows = figures(market.records.frames(), told, 0)
    halves = {"share of truthful reports": ROOMS[:2], "distance of beliefs from the truth": ROOMS[2:]}
    return [
        *_over_time_drawn(learned(market.records.frames(), told), told, theory),
        *(comparison_table(name, [FIRST, LAST], {room: rows[room] for room in rooms}, theory=False)
          for name, rooms in halves.items()),
    ]


def _over_time_drawn(
    series: list[NDArray[np.float64]], parameters: Parameters, theory: bool
) -> list[Any]:
    """Truthful reports over auctions, and the beliefs' distance from the truth over beliefs."""
    from sim.page.drawing.curves import Course, curves

    lines = [Course(*over_time(each)) for each in series]
    truthful, wrong = (dict(zip(ROOMS[part], lines[part], strict=True)) for part in (slice(2), slice(2, 4)))
    farthest = max((float(each.max()) for each in series[2:] if len(each)), default=1.0)
    by_chance = 1 / parameters.value_bound
    return [
        curves("Truthful reports", "auctions", "share of truthful reports", truthful, (0.0, 1.05),
               mark=by_chance, theory=theory),
        curves("Beliefs", "beliefs", "squared distance from the truth", wrong, (0.0, 1.05 * farthest)),
    ]


FIGURES = (what_is_learned,)
"""What the page shows besides, worked out anew as the run grows."""


def draw(folder: Any, series: list[NDArray[np.float64]], parameters: Parameters) -> None:
    """Truthful reports and distances of beliefs over time, of this one run; by chance a report is true 1/B.

    The path is a picture of one run: it has no interval.
    """
    with figure(folder / "values.png", "auction", "truthful reports (share)", "Values, one run") as axes:
        _draw_over_time(axes, ROOMS[:2], series[:2])
        axes.axhline(1 / parameters.value_bound, color="black", linestyle="--", label="by chance")
        axes.set_ylim(0, 1.05)
    with figure(
        folder / "beliefs.png", "belief", "distance from the truth (squared)", "Beliefs, one run"
    ) as axes:
        _draw_over_time(axes, ROOMS[2:], series[2:])
        axes.set_yscale("log", nonpositive="clip")


def _draw_over_time(axes: Any, names: Sequence[str], series: Sequence[NDArray[np.float64]]) -> None:
    for name, each in zip(names, series, strict=True):
        axes.plot(*over_time(each), label=name, marker=".", markersize=4, linewidth=1.2)


def over_time(series: NDArray[np.float64]) -> tuple[NDArray[np.intp], list[float]]:
    """The means of POINTS equal stretches: (their ends, means)."""
    parts = [part for part in np.array_split(series, POINTS) if len(part)]
    return np.cumsum([len(part) for part in parts]), [float(part.mean()) for part in parts]


PRESETS = _presets.LEARN_TO_TELL


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "learn_to_tell", *sys.argv[1:]])
