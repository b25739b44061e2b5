"""Six sellers, six formats, one town: who comes to whom, and what does each format earn?

Six sellers sell the same kind of good, one unit an auction, at the same pace. They differ in the format:

1. second price: sealed bids, the highest wins and pays the second highest, or the reserve price if that is
   higher. By default the reserve is the monopoly price, which is optimal against a known regular prior;
2. first price: sealed bids, the highest wins and pays her bid;
3. posted price: the first visitor who is ready to pay the price takes the good;
4. ascending clock: the price rises until one bidder is left;
5. open proxy: an open auction with proxy bids and a hard close, as on eBay;
6. Myerson: the auction that would be optimal if the prior were the histogram of a small sample. The sample is
   drawn from the same prior as the buyers' values, but no buyer's value is in it. (With logged bids, which
   have atoms and tails that a histogram would smear, the sample itself is taken for the prior.)

Some hundreds of people live in the town for good. Now and then, at random times, one of them wants a good;
nature draws what it is worth to her. She chooses a seller by what she has earned there before and by what her
neighbours in a small world tell her (better sellers more often, but every seller sometimes), waits for the
next opening, and takes part. If she gets nothing she comes back later with the same want, or gives it up.
Messages travel, some people's slower than others', and one that misses its deadline is lost.

Bidders play the equilibrium of the format: they shade their bids in the first-price auction, and tell the
truth elsewhere. (Truthful bidders would never gain anything at first price, and come less and less: try
`--set strategy=truthful`.) Some snipe in the open auction, some raise their bids step by step; elsewhere they
play like all others.

What to look for. With as many bidders, first price, second price without a reserve and the clock would earn
the same (revenue equivalence). Here they need not: people go where bidders keep more, and the crowd there
narrows the difference. Nor are those who come a fair sample: who lost comes back with the same value, so
that low values are more frequent than in the prior, for which first-price bidders compute their shading. So
compare three columns: the revenue an auction, the share of visits, and the revenue against the optimal
auction for as many bidders. The posted price loses welfare, because whoever comes first gets the good, not
whoever values it most.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from agents.knowledge.network import small_world
from agents.population import Group, Population
from agents.registry import STRATEGIES, make_strategy
from agents.seller import SellerPlan, disclosure_for
from agents.strategies import Equilibrium, Incremental, Sniper
from agents.strategies.base import Disclosure
from agents.town.choice import Logit
from mechanisms.auctions import AscendingClock, FirstPrice, OpenProxy, PostedPrice, SecondPrice
from mechanisms.auctions.myerson import MyersonAuction, monopoly_price
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Discrete, Distribution, PiecewiseUniform, Uniform
from scenarios import _presets
from scenarios._one_more import DESCRIPTION, OneMore, with_one_more
from sim.draws import Stream
from sim.market.arrivals import Trace
from sim.market.market import Market
from sim.market.town import Town
from sim.measures.comparison import Figure, comparison_table
from sim.measures.shares import share
from sim.records import Records
from sim.runs import scenario
from sim.runs.logged_bids import BidsError, LoggedBids, read_bids
from sim.runs.report import BATCHES, summary
from sim.runs.scenario import BidsFile, OneOf

VALUES = Uniform(0.0, 100.0)
"""What a good is worth to a buyer, in money, unless a file of bids tells."""

ATOMS = (
    "The prior is the bids' empirical law, with atoms, for which first price has no equilibrium in pure "
    "strategies: bidders in equilibrium bid as if each value were spread over a millionth of itself"
)
"""What is noted of a run with logged bids."""


class Parameters(scenario.Parameters):
    """What can be set. Money that goes with the values is given in shares of their mean."""

    until: float = Field(default=400.0, gt=0, le=1e9, description="simulated time at which the run ends")
    sellers: int = Field(
        default=6, ge=1, le=6, description="how many sellers open, in the order of the story"
    )
    mechanism: OneMore = Field(default=None, description=DESCRIPTION)
    buyers: int = Field(default=300, ge=1, le=100_000, description="people in the town")
    rate: float = Field(default=0.1, gt=0, le=1000, description="wants of a free buyer in a unit of time")
    comeback: float = Field(
        default=0.5, ge=0, le=1, description="probability that a loser comes back with her want"
    )
    retry: float = Field(default=1.0, gt=0, le=1e6, description="mean time until she does")
    trace: str | None = Field(
        default=None, description="CSV file with the columns time and buyer, in place of random wants"
    )
    bids: BidsFile | None = Field(
        default=None, description="file of logged bids, in place of uniform values"
    )
    period: float = Field(
        default=1.0, gt=0, le=1e6, description="time from one opening of a seller to the next"
    )
    window: float = Field(default=0.2, gt=0, le=1e6, description="how long a question stays open")
    rounds: int = Field(
        default=3, ge=1, le=1000, description="rounds of the open proxy auction before its hard close"
    )
    latency: float = Field(
        default=0.02, ge=0, le=1e6, description="mean time that a message travels, over all buyers"
    )
    latency_spread: float = Field(
        default=0.5, ge=0, le=3, description="how much buyers' latencies differ: sigma of the logs"
    )
    reserve: float | None = Field(
        default=None, ge=0, le=1e9, description="second price's reserve; none: monopoly price"
    )
    posted_price: float | None = Field(
        default=None, ge=0, le=1e9, description="the posted price; none: monopoly price"
    )
    increment: float = Field(
        default=0.02, gt=0, le=1, description="least raise in the open auction, of the mean value"
    )
    sample: int = Field(
        default=100, ge=2, le=1_000_000, description="how many values Myerson's estimate is made from"
    )
    strategy: Annotated[str, OneOf(tuple(STRATEGIES))] = Field(
        default="equilibrium", description="how most buyers answer"
    )
    snipers: float = Field(
        default=0.05, ge=0, le=1, description="share of buyers who snipe in the open auction"
    )
    incremental: float = Field(
        default=0.05, ge=0, le=1, description="share of buyers who raise step by step there"
    )
    temperature: float = Field(
        default=0.05, gt=0, le=100, description="randomness in choosing sellers, of the mean value"
    )
    heard_weight: float = Field(
        default=0.25, ge=0, le=100, description="weight of a neighbour's visit beside one's own"
    )
    memory: float = Field(default=0.9, gt=0, le=1, description="weight of an old visit beside a new one")
    degree: int = Field(
        default=6, ge=0, le=1000, description="neighbours of a buyer in the small world, an even number"
    )
    rewiring: float = Field(default=0.1, ge=0, le=1, description="probability that a tie leads far away")
    discloses: Annotated[Disclosure | None, OneOf(("own", "price", "bids"))] = Field(
        default=None,
        description="what sellers tell afterwards; none: the price, or all bids if the strategy needs them",
    )

    def in_vain(self) -> Iterator[tuple[str, str]]:
        """Settings of sellers who do not open, and of wants, ties and messages that there are not."""
        for name, least in (("posted_price", 3), ("increment", 5), ("rounds", 5), ("sample", 6)):
            if self.sellers < least:
                yield name, f"its seller opens with sellers={least}"
        if self.trace is not None:
            yield "rate", "trace says who wants when"
        if self.comeback == 0:
            yield "retry", "with comeback=0 no loser comes back"
        if self.degree == 0:
            why = "with degree=0 nobody has neighbours"
            yield from ((name, why) for name in ("heard_weight", "rewiring"))
        if self.latency == 0:
            yield "latency_spread", "with latency=0 all messages are at once"

    @model_validator(mode="after")
    def _fit_together(self) -> Parameters:
        if self.degree % 2 or self.degree >= self.buyers:
            raise ValueError(f"degree is {self.degree}; it must be even and below buyers, {self.buyers}")
        if self.snipers + self.incremental > 1:
            raise ValueError(
                f"snipers is {self.snipers} and incremental {self.incremental}; "
                "together they must be at most 1"
            )
        return self


class EquilibriumSniper(Sniper, Equilibrium):
    """Snipe where the auction is open; bid as in equilibrium where it is sealed."""


class EquilibriumIncremental(Incremental, Equilibrium):
    """Raise step by step where the auction is open; bid as in equilibrium where it is sealed."""


def build(
    parameters: Parameters | None = None,
    seed: int = 0,
    records: Records | None = None,
    town: int | None = None,
) -> Market:
    """The town with its sellers, ready to run.

    town
        Seed of what is drawn once and for all: Myerson's sample, who knows whom, who is how, and whose
        messages are slow. By default the same as `seed`.

    Raises BidsError and TraceError for files that cannot be used, ValueError where a strategy relies on more
    than sellers disclose.
    """
    told = Parameters() if parameters is None else parameters
    records = Records() if records is None else records
    prior: Distribution = VALUES
    if told.bids is not None:
        logged = read_bids(**told.bids.model_dump(exclude={"file"}), path=told.bids.file)
        prior = estimated_prior(logged)
        records.manifest.notes += [f"Prior from {logged.summary()}", *map("Bids: {}".format, logged.warnings)]
        records.manifest.notes.append(ATOMS)
    once = seed if town is None else town
    plans = seller_plans(told, prior, once)
    entry = make_town(told, float(prior.mean), once)
    return Market(make_population(told, prior, once), plans, [entry] * len(plans), prior, seed, records)


def estimated_prior(logged: LoggedBids) -> Discrete:
    """The prior behind logged bids: their empirical law, each bid with its frequency, atoms and tail as is.

    It is consistent: distribution functions converge uniformly (Glivenko and Cantelli), and so do revenues of
    prices wherever the mean is finite, since v is an integrable bound on the functions p · [v >= p], whose
    sets have Vapnik and Chervonenkis's dimension 1. So the price that earns most on the bids earns, in the
    limit, the most there is. Nothing is said beyond the highest bid seen; a histogram would have to invent
    how its last bin is filled.

    Raises BidsError if all highest bids are the same.
    """
    samples = logged.prior()
    if samples[0] == samples[-1]:
        raise BidsError(f"{logged.source}: all highest bids are {samples[0]:g}; it takes two different ones")
    return Discrete.from_data(samples)


def told_prior(prior: Distribution) -> Distribution:
    """What bidders compute equilibria for: the prior; of one with atoms, each spread over a millionth of it.

    With atoms a first-price auction has no equilibrium in pure strategies: who ties would bid a trifle more.
    Spread, it has one, and a value bids the median of what she would mix over.
    """
    return PiecewiseUniform.around(prior) if isinstance(prior, Discrete) else prior


def sample_law(sample: Any, prior: Distribution) -> Distribution:
    """What Myerson's seller takes the sample for: a histogram, or itself if values have atoms."""
    return Discrete.from_data(sample) if isinstance(prior, Discrete) else smoothed(sample)


