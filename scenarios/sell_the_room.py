"""Sell the room: ask one buyer what the room is worth, or learn it from everybody's bids?

A seller of one good knows nothing about her buyers' values, which are independent and alike; the buyers know
the prior. There are from 2 to 50 of them. Five sellers try:

- mechanism 𝕄 (Azar, Chen and Micali 2010): a buyer drawn at random leaves the auction, and says how the
  others' values are distributed; Brier's rule pays her up to ε for it, so that truth is best. Myerson's
  optimal auction for what she says is run on the others;
- Segal (2003): the highest bidder pays the second bid, or a reserve that is estimated from all bids but hers;
- Baliga and Vohra (2003): buyers are split in halves, and each half's reserve comes from the other's bids;
- the single-sample auction: a random buyer's bid is the reserve for the others, and she cannot win
  (Dhangwatnotai, Roughgarden and Yan 2010);
- Vickrey's auction, without a reserve.

For one good a reserve from the raw frequencies of the others' bids would never bind: it is at most the
highest of them, which the winner pays anyway. So the estimates are smoothed (a box around each bid).

What to look for. 𝕄 loses one buyer, and nothing else but ε: with n buyers it earns what the optimal auction
earns from n - 1, at least (1 - 1/n) OPT. An estimate costs no buyer, but it is only as good as the bids it
comes from. So who is ahead depends on whether the best reserve is worth more than a buyer. Where values are
regular it never is: Vickrey's auction with n buyers earns at least what the optimal one earns from n - 1
(Bulow and Klemperer 1996). With uniform values, therefore, buyers are better kept than asked. That 𝕄 comes
out a little ahead with many of them is owed to whole numbers alone: the optimal auction charges the least
number that still wins, which a second price does not. The finer the values, the smaller that lead, and the
later it begins (`value_bound=200`). With `prior=two kinds` most values are low and a few are high, which is
not regular: the reserve is nearly everything, smoothed estimates miss it, and 𝕄 is ahead by far until there
are so many buyers that two of them value the good highly anyway. `revenue.png` in the run's folder shows the
shares of OPT against n.

An interval can reckon only with what a run has seen. How many buyers exceed the best reserve, none, one or
several, decides what everybody earns; where a run is too short to meet each of these often enough, – stands
in place of an interval (by default in rooms of 2 and 50 with two kinds).

Truth is best at all five. With `--set strategy=exp3`, say, buyers have to find that out for themselves, but
at 𝕄, whose buyers stay truthful, so that the table races it against sellers whose buyers learn. Sellers who
estimate from bids estimate from theirs. (Learners who work out what every other bid
would have brought, such as `fictitious_play`, take minutes over the rooms of 20 and 50. At Baliga and
Vohra's, where chance draws the halves in conversation, they cannot, and bid as they began.)

Truth is best in both steps of 𝕄; the audit of a small instance checks it:

    bazaar audit all --mechanism "knowledge extraction" --notion two-step-values --notion two-step-knowledge
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agents.knowledge.bins import Acquaintances
from agents.knowledge.network import Neighbours
from agents.knowledge.town import TownKnowledge
from agents.population import Group, Population
from agents.registry import STRATEGIES, make_strategy
from agents.seller import SellerPlan, disclosure_for
from agents.strategies import Truthful
from mechanisms.auctions import SecondPrice
from mechanisms.auctions.myerson import MyersonAuction, monopoly_price, optimal_revenue
from mechanisms.conservative import (
    BaligaVohraAuction,
    Brier,
    KnowledgeExtraction,
    SegalAuction,
    SingleSampleAuction,
)
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Discrete, IndependentPrior
from mechanisms.distributions.order_statistics import expected_second_highest
from scenarios import _presets
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.batch_means import Estimate, batch_means
from sim.measures.comparison import Figure, comparison_table
from sim.measures.lost_answers import sellers_who_missed_answers
from sim.measures.plots import figure, pictures
from sim.measures.replicates import across
from sim.records import Records
from sim.runs import scenario
from sim.runs.replicates import REPLICATES, across_told, alone, runs_of
from sim.runs.scenario import OneOf

if TYPE_CHECKING:
    import pandas

SIZES = (2, 3, 4, 6, 10, 20, 50)
"""Numbers of buyers."""
PRIORS = ("uniform", "heavy tail", "two kinds")
BIDDING = tuple(name for name in STRATEGIES if name != "best_response")
"""How buyers may bid."""

EXPLANATION = (
    "Revenue as a share of OPT, the optimal auction's for n buyers and the known prior, with what OPT's "
    "auction would have earned on the same values as a control; 𝕄's is without the luck of who leaves. In "
    "theory: 𝕄 earns OPT for n - 1 buyers, less what a true report earns, and Vickrey's auction the second "
    "highest value, if bids are true (in brackets: where learners may be going)."
)
OFTEN, RARE = 10, 1e-3
"""How many auctions of each kind a run must expect for intervals; kinds that are rarer than this apart."""
BATCHED = (
    f"± is the half-width of a 95% confidence interval by batch means; – where fewer than {OFTEN} auctions "
    "are expected in which none, one, or several buyers exceed the best reserve."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    strategy_hint = "best_response would simulate Baliga and Vohra's auction for hours"

    until: float = Field(default=400.0, gt=0, le=1e9, description="simulated time at which the run ends")
    value_bound: int = Field(default=20, ge=4, le=200, description="values are whole numbers below this")
    prior: Annotated[str, OneOf(PRIORS)] = Field(default="uniform", description="how values are distributed")
    epsilon: float = Field(default=0.02, gt=0, le=10, description="what 𝕄 pays for knowledge at most")
    strategy: Annotated[str, OneOf(BIDDING)] = Field(
        default="truthful",
        description="how buyers bid, but at 𝕄, who takes whole numbers only: there they are truthful",
    )
    replicates: int = REPLICATES

    @property
    def learns(self) -> bool:
        """Whether buyers learn, so that a run is one observation."""
        return not make_strategy(self.strategy).memoryless


def value_of(parameters: Parameters) -> Discrete:
    """The distribution of one value."""
    bound = parameters.value_bound
    grid = np.arange(bound)
    weights = {
        "uniform": np.ones(bound),
        "heavy tail": (1.0 + grid) ** -1.5,
        "two kinds": np.where(grid < bound // 4, 0.9 / (bound // 4), 0.0)
        + np.where(grid >= bound - 2, 0.05, 0.0),
    }[parameters.prior]
    return Discrete(grid, weights / weights.sum())


def mechanisms(parameters: Parameters, n: int) -> dict[str, Mechanism]:
    """The five sellers' rules for n buyers."""
    room = KnowledgeExtraction(
        n, epsilon=parameters.epsilon, value_bound=parameters.value_bound, marginals=True
    )
    return {
        "𝕄": room,
        "Segal": SegalAuction(),
        "Baliga-Vohra": BaligaVohraAuction(),
        "single sample": SingleSampleAuction(),
        "Vickrey": SecondPrice(),
    }


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """For each number of buyers five sellers, each with a room of her own; one auction a unit of time."""
    told = Parameters() if parameters is None else parameters
    value, tells = value_of(told), disclosure_for([make_strategy(told.strategy)])
    groups: list[Group] = []
    membership: list[int] = []
    plans, panels = [], []
    for n in SIZES:
        prior = IndependentPrior.identical(value, n)
        strangers = TownKnowledge(prior, Acquaintances.common(Neighbours.none(n), []))
        for name, mechanism in mechanisms(told, n).items():
            asks = isinstance(mechanism, KnowledgeExtraction)
            strategy = Truthful() if asks else make_strategy(told.strategy)  # each room learns for itself
            plans.append(SellerPlan(mechanism, window=0.4, discloses=tells, name=f"{name}, n = {n}"))
            panels.append(Panel(len(membership) + np.arange(n), knowledge=strangers if asks else None))
            membership += [len(groups)] * n
            groups.append(Group(strategy, prior=value))
    return Market(Population(groups, np.array(membership)), plans, panels, value, seed, records)


