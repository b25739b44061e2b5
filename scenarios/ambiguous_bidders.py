"""Ambiguous bidders: who thinks two priors possible tells the truth, or not, by her attitude to ambiguity.

An all-pay auction: the highest bidder wins, everybody pays a share of her bid, winners and losers alike; ties
go to the first bidder. Two bidders value the good at 0 or 4. They think two priors possible, and so does the
seller (Koçyiğit's thesis, Example 1.2.2):

    values       (0, 0)   (4, 0)   (0, 4)   (4, 4)
    first law      1/5      1/2      1/5      1/10
    second law     1/4      1/4      1/4      1/4

The second bidder is truthful. The first one, of value 4, can bid 4 and win for sure, or bid 0, pay nothing,
and win if the other has 0: that is 5/6 likely by the first law, 1/2 by the second. So truth brings 4 - 4s, if
s is the paid share, and the lie 10/3 or 2. What she does depends on how she takes the ambiguity:

- maxmin looks at the worst law only, and stays truthful up to s = 1/2;
- Hurwicz weighs the worst case with α and the best one with 1 - α: up to s = 1/3 for α = ½, 1/4 for α = ¼;
- Bayes weighs both laws alike: up to 1/3;
- Knight compares law by law, and is content only with what is best under each. From s = 1/6 on the first law
  speaks for the lie; then neither is better for sure, and she may do either. At s = 1/2 the lie is at
  least as good under both laws, and better under one: she tells it.

What to look for. At the default share of ½ the auction is incentive compatible for maxmin bidders, which the
literature is content with. A seller who trusts in that expects 1.8 under the first law and 2.0 under the
second. From everybody else she gets .6 and 1.0. So a seller who does not know how bidders take ambiguity
needs a mechanism that is safe for Knightian bidders; then it is for all (Proposition 1.2.1). `sweep.png`
shows by how much the lie is better, by the paid share, for each attitude: where a curve crosses 0 truth ends.
`revenue.png` shows what the seller gets as she asks for more. The audit names the same verdicts:

    bazaar audit ambiguous_bidders
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agents.strategies import Strategy
from agents.view import View
from mechanisms.auctions import AllPay
from mechanisms.distributions import JointDistribution
from mechanisms.questions import AskValue
from mechanisms.robust import (
    Attitude,
    BayesianOverSet,
    FiniteAmbiguitySet,
    Hurwicz,
    Knightian,
    Maxmin,
)
from scenarios import _presets
from scenarios._rooms import Room, figures, market_of, series
from sim.market.market import Market
from sim.measures.comparison import Figure, interval_shown, rounded
from sim.measures.plots import figure, pictures
from sim.records import Records
from sim.runs import scenario

if TYPE_CHECKING:
    from sim.audit import Instance

HIGH = 4.0
VALUES = ([0.0, HIGH], [0.0, HIGH])
LAWS = {
    "first law": JointDistribution([[1 / 5, 1 / 5], [1 / 2, 1 / 10]], VALUES),
    "second law": JointDistribution(np.full((2, 2), 1 / 4), VALUES),
}
POSSIBLE = FiniteAmbiguitySet(tuple(LAWS.values()))
ATTITUDES: dict[str, Attitude | Knightian] = {
    "maxmin": Maxmin(),
    "Hurwicz ½": Hurwicz(0.5),
    "Hurwicz ¼": Hurwicz(0.25),
    "Bayes ½": BayesianOverSet((0.5, 0.5)),
    "Knight": Knightian(),
}
EXPLANATION = (
    "Truth up to: the paid share up to which truth is best for sure. Bid: of the first bidder, of value 4; "
    "Knight's keeps to the truth until the lie is as good under both laws. "
    "Then revenue an auction, ± the half-width of a 95% confidence interval by batch means, in theory, and "
    "in theory if all were truthful."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "the first bidder bids as her attitude to ambiguity tells her, the second her value"

    until: float = Field(default=4000.0, gt=0, le=1e9, description="simulated time at which the run ends")
    share: float = Field(default=0.5, gt=0, le=1, description="of her bid that everybody pays")


@dataclass(frozen=True)
class BidsFor(Strategy):
    """Bids `high` for the value 4, and the truth otherwise."""

    high: float

    def report_value(self, question: AskValue, view: View) -> NDArray[Any]:
        """By value."""
        return np.where(view.values == HIGH, self.high, view.values)


def profiles(report: float) -> NDArray[np.float64]:
    """Bids at all profiles, (2, 2, 2), if the first bidder of value 4 bids this and others are truthful."""
    bids = np.stack(np.meshgrid(*VALUES, indexing="ij"), axis=-1)
    bids[1, :, 0] = report
    return bids


def utilities(share: float, report: float) -> NDArray[np.float64]:
    """Of the first bidder of value 4 who bids this: expected utility under each law given her value."""
    outcome = AllPay(share=share).outcome(profiles(report))
    worth = HIGH * outcome.allocation[..., 0] - outcome.payments[..., 0]
    return POSSIBLE.expectations(worth, np.array([[False, False], [True, True]]))


def lead_of_the_lie(name: str, share: float) -> float:
    """By how much bidding 0 is better than 4 to this attitude: to Knight, under the law best for it."""
    attitude, lie, truth = ATTITUDES[name], utilities(share, 0.0), utilities(share, HIGH)
    if isinstance(attitude, Knightian):
        return float((lie - truth).max())
    return float(attitude.evaluate(lie) - attitude.evaluate(truth))


def last_share(name: str) -> float:
    """The greatest share at which truth is best for sure; the lead of the lie rises with the share."""
    from scipy.optimize import brentq

    return float(brentq(lambda share: lead_of_the_lie(name, share), 1e-9, 1.0, xtol=1e-12))


def bid_of(name: str, share: float) -> float:
    """What the first bidder of value 4 bids: 0 only if she prefers it."""
    attitude = ATTITUDES[name]
    if isinstance(attitude, Knightian):
        lies = bool(attitude.prefers(utilities(share, 0.0), utilities(share, HIGH)))
    else:
        lies = lead_of_the_lie(name, share) > 1e-12
    return 0.0 if lies else HIGH


def expected(share: float, report: float) -> list[float]:
    """The seller's expected revenue under each law, if the first bidder of value 4 bids this."""
    revenue = AllPay(share=share).outcome(profiles(report)).revenue
    return [float(law.expectation(revenue)) for law in LAWS.values()]