def smoothed(samples: Any) -> PiecewiseUniform:
    """A histogram of samples, shape (m,), with about 2 m^(1/3) bins of equal frequency."""
    bins = int(np.ceil(2 * len(samples) ** (1 / 3)))
    edges = np.unique(np.quantile(samples, np.linspace(0, 1, bins + 1)))
    return PiecewiseUniform.from_data(samples, edges.tolist())


def mechanisms(parameters: Parameters, prior: Distribution, seed: int) -> dict[str, Mechanism]:
    """The six formats by the names of their sellers."""
    sample = prior.quantile(Stream(seed, "sample").generator().random(parameters.sample))
    reserve = monopoly_price(prior) if parameters.reserve is None else parameters.reserve
    price = monopoly_price(prior) if parameters.posted_price is None else parameters.posted_price
    return {
        "second price": SecondPrice(reserve),
        "first price": FirstPrice(),
        "posted price": PostedPrice(price),
        "ascending clock": AscendingClock(),
        "open proxy": OpenProxy(parameters.increment * float(prior.mean), parameters.rounds),
        "Myerson": MyersonAuction(sample_law(sample, prior)),
    }


def seller_plans(parameters: Parameters, prior: Distribution, seed: int) -> list[SellerPlan]:
    """A plan for each seller; they open at different moments of the period."""
    first = dict(list(mechanisms(parameters, prior, seed).items())[: parameters.sellers])
    rules = with_one_more(first, parameters.mechanism, prior)
    period, window = parameters.period, parameters.window
    return [
        SellerPlan(
            mechanism, period, window, period * k / len(rules), discloses=disclosure(parameters), name=name
        )
        for k, (name, mechanism) in enumerate(rules.items())
    ]


