"""Liars' market: who earns what when shaders, snipers, a ring and honest buyers meet?

At each of five sellers the same mixed crowd bids for one good an auction. Values are independent and uniform
on [0, 1], drawn anew for each auction. The crowd:

- truthful buyers bid their values, whatever the rules are;
- shaders bid a fixed share of their values when bids are sealed, and raise step by step in an open auction;
- snipers wait for the last moment of an open auction, at the risk of coming too late, and are truthful else;
- colluders form a ring: the one with the highest value bids, as in equilibrium against the outsiders, the
  others stay out, and the winner shares with them what the ring has saved her;
- newcomers, if asked for: `--set strategy=hedge` adds two buyers a seller (or as many as `newcomers` says)
  who learn from nothing how to live among all these, or follow any other strategy. Theory's figures, which
  need everybody's bids, are left out then.

The rules: second price and the ascending clock, where truth is dominant for whoever bids alone; first price
and all-pay, where truth ruins; and the open proxy auction with a hard close, where timing counts.

What to look for. In second price a shader earns less than by truth, and only the ring gains by lying: when
it wins, it pays the outsiders' highest bid and not its own second. Outsiders are left exactly as they were,
since the bid that they have to beat is still the ring's highest. It is the shaders who help them, by bidding
less: all others earn more than they would among honest bidders. On the clock shaders are honest, so that
nobody but the ring earns more than among the honest. In first price the honest earn nothing, and the shaders
earn something; all-pay costs the honest far more than they win. In the open auction snipers' late bids
sometimes miss the close; with `latency=0.05` many do. Where bids are sealed or the clock runs, theory's
figure stands below: integrals over the known distributions of bids. It is left out at sellers where answers
came too late, which theory does not reckon with.

The plots in the run's folder: `payoffs.png` shows the table, `bids.png` sealed bids against values, and
`loss.png` over time each strategy's ex-post regret, what it loses against the best reply to the others' bids,
in second and in first price.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from agents.population import Group, Population
from agents.registry import STRATEGIES, make_strategy
from agents.seller import SellerPlan, disclosure_for
from agents.strategies import Equilibrium, Incremental, Ring, Shading, Sniper, Strategy, Truthful
from mechanisms.auctions import AllPay, AscendingClock, FirstPrice, OpenProxy, SecondPrice
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Uniform
from mechanisms.names import counted
from scenarios import _presets
from scenarios._one_more import DESCRIPTION, OneMore, with_one_more
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.batch_means import Estimate
from sim.measures.comparison import Figure, comparison_table
from sim.measures.ex_post_regret import ex_post_regret
from sim.measures.lost_answers import sellers_who_missed_answers
from sim.measures.people import payoffs_by_person
from sim.measures.plots import pictures, plot_bars, plot_bids, plot_curves, running_means
from sim.measures.replicates import across
from sim.measures.shares import mean_of_rare
from sim.measures.surplus import surplus_of
from sim.records import Records
from sim.runs import scenario
from sim.runs.replicates import REPLICATES, across_told, alone, runs_of
from sim.runs.scenario import OneOf

if TYPE_CHECKING:
    import pandas

VALUES = Uniform(0.0, 1.0)
GRID = np.linspace(0, 1, 4001)
"""Values over which theory's integrals are summed."""
WINDOW = 0.1
SHOWN = 600