def rooms_of(parameters: Parameters) -> list[Room]:
    """Each attitude of the first bidder under each law."""
    rule, rooms = AllPay(share=parameters.share), []
    for name in ATTITUDES:
        bid = bid_of(name, parameters.share)
        for (law, prior), theory in zip(LAWS.items(), expected(parameters.share, bid), strict=True):
            rooms.append(Room(name, law, rule, prior, theory, BidsFor(bid)))
    return rooms


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """Ten rooms of two bidders."""
    return market_of(rooms_of(Parameters() if parameters is None else parameters), seed, records)


def audited_instances(parameters: Parameters) -> Sequence[Instance]:
    """The auction under both laws, with α = ½ and α = ¼ for Hurwicz's bidders."""
    from sim.audit import Instance

    rule, prior = AllPay(share=parameters.share), LAWS["second law"]
    return [
        Instance(rule, prior, ambiguity=POSSIBLE, alpha=alpha, name=f"all pay, α = {alpha:g}")
        for alpha in (0.5, 0.25)
    ]


# --- what came of it --------------------------------------------------------------------------------


@dataclass(frozen=True)
class AttitudeTable:
    """A row for each attitude, for `rich`; the figures are revenues, by law and attitude."""

    figures: Mapping[str, Mapping[str, Figure]]
    share: float

    def __rich__(self) -> Any:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        grid = Table(box=SIMPLE_HEAD, padding=(0, 1))
        grid.add_column("attitude")
        for heading in ("truth\nup to", "bid", *(f"{law}\n(theory; truthful)" for law in LAWS)):
            grid.add_column(heading, justify="right")
        for name in ATTITUDES:
            bid = f"{bid_of(name, self.share):g}"
            grid.add_row(name, f"{last_share(name):.3f}", bid, *self._revenues(name))
        return grid

    def _revenues(self, name: str) -> list[str]:
        """The cells of one attitude's revenues, law by law."""
        cells = []
        for law, truthful in zip(LAWS, expected(self.share, HIGH), strict=True):
            found = self.figures[law][name]
            mean, width = rounded(found.estimate.mean, 2), interval_shown(found.estimate, 2)
            cells.append(f"{mean} {width} ({found.theory:.2f}; {truthful:.2f})")
        return cells


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """What each attitude does and brings, and the plots in the run's folder."""
    told = Parameters(**manifest["parameters"])
    rooms = rooms_of(told)
    rows = figures(rooms, series(tables, len(rooms)))
    lines: list[Any] = [
        f"Ambiguous bidders: an all-pay auction in which a share of {told.share:g} of the bids is paid.",
        AttitudeTable(rows, told.share),
        EXPLANATION,
    ]
    return [*lines, *pictures(tables, ("sweep.png", "revenue.png"), draw)]


def draw(folder: Any) -> None:
    """The lead of the lie and the seller's revenue by the paid share, for each attitude."""
    shares = np.linspace(0.01, 1.0, 199)
    with figure(folder / "sweep.png", "paid share of bids", "lead of the lie (money)",
                "How much better it is to bid 0 than 4") as axes:
        for name in ATTITUDES:
            axes.plot(shares, [lead_of_the_lie(name, float(share)) for share in shares], label=name)
        axes.axhline(0, color="black", linewidth=0.6)
    with figure(folder / "revenue.png", "paid share of bids", "expected revenue, first law (money)",
                "What the seller gets as she asks for more") as axes:
        for place, name in enumerate(ATTITUDES):  # thinner and thinner, as they lie on one another
            got = [expected(float(share), bid_of(name, float(share)))[0] for share in shares]
            axes.plot(shares, got, linewidth=4.6 - 0.9 * place, label=name)
        axes.plot(shares, [expected(float(share), HIGH)[0] for share in shares], "--", color="black",
                  linewidth=0.8, label="if all were truthful")


PRESETS = _presets.AMBIGUOUS_BIDDERS


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "ambiguous_bidders", *sys.argv[1:]])