def disclosure(parameters: Parameters) -> Disclosure:
    """What sellers tell: as set, or the price, or more if the buyers' strategy relies on it."""
    if parameters.discloses is not None:
        return parameters.discloses
    return disclosure_for([make_strategy(parameters.strategy)])


def make_population(parameters: Parameters, prior: Distribution, seed: int) -> Population:
    """The buyers: most with the main strategy, a few with their own ways in the open auction."""
    strategies = (make_strategy(parameters.strategy), EquilibriumSniper(), EquilibriumIncremental())
    buyers = np.arange(parameters.buyers)
    draw, of_latency = Stream(seed, "buyers").pair(buyers, np.zeros_like(buyers))
    snipes = draw < parameters.snipers
    raises = ~snipes & (draw < parameters.snipers + parameters.incremental)
    return Population(
        [Group(strategy, prior=told_prior(prior)) for strategy in strategies],
        np.select([snipes, raises], [1, 2], 0),
        mean_latencies(parameters, of_latency),
    )


def mean_latencies(parameters: Parameters, uniforms: Any) -> Any:
    """Log-normal mean latencies of the buyers, whose expectation is `latency`."""
    from scipy.special import ndtri

    sigma = parameters.latency_spread
    return parameters.latency * np.exp(sigma * ndtri(np.maximum(uniforms, 1e-16)) - sigma**2 / 2)


