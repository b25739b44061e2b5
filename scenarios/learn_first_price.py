"""Learning to bid: do buyers who start from nothing end in equilibrium, and do they learn to tell the truth?

Seven sellers each hold an auction a unit of time, always with the same two buyers of their own. The buyers
know the rules and the distribution of values, nothing else, and learn from what happens, each for herself.

In five rooms the auction is first price and values are drawn anew, uniform on 0 to 1, for each auction. The
equilibrium is to bid half the value (Vickrey 1961), and the seller earns 1/3. Each room tries another
learner: smooth gradient play, Hedge, regret matching, fictitious play, and EXP3-IX, who sees only her own
result.

In two rooms the auction is second price, where truth is a dominant strategy. In the one values are drawn
anew: each type of each buyer is sometimes close to losing or winning, sees what lies would cost, and ends
near the truth; the seller earns about 1/3. (By default the buyers learn by regret matching. With Hedge,
`--set learner=hedge`, they bid 0.890 ± 0.002 of their values in the second half of 4000 auctions, and lose
1.6% ± 0.1% of the utility in equilibrium, over eight seeds; whether they come nearer later was not tried.)

In the other the values are 1 and 1/2 for ever, known to nobody but their owners, and the buyers learn by
Hedge (`--set fixed_learner=...` for others). Now the stronger buyer soon wins almost always. The weaker one
stops learning before she bids her value, because what she bids no longer matters, and goes on bidding below
it. The seller earns less than 1/2, which truth would bring (Kolumbus and Nisan 2022, "Auctions between
regret-minimizing agents"). Where the weaker one stops depends on the learner and on chance: under regret
matching a seed may bring her near her value.

What to look for. Bids are compared where the loss identifies them; the weaker buyer's loss is nothing, and
her bids are still far from the truth. Bandits learn slowly: EXP3-IX is far from equilibrium at the end, and
gradient play, which forgets what it saw, needs many more auctions than the others to be as good. Two plots
go to the folder of the run: bids against values, and the loss over time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, cast
from weakref import WeakKeyDictionary

import numpy as np
from pydantic import Field

from agents.population import Group, Population
from agents.registry import make_strategy
from agents.seller import SellerPlan
from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions import Discrete, Distribution, IndependentPrior, Uniform
from mechanisms.registry import mechanism_for
from scenarios import _presets
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.comparison import Figure, rounded
from sim.measures.learning_curves import (
    FloatArray,
    Room,
    loss_in,
    loss_path,
    plot_learned_bids,
    plot_losses,
    room_of,
)
from sim.measures.plots import pictures
from sim.measures.replicates import across
from sim.records import Records
from sim.runs import scenario
from sim.runs.replicates import REPLICATES, across_told, runs_of
from sim.runs.scenario import OneOf

if TYPE_CHECKING:
    from sim.page.drawing.drawing import Drawing
VALUES = Uniform(0.0, 1.0)
EQUILIBRIUM_UTILITY = 1 / 6
"""Of each buyer before she knows her value, in first price (truthful second price brings the same)."""
FIXED = "second price: values fixed"
LEARNERS = ("gradient", "hedge", "regret_matching", "fictitious_play", "exp3")
SEALED = ("second_price", "first_price", "all_pay")
"""One more room may hold one of these: bids are sealed, and by revenue equivalence buyers gain as much."""


class Parameters(scenario.Parameters):
    """What can be set."""

    until: float = Field(default=4000.0, ge=200, le=1e7, description="how many auctions each seller holds")
    learner: Annotated[str, OneOf(LEARNERS)] = Field(
        default="regret_matching", description="how buyers learn in second price with values drawn anew"
    )
    fixed_learner: Annotated[str, OneOf(LEARNERS)] = Field(
        default="hedge", description="how buyers learn in second price with fixed values"
    )
    strategy: Annotated[str | None, OneOf(LEARNERS)] = Field(
        default=None, description="how buyers learn in both rooms of second price, in place of the two above"
    )
    mechanism: Annotated[str | None, OneOf(SEALED)] = Field(
        default=None,
        description="one more room, with this auction, values drawn anew, and learners as `learner` says; "
        "none: there is no such room",
    )
    replicates: int = REPLICATES

    def in_vain(self) -> Iterator[tuple[str, str]]:
        """Learners whose place `strategy` takes."""
        if self.strategy is not None:
            yield from ((name, "strategy stands in its place") for name in ("learner", "fixed_learner"))


@dataclass(frozen=True)
class Setting:
    """One room: its name, its auction, how its two buyers learn, and the distributions of their values."""

    name: str
    mechanism: DirectMechanism
    learner: str
    values: tuple[Distribution, Distribution] = (VALUES, VALUES)


def settings(parameters: Parameters) -> list[Setting]:
    """The rooms, in the order of the story."""
    fixed = (Discrete([1.0], [1.0]), Discrete([0.5], [1.0]))
    anew = parameters.strategy or parameters.learner
    first = [Setting(f"first price: {name.replace('_', ' ')}", FirstPrice(), name) for name in LEARNERS]
    return [
        *first,
        Setting("second price: values anew", SecondPrice(), anew),
        Setting(FIXED, SecondPrice(), parameters.strategy or parameters.fixed_learner, fixed),
        *one_more(parameters.mechanism, anew),
    ]


def one_more(mechanism: str | None, learner: str) -> list[Setting]:
    """The room that may be added to those of the story."""
    if mechanism is None:
        return []
    rule = cast(DirectMechanism, mechanism_for(mechanism, VALUES))
    return [Setting(f"one more room: {mechanism.replace('_', ' ')}", rule, learner)]


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """The rooms, ready to run: each a seller with a panel of two buyers, each of whom learns for herself."""
    told = Parameters() if parameters is None else parameters
    rooms = settings(told)
    groups = [Group(make_strategy(room.learner), prior=values) for room in rooms for values in room.values]
    population = Population(groups, np.arange(len(groups)))
    plans = [SellerPlan(room.mechanism, discloses="bids", name=room.name) for room in rooms]
    panels = [
        Panel(members=[2 * k, 2 * k + 1], prior=IndependentPrior(room.values))
        for k, room in enumerate(rooms)
    ]
    every, tick = told.until / 40, told.until / 400
    return Market(population, plans, panels, VALUES, seed, records, tick=tick, policies_every=every)


# --- what came of it --------------------------------------------------------------------------------

SHARE, REVENUE, LOSS = "bids, of values", "revenue", "loss, of utility"
WEAK = "weak buyer's bids, of value"


def expected_figures(parameters: Parameters) -> dict[str, dict[str, float]]:
    """For each room and figure what the equilibrium says, or, with fixed values, what truth would bring."""
    said = {}
    for setting in settings(parameters):
        if setting.values[0] == VALUES:
            share, earned = equilibrium_figures(setting.mechanism)
            said[setting.name] = {SHARE: share, REVENUE: earned, LOSS: 0.0}
        else:
            said[setting.name] = {WEAK: 1.0, REVENUE: 0.5}
    return said


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """The figures of one run, by `room: figure`: the second half of the auctions, for the loss a quarter."""
    found = {}
    for number, setting in enumerate(settings(parameters)):
        room = room_of(tables, number)
        late = room.part(len(room) // 2)
        found[f"{setting.name}: {REVENUE}"] = float(late.revenue.mean())
        if setting.values[0] == VALUES:
            found[f"{setting.name}: {SHARE}"] = float(late.bids.sum() / late.values.sum())
            found[f"{setting.name}: {LOSS}"] = relative_loss(room, setting)
        else:
            found[f"{setting.name}: {WEAK}"] = float(late.bids[:, 1].sum() / late.values[:, 1].sum())
    return found


def findings(
    tables: Mapping[str, Any], parameters: Parameters, seed: int = 0, status: str = "complete"
) -> dict[str, dict[str, Figure]]:
    """The figures of each room, with intervals across replicates, beside what equilibrium or truth say."""
    runs = runs_of(build, measures, tables, parameters, seed, status)
    learned = across(runs)
    return {
        room: {
            name: Figure(learned[f"{room}: {name}"], theory, target=True) for name, theory in said.items()
        }
        for room, said in expected_figures(parameters).items()
    }


def equilibrium_figures(mechanism: DirectMechanism, points: int = 400) -> tuple[float, float]:
    """Bids in equilibrium as a share of values, and the revenue: midpoint sums over both buyers' values."""
    values = (np.arange(points) + 0.5) / points
    bids = mechanism.equilibrium_bids(values, 2, VALUES)
    pairs = np.stack(np.meshgrid(bids, bids), axis=-1)
    revenue = mechanism.outcome(pairs).payments.sum(axis=-1).mean()
    return float(bids.sum() / values.sum()), float(revenue)


