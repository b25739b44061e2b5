"""Random reserve emerges: a seller who learns which reserve to set, against a nature held to the mean.

A seller sells one good by second price auctions to I bidders of values in [0, 1], and may draw a reserve
anew each time. Nature picks the values to make her earn little, but the mean of each must be at least μ.
Nobody tells the seller anything. Before each auction the two play some rounds in their heads: she mixes
reserves by regret matching (what would have earned more so far is played more often), nature mixes pairs of
a highest bid and one that all others make by Hedge tilted onto the mean. In the auction both draw from
their averages over all rounds.

No rule that sells to the highest bidder only can be sure of more than r (Koçyiğit's thesis, Theorem 1.5.3),
and a random reserve is sure of r (docs/theory/robust.md): 0 with a chance of (I - 1) σ, and otherwise of the
density σ/x on [r, 1]. That is what she should come to. Three rooms:

- a seller and a nature who learn, on a grid;
- the same with a little ordinary trade: now and then all bidders have one value, uniform on [0, 1];
- the random reserve of the theory before the theory's nature.

What to look for. The value that they learn tends to r (.318 for I = 2, μ = ½), with a duality gap that falls
towards 0, and the revenue of the auctions to the same. In both rooms of those who learn a chance of about
(I - 1) σ (.466) gathers on reserves below r, and above r the law is logarithmic. Where below r it lies is not
for nature to say: none of these reserves binds in her worst case, and learners leave the mass anywhere. A
little ordinary trade decides: a reserve above one's bidders' value loses a sale, one below gains nothing. So
with it an atom appears at reserve 0, of the theory's size, which nobody told her. `reserves.png` and
`reserves_with_ordinary_trade.png` show the learned laws, the theory above r, and the band of all optimal laws
below; `gaps.png` the duality gaps; `values.png` the bounds on the value over time, with r.

    bazaar run random_reserve_emerges --set ordinary=0 --set bidders=3
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from agents.nature import Duel, DuelNature, LearnedOffer, WithOrdinaryTrade
from mechanisms.auctions import SecondPrice
from mechanisms.distributions import Uniform
from mechanisms.robust import (
    HighestBidderNature,
    RandomReserveLottery,
    hedge,
    regret_matching_plus,
    reserve_game,
)
from mechanisms.robust.markov import lottery_constants
from mechanisms.robust.zero_sum import ZeroSumGame
from scenarios import _presets
from scenarios._learned import gap_curves, last_mixtures, last_plays, play_lines
from scenarios._regret_figures import draw_gaps, draw_reserves
from scenarios._rooms import Room, alike, figures, market_of, one_high, series
from sim.market.market import Market
from sim.market.plays import PlayRecorder
from sim.measures.comparison import comparison_table
from sim.measures.plots import figure, pictures
from sim.records import Records
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance

LEARNED = ("learned", "ordinary trade too")
PICTURES = ("reserves.png", "reserves_with_ordinary_trade.png", "gaps.png", "values.png")
EXPLANATION = (
    "Revenue an auction; ± is the half-width of a 95% confidence interval by batch means; of those who learn "
    "only the second half counts, and theory's figure is the value of their game on the grid."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "bidders are truthful: that is best for them, whatever the reserve"

    until: float = Field(default=500.0, gt=0, le=1e9, description="simulated time at which the run ends")
    bidders: int = Field(default=2, ge=2, le=20, description="I, bidders in each auction")
    mean: float = Field(default=0.5, ge=0.05, le=0.95, description="μ, the least mean of each value")
    steps: int = Field(default=20, ge=4, le=40, description="of the grid of reserves and values")
    ordinary: float = Field(default=0.05, ge=0, le=0.5, description="share of the trade that is ordinary")
    rounds: int = Field(default=200, ge=1, le=10_000, description="that learners play before each auction")
    look_every: float = Field(
        default=10.0, gt=0, le=1e9, description="simulated time from one record of the play to the next"
    )


def game_of(parameters: Parameters, ordinary: bool) -> ZeroSumGame:
    """Reserves against bids; payoffs are revenue."""
    share = parameters.ordinary if ordinary else 0.0
    return reserve_game(parameters.bidders, parameters.mean, parameters.steps, ordinary=share)


def duel_of(parameters: Parameters, ordinary: bool) -> Duel:
    """Regret matching against Hedge tilted onto the mean."""
    game = game_of(parameters, ordinary)
    rows, columns = game.payoffs.shape
    nature = hedge(columns, game.range, game.moment)
    return Duel(game, regret_matching_plus(rows), nature, parameters.rounds)


def rooms_of(parameters: Parameters) -> tuple[list[Room], dict[int, Duel]]:
    """All rooms, and the duels by their sellers' numbers."""
    bidders, mean = parameters.bidders, parameters.mean
    town, duels, rooms = alike(Uniform(0.0, 1.0), bidders), {}, []
    for number, name in enumerate(LEARNED):
        duel = duels[number] = duel_of(parameters, ordinary=number == 1)
        offer = LearnedOffer(duel, [SecondPrice(float(reserve)) for reserve in duel.game.seller_actions])
        nature = DuelNature(duel, one_high(duel.game.nature_actions, bidders))
        prior = WithOrdinaryTrade(nature, parameters.ordinary, town) if number == 1 else nature
        rooms.append(Room(name, "its nature", offer, prior, duel.game.value()[0]))
    r = lottery_constants(bidders, mean).value
    theory = RandomReserveLottery(bidders, mean), HighestBidderNature(bidders, mean)
    rooms.append(Room("in theory", "its nature", *theory, r))
    return rooms, duels


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """Three rooms of bidders, and a look at the duels now and then."""
    told = Parameters() if parameters is None else parameters
    rooms, duels = rooms_of(told)
    market = market_of(rooms, seed, records)
    PlayRecorder(market, duels, told.look_every)
    return market