def make_town(parameters: Parameters, mean_value: float, seed: int) -> Town:
    """How buyers come, choose, and come back. At first they expect a tenth of the mean value anywhere."""
    network = small_world(
        parameters.buyers, parameters.degree, parameters.rewiring, Stream(seed, "network").generator()
    )
    choice = Logit(parameters.temperature * mean_value, parameters.heard_weight, optimism=mean_value / 10)
    trace = None if parameters.trace is None else Trace.read(parameters.trace, parameters.buyers)
    return Town(
        choice, network, parameters.rate, parameters.comeback, parameters.retry, parameters.memory, trace
    )


# --- what came of it --------------------------------------------------------------------------------


def report(tables: Any, manifest: Mapping[str, Any]) -> list[Any]:
    """The common summary, and what its figures depend on that was drawn only once."""
    told = Parameters(**manifest["parameters"])
    return [*summary(tables, manifest, unsteady(told)), *drawn_once(told)]


def where_buyers_go(market: Market) -> list[Any]:
    """Who goes to whom.

    Of all visits, each seller's share: of first visits for a want, and of those after one, two or more in
    vain. There are intervals once the run is long beside a want that is not served.
    """
    told = Parameters(**market.records.manifest.parameters).model_copy(update={"until": max(market.now, 1.0)})
    visits = market.records.frame("visits")
    visits = visits[(visits["seller_id"] >= 0) & (visits["want"] >= 0)]
    before = visits.groupby(["person_id", "want"]).cumcount().to_numpy()
    chosen, names = visits["seller_id"].to_numpy(), [seller.plan.name for seller in market.sellers]
    rows: dict[str, dict[str, Figure]] = {}
    for number, kind in enumerate(("first visit", "second visit", "later")):
        these = chosen[before == number if number < 2 else before >= 2]
        if len(these):
            shares = [share(these == seller, np.ones(len(these))) for seller in range(len(names))]
            shown = [each.without_interval() for each in shares] if unsteady(told) else shares
            rows[kind] = dict(zip(names, map(Figure, shown), strict=True))
    return [comparison_table("visits", names, rows, decimals=2, theory=False)]


FIGURES = (where_buyers_go,)
"""What the page shows besides, worked out anew as the run grows."""


def unsteady(parameters: Parameters) -> str:
    """Why the town has no steady state in a run like this; nothing, if it has one.

    A want that is never served is given up after 1 / (1 - comeback) visits on average, and what the town
    remembers is at least as old. A batch of the run must be longer than that.
    """
    if parameters.comeback == 1:
        return "everybody comes back for ever, so that low values pile up and there is no steady state"
    lasts = (parameters.retry + parameters.period) / (1 - parameters.comeback)
    if parameters.until / BATCHES < lasts / 2:
        return (
            f"an unserved want lasts {lasts:.3g} units of time, and {BATCHES} batches of the run are too "
            "short for that"
        )
    return ""


def drawn_once(parameters: Parameters) -> list[str]:
    """What the figures are conditional on."""
    lines = ["All holds for the town that the seed drew: who knows whom, and whose messages are slow."]
    if parameters.sellers == 6:
        lines.append(
            f"Myerson's figures hold for the one sample of {parameters.sample:,} values that the seed drew; "
            "from another she would sell otherwise, and the intervals do not know of it."
        )
    return lines


PRESETS = _presets.TOWN_MARKET


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "town_market", *sys.argv[1:]])