def relative_loss(room: Room, setting: Setting) -> float:
    """The loss in the last quarter, over the ex-ante utility in equilibrium."""
    _, (loss,) = loss_path(room.part(3 * len(room) // 4), setting.mechanism, windows=1)
    return float(loss.mean) / EQUILIBRIUM_UTILITY


def report(tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Any]:
    """The table of learned figures and equilibria; the plots go to the run's folder, if it has one."""
    parameters = Parameters(**manifest["parameters"])
    status = manifest.get("status", "complete")
    found = findings(tables, parameters, int(manifest["seed"]), status)
    return [
        FindingsTable(found),
        across_told(parameters.replicates, status),
        "Bids and revenue: the second half of the auctions. Loss: what a better bid would have gained in the "
        "last quarter, judged in other auctions than it was chosen in, over the utility in equilibrium, 1/6. "
        "In equilibrium, or, with fixed values, if both told the truth: where learners may be going.",
        *plots(tables, parameters),
    ]


@dataclass(frozen=True)
class FindingsTable:
    """The table of what was learned, a line for each room and figure, for `rich`."""

    figures: Mapping[str, Mapping[str, Figure]]

    def __rich__(self) -> Any:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table("room", "figure", "learned", "±", "equilibrium", box=SIMPLE_HEAD, padding=0)
        table.columns[0].no_wrap = True
        for room, row in self.figures.items():
            for name, one in row.items():
                label = room if name == next(iter(row)) else ""
                truth = " (truth)" if WEAK in row else ""
                learned, width = rounded(one.estimate.mean, 4), rounded(one.estimate.half_width, 4)
                table.add_row(label, name, learned, width, f"{one.theory:.4g}{truth}")
        return table


def plots(tables: Mapping[str, Any], parameters: Parameters) -> list[str]:
    """Draw both plots into the folder of the run; says where, or nothing if the run is in memory."""
    return pictures(tables, ["bids.png", "loss.png"], lambda folder: draw(tables, parameters, folder))


def draw(tables: Mapping[str, Any], parameters: Parameters, folder: Any) -> None:
    """Bids against values in each room, and what better bids would have gained over time."""
    panels, losses = {}, {}
    for number, setting in enumerate(settings(parameters)):
        room = room_of(tables, number)
        late = room.part(3 * len(room) // 4)
        panels[setting.name] = (late, partial(setting.mechanism.equilibrium_bids, n=2, prior=VALUES))
        if setting.values[0] == VALUES:
            times, path = loss_path(room, setting.mechanism)
            losses[setting.name] = (times, np.array([e.mean for e in path]) / EQUILIBRIUM_UTILITY)
    plot_learned_bids(folder / "bids.png", panels)
    plot_losses(folder / "loss.png", losses, "of the utility in equilibrium")


# --- on the page ------------------------------------------------------------------------------------

BINS = 8
LATE, WINDOW = 120, 100
"""Auctions of a room that are seen at once, and that a loss is estimated from."""


def recent_rooms(market: Market, auctions: int) -> dict[str, Room]:
    """The last so many auctions of each room with values drawn anew, by the room's name."""
    records, sellers = market.records, len(market.sellers)
    held = records.frame("auctions").query("status != 'unfinished'").tail(auctions * sellers)
    asked = records.recent("messages", max(0, len(records["messages"]) - 2 * (auctions + WINDOW) * sellers))
    tables = {"auctions": held[held["auction"].isin(asked["auction"])], "messages": asked}
    names = [seller.plan.name for seller in market.sellers]
    drawn = [k for k in range(sellers) if market.sellers[k].plan.name != FIXED]
    return {names[k]: room_of(tables, k) for k in drawn if (tables["auctions"]["seller_id"] == k).any()}


def mean_bids(room: Room) -> tuple[FloatArray, FloatArray]:
    """Middles of equal bins of values from 0 to 1, and the mean bid in each; NaN where there was none."""
    bins = np.minimum((room.values * BINS).astype(int), BINS - 1).ravel()
    bids = np.bincount(bins, room.bids.ravel(), BINS)
    with np.errstate(invalid="ignore"):
        return (np.arange(BINS) + 0.5) / BINS, bids / np.bincount(bins, minlength=BINS)


def learned_bids(market: Market) -> Drawing:
    """Learned bids and the equilibrium.

    First price: mean bid by value in the last auctions of each room. Dashed: the equilibrium, half the value.
    """
    from sim.page.drawing.look import THEORY, look_of_seller
    from sim.page.drawing.marks import curve, names_at_ends, nothing_yet, points, room_for
    from sim.page.drawing.plot import framed, plot_of

    names, title = [name.replace("_", " ") for name in LEARNERS], "Learned bids and the equilibrium"
    plot = plot_of((0, 1), (0, 1), "value (money)", "mean bid (money)",
                   right=room_for([*names, "equilibrium"]))
    rooms, ends = recent_rooms(market, LATE), [(0.5, "equilibrium", THEORY)]
    marks, data = [curve(plot, [0, 1], [0, 0.5], THEORY, "equilibrium")], dict[str, Any]()
    for number, name in enumerate(names):
        room = rooms.get(f"first price: {name}")
        if room is not None:
            look, (middles, bids) = look_of_seller(number), mean_bids(room)
            marks += [curve(plot, middles, bids, look, name), points(plot, middles, bids, look)]
            known = bids[np.isfinite(bids)]
            ends.append((float(known[-1]), name, look))
            data |= {"value": middles, name: bids}
    marks.append(names_at_ends(plot, ends) if rooms else nothing_yet(plot, "no auctions yet"))
    return framed(plot, title, *marks, data=data)


_LOSSES: WeakKeyDictionary[Market, list[dict[str, float]]] = WeakKeyDictionary()


def losses(market: Market) -> list[dict[str, float]]:
    """The loss in each full window of auctions so far, by room; estimated once, then remembered."""
    known = _LOSSES.setdefault(market, [])
    held = len(market.records["auctions"]) // len(market.sellers) // WINDOW
    if held > len(known):
        mechanisms: dict[str, Any] = {seller.plan.name: seller.plan.mechanism for seller in market.sellers}
        rooms = recent_rooms(market, len(market.records["auctions"]) // len(market.sellers))
        for window in range(len(known), held):
            parts = {name: room.part(window * WINDOW, (window + 1) * WINDOW) for name, room in rooms.items()}
            known.append(
                {
                    name: loss_in(part, mechanisms[name]).mean / EQUILIBRIUM_UTILITY
                    for name, part in parts.items()
                }
            )
    return known


def learners_loss(market: Market) -> Drawing:
    """The learners' loss.

    What better bids would have gained, in each 100 auctions, of the utility in equilibrium.
    """
    from sim.page.drawing.look import THEORY, look_of_seller
    from sim.page.drawing.marks import curve, level, names_at_ends, nothing_yet, points, room_for
    from sim.page.drawing.plot import framed, plot_of
    from sim.page.drawing.scales import roomy

    path, title = losses(market), "The learners' loss"
    learners = {
        seller.plan.name: seller.plan.name.removeprefix("first price: ").removesuffix(": values anew")
        for seller in market.sellers
        if seller.plan.name != FIXED
    }
    end = roomy(max(market.now, WINDOW))
    plot = plot_of((0, end), (-10, 100), "simulated time", "loss, % of equilibrium utility",
                   right=room_for(learners.values()))
    times, ends = WINDOW * (np.arange(len(path)) + 0.5), []
    marks, data = [level(plot, 0, THEORY)], {"time": times}
    for number, (name, learner) in enumerate(learners.items() if path else ()):
        series, look = 100 * np.array([losses_then[name] for losses_then in path]), look_of_seller(number)
        held = np.clip(series, -10, 100)
        marks += [curve(plot, times, held, look, learner), points(plot, times, held, look)]
        ends.append((float(held[-1]), learner, look))
        data[learner] = series
    held_so_far = len(market.records["auctions"]) // len(market.sellers)
    awaited = f"shown from {WINDOW} auctions\na room on; {held_so_far} so far"
    marks.append(names_at_ends(plot, ends, float(times[-1])) if path else nothing_yet(plot, awaited))
    return framed(plot, title, *marks, data=data)


PANELS = (learned_bids, learners_loss)
PRESETS = _presets.LEARN_FIRST_PRICE


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "learn_first_price", *sys.argv[1:]])
