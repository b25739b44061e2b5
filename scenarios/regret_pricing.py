"""Regret pricing: a seller of two goods who knows only the range of their values, and nature, both learn.

One buyer values each of two goods between 0 and 1, and nobody knows how: there is no prior. The seller looks
at her regret, the value of the goods less what she earned, and wants it to be small whatever the values are.
Nature picks the values to make it large. Neither knows the theory. They play a zero-sum game on a grid again
and again, each by regret matching: what would have been better so far is played more often. Before each sale
they play some rounds, then the seller draws prices, and nature values, from their averages over all rounds.

Koçyiğit's thesis (Chapter 2, after Bergemann and Schlag 2008) says where that must end. The seller draws the
price of each good from the law 1 + ln p on [1/e, 1], and loses 1/e of the range however nature plays; nature
draws values whose survival function is 1/(e v), so that no price is better than another. Five sellers:

- one price, learned, for both goods, on a fine grid of 100 steps, before a nature who values them alike;
- two prices, one for each good, learned on a coarse grid; and on the same grid a price for both beside them
  (the bundle): here nature learns whole pairs of values;
- random prices by the thesis' law, before the thesis' nature, one who learns, and uniform values;
- sure prices of ½, the best that are not random, before a nature who learns, and uniform values.

What to look for. The regrets that are learned, and the bounds on them, come to 1/e = .368 of the range on the
fine grid, and to z, which is smaller, on the coarse one (docs/theory/regret.md); the sure prices lose .5,
e/2 times as much. Being safe has its price: where values are uniform the random prices lose more than the
sure ones. The bundle does not change the value, as the theorem says. But it changes nature: with separate
prices only the law of each value matters, and learned values end as good as independent; with a price for
both, values that are not alike would be sold well together, and nature learns to make them positively
correlated. `values.png` shows both. `prices.png` shows the learned law of a price on the logarithmic one,
`gaps.png` how the duality gaps fall, `regret.png` the regret of the sure and the random price at each value.

    bazaar audit regret_pricing

finds no lie that pays at the thesis' rules.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from agents.nature import Duel, DuelNature, LearnedOffer, LearningNature
from agents.nature.adversary import regret
from mechanisms.robust import (
    BundlePrices,
    DeterministicRegretPricing,
    LogarithmicPrice,
    MinimaxRegretPricing,
    bundle_pricing_game,
    correlation,
    grid_regret,
    nature_pricing,
    pricing_game,
    regret_matching_plus,
)
from mechanisms.robust.regret_nature import SHARE
from mechanisms.robust.zero_sum import ZeroSumGame
from scenarios import _presets
from scenarios._learned import gap_curves, last_mixtures, last_plays, play_lines
from scenarios._regret_figures import draw_gaps, draw_joint, draw_law
from scenarios._rooms import Drawn, Room, figures, market_of, series
from sim.market.market import Market
from sim.market.plays import PlayRecorder
from sim.measures.comparison import comparison_table
from sim.measures.plots import figure, pictures
from sim.records import Records
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance

RANGE = 2.0
"""Of the sum of two values in [0, 1]."""
FINE = 100
"""Steps of the grid on which one price is learned."""
LEARNED = ("one price", "two prices", "bundle too")
"""The rooms of those who learn, by name."""
PICTURES = ("values.png", "prices.png", "gaps.png", "regret.png")
UNITS = (-1.0, -1 / RANGE, -1 / RANGE)
"""What makes payoffs of these games shares of the range that are lost."""
EXPLANATION = (
    "Regret as a share of the range: values of both goods less what was earned. ± is the half-width of a 95% "
    "confidence interval by batch means; of those who learn only the second half counts."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "the buyer takes what is best for her at the prices that she sees"

    until: float = Field(default=300.0, gt=0, le=1e9, description="simulated time at which the run ends")
    steps: int = Field(default=8, ge=2, le=10, description="of the coarse grids of prices and values")
    rounds: int = Field(default=10, ge=1, le=1000, description="that learners play before each sale")
    look_every: float = Field(
        default=10.0, gt=0, le=1e9, description="simulated time from one record of the play to the next"
    )


def game_of(name: str, steps: int) -> ZeroSumGame:
    """What they learn in a room: prices against values; payoffs are minus the regret, of one good or two."""
    if name == LEARNED[0]:
        return pricing_game(1.0, 0.0, FINE)
    return bundle_pricing_game((1.0, 1.0), (0.0, 0.0), steps, bundle=name == LEARNED[2])


def duel_of(name: str, parameters: Parameters) -> Duel:
    """Two who learn by regret matching."""
    game = game_of(name, parameters.steps)
    rows, columns = game.payoffs.shape
    learners = regret_matching_plus(rows), regret_matching_plus(columns)
    return Duel(game, *learners, parameters.rounds)


def posted(prices: Sequence[float]) -> BundlePrices:
    """Prices of the first good, the second, and both; or one price of each good."""
    if len(prices) == 1:
        return BundlePrices.separate([*prices, *prices])
    first, second, both = prices
    return BundlePrices((0.0, second, first, both))


def duel_room(name: str, duel: Duel) -> Room:
    """Both in their seats."""
    game = duel.game
    offer = LearnedOffer(duel, [posted(prices) for prices in game.seller_actions.tolist()])
    values = np.broadcast_to(game.nature_actions, (len(game.nature_actions), 2))
    theory = grid_regret(1.0, 0.0, FINE if name == LEARNED[0] else round(np.sqrt(len(values))) - 1)
    return Room(name, "learns", offer, DuelNature(duel, values[:, None, None]), theory)


def fixed_rooms(steps: int) -> list[Room]:
    """The thesis' rules before its nature, before one who learns, and before one that means no harm."""
    random, sure = (rule((1.0, 1.0), 0.0) for rule in (MinimaxRegretPricing, DeterministicRegretPricing))
    saddle = Drawn("thesis'", 1, 1, _saddle_values, (2,))
    uniform = Drawn("uniform", 1, 2, lambda u: u[..., None, :], (2,))
    return [
        Room("random", "thesis'", random, saddle, 1 / np.e),
        Room("random", "learns", random, _learner(4 * steps), 1 / np.e),
        Room("random", "uniform", random, uniform, 0.5 - (1 - 1 / np.e) ** 2 / 2),
        Room("sure", "learns", sure, _learner(4 * steps), 0.5),
        Room("sure", "uniform", sure, uniform, 0.25),
    ]


