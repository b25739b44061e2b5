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

What to look for. Where nobody knows anybody, ℳ earns what the lookahead auction of a seller who knows the
prior would earn, the star benchmark S, less about δS + ε. From there it climbs with every tie and every bin
towards the highest value itself, which nobody could exceed: `share.png` in the run's folder shows what share
of that gap is closed, although no one person knows much, and the seller nothing. On the same profiles stand
beside it Vickrey's auction and the lookahead auction; and below, the expected revenue of the optimal auction
(for independent values; for correlated ones its bound 2S).

Values have a heavy tail (`prior=heavy tail`, independent), or move with a common factor (`prior=common
factor`): both leave something to learn. Mix in others than the honest with `liars`, `lazy`, `noisy` and
`learners`, who sit side by side from seat `odd_seat` on. The reporter of the lowest index gives the
aggregate its density: a lazy one at seat 0 erases what the others know of the prior (what they rule out
still counts), and the same one at the last seat only withholds what she alone rules out. Liars and noisy
reporters do worse: values that are ruled out by mistake are gone. The second table shows what each kind
earned, and what their answers cost the seller against an all honest town on the same profiles.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from agents.acquaintance import Acquaintances
from agents.learners.belief_learner import BeliefLearner
from agents.network import small_world
from agents.party import Party
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Strategy, Truthful
from agents.strategies.reporters import LazyReporter, NoisyReporter, WholeShading
from agents.town_knowledge import TownKnowledge
from mechanisms.auctions import SecondPrice
from mechanisms.conservative import LookaheadAuction, StarAuction, star_benchmark
from mechanisms.distributions import Discrete, IndependentPrior, MixturePrior, Prior
from mechanisms.engine import play
from mechanisms.myerson import optimal_revenue
from mechanisms.questions import Chance
from scenarios._neighbours_page import beliefs_about_the_star, price_and_value, share_of_the_value
from sim import scenario
from sim.comparison import Figure, comparison_table
from sim.draws import Stream
from sim.instant import InstantPlayer
from sim.market import Market
from sim.panel import Panel
from sim.plots import figure
from sim.records import Records
from sim.scenario import OneOf
from sim.statistics import Estimate, batch_means, batch_ratio

if TYPE_CHECKING:
    import pandas

DEGREES = (2, 4, 8)
"""Neighbours of a person in the rooms of the sweep."""
RESOLUTIONS = (2, 4, 16)
"""Bins that each tie tells apart."""
PANELS = (beliefs_about_the_star, price_and_value, share_of_the_value)
KINDS = ("honest", "liars", "lazy", "noisy", "learners")

