"""Neighbours: a seller who knows nothing sells to people who know each other.

One good is sold to a town of a dozen people. The seller has no idea what it is worth to them. But they know
something of one another: along each tie of a small world, a person knows in which of a few bins her
neighbour's value falls. The bins' cut points are drawn for each tie, so that two neighbours of the same
person know more together than either alone; with common cut points the second would add nothing.

Mechanism ℳ of Azar, Chen and Micali (2010) buys that knowledge. Values are told to the seller in secret. She
announces who values the good most, the star, and what all others reported. Then the others say what they
believe of the star's value, and are paid a little for it by Brier's rule, which makes truth best. Their
beliefs are put together, and the star is offered the price that is best for them, less a discount ε. Now and
then (δ) the good is offered to anybody at a random price instead, which makes truth best in the first step.
The audit of a small instance checks it, and shows what secrecy is for: in public a lie in that step pays.

    bazaar audit all --mechanism "star auction" --notion two-step-values --notion two-step-knowledge
    bazaar audit all --mechanism "star auction, values public" --notion two-step-values

What to look for. Where nobody knows anybody, ℳ earns what the lookahead auction of a seller who knows the
prior would earn, the star benchmark S, less about δS + ε. From there it climbs with every tie and every bin
towards the highest value itself, which nobody could exceed: `share.png` in the run's folder shows what share
of that gap is closed, although no one person knows much, and the seller nothing. On the same profiles stand
beside it Vickrey's auction and the lookahead auction, and for independent values the optimal auction of a
seller who knows the prior (for correlated ones, below the table, its bound 2S).

Values have a heavy tail (`prior=heavy tail`, independent), or move with a common factor (`prior=common
factor`): both leave something to learn. `density` and `resolution` say how many ties people have, and how
many bins a tie tells apart, in the rooms of the sweep. With `common_cut_points=true` all who know a person
know her in the same bins: then a second neighbour adds nothing, and the curves are flat from the first tie
but for the seller's coins, because all rooms meet the same values.

Mix in others than the honest with `liars`, `lazy`, `noisy` and `learners`, who sit side by side from seat
`odd_seat` on. The reporter of the lowest index gives the aggregate its density; of the others only what they
rule out is looked at. So watch a lazy reporter at seat 0, and then the same one at the last seat, where she
only withholds what she alone rules out:

    bazaar run neighbours --set lazy=1
    bazaar run neighbours --set lazy=1 --set odd_seat=11

At seat 0 she erases what is known of the prior: without ties ℳ falls far below the star benchmark. At the
last seat it loses nothing there. Ties mend the damage, because what they rule out still counts. A learner
rules out what her ties do, and learns the rest from her scores: at seat 0 she costs at first what a lazy
reporter does, and less as she learns; behind an honest one nothing, because nobody reads her weights. Liars
and noisy reporters do worse: values that are ruled out by mistake are gone. The tables show what the seller
lost in each room against an all honest town that meets the same values and the same coins (dashed in the
plot), and for each kind what it earned, what it gained by not being honest, and what it alone cost the
seller. A liar loses by her lie. A careless belief costs her who reports it less than a millionth, and the
seller a hundred thousand times that: truth is strictly best, but only just.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from agents.knowledge.bins import Acquaintances, drawn_cuts
from agents.knowledge.network import small_world
from agents.knowledge.town import TownKnowledge
from agents.learners.belief_learner import BeliefLearner
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Strategy, Truthful
from agents.strategies.reporters import LazyReporter, NoisyReporter, WholeShading
from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.conservative import LookaheadAuction, StarAuction, star_benchmark
from mechanisms.distributions import Discrete, IndependentPrior, MixturePrior, Prior
from scenarios import _presets
from scenarios._neighbours_page import beliefs_about_the_star, price_and_value, share_of_the_value
from scenarios._neighbours_results import (
    COMMON_BINS,
    EXPLANATION,
    RoomResult,
    comparisons,
    earnings,
    over_rooms,
    results_of,
    room_table,
    share_of_gap,
    shares_beside,
    what_it_cost,
    who_earned_what,
)
from sim.draws import Stream
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.batch_means import Estimate
from sim.measures.comparison import Figure, Sentence, without_intervals
from sim.measures.plots import COLOURS, figure, pictures
from sim.records import Records
from sim.runs import scenario
from sim.runs.scenario import OneOf, WholeNumbers, as_text

DRAWN_ONCE = "All holds for the towns that the seed drew: who knows whom, and in which bins."
LEARNERS = (
    "No intervals: some people learn, and what one run learned is one observation; several seeds tell how "
    "far figures vary."
)

PANELS = (beliefs_about_the_star, price_and_value, share_of_the_value)
KINDS = ("honest", "liars", "lazy", "noisy", "learners")


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = (
        "people are honest but for the numbers set in liars, lazy, noisy and learners, such as "
        "--set learners=2; bandits in the same mechanism are in learn_to_tell"
    )

    until: float = Field(default=300.0, gt=0, le=1e9, description="simulated time at which the run ends")
    buyers: int = Field(default=12, ge=3, le=500, description="people in each room")
    value_bound: int = Field(default=32, ge=4, le=1000, description="values are whole numbers below this")
    prior: Annotated[str, OneOf(("heavy tail", "common factor"))] = Field(
        default="heavy tail", description="how values are distributed"
    )
    tail: float = Field(default=1.0, gt=0, le=20, description="the heavy tail's exponent")
    delta: float = Field(default=0.01, gt=0, lt=0.25, description="probability of the random sale")
    epsilon: float = Field(default=0.05, gt=0, lt=0.25, description="the star's discount")
    density: Annotated[tuple[int, ...], WholeNumbers(2, 100, step=2)] = Field(
        default=(2, 4, 8), description="neighbours of a person, a row of rooms for each"
    )
    resolution: Annotated[tuple[int, ...], WholeNumbers(2, 1000)] = Field(
        default=(2, 4, 16), description="bins that each tie tells apart, a column of rooms for each"
    )
    common_cut_points: bool = Field(
        default=False, description="all who know a person know her in the same bins; else each in her own"
    )
    rewiring: float = Field(default=0.2, ge=0, le=1, description="probability that a tie leads far away")
    liars: int = Field(default=0, ge=0, le=500, description="people who report a share of their values")
    share: float = Field(default=0.7, gt=0, le=1, description="the share that liars report")
    lazy: int = Field(default=0, ge=0, le=500, description="people who always report the uniform belief")
    noisy: int = Field(default=0, ge=0, le=500, description="people whose beliefs are often a little off")
    noise: float = Field(default=0.5, ge=0, le=1, description="how often they are off")
    learners: int = Field(default=0, ge=0, le=500, description="people who learn what to believe")
    odd_seat: int = Field(default=0, ge=0, le=499, description="seat at which the first of those sits")

    def in_vain(self) -> Iterator[tuple[str, str]]:
        """Settings of a tail and of odd people that there are not."""
        if self.prior != "heavy tail":
            yield "tail", f"prior={self.prior} has no such tail"
        if not self.liars:
            yield "share", "with liars=0 nobody reports a share"
        if not self.noisy:
            yield "noise", "with noisy=0 nobody is off"
        if not self.liars + self.lazy + self.noisy + self.learners:
            yield "odd_seat", "all are honest"

    @model_validator(mode="after")
    def _fit_in_the_room(self) -> Parameters:
        if self.density[-1] >= self.buyers:
            raise ValueError(
                f"density is {as_text(self.density)}; nobody can have more neighbours than others are "
                f"there, so that it must be below buyers, {self.buyers}"
            )
        odd = self.liars + self.lazy + self.noisy + self.learners
        if odd and self.odd_seat + odd > self.buyers:
            raise ValueError(
                f"odd_seat is {self.odd_seat} and {odd} people sit from there on; "
                f"together they must be at most buyers, {self.buyers}"
            )
        return self


@dataclass(frozen=True)
class Room:
    """One cell of the sweep: how many neighbours people have, and how many bins they know of each."""

    degree: int
    resolution: int
    knowledge: TownKnowledge

    @property
    def name(self) -> str:
        """Name for tables."""
        return f"{self.degree} ties, {self.resolution} bins" if self.degree else "no ties"


def prior_of(parameters: Parameters) -> Prior:
    """Pareto's tail on the integers, or geometric values whose scale is a common factor."""
    grid = np.arange(parameters.value_bound)
    if parameters.prior == "heavy tail":
        return IndependentPrior.identical(
            _weighted(grid, (1.0 + grid) ** -(1 + parameters.tail)), parameters.buyers
        )
    scales = parameters.value_bound / np.array([24.0, 12.0, 6.0, 3.0])
    shapes = [_weighted(grid, np.exp(-grid / scale)) for scale in scales]
    return MixturePrior([0.25] * 4, [IndependentPrior.identical(one, parameters.buyers) for one in shapes])


