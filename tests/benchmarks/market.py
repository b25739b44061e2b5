"""What an auction costs in simulated time, all messages recorded; 1 × is one bare SimPy timeout.

Without more said, at a tick that is longer than the run; also as people run it: at the default tick.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from agents.knowledge.network import Neighbours
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import AdaptiveShading, Equilibrium, RandomBidder, Shading, Truthful
from agents.town.choice import Uniformly
from mechanisms.auctions import SecondPrice
from mechanisms.distributions import Uniform
from sim.market.market import Market
from sim.market.panel import Panel
from sim.market.town import Town
from sim.runs.run import play_until
from tests.benchmarks.measure import Figure, against, against_timeout

PRIOR = Uniform(0, 1)


def panel_market(strategies, buyers=20, size=None, ahead=True, discloses="own", tick=1e4):
    """One second-price seller and a panel; strategies in turn."""
    groups = [Group(strategy, prior=PRIOR) for strategy in strategies]
    population = Population(groups, np.arange(buyers) % len(groups), latency=0.01)
    plan = SellerPlan(SecondPrice(), discloses=discloses)
    return Market(population, [plan], [Panel(size=size, ahead=ahead)], PRIOR, seed=1, tick=tick)


def cost_of_auction(make, auctions=2_000, warm=300):
    """Seconds an auction, after `warm` of them."""
    market = make()
    market.advance_to(warm + 0.5)
    start = time.perf_counter()
    market.advance_to(warm + auctions + 0.5)
    market.flush()
    spent = time.perf_counter() - start
    market.close()
    return spent / auctions


def cost_of_run(make, auctions=2_000):
    """Seconds an auction of a whole run, as `bazaar run` plays it."""
    market = make()
    start = time.perf_counter()
    play_until(market, auctions + 0.5)
    return (time.perf_counter() - start) / auctions


def town_market(buyers, visitors=20.0):
    """One seller whom about `visitors` of a town of `buyers` visit each unit of time."""
    population = Population([Group(Equilibrium(), prior=PRIOR)], np.zeros(buyers, int), latency=0.01)
    town = Town(Uniformly(), Neighbours.none(buyers), rate=visitors / buyers, comeback=0.0)
    return Market(population, [SellerPlan(SecondPrice(), window=0.5)], [town], PRIOR, seed=1, tick=1e4)


def with_learners(learners):
    """Four strategies, so many of which learn."""
    memoryless = [Truthful(), Shading(0.8), RandomBidder(), Shading(0.9)]
    return [AdaptiveShading(0.01 * (k + 1)) for k in range(learners)] + memoryless[: 4 - learners]


def figures():
    """Yield the figures one by one."""
    mixes = [
        ("20 buyers, one memoryless group", [Truthful()], {}, 15, ""),
        ("20 buyers, four strategies, one learns", with_learners(1), {}, 40, ""),
        ("20 buyers, four strategies, two learn", with_learners(2), {}, None, "each learner: asked, told"),
        ("20 buyers, four strategies, all learn", with_learners(4), {}, None, ""),
        ("20 buyers, ordinary sessions", [Truthful()], {"ahead": False}, None, "open formats: a question"),
        ("2 of 6 buyers", [Truthful()], {"buyers": 6, "size": 2}, 15, ""),
        ("100 of 100 buyers", [Truthful()], {"buyers": 100}, None, "five times the messages"),
        ("100 of 100 buyers, four strategies, one learns", with_learners(1), {"buyers": 100}, None, ""),
    ]
    for name, strategies, options, limit, remark in mixes:
        def cost(strategies=strategies, options=options):
            return cost_of_auction(lambda: panel_market(strategies, **options))

        yield Figure(f"auction: {name}", against_timeout(cost), "timeouts", limit, remark)
    yield from at_the_default_tick()
    yield flatness("town of visitors", town_market, at_most=1.3)
    remark = "their state outgrows the cache"
    yield flatness("panel of 20 of them", lambda n: panel_market([Truthful()], n, 20), remark=remark)
    yield memory()


def at_the_default_tick():
    """Yield what an auction of a whole run costs at the tick that scenarios have by default."""
    runs = [
        ("20 buyers, one memoryless group", [Truthful()], {}),
        ("20 buyers, four strategies, one learns", with_learners(1), {}),
        ("2 of 6 buyers", [Truthful()], {"buyers": 6, "size": 2}),
        ("100 of 100 buyers", [Truthful()], {"buyers": 100}),
    ]
    for name, strategies, options in runs:
        def cost(strategies=strategies, options=options):
            return cost_of_run(lambda: panel_market(strategies, tick=1.0, **options))

        yield Figure(f"at the default tick: {name}", against_timeout(cost), "timeouts", None, "")


def flatness(name, make, at_most=None, remark="", auctions=1_000):
    """Cost of an auction among a million buyers against a thousand: median ratio of turns in alternation."""
    small, large = (Turns(make(buyers), auctions) for buyers in (1_000, 1_000_000))
    ratio = statistics.median(large.seconds() / small.seconds() for _ in range(9))
    return Figure(f"10⁶ buyers against 10³: {name}", ratio, "times", at_most, remark)


class Turns:
    """A market that is run for so many auctions at a time."""

    def __init__(self, market, auctions):
        self.market, self.auctions, self.until = market, auctions, 0.5
        self.seconds()

    def seconds(self):
        """Time of the next auctions."""
        self.until += self.auctions
        start = time.perf_counter()
        self.market.advance_to(self.until)
        self.market.flush()
        return time.perf_counter() - start


def memory():
    """Bytes of memory for a recorded message."""
    market = panel_market([Truthful()])
    market.advance_to(20_000)
    table = market.records["messages"]
    size = table.nbytes / len(table)
    market.close()
    return Figure("memory of a recorded message", size, "bytes", 64)


def rule_figures():
    """The vectorised rule against the NumPy that builds the same arrays."""
    reports = np.random.default_rng(1).random((1_000_000, 10))
    yield Figure(
        "outcome of 1,000,000 second-price profiles of 10",
        against(lambda: SecondPrice().outcome(reports), lambda: plain_second_price(reports)),
        "times NumPy",
        1.5,
    )


def plain_second_price(reports):
    """What anybody would write."""
    rows = np.arange(len(reports))
    winner = reports.argmax(axis=1)
    price = np.partition(reports, -2, axis=1)[:, -2]
    allocation, payments = np.zeros(reports.shape), np.zeros(reports.shape)
    allocation[rows, winner] = 1.0
    payments[rows, winner] = price
    return allocation, payments