EXPLANATION = (
    "Money an auction. ℳ: price less rewards, as recorded. Share: of the gap from the star's best price "
    "without neighbours (lookahead, which knows the prior) to the highest value, what ℳ closes. ± is the "
    "half-width of a 95% confidence interval by batch means."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    until: float = Field(default=300.0, gt=0, le=1e9, description="simulated time at which the run ends")
    buyers: int = Field(default=12, ge=10, le=500, description="people in each room")
    value_bound: int = Field(default=32, ge=8, le=1000, description="values are whole numbers below this")
    prior: Annotated[str, OneOf(("heavy tail", "common factor"))] = Field(
        default="heavy tail", description="how values are distributed"
    )
    tail: float = Field(default=1.0, gt=0, le=20, description="the heavy tail's exponent")
    delta: float = Field(default=0.01, gt=0, lt=0.25, description="probability of the random sale")
    epsilon: float = Field(default=0.05, gt=0, lt=0.25, description="the star's discount")
    rewiring: float = Field(default=0.2, ge=0, le=1, description="probability that a tie leads far away")
    liars: int = Field(default=0, ge=0, le=500, description="people who report a share of their values")
    share: float = Field(default=0.7, gt=0, le=1, description="the share that liars report")
    lazy: int = Field(default=0, ge=0, le=500, description="people who always report the uniform belief")
    noisy: int = Field(default=0, ge=0, le=500, description="people whose beliefs are often a little off")
    noise: float = Field(default=0.5, ge=0, le=1, description="how often they are off")
    learners: int = Field(default=0, ge=0, le=500, description="people who learn what to believe")
    odd_seat: int = Field(default=0, ge=0, le=499, description="seat at which the first of those sits")

    @model_validator(mode="after")
    def _fit_in_the_room(self) -> Parameters:
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
    cells = [(0, 1), *((degree, bins) for degree in DEGREES for bins in RESOLUTIONS)]
    for number, (degree, bins) in enumerate(cells):
        rng = Stream(seed, "neighbours").generator(number)
        network = small_world(parameters.buyers, degree, parameters.rewiring, rng)
        known = Acquaintances.drawn(network, bins, parameters.value_bound, rng)
        rooms.append(Room(degree, bins, TownKnowledge(prior, known)))
    return rooms


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


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """A seller for each room of the sweep, with a town of her own; one auction in a unit of time each."""
    told = Parameters() if parameters is None else parameters
    rooms, mechanism, once = rooms_of(told, seed), mechanism_of(told), kinds_in_a_room(told)
    groups = [Group(each) for number in range(len(rooms)) for each in strategies_of(told, seed, number)]
    membership = np.concatenate([once + len(KINDS) * number for number in range(len(rooms))])
    plans = [SellerPlan(mechanism, window=0.4, name=room.name) for room in rooms]
    panels = [
        Panel(told.buyers * number + np.arange(told.buyers), knowledge=room.knowledge)
        for number, room in enumerate(rooms)
    ]
    return Market(Population(groups, membership), plans, panels, prior_of(told), seed, records)


# --- what came of it --------------------------------------------------------------------------------


@dataclass(frozen=True)
class RoomResult:
    """A finished auctions of one room.

    revenue
        Shape (A,).
    values, payoffs, rewards
        Shape (A, n): true values, and what each seat kept in all, and in rewards.
    tails
        Shape (A,): whether beliefs were asked for, and the good was not offered at random.
    """

    revenue: NDArray[np.float64]
    values: NDArray[np.float64]
    payoffs: NDArray[np.float64]
    rewards: NDArray[np.float64]
    tails: NDArray[np.bool_]


def results_of(tables: Mapping[str, pandas.DataFrame], parameters: Parameters) -> list[RoomResult]:
    """What the records tell, room by room."""
    rooms, n = 1 + len(DEGREES) * len(RESOLUTIONS), parameters.buyers
    done = tables["auctions"].query("status != 'unfinished'").sort_values("auction")
    asked = tables["messages"]
    first = asked[asked["question_number"] == 0].sort_values(["auction", "bidder_id"])
    with_beliefs = asked.loc[asked["question_number"] == 1, "auction"].unique()
    trade = tables["transactions"]
    kept = (trade["value"] * trade["quantity"]).fillna(0.0) - trade["payment"]
    rewarded = -trade["payment"].where(trade["cause"] == "reward", 0.0)
    results = []
    for number in range(rooms):
        held = done.loc[done["seller_id"] == number, "auction"].to_numpy()
        revenue = done.loc[done["seller_id"] == number, "revenue"].to_numpy(dtype=float)
        values = first.loc[first["auction"].isin(held), "value"].to_numpy(dtype=float).reshape(-1, n)
        table = partial(_by_seat, trade, held, n)
        tails = np.isin(held, with_beliefs)
        results.append(RoomResult(revenue, values, table(kept), table(rewarded), tails))
    return results


def _by_seat(
    trade: pandas.DataFrame, held: NDArray[Any], n: int, amounts: pandas.Series[float]
) -> NDArray[np.float64]:
    """Sums of amounts by auction and seat."""
    inside = trade["auction"].isin(held).to_numpy()
    totals = np.zeros((len(held), n))
    rows = np.searchsorted(held, trade["auction"].to_numpy()[inside])
    np.add.at(totals, (rows, trade["bidder_id"].to_numpy()[inside] % n), amounts.to_numpy()[inside])
    return totals


def comparisons(parameters: Parameters, results: list[RoomResult]) -> list[dict[str, Figure]]:
    """For each room: ℳ, the auctions beside it on the same profiles, and the share of the gap closed."""
    lookahead, vickrey = LookaheadAuction(prior_of(parameters)), SecondPrice()
    rows = []
    for result in results:
        known = lookahead.outcome(result.values).revenue
        highest = result.values.max(axis=1)
        rows.append(
            {
                "ℳ": Figure(batch_means(result.revenue)),
                "Vickrey": Figure(batch_means(vickrey.outcome(result.values).revenue)),
                "lookahead": Figure(batch_means(known)),
                "highest value": Figure(batch_means(highest)),
                "share of gap": Figure(batch_ratio(result.revenue - known, highest - known)),
            }
        )
    return rows


def optimum_line(parameters: Parameters, rows: list[dict[str, Figure]]) -> str:
    """What a seller who knows the prior could earn at most."""
    prior = prior_of(parameters)
    if isinstance(prior, IndependentPrior):
        best, star = optimal_revenue(prior.marginals[0], prior.n), star_benchmark(prior)
        return f"Knowing the prior: optimal auction {best:.3f} (Myerson), star benchmark S {star:.3f}."
    star = float(np.mean([row["lookahead"].estimate.mean for row in rows]))
    return f"Knowing the prior: at most 2S = {2 * star:.3f}, S being the lookahead auction's {star:.3f}."


class Tails(InstantPlayer):
    """Plays ℳ without its random sale."""

    def chance(self, question: Chance) -> int:
        """Always the second branch."""
        return 1


def honest_revenue(parameters: Parameters, seed: int, room: Room, values: NDArray[Any]) -> NDArray[Any]:
    """What ℳ earns on tails from an all honest room at profiles of values (A, n): shape (A,)."""
    mechanism, rng = mechanism_of(parameters), Stream(seed, "unused").generator()
    sides = Population.of([Truthful()] * parameters.buyers).sides(np.arange(parameters.buyers))
    earned = np.zeros(len(values))
    for k, profile in enumerate(values):
        party = Party(mechanism, profile, sides, parameters.buyers)
        beliefs = room.knowledge.during(mechanism, profile)
        party.posterior = partial(_belief_now, beliefs, party)
        earned[k] = play(mechanism, parameters.buyers, Tails(party, rng)).payments.sum()
    return earned


def _belief_now(beliefs: Any, party: Party, seat: int) -> Any:
    return beliefs(seat, party.heard, ())


def cost_of_the_odd(parameters: Parameters, seed: int, results: list[RoomResult]) -> Estimate:
    """What the seller loses an auction (on tails) to those who are not honest, over all rooms with ties."""
    lost = []
    for room, result in list(zip(rooms_of(parameters, seed), results, strict=True))[1:]:
        honest = honest_revenue(parameters, seed, room, result.values[result.tails])
        lost.append(honest - result.revenue[result.tails])
    return batch_means(np.concatenate(lost))


def earnings(parameters: Parameters, results: list[RoomResult]) -> dict[str, dict[str, Figure]]:
    """For each kind that is there: what one of them kept an auction, and how much of it was reward."""
    seats = kinds_in_a_room(parameters)
    rows = {}
    for k, kind in enumerate(KINDS):
        if (seats == k).any():
            kept = np.concatenate([result.payoffs[:, seats == k].mean(axis=1) for result in results[1:]])
            paid = np.concatenate([result.rewards[:, seats == k].mean(axis=1) for result in results[1:]])
            label = f"{int((seats == k).sum())} {kind}"
            rows[label] = {
                "kept": Figure(batch_means(kept)),
                "rewards, millionths": Figure(batch_means(1e6 * paid)),
            }
    return rows


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """The sweep as a table, who earned what, and the plot in the run's folder."""
    told, seed = Parameters(**manifest["parameters"]), int(manifest["seed"])
    rooms, results = rooms_of(told, seed), results_of(tables, told)
    rows = comparisons(told, results)
    named = {room.name: row for room, row in zip(rooms, rows, strict=True)}
    lines: list[Any] = [
        f"Neighbours: {told.buyers} people in each room, values below {told.value_bound}, {told.prior}.",
        comparison_table("room", list(rows[0]), named, decimals=3, theory=False),
        EXPLANATION,
        optimum_line(told, rows),
        comparison_table("kind", ["kept", "rewards, millionths"], earnings(told, results), theory=False),
        "What one person of the kind kept an auction, in rooms with ties.",
    ]
    if kinds_in_a_room(told).any():
        cost = cost_of_the_odd(told, seed, results)
        lines.append(
            f"Their answers cost the seller {cost.mean:.3f} ± {cost.half_width:.3f} an auction, against an "
            "all honest town on the same profiles."
        )
    folder = getattr(tables, "directory", None)
    if folder is not None:
        draw(folder / "share.png", rooms, rows, told)
        lines.append(f"Plot: {folder / 'share.png'}")
    return lines


def draw(path: Any, rooms: list[Room], rows: list[dict[str, Figure]], parameters: Parameters) -> None:
    """The share of the gap closed against the density of the network, a curve for each resolution."""
    shares = [row["share of gap"].estimate for row in rows]
    title = f"From the star benchmark to the highest value: {parameters.prior}"
    with figure(path, "neighbours of a person", "share of the gap closed", title) as axes:
        for bins in RESOLUTIONS:
            picked = [0, *(k for k, room in enumerate(rooms) if k and room.resolution == bins)]
            axes.errorbar(
                [rooms[k].degree for k in picked],
                [shares[k].mean for k in picked],
                [shares[k].half_width for k in picked],
                label=f"{bins} bins a tie",
                marker="o",
                markersize=4,
                capsize=3,
            )
        axes.axhline(0, color="black", linewidth=0.6)
        axes.axhline(1, color="black", linewidth=0.6, linestyle=":")


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "neighbours", *sys.argv[1:]])