def _weighted(grid: NDArray[Any], weights: NDArray[Any]) -> Discrete:
    return Discrete(grid, weights / weights.sum())


def rooms_of(parameters: Parameters, seed: int) -> list[Room]:
    """The sweep: a room without ties, then each degree with each resolution."""
    prior, rooms = prior_of(parameters), []
    cells = [(0, 1), *((degree, bins) for degree in parameters.density for bins in parameters.resolution)]
    for number, (degree, bins) in enumerate(cells):
        rng = Stream(seed, "neighbours").generator(number)
        network = small_world(parameters.buyers, degree, parameters.rewiring, rng)
        if parameters.common_cut_points:
            known = Acquaintances.by_person(network, cut_points_of_persons(parameters, seed, bins))
        else:
            known = Acquaintances.drawn(network, bins, parameters.value_bound, rng)
        rooms.append(Room(degree, bins, TownKnowledge(prior, known)))
    return rooms


def cut_points_of_persons(parameters: Parameters, seed: int, bins: int) -> list[NDArray[np.int64]]:
    """In which bins each person is known to all who know her; the same whatever the density."""
    rng = Stream(seed, "common cut points").generator(bins)
    return [drawn_cuts(bins, parameters.value_bound, rng) for _ in range(parameters.buyers)]


def kinds_in_a_room(parameters: Parameters) -> NDArray[np.intp]:
    """The kind of each seat, as an index into `KINDS`."""
    seats = np.zeros(parameters.buyers, dtype=np.intp)
    counts = [parameters.liars, parameters.lazy, parameters.noisy, parameters.learners]
    odd = np.repeat(np.arange(1, len(KINDS)), counts)
    seats[parameters.odd_seat : parameters.odd_seat + len(odd)] = odd
    return seats