EXPLANATION = (
    "What one buyer of the kind gains in an auction, in money, values being uniform on [0, 1]; colluders' "
    "side payments cancel among them. – is not known, or theory does not hold: somebody learns, or answers "
    "came too late."
)
BATCHED = (
    "± is the half-width of a 95% confidence interval by batch means; – where fewer than 20 auctions brought "
    "the kind anything, which do not tell it."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    until: float = Field(default=2000.0, gt=0, le=1e9, description="simulated time at which the run ends")
    truthful: int = Field(default=2, ge=1, le=100, description="truthful buyers at each seller")
    shaders: int = Field(default=2, ge=1, le=100, description="buyers at each seller who shade")
    snipers: int = Field(default=2, ge=1, le=100, description="buyers at each seller who snipe")
    colluders: int = Field(default=2, ge=1, le=100, description="members of the ring at each seller")
    newcomers: int = Field(default=0, ge=0, le=100, description="further buyers at each seller")
    strategy: Annotated[str, OneOf(tuple(STRATEGIES))] = Field(
        default="hedge", description="how the newcomers answer; set alone, it brings two newcomers"
    )
    share: float = Field(default=0.7, gt=0, le=1, description="share of their values that shaders bid")
    latency: float = Field(
        default=0.005, ge=0, le=0.1, description="mean time that a message travels; windows are 0.1 long"
    )
    mechanism: OneMore = Field(default=None, description=DESCRIPTION)
    increment: float = Field(default=0.05, gt=0, le=1, description="least raise in the open auction")
    rounds: int = Field(default=4, ge=1, le=9, description="rounds of the open auction")
    replicates: int = REPLICATES

    @property
    def learns(self) -> bool:
        """Whether somebody learns, so that a run is one observation."""
        return any(not strategy.memoryless for _, strategy in crowd(self).values())

    @model_validator(mode="before")
    @classmethod
    def _somebody_follows_the_strategy(cls, given: Any) -> Any:
        return {"newcomers": 2, **given} if "strategy" in given else given


@dataclass(frozen=True)
class OpenShader(Incremental, Shading):
    """Shade where bids are sealed; raise step by step where they are open."""


def mechanisms(parameters: Parameters) -> dict[str, Mechanism]:
    """The sellers' rules by their names."""
    rules: dict[str, Mechanism] = {
        "second price": SecondPrice(),
        "first price": FirstPrice(),
        "all-pay": AllPay(),
        "ascending clock": AscendingClock(),
        "open proxy": OpenProxy(parameters.increment, parameters.rounds),
    }
    return with_one_more(rules, parameters.mechanism, VALUES)


def crowd(parameters: Parameters) -> dict[str, tuple[int, Strategy]]:
    """How many of each kind bid at each seller, and how."""
    kinds: dict[str, tuple[int, Strategy]] = {
        "truthful": (parameters.truthful, Truthful()),
        "shaders": (parameters.shaders, OpenShader(factor=parameters.share)),
        "snipers": (parameters.snipers, Sniper()),
        "colluders": (parameters.colluders, Ring(Equilibrium())),
    }
    if parameters.newcomers:
        kinds["newcomers"] = (parameters.newcomers, make_strategy(parameters.strategy))
    return kinds


def build(parameters: Parameters | None = None, seed: int = 0, records: Records | None = None) -> Market:
    """The sellers, each with her own panel of the same crowd; one auction in a unit of time each."""
    told = Parameters() if parameters is None else parameters
    groups: list[Group] = []
    membership: list[int] = []
    plans = []
    for name, rule in mechanisms(told).items():
        kinds = crowd(told).values()  # each seller's buyers learn for themselves
        for count, strategy in kinds:
            membership += [len(groups)] * count
            groups.append(Group(strategy, prior=VALUES))
        discloses = disclosure_for(strategy for _, strategy in kinds)
        plans.append(SellerPlan(rule, window=WINDOW, discloses=discloses, name=name))
    members = np.arange(len(membership)).reshape(len(plans), -1)
    population = Population(groups, np.array(membership), told.latency)
    return Market(population, plans, [Panel(row) for row in members], VALUES, seed, records)


# --- theory -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bidder:
    """One who bids: a kind's name, how her value is distributed (power of F), and her bids on `GRID`."""

    kind: str
    power: int
    bids: NDArray[np.float64]

    def chance_below(self, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probability that she bids less than each amount."""
        return np.interp(amounts, self.bids, GRID, right=1.0) ** self.power


Payoff = Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], Any]
"""(values, bids, chance to win with them, integral of that chance over bids up to them) to mean payoffs."""


def _second_price(values: Any, bids: Any, chance: Any, integral: Any) -> Any:
    return (values - bids) * chance + integral


def _first_price(values: Any, bids: Any, chance: Any, integral: Any) -> Any:
    return (values - bids) * chance


def _all_pay(values: Any, bids: Any, chance: Any, integral: Any) -> Any:
    return values * chance - bids


PAYOFFS: Mapping[str, Payoff] = {
    "second price": _second_price,
    "first price": _first_price,
    "all-pay": _all_pay,
    "ascending clock": _second_price,
}


def bidders(parameters: Parameters, name: str) -> list[Bidder]:
    """Who bids what at the seller of this name; the ring is one bidder with the highest of its values."""
    outsiders = parameters.truthful + parameters.shaders + parameters.snipers
    mechanism = mechanisms(parameters)[name]
    shaded = GRID if name == "ascending clock" else parameters.share * GRID
    leader = mechanism.equilibrium_bids(GRID, outsiders + 1, VALUES)
    return [
        *[Bidder("truthful", 1, GRID)] * parameters.truthful,
        *[Bidder("shaders", 1, shaded)] * parameters.shaders,
        *[Bidder("snipers", 1, GRID)] * parameters.snipers,
        Bidder("colluders", parameters.colluders, leader),
    ]


def expected_payoffs(parameters: Parameters, name: str) -> dict[str, float]:
    """What one buyer of each kind gains in an auction, in expectation; empty where no formula is known.

    The integral over her value of her payoff, given the probability that all others bid less (messages
    that come too late are left out of account).
    """
    if name not in PAYOFFS or parameters.newcomers:
        return {}
    present = bidders(parameters, name)
    gained = {}
    for k, bidder in enumerate(present):
        rivals = present[:k] + present[k + 1 :]
        chance_at = partial(_chance_of_all, rivals)
        integral = np.interp(bidder.bids, GRID, _cumulated(chance_at(GRID), GRID))
        mean = PAYOFFS[name](GRID, bidder.bids, chance_at(bidder.bids), integral)
        members = bidder.power
        gained[bidder.kind] = float(np.trapezoid(mean, GRID**members)) / members
    return gained


def _chance_of_all(rivals: list[Bidder], amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability that every rival bids less."""
    return np.prod([rival.chance_below(amounts) for rival in rivals], axis=0)


def _cumulated(heights: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(np.diff(at) * (heights[1:] + heights[:-1]) / 2)])


# --- report -----------------------------------------------------------------------------------------


def payoff_series(tables: Mapping[str, pandas.DataFrame], parameters: Parameters) -> Any:
    """For each seller and kind, what its buyers gained each in each finished auction, shape (auctions,).

    Side payments stay within a kind, so that they cancel.
    """
    auctions, trade = tables["auctions"], tables["transactions"]
    kinds = kinds_of(trade["bidder_id"].to_numpy(), parameters)
    gains = surplus_of(trade)
    totals = gains.groupby([trade["auction"].to_numpy(), kinds]).sum().unstack().fillna(0.0)
    done = auctions[auctions["status"] != "unfinished"].sort_values("auction")
    counts = [count for count, _ in crowd(parameters).values()]
    for seller in range(len(mechanisms(parameters))):
        held = done.loc[done["seller_id"] == seller, "auction"].to_numpy()
        of_seller = totals.reindex(index=held, columns=range(len(counts)), fill_value=0.0)
        yield seller, of_seller.to_numpy().T / np.array(counts)[:, None]


def kinds_of(buyers: NDArray[Any], parameters: Parameters) -> NDArray[np.intp]:
    """The kind of each buyer, as an index into those of `crowd`, by her number."""
    counts = [count for count, _ in crowd(parameters).values()]
    return np.repeat(np.arange(len(counts)), counts)[buyers % sum(counts)]


def measures(tables: Mapping[str, pandas.DataFrame], parameters: Parameters) -> dict[str, float]:
    """The mean payoffs of one run, by `kind: seller`."""
    names, kinds = list(mechanisms(parameters)), list(crowd(parameters))
    return {
        f"{kind}: {names[seller]}": float(gained.mean())
        for seller, series in payoff_series(tables, parameters)
        for kind, gained in zip(kinds, series, strict=True)
    }


def estimates(
    tables: Mapping[str, pandas.DataFrame], parameters: Parameters, seed: int = 0, status: str = "complete"
) -> dict[str, Estimate]:
    """The payoffs by `kind: seller`: intervals across replicates if somebody learns, else by batches."""
    if parameters.learns:
        return across(runs_of(build, measures, tables, parameters, seed, status))
    names, kinds = list(mechanisms(parameters)), list(crowd(parameters))
    return {
        f"{kind}: {names[seller]}": mean_of_rare(gained)
        for seller, series in payoff_series(tables, parameters)
        for kind, gained in zip(kinds, series, strict=True)
    }


def figures(
    tables: Mapping[str, pandas.DataFrame], parameters: Parameters, seed: int = 0, status: str = "complete"
) -> dict[str, dict[str, Figure]]:
    """For each strategy, its payoff at each seller: simulated, and in theory where all answers were heard."""
    missed = sellers_who_missed_answers(tables)
    found = estimates(tables, parameters, seed, status)
    rows: dict[str, dict[str, Figure]] = {kind: {} for kind in crowd(parameters)}
    for seller, name in enumerate(mechanisms(parameters)):
        expected = {} if seller in missed else expected_payoffs(parameters, name)
        for kind, row in rows.items():
            row[name] = Figure(found[f"{kind}: {name}"], expected.get(kind, float("nan")))
    return rows


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """The table of payoffs, what colluders paid one another, and the plots in the run's folder."""
    told, status = Parameters(**manifest["parameters"]), manifest.get("status", "complete")
    rows = figures(tables, told, int(manifest["seed"]), status)
    people = payoffs_by_person(tables)
    best = people["payoff"].idxmax()
    kind = list(crowd(told))[int(kinds_of(np.array([best]), told)[0])]
    lines: list[Any] = [
        "Liars' market: what a buyer gains in an auction, by strategy and by the seller's rules.",
        comparison_table("strategy", list(mechanisms(told)), rows),
        EXPLANATION,
        across_told(told.replicates, status) if told.learns else BATCHED,
        f"{counted(len(tables['transfers']), 'side payment')}, of "
        f"{tables['transfers']['amount'].sum():,.2f} in all. "
        f"The person who gained most, side payments included, is number {best}, one of the {kind}: "
        f"{people['payoff'].max():,.2f}.",
    ]
    names = ["payoffs.png", "bids.png", "loss.png"]
    return lines + pictures(tables, names, lambda folder: draw(tables, told, rows, folder))


def who_lies_and_whether_it_pays(market: Market) -> list[Any]:
    """Who lies, and whether it pays.

    What a buyer gains in an auction, by strategy and by the seller's rules; the truthful stand first. A tick
    and "theory" are what theory says, where all answers are heard.
    """
    told = alone(Parameters(**market.records.manifest.parameters))
    rows = figures(market.records.frames(), told)
    return [comparison_table("strategy", list(mechanisms(told)), rows)]


FIGURES = (who_lies_and_whether_it_pays,)
"""What the page shows besides, worked out anew as the run grows."""


def draw(
    tables: Mapping[str, pandas.DataFrame],
    parameters: Parameters,
    rows: Mapping[str, Mapping[str, Figure]],
    folder: Any,
) -> None:
    """The table as bars; sealed first-price bids against values; ex-post regret over time."""
    names = list(mechanisms(parameters))
    shown = {strategy: [figures_[name].estimate for name in names] for strategy, figures_ in rows.items()}
    bars = {
        strategy: ([one.mean for one in row], [one.half_width for one in row])
        for strategy, row in shown.items()
    }
    title = "What a buyer gains, with 95% intervals"
    plot_bars(folder / "payoffs.png", bars, names, "payoff of a buyer (money an auction)", title)
    messages = tables["messages"]
    seller = messages["auction"].to_numpy() % len(names)
    kinds = kinds_of(messages["bidder_id"].to_numpy(), parameters)
    bids, losses = {}, {}
    for k, strategy in enumerate(crowd(parameters)):
        mine = messages[(seller == names.index("first price")) & (kinds == k)]
        bids[strategy] = (mine["value"].to_numpy()[:SHOWN], mine["bid"].to_numpy()[:SHOWN])
    for name in ("second price", "first price"):
        lost = ex_post_regret(messages[seller == names.index(name)], tables["transactions"])
        kind = kinds_of(lost["bidder_id"].to_numpy(), parameters)
        for k, strategy in enumerate(crowd(parameters)):
            mean = lost[kind == k].groupby("auction")["regret"].mean()
            losses[f"{strategy}, {name}"] = running_means(mean.to_numpy())
    plot_bids(folder / "bids.png", bids, {}, "First price")
    title = "What foresight would bring, mean so far"
    plot_curves(folder / "loss.png", losses, "auction", "ex-post regret (money an auction)", title)


PRESETS = _presets.LIARS_MARKET


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "liars_market", *sys.argv[1:]])