def audited_instances(parameters: Parameters) -> Sequence[Instance]:
    """The random reserve of theory for two bidders on quarters, over all distributions of the mean."""
    from sim.audit.library import markov_instance

    return [markov_instance(RandomReserveLottery(2, parameters.mean), parameters.mean)]


# --- what came of it --------------------------------------------------------------------------------


def atoms(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, tuple[float, float]]:
    """For each room of those who learn, the probability of reserve 0, and of all reserves up to r."""
    r, found = lottery_constants(parameters.bidders, parameters.mean).value, {}
    for number, name in enumerate(LEARNED):
        game = game_of(parameters, ordinary=number == 1)
        mixture = last_mixtures(tables, number, game)[0]
        found[name] = float(mixture[0]), float(mixture[game.seller_actions <= r].sum())
    return found


def secured(tables: Mapping[str, Any], parameters: Parameters) -> float:
    """What the law learned with ordinary trade is sure of under the mean alone: nature on the grid."""
    mixture = last_mixtures(tables, 1, game_of(parameters, ordinary=True))[0]
    return game_of(parameters, ordinary=False).guarantee(mixture)


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """For sweeps: the bounds on the learned value, and the learned probabilities of low reserves, by room."""
    last, low = last_plays(tables), atoms(tables, parameters)
    found: dict[str, float] = {}
    for number, name in enumerate(LEARNED):
        play: Any = last.loc[number]
        found |= {f"{name}: guarantee": float(play["guarantee"]), f"{name}: hope": float(play["hope"])}
        found |= {f"{name}: reserve 0": low[name][0], f"{name}: reserve up to r": low[name][1]}
    return found


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """Revenue, value, atoms, and the plots in the run's folder."""
    told = Parameters(**manifest["parameters"])
    rooms, _ = rooms_of(told.model_copy(update={"rounds": 1}))
    rows = figures(rooms, series(tables, len(rooms)))
    constants = lottery_constants(told.bidders, told.mean)
    atom = (told.bidders - 1) * constants.sigma
    lines: list[Any] = [
        f"Random reserve emerges: {told.bidders} bidders, values in [0, 1] of mean {told.mean:g} or more.",
        comparison_table("revenue before", [room.seller for room in rooms], rows),
        EXPLANATION,
        f"In theory: value r = {constants.value:.4f}, probability of a reserve of at most r {atom:.4f}.",
        *play_lines(last_plays(tables), dict.fromkeys(LEARNED, 1.0)),
        *(f"Room {name!r}: probability of reserve 0 {zero:.3f}, of a reserve of at most r {low:.3f}."
          for name, (zero, low) in atoms(tables, told).items()),
        f"What is learned with ordinary trade is sure of {secured(tables, told):.4f} without it.",
    ]
    return [*lines, *pictures(tables, PICTURES, partial(draw, tables=tables, parameters=told))]


def draw(folder: Any, tables: Mapping[str, Any], parameters: Parameters) -> None:
    """The learned laws of reserves, the duality gaps, and the bounds on the value."""
    constants = lottery_constants(parameters.bidders, parameters.mean)
    for number, name in enumerate(LEARNED):
        game = game_of(parameters, ordinary=number == 1)
        mixture = last_mixtures(tables, number, game)[0]
        path = folder / ("reserves_with_ordinary_trade.png" if number else "reserves.png")
        with figure(path, "reserve (money)", "probability of at most it", f"Reserves, {name}") as axes:
            law = (constants.sigma, constants.value, parameters.bidders)
            draw_reserves(axes, game.seller_actions, mixture, *law)
    with figure(folder / "gaps.png", "rounds", "duality gap (money)", "How far from equilibrium") as axes:
        for name, (rounds, gaps) in gap_curves(tables, LEARNED).items():
            draw_gaps(axes, rounds, gaps, name)
    plays = tables["plays"].sort_values("time")
    own = plays[plays["seller_id"] == 0]
    with figure(folder / "values.png", "rounds", "revenue (money)", "Bounds on the learned value") as axes:
        axes.plot(own["rounds"], own["guarantee"], linewidth=1.2, label="the seller is sure of")
        axes.plot(own["rounds"], own["hope"], linewidth=1.2, label="nature allows at most")
        on_grid, steps = game_of(parameters, ordinary=False).value()[0], parameters.steps
        axes.axhline(on_grid, color="black", linewidth=0.8, label=f"value on a grid of {steps} steps")
        axes.axhline(constants.value, color="black", linestyle="--", linewidth=0.8, label="r, without a grid")
        axes.set_xscale("log")


PRESETS = _presets.RANDOM_RESERVE_EMERGES


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "random_reserve_emerges", *sys.argv[1:]])