# --- what came of it --------------------------------------------------------------------------------


def expected_shares(parameters: Parameters, n: int) -> dict[str, float]:
    """Expected revenue over OPT where theory tells it.

    𝕄 earns OPT of n - 1 buyers, less the reward of a true belief: (ε/2)(2 + BSR) is (ε/2)(1 + Σ F²) on
    average; F is a product, and so is Σ F². Vickrey's auction earns the second highest value.
    """
    value = value_of(parameters)
    reward = parameters.epsilon / 2 * (1 + float((value.probabilities**2).sum()) ** (n - 1))
    earned = {"𝕄": optimal_revenue(value, n - 1) - reward, "Vickrey": expected_second_highest(value, n)}
    best = optimal_revenue(value, n)
    return {name: revenue / best for name, revenue in earned.items()}


def share_series(
    tables: Mapping[str, pandas.DataFrame], parameters: Parameters
) -> Iterator[tuple[int, str, NDArray[np.float64]]]:
    """For each n and each seller revenue over OPT in each auction, less what the control explains."""
    auctions, value = tables["auctions"], value_of(parameters)
    done = auctions[auctions["status"] != "unfinished"].sort_values("auction")
    messages = tables["messages"].sort_values(["auction", "bidder_id"])
    asked = messages.drop_duplicates(["auction", "bidder_id"])
    optimal, number = MyersonAuction(value), 0
    for n in SIZES:
        best = optimal_revenue(value, n)
        for name in mechanisms(parameters, n):
            held = done[done["seller_id"] == number]
            here = asked[asked["auction"].isin(held["auction"])]
            met = here["value"].to_numpy(dtype=float).reshape(-1, n)
            revenue = held["revenue"].to_numpy(dtype=float)
            if name == "𝕄":
                told_first = (here["question_number"] == 0).to_numpy().reshape(-1, n)
                revenue = revenue - luck_of_who_leaves(parameters, met, told_first)
            yield n, name, with_control(revenue, optimal.outcome(met).revenue, best) / best
            number += 1