def strategies_of(parameters: Parameters, seed: int, room: int) -> list[Strategy]:
    """How each kind answers in one room, in the order of `KINDS`; learners of one room learn as one."""
    return [
        Truthful(),
        WholeShading(parameters.share),
        LazyReporter(),
        NoisyReporter(parameters.noise),
        BeliefLearner(Stream(seed, "first beliefs").generator(room), parameters.value_bound),
    ]


def mechanism_of(parameters: Parameters) -> StarAuction:
    """ℳ."""
    return StarAuction(parameters.buyers, parameters.value_bound, parameters.delta, parameters.epsilon)


def build(
    parameters: Parameters | None = None,
    seed: int = 0,
    records: Records | None = None,
    town: int | None = None,
) -> Market:
    """A seller for each room of the sweep, with a town of her own; one auction in a unit of time each.

    town
        Seed of what is drawn once and for all: who knows whom, and in which bins. By default as `seed`.
    """
    told = Parameters() if parameters is None else parameters
    return market_of(told, kinds_in_a_room(told), seed, records, town)


def market_of(
    parameters: Parameters,
    seats: NDArray[np.intp],
    seed: int,
    records: Records | None = None,
    town: int | None = None,
) -> Market:
    """The market with these kinds on the seats of each room, shape (n,)."""
    rooms, mechanism = rooms_of(parameters, seed if town is None else town), mechanism_of(parameters)
    numbers = range(len(rooms))
    groups = [Group(each) for number in numbers for each in strategies_of(parameters, seed, number)]
    membership = np.concatenate([seats + len(KINDS) * number for number in numbers])
    plans = [SellerPlan(mechanism, window=0.4, name=room.name) for room in rooms]
    panels = [
        Panel(
            parameters.buyers * number + np.arange(parameters.buyers),
            knowledge=room.knowledge,
            same_profiles=True,
        )
        for number, room in enumerate(rooms)
    ]
    return Market(Population(groups, membership), plans, panels, prior_of(parameters), seed, records)


# --- what came of it --------------------------------------------------------------------------------


def twin(
    parameters: Parameters, seed: int, results: Sequence[RoomResult], kind: int = 0
) -> list[RoomResult]:
    """What would have come of the recorded auctions, had all but those of one kind been honest.

    `kind` is an index into `KINDS`; with 0 all are honest. Draws do not depend on who answers, so that the
    same market with other people on its seats meets the same values and the same coins.
    """
    seats = kinds_in_a_room(parameters)
    market = market_of(parameters, np.where(seats == kind, seats, 0), seed)
    longest = max(len(result.auctions) for result in results)
    market.advance_to(min(parameters.until, longest + 1.0))
    market.finish()
    met = results_of(market.records.frames(), len(results), parameters.buyers)
    return [
        other.only(np.isin(other.auctions, result.auctions))
        for other, result in zip(met, results, strict=True)
    ]


