"""Regret auction: several goods, several bidders, and a seller who knows only the range of the values.

Bidders value each of two goods between 0 and 1. The seller knows nothing else, and wants her regret to be
small: for each good the highest value, less what she earns, whatever the values are. The best that she can do
(Koçyiğit's thesis, Chapter 3) is to sell each good by a second price auction of its own, with a reserve drawn
from the law 1 + ln p on [1/e, 1]. Then she never loses more than 1/e of the range, and nobody can be sure of
losing less, with however many bidders. In each size of the market three sellers:

- random reserves by that law; a sure reserve of ½; and Vickrey's auctions, without reserves;

each before three natures:

- the thesis' nature, who gives positive values to one bidder only, the same share of each good's range;
- one who learns by regret matching which pair of a highest value and of all others' hurts most, alike in both
  goods, and is told after each auction how much each would have hurt;
- independent uniform values.

What to look for. Before the thesis' nature the random reserves lose 1/e = .368, for two bidders and for ten
(so does the sure reserve, as no price is better than another there, and Vickrey's loses everything, 2/e); the
nature who learns can make it no worse. But she finds what a sure reserve cannot bear: one value just below
it, or at the top with no rival (both cost half of the range), and where there is no reserve, one bidder
alone, at the whole range. Competition helps only where nature means no harm: with uniform values all regrets
fall as bidders are added, and reserves that are drawn high lose most. `regret.png` shows regret by the number
of bidders, `values.png` that of random reserves by values: 1/e wherever the highest value is above 1/e and
the second below.

    bazaar audit regret_auction

finds no lie that pays at any of them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from agents.nature import LearningNature
from agents.nature.adversary import regret
from mechanisms.auctions import SecondPrice
from mechanisms.conversation import DirectLottery, DirectMechanism
from mechanisms.distributions import Uniform
from mechanisms.robust import (
    LogarithmicPrice,
    RandomReserveAuctions,
    expected_revenue,
    nature_auction,
    regret_matching_plus,
)
from mechanisms.robust.regret_nature import SHARE
from scenarios import _presets
from scenarios._rooms import Drawn, Numbers, Room, figures, market_of, one_high, series
from scenarios._sure_reserves import SureReserves
from sim.market.market import Market
from sim.measures.comparison import Figure, comparison_table
from sim.measures.plots import COLOURS, figure, pictures
from sim.records import Records
from sim.runs import scenario
from sim.runs.scenario import WholeNumbers

if TYPE_CHECKING:
    from sim.audit import Instance

GOODS = 2
NATURES = ("thesis'", "learns", "uniform")
EXPLANATION = (
    "Regret as a share of the range of both goods; ± is the half-width of a 95% confidence interval by batch "
    "means. Of the nature who learns only the second half counts; theory's figure for her is the worst case."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "bidders are truthful: that is best for them, whatever the reserves"

    until: float = Field(default=600.0, gt=0, le=1e9, description="simulated time at which the run ends")
    bidders: Annotated[tuple[int, ...], WholeNumbers(2, 20)] = Field(
        default=(2, 5, 10), description="bidders in each size of the market"
    )
    steps: int = Field(default=12, ge=2, le=40, description="of the grid of values on which nature learns")


def sellers(bidders: int) -> dict[str, DirectLottery | DirectMechanism]:
    """The three rules."""
    return {
        "random reserves": RandomReserveAuctions((1.0,) * GOODS, bidders),
        "sure reserves": SureReserves(0.5, GOODS),
        "Vickrey": SureReserves(0.0, GOODS),
    }


WORST = {"random reserves": 1 / np.e, "sure reserves": 0.5, "Vickrey": 1.0}
"""The worst-case regret of each."""
BEFORE_ONE = {"random reserves": 1 / np.e, "sure reserves": 1 / np.e, "Vickrey": 2 / np.e}
"""Before the thesis' nature, at whose values no price is better than another; the mean value is 2/e."""


def thesis_nature(bidders: int) -> Drawn:
    """(3.6): who has the values, and their share of the range."""
    nature = nature_auction((1.0,) * GOODS, bidders)

    def made(u: Numbers) -> Numbers:
        who = np.minimum((u[..., 0] * bidders).astype(int), bidders - 1)
        hers = who[..., None] == np.arange(bidders)
        share = SHARE.quantile(u[..., 1])[..., None, None] * nature.ranges.upper
        return np.where(hers[..., None], share, 0.0)

    return Drawn("thesis' nature", bidders, 2, made, (GOODS,))


def learning_nature(bidders: int, steps: int) -> LearningNature:
    """Regret matching over a highest value and one of all others, the same in both goods."""
    even = np.linspace(0, 1, steps + 1)
    grid = np.unique(np.append(even, [0.5, 0.5 - 1e-6]))
    low, high = np.triu_indices(len(grid))
    profiles = one_high(np.column_stack([grid[high], grid[low]]), bidders)
    both = np.repeat(profiles[..., None], GOODS, axis=-1)
    return LearningNature(both, regret_matching_plus(len(both)), regret)