def measures(tables: Mapping[str, pandas.DataFrame], parameters: Parameters) -> dict[str, float]:
    """The mean shares of one run, by `n: seller`."""
    return {
        f"{n}: {name}": float(series.mean()) if len(series) else math.nan
        for n, name, series in share_series(tables, parameters)
    }


def estimates(
    tables: Mapping[str, pandas.DataFrame], parameters: Parameters, seed: int = 0, status: str = "complete"
) -> dict[str, Estimate]:
    """The shares by `n: seller`, with intervals: across replicates if buyers learn, else by batches."""
    if parameters.learns:
        return across(runs_of(build, measures, tables, parameters, seed, status))
    return {
        f"{n}: {name}": told_enough(batch_means(series), parameters, n, len(series))
        for n, name, series in share_series(tables, parameters)
    }


def told_enough(estimate: Estimate, parameters: Parameters, n: int, auctions: int) -> Estimate:
    """The estimate, without interval if too few auctions of some kind are expected among so many.

    Kinds: no buyer is at least at the best reserve, one is, several are; kinds rarer than RARE do not matter.
    """
    value = value_of(parameters)
    above = float(value.probabilities[value.values >= monopoly_price(value)].sum())
    none, one = (1 - above) ** n, n * above * (1 - above) ** (n - 1)
    expected = [auctions * kind for kind in (none, one, 1 - none - one) if kind > RARE]
    return estimate if min(expected) >= OFTEN else estimate.without_interval()


def shares(
    tables: Mapping[str, pandas.DataFrame], parameters: Parameters, seed: int = 0, status: str = "complete"
) -> dict[int, dict[str, Figure]]:
    """For each n and each seller: revenue over OPT, with theory where there is one and it holds."""
    found, missed = estimates(tables, parameters, seed, status), sellers_who_missed_answers(tables)
    truthful = parameters.strategy in ("truthful", "equilibrium")
    rows: dict[int, dict[str, Figure]] = {}
    for place, n in enumerate(SIZES):
        expected, rows[n] = expected_shares(parameters, n), {}
        names = list(mechanisms(parameters, n))
        for k, name in enumerate(names):
            learns = parameters.learns and name != "𝕄"
            holds = (name == "𝕄" or truthful or learns) and len(names) * place + k not in missed
            theory = expected.get(name, math.nan) if holds else math.nan
            rows[n][name] = Figure(found[f"{n}: {name}"], theory, target=learns)
    return rows