def _saddle_values(u: Any) -> Any:
    return nature_pricing((1.0, 1.0)).at(SHARE.quantile(u))


def _learner(steps: int) -> LearningNature:
    """Regret matching over values on a grid, and just below each of them."""
    grid = np.linspace(0, 1, steps + 1)
    levels = np.unique(np.append(grid, np.maximum(grid - 1e-6, 0)))
    values = np.stack(np.meshgrid(levels, levels, indexing="ij"), axis=-1).reshape(-1, 1, 1, 2)
    return LearningNature(values, regret_matching_plus(len(values)), regret)


def rooms_of(parameters: Parameters) -> tuple[list[Room], dict[int, Duel]]:
    """All rooms, and the duels by their sellers' numbers."""
    duels = {number: duel_of(name, parameters) for number, name in enumerate(LEARNED)}
    learned = [duel_room(name, duel) for name, duel in zip(LEARNED, duels.values(), strict=True)]
    return [*learned, *fixed_rooms(parameters.steps)], duels


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """A buyer in each room, and a look at the duels now and then."""
    told = Parameters() if parameters is None else parameters
    rooms, duels = rooms_of(told)
    market = market_of(rooms, seed, records)
    PlayRecorder(market, duels, told.look_every)
    return market


def audited_instances(parameters: Parameters) -> Sequence[Instance]:
    """The thesis' rules before a buyer of two goods."""
    from sim.audit.library import standard_instance

    levels = (0.0, 0.4, 0.7, 1.0)
    rules = {"random prices": MinimaxRegretPricing((1.0, 1.0), charge="winner"),
             "random prices, as a fee": MinimaxRegretPricing((1.0, 1.0)),
             "sure prices": DeterministicRegretPricing((1.0, 1.0))}
    return [standard_instance(rule, levels, 1, name) for name, rule in rules.items()]