def uniform_nature(bidders: int) -> Drawn:
    """Independent values, uniform on [0, 1]."""
    return Drawn("uniform", bidders, bidders * GOODS,
                 lambda u: u.reshape(*u.shape[:-1], bidders, GOODS), (GOODS,))


def uniform_regrets(bidders: int) -> dict[str, float]:
    """Where values are uniform: the mean highest value less the revenue of a reserve, or of their mixture."""
    best, uniform = bidders / (bidders + 1), Uniform(0.0, 1.0)

    def lost(reserve: float) -> float:
        return best - expected_revenue(SecondPrice(reserve), uniform, bidders)

    nodes, weights = np.polynomial.legendre.leggauss(16)
    reserves = LogarithmicPrice(1.0).quantile((nodes + 1) / 2)
    mixed = float(weights @ [lost(float(reserve)) for reserve in reserves]) / 2
    return {"random reserves": mixed, "sure reserves": lost(0.5), "Vickrey": lost(0.0)}


def rooms_of(parameters: Parameters) -> list[Room]:
    """For each size of the market each seller before each nature."""
    rooms = []
    for bidders in parameters.bidders:
        mild = uniform_regrets(bidders)
        for name, rule in sellers(bidders).items():
            before = {
                "thesis'": (thesis_nature(bidders), BEFORE_ONE[name]),
                "learns": (learning_nature(bidders, parameters.steps), WORST[name]),
                "uniform": (uniform_nature(bidders), mild[name]),
            }
            rooms += [
                Room(name, f"{bidders}, {nature}", rule, prior, theory)
                for nature, (prior, theory) in before.items()
            ]
    return rooms


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """Nine rooms for each size of the market."""
    return market_of(rooms_of(Parameters() if parameters is None else parameters), seed, records)


def audited_instances(parameters: Parameters) -> Sequence[Instance]:
    """The three rules for two bidders."""
    from sim.audit.library import standard_instance

    return [standard_instance(rule, (0.0, 0.45, 1.0), 2, name) for name, rule in sellers(2).items()]


# --- what came of it --------------------------------------------------------------------------------


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """Regret by size of the market, nature and seller, and the plots in the run's folder."""
    told = Parameters(**manifest["parameters"])
    rooms = rooms_of(told)
    rows = figures(rooms, series(tables, len(rooms), regret=True), unit=GOODS)
    lines: list[Any] = [
        "Regret auction: two goods, values in [0, 1] and nothing else known.",
        comparison_table("bidders, nature", list(WORST), rows, decimals=3),
        EXPLANATION,
        f"In theory 1/e = {1 / np.e:.3f} is the least worst-case regret, for any number of bidders.",
    ]

    def draw(folder: Any) -> None:
        draw_by_bidders(folder / "regret.png", told.bidders, rows)
        draw_by_values(folder / "values.png")

    return [*lines, *pictures(tables, ("regret.png", "values.png"), draw)]


def draw_by_bidders(path: Any, sizes: Sequence[int], rows: Mapping[str, Mapping[str, Figure]]) -> None:
    """Regret with its interval against the number of bidders, by seller and nature."""
    styles = dict(zip(NATURES, ("-", "--", ":"), strict=True))
    shifts = np.linspace(-0.15, 0.15, len(WORST))  # so that intervals at one number stand side by side
    with figure(path, "bidders", "regret (share of the range)", "Regret by seller and nature") as axes:
        for seller, colour, shift in zip(WORST, COLOURS, shifts, strict=False):
            for nature, line in styles.items():
                found = [rows[f"{bidders}, {nature}"][seller].estimate for bidders in sizes]
                means, widths = [one.mean for one in found], [one.half_width for one in found]
                axes.errorbar(np.array(sizes) + shift, means, widths, color=colour, linestyle=line,
                              capsize=3, marker="o", markersize=3, label=f"{seller}, {nature}")
        axes.axhline(1 / np.e, color="black", linewidth=0.7, label="1/e")
        axes.set_xticks(sizes)


def draw_by_values(path: Any) -> None:
    """One good: the mean regret of random reserves, by the one value that counts."""
    values, auction = np.linspace(0, 1, 201), RandomReserveAuctions(1.0, 2)
    alone = np.column_stack([values, np.zeros_like(values)])[..., None]
    against = np.column_stack([np.ones_like(values), values])[..., None]
    with figure(path, "value (money)", "mean regret (money)", "Random reserves, one good") as axes:
        drawn = {"one bidder alone, by her value": (alone, 3.5),
                 "the highest at 1, by the second value": (against, 2.0)}
        for label, (profiles, width) in drawn.items():
            axes.plot(values, auction.regret_at(profiles), linewidth=width, label=label)
        axes.axhline(1 / np.e, color="black", linestyle="--", linewidth=0.8, label="1/e")


PRESETS = _presets.REGRET_AUCTION


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "regret_auction", *sys.argv[1:]])