def luck_of_who_leaves(
    parameters: Parameters, values: NDArray[np.float64], left: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """What 𝕄 earns at these values more than on average over who leaves, because just she left; shape (A,).

    Its expectation is 0. `values` and `left`, one True in a row, have shape (A, n). Among many the buyer who
    leaves is rarely missed: in many a run never, and intervals would not know of it.
    """
    value = value_of(parameters)
    auction, norm = MyersonAuction(value), float((value.probabilities**2).sum())
    earned = np.empty(values.shape)
    for buyer in range(values.shape[1]):
        others = np.delete(values, buyer, axis=1)
        mass = value.probabilities[others.astype(np.intp)].prod(axis=1)
        reward = parameters.epsilon / 2 * Brier().reward(mass, norm ** others.shape[1])
        earned[:, buyer] = auction.outcome(others).revenue - reward
    return np.asarray(earned[left] - earned.mean(axis=1))


def with_control(
    series: NDArray[np.float64], control: NDArray[np.float64], expected: float
) -> NDArray[np.float64]:
    """The series less what a control of known expectation explains of its luck (Lavenberg and Welch 1981).

    Both of shape (A,). The mean is the same but for a bias of order 1/A, and varies the less, the more the
    two go together.
    """
    deviations = control - control.mean() if len(control) else control
    spread = float(deviations @ deviations)
    slope = float(deviations @ series) / spread if spread > 0 else 0.0
    return np.asarray(series - slope * (control - expected))


def ahead(row: Mapping[str, Figure]) -> str:
    """The sellers who may be the best: whose interval reaches that of the highest mean."""
    estimates: dict[str, Estimate] = {name: figure_.estimate for name, figure_ in row.items()}
    best = max(estimates.values(), key=lambda estimate: estimate.mean)
    ranked = sorted(estimates, key=lambda name: -estimates[name].mean)
    return ", ".join(name for name in ranked if not estimates[name].high < best.low)


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """Shares of OPT by n, who is ahead, and the plot in the run's folder."""
    told, status = Parameters(**manifest["parameters"]), manifest.get("status", "complete")
    rows = shares(tables, told, int(manifest["seed"]), status)
    headings = {name: heading(told, name) for name in rows[SIZES[0]]}
    named = {
        f"n = {n} ({n - 1}/{n})": {headings[name]: one for name, one in row.items()}
        for n, row in rows.items()
    }
    lines: list[Any] = [
        f"Sell the room: one good, values below {told.value_bound}, {told.prior}. {who_bids_how(told)}",
        comparison_table("buyers (1 - 1/n)", list(headings.values()), named, decimals=3),
        EXPLANATION,
        across_told(told.replicates, status) if told.learns else BATCHED,
        "Ahead, or not told apart from the one ahead:",
        *(f"  n = {n}: {ahead(row)}" for n, row in rows.items()),
    ]
    return lines + pictures(tables, ["revenue.png"], lambda folder: draw(folder / "revenue.png", rows, told))


def shares_against_n(market: Market, theory: bool = True) -> list[Any]:
    """Who sells the room best, for each number of buyers.

    Revenue as a share of what the optimal auction earns from n buyers with the prior known; 1 is the optimum.
    A tick and "theory" are 𝕄's and Vickrey's auction's expectation. 𝕄 needs no prior, and comes near 1 - 1/n.
    """
    told = alone(Parameters(**market.records.manifest.parameters))
    rows = shares(market.records.frames(), told)
    named = {f"n = {n}": row for n, row in rows.items()}
    return [_curves(rows, theory), comparison_table("buyers", list(rows[SIZES[0]]), named, decimals=3)]


def _curves(rows: Mapping[int, Mapping[str, Figure]], theory: bool) -> Any:
    """A curve for each seller over the numbers of buyers, dashed what theory says."""
    from sim.page.drawing.curves import Course, curves

    places = [(float(place), str(n)) for place, n in enumerate(rows)]
    x = [place for place, _ in places]
    lines = {}
    for name in rows[SIZES[0]]:
        each = [row[name] for row in rows.values()]
        ends = [one.estimate.low for one in each], [one.estimate.high for one in each]
        lines[name] = Course(x, [one.estimate.mean for one in each], ends, [one.theory for one in each])
    title, up = "Revenue over the optimum", "share of the optimum"
    return curves(title, "buyers", up, lines, (0.2, 1.1), mark=1.0, places=places, theory=theory)


FIGURES = (shares_against_n,)
"""What the page shows besides, worked out anew as the run grows."""


def heading(parameters: Parameters, name: str) -> str:
    """A seller's column: her name, and how her buyers answer, if not all are truthful."""
    if parameters.strategy == "truthful":
        return name
    return f"{name}\n{'truthful' if name == '𝕄' else parameters.strategy.replace('_', ' ')}"


def who_bids_how(parameters: Parameters) -> str:
    """How buyers answer, in a sentence."""
    if parameters.strategy == "truthful":
        return "All buyers are truthful."
    how = "learn" if parameters.learns else "answer"
    return (
        f"Buyers {how} by {parameters.strategy}, but for 𝕄's, who are truthful: she is compared with sellers "
        "whose buyers are not the same."
    )


def draw(path: Any, rows: Mapping[int, Mapping[str, Figure]], parameters: Parameters) -> None:
    """Shares of OPT against n, beside 𝕄's in theory and (1 - 1/n)."""
    with figure(path, "buyers", "revenue (share of OPT)", f"Sell the room: {parameters.prior}") as axes:
        for name in rows[SIZES[0]]:
            shown = [row[name].estimate for row in rows.values()]
            means, widths = [one.mean for one in shown], [one.half_width for one in shown]
            label = heading(parameters, name).replace("\n", ", ")
            axes.errorbar(SIZES, means, widths, label=label, marker="o", markersize=4, capsize=3)
        theory = [row["𝕄"].theory for row in rows.values()]
        axes.plot(SIZES, theory, "kx", markersize=7, zorder=5, label="𝕄 in theory")
        axes.plot(SIZES, [1 - 1 / n for n in SIZES], "k--", linewidth=1, label="1 - 1/n")
        axes.set_xscale("log")
        axes.set_xticks(SIZES, [str(n) for n in SIZES])
        axes.minorticks_off()


PRESETS = _presets.SELL_THE_ROOM


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "sell_the_room", *sys.argv[1:]])