# --- what came of it --------------------------------------------------------------------------------


def correlations(tables: Mapping[str, Any], steps: int) -> dict[str, float]:
    """Of the values that nature has learned, in each room of those who learn."""
    found = {}
    for number, name in enumerate(LEARNED[1:], start=1):
        game = game_of(name, steps)
        found[name] = correlation(game.nature_actions, last_mixtures(tables, number, game)[1])
    return found


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """For sweeps: by room the middle of the bounds on regret, of the range; and correlations of values."""
    last, found = last_plays(tables), {}
    for number, (name, unit) in enumerate(zip(LEARNED, UNITS, strict=True)):
        play: Any = last.loc[number]
        found[f"{name}: regret"] = float(unit * (play["guarantee"] + play["hope"]) / 2)
    correlated = correlations(tables, parameters.steps)
    return found | {f"{name}: correlation": number for name, number in correlated.items()}


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """Regret by seller and nature, what was learned, and the plots in the run's folder."""
    told = Parameters(**manifest["parameters"])
    rooms, _ = rooms_of(told.model_copy(update={"rounds": 1}))
    rows = figures(rooms, series(tables, len(rooms), regret=True), unit=RANGE)
    columns = list(dict.fromkeys(room.seller for room in rooms))
    least = grid_regret((1.0, 1.0), 0.0, told.steps) / RANGE
    lines: list[Any] = [
        "Regret pricing: two goods, one buyer, values in [0, 1] and nothing else known.",
        comparison_table("nature", columns, rows, decimals=3),
        EXPLANATION,
        f"In theory 1/e = {1 / np.e:.3f}, sure prices 0.5; on the coarse grid z = {least:.3f}.",
        *play_lines(last_plays(tables), dict(zip(LEARNED, UNITS, strict=True)), "regret"),
        "Correlation of the values that nature learned: "
        + ", ".join(f"{name} {number:.2f}" for name, number in correlations(tables, told.steps).items())
        + ".",
    ]
    return [*lines, *pictures(tables, PICTURES, partial(draw, tables=tables, steps=told.steps))]


def draw(folder: Any, tables: Mapping[str, Any], steps: int) -> None:
    """What nature and the seller have learned, and how fast; and regret by price."""
    law = LogarithmicPrice(1.0)
    with figure(folder / "values.png", "value of the first good (money)", "value of the second good (money)",
                "Values that nature has learned (areas: probabilities)") as axes:
        for number, name in enumerate(LEARNED[1:], start=1):
            game = game_of(name, steps)
            draw_joint(axes, game.nature_actions, last_mixtures(tables, number, game)[1], name)
    with figure(folder / "prices.png", "price (money)", "probability of at most it",
                "Prices that the seller has learned") as axes:
        game = game_of(LEARNED[0], steps)
        draw_law(axes, game.seller_actions[:, 0], last_mixtures(tables, 0, game)[0], law.cdf)
    with figure(folder / "gaps.png", "rounds", "duality gap (money)", "How far from equilibrium") as axes:
        for name, (rounds, gaps) in gap_curves(tables, LEARNED).items():
            draw_gaps(axes, rounds, gaps, name)
    draw_regret(folder / "regret.png")


def draw_regret(path: Any) -> None:
    """The regret of a sure price and of the random one, by the value that nature picks."""
    values = np.unique(np.append(np.linspace(0, 1, 401), [0.5, 0.5 - 1e-6]))
    rules = {"random price": MinimaxRegretPricing(1.0), "sure price ½": DeterministicRegretPricing(1.0)}
    widths = {"random price": 3.5, "sure price ½": 1.2}  # they are the same up to 1/e
    with figure(path, "value (money)", "mean regret (money)", "One good: regret whatever the value") as axes:
        for name, rule in rules.items():
            axes.plot(values, rule.regret_at(values[:, None]), linewidth=widths[name], label=name)
        axes.axhline(1 / np.e, color="black", linestyle="--", linewidth=0.8, label="1/e")


PRESETS = _presets.REGRET_PRICING


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "regret_pricing", *sys.argv[1:]])