def twins_of_kinds(
    parameters: Parameters, seed: int, results: Sequence[RoomResult]
) -> dict[str, Sequence[RoomResult]]:
    """For each kind that is not honest: what would have come of it, had it been the only such kind."""
    odd = [kind for kind in np.unique(kinds_in_a_room(parameters)).tolist() if kind]
    if len(odd) == 1:
        return {KINDS[odd[0]]: results}
    return {KINDS[kind]: twin(parameters, seed, results, kind) for kind in odd}


def optimum_line(parameters: Parameters, results: Sequence[RoomResult]) -> str | Sentence:
    """What a seller who knows the prior could earn at most."""
    prior = prior_of(parameters)
    if isinstance(prior, IndependentPrior):
        best, star = optimal_revenue(prior.marginals[0], prior.n), star_benchmark(prior)
        return f"In expectation, knowing the prior: optimal auction {best:.3f}, star benchmark S {star:.3f}."
    lookahead = LookaheadAuction(prior)
    known = over_rooms([lookahead.outcome(result.values).revenue for result in results])
    told = "Knowing the prior: at most 2S = {bound}; S is what the lookahead auction earns."
    return Sentence(told, {"bound": Figure(known.scaled(2.0))})


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """The sweep as a table, who earned what and at whose cost, and the plot in the run's folder."""
    told, seed = Parameters(**manifest["parameters"]), int(manifest["seed"])
    rooms, prior = rooms_of(told, seed), prior_of(told)
    names = [room.name for room in rooms]
    results = results_of(tables, len(rooms), told.buyers)
    rows = comparisons(prior, results)
    shares = [row["share of gap"].estimate for row in rows]
    lines: list[Any] = [
        f"Neighbours: {told.buyers} people in each room, values below {told.value_bound}, {told.prior}.",
        *([COMMON_BINS] if told.common_cut_points else []),
        room_table(names, rows),
        EXPLANATION,
        optimum_line(told, results),
    ]
    seats, honest_shares = kinds_in_a_room(told), []
    if seats.any():
        honest, alone = twin(told, seed, results), twins_of_kinds(told, seed, results)
        honest_shares = [
            share_of_gap(prior, result, other.revenue) for result, other in zip(results, honest, strict=True)
        ]
        lines += what_it_cost(names, results, honest, shares, honest_shares)
        lines += who_earned_what(earnings(seats, KINDS, results, honest, alone))
    else:
        lines += who_earned_what(earnings(seats, KINDS, results, results, {}))
    lines.append(DRAWN_ONCE)
    if told.learners:
        lines, shares = [*without_intervals(lines), LEARNERS], [one.without_interval() for one in shares]
    shown = rooms, shares, honest_shares, shares_beside(rows), told
    return lines + pictures(tables, ["share.png"], lambda folder: draw(folder / "share.png", *shown))


def draw(
    path: Any,
    rooms: Sequence[Room],
    shares: Sequence[Estimate],
    honest: Sequence[Estimate],
    beside: Mapping[str, float],
    parameters: Parameters,
) -> None:
    """The share of the gap closed against the density of the network, a curve for each resolution.

    Dashed: what it would be were all honest; `honest` is empty where they are. Level lines: the auctions
    beside it, whose sellers ask nobody what they know.
    """
    title = f"From the star benchmark to the highest value: {parameters.prior}"
    with figure(path, "neighbours of a person", "share of the gap closed", title) as axes:
        for number, bins in enumerate(parameters.resolution):
            picked = [0, *(k for k, room in enumerate(rooms) if k and room.resolution == bins)]
            degrees, colour = [rooms[k].degree for k in picked], COLOURS[number]
            means, widths = ([getattr(shares[k], part) for k in picked] for part in ("mean", "half_width"))
            style: dict[str, Any] = {"label": f"{bins} bins a tie", "marker": "o", "markersize": 4}
            axes.errorbar(degrees, means, widths, color=colour, capsize=3, **style)
            if honest:
                axes.plot(degrees, [honest[k].mean for k in picked], "--", color=colour, linewidth=1)
        if honest:
            axes.plot([], [], "--", color="grey", linewidth=1, label="were all honest")
        axes.axhline(0, color="black", linewidth=0.6, label="lookahead")
        axes.axhline(1, color="black", linewidth=0.6, linestyle=":")
        for line, (name, share) in zip(("-.", (0, (1, 3))), beside.items(), strict=False):
            axes.axhline(share, color="grey", linewidth=1, linestyle=line, label=name)


PRESETS = _presets.NEIGHBOURS


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "neighbours", *sys.argv[1:]])
