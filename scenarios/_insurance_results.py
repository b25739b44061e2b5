"""What insurance came to: exactly, and in the market; tables and plots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.play.exact import ExpectedOutcome, expected_outcome
from mechanisms.conversation import Mechanism
from mechanisms.distributions import JointDistribution
from mechanisms.risk_averse import InsuredSale, RevenueLaw
from mechanisms.utilities import Capped, Linear, Utility
from scenarios._plain_table import plain_table
from sim.measures.batch_means import batch_means
from sim.measures.comparison import Figure
from sim.measures.plots import COLOURS, figure

if TYPE_CHECKING:
    import pandas

Numbers = NDArray[np.float64]

EXPLANATION = (
    "Utility: the seller's, min(revenue, ε), of one sale on average; exact, for the times that those who "
    "learn took part; seen: in the market, ± half of a 95% confidence interval by batch means; – where "
    "the first buyer learns, so that a run has no steady state: seeds tell how far it varies. So much "
    "revenue, if it were sure, would be worth as much to her. She gains: the first buyer, on average, in her "
    "own utility, and at worst, in money, if she takes part. Came: how often she did, in the last half of "
    "the run."
)


@dataclass(frozen=True)
class Deal:
    """A mechanism, and the attitude of its first buyer."""

    mechanism: Mechanism
    utility: Utility

    @property
    def learns(self) -> bool:
        """Whether the first buyer decides whether to take part."""
        return isinstance(self.mechanism, InsuredSale) and self.mechanism.may_decline

    def played(self, prior: JointDistribution) -> ExpectedOutcome:
        """Exactly, with everybody taking part."""
        return expected_outcome(self.mechanism, prior, utilities=[self.utility, Linear()])

    def law(self, prior: JointDistribution, share: float = 1.0) -> RevenueLaw:
        """The law of revenue where the first buyer takes part with probability `share`.

        Without her the second buyer's price is the seller's.
        """
        with_her = self.played(prior).revenue_law
        price = getattr(self.mechanism, "price", 0.0)
        chance = float(prior.table[:, prior.values[1] >= price].sum())
        amounts = np.concatenate([with_her.amounts, [0.0, price]])
        without = (1 - share) * np.array([1 - chance, chance])
        return RevenueLaw.of(amounts, np.concatenate([share * with_her.probabilities, without]))


def revenues(tables: Mapping[str, pandas.DataFrame], number: int) -> Numbers:
    """One seller's revenue, sale by sale."""
    auctions = tables["auctions"]
    done = auctions[(auctions["status"] != "unfinished") & (auctions["seller_id"] == number)]
    return done.sort_values("auction")["revenue"].to_numpy(dtype=float)


def participation(tables: Mapping[str, pandas.DataFrame], number: int, sellers: int) -> Numbers:
    """Whether the first of one seller's buyers took part, sale by sale."""
    messages = tables["messages"]
    own = messages[(messages["auction"] % sellers == number) & (messages["bidder_id"] == 2 * number)]
    return np.asarray(own.sort_values("auction")["status"] == "answered", dtype=np.float64)


def last_half(series: Numbers) -> Numbers:
    """Of a series."""
    return series[len(series) // 2 :]


# --- the table ----------------------------------------------------------------------------------------


def lines_of(tables: Any, told: Any, tried: Mapping[str, Deal], prior: JointDistribution) -> list[Any]:
    """What stands at the end of a run."""
    e = told.epsilon
    return [
        f"Insurance: ε = {e:g}. By prices of 1 the seller's utility is 2ε² − ε³ = {2 * e**2 - e**3:.4g}; "
        f"insured it is ε; from an insurer who may leave ex post, ε² = {e**2:.4g}.",
        deal_table(tables, tried, prior, Capped(e)),
        EXPLANATION,
    ]


def seen_utility(deal: Deal, felt: Numbers, exact: float) -> Figure:
    """The mean of the seller's utilities; where a buyer learns there is no steady state, and no interval."""
    estimate = batch_means(felt)
    return Figure(estimate.without_interval() if deal.learns else estimate, exact)


def deal_table(
    tables: Mapping[str, pandas.DataFrame], tried: Mapping[str, Deal], prior: JointDistribution,
    seller: Utility,
) -> Any:
    """A row for each deal, for `rich`; up to 80 columns."""
    rows = []
    for number, (name, deal) in enumerate(tried.items()):
        came = participation(tables, number, len(tried))
        law = deal.law(prior, came.mean() if deal.learns and len(came) else 1.0)
        played = deal.played(prior)
        rows.append((
            name,
            f"{law.expected_utility(seller):.4g}",
            seen_utility(deal, seller(revenues(tables, number)), law.expected_utility(seller)),
            f"{float(played.utility[0]) + 0.0:z.4f}",
            f"{float(played.payoffs[:, 0].min()) + 0.0:z.3f}",
            f"{last_half(came).mean():.0%}" if deal.learns and len(came) else "–",
        ))
    headings = ("deal", "utility", "seen", "she gains", "at worst", "came")
    return plain_table(headings, rows, digits=3)


# --- plots --------------------------------------------------------------------------------------------


def draw(
    folder: Any, tables: Any, told: Any, tried: Mapping[str, Deal],
    by_epsilon: Mapping[float, tuple[Mapping[str, Deal], JointDistribution]],
) -> None:
    """Utility against ε, and how often those who are not bound take part, into the run's folder."""
    title = f"What insurance is worth; points: seen at ε = {told.epsilon:g}"
    with figure(
        folder / "gap.png", "ε, probability of a value of 1", "seller's utility (money, up to ε)", title
    ) as axes:
        draw_gap(axes, by_epsilon)
        draw_seen(axes, tables, told, tried)
    with figure(
        folder / "learning.png", "sale", "share that took part (last 200)", "Insurers who are not bound"
    ) as axes:
        draw_learning(axes, tables, tried)
        axes.set_ylim(-0.02, 1.02)


def draw_gap(axes: Any, by_epsilon: Mapping[float, tuple[Mapping[str, Deal], JointDistribution]]) -> None:
    """Exact utility of the deals whose buyers are bound, on logarithmic axes."""
    names = [name for name, deal in next(iter(by_epsilon.values()))[0].items() if not deal.learns]
    for place, name in enumerate(names):
        worth = [
            deals[name].law(prior).expected_utility(Capped(e)) for e, (deals, prior) in by_epsilon.items()
        ]
        axes.loglog(list(by_epsilon), worth, color=COLOURS[place], linewidth=1.3, label=name)


def draw_seen(axes: Any, tables: Any, told: Any, tried: Mapping[str, Deal]) -> None:
    """What the market saw, with intervals."""
    for number, deal in enumerate(tried.values()):
        if not deal.learns:
            seen = batch_means(Capped(told.epsilon)(revenues(tables, number)))
            axes.errorbar(
                told.epsilon, seen.mean, seen.half_width, color=COLOURS[number], marker="o", markersize=5,
                capsize=3,
            )


def draw_learning(axes: Any, tables: Any, tried: Mapping[str, Deal], width: int = 200) -> None:
    """Moving shares of those who took part."""
    for number, (name, deal) in enumerate(tried.items()):
        took = participation(tables, number, len(tried))
        if deal.learns and len(took):
            sums = np.cumsum(np.insert(took, 0, 0.0))
            ends = np.arange(1, len(sums))
            starts = np.maximum(ends - width, 0)
            axes.plot(ends, (sums[ends] - sums[starts]) / (ends - starts), color=COLOURS[number], label=name)
