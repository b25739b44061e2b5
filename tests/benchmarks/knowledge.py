"""What buying knowledge costs: ℳ among 200 buyers, exact play, and the programs for OPT; in milliseconds."""

from __future__ import annotations

import statistics

import networkx as nx
import numpy as np

from agents.knowledge.bins import Acquaintances
from agents.knowledge.network import Neighbours
from agents.knowledge.town import TownKnowledge
from agents.play.asking import Party
from agents.play.exact import expected_outcome
from agents.play.instant import InstantPlayer
from agents.population import Population
from agents.strategies import Truthful
from mechanisms.conservative import StarAuction, optimal_dsic
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution, MixturePrior
from mechanisms.engine import play
from tests.benchmarks.measure import Figure, seconds


def town(n=200, bound=1000, degree=10, components=1, seed=1):
    """A large town: truncated geometric values, cut points drawn for each edge."""
    rng = np.random.default_rng(seed)
    grid = np.arange(bound)
    rates = np.linspace(100, 300, components + 1)[1:]
    shapes = [Discrete(grid, np.exp(-grid / rate) / np.exp(-grid / rate).sum()) for rate in rates]
    products = [IndependentPrior.identical(shape, n) for shape in shapes]
    prior = products[0] if components == 1 else MixturePrior([1 / components] * components, products)
    graph = nx.gnp_random_graph(n, degree / (n - 1), seed=seed, directed=True)
    return TownKnowledge(prior, Acquaintances.drawn(Neighbours.from_graph(graph), 8, bound, rng))


def play_once(mechanism, knowledge, values, rng):
    """One auction of truthful buyers at once."""
    buyers = np.arange(mechanism.n)
    party = Party(mechanism, values, Population.of([Truthful()] * mechanism.n).sides(buyers), mechanism.n)
    beliefs = knowledge.during(mechanism, values)
    party.posterior = lambda seat: beliefs(seat, party.heard, ())
    return play(mechanism, mechanism.n, InstantPlayer(party, rng))


def star_auction_in_town(components, auctions=40):
    """Median seconds an auction, all beliefs computed and scored."""
    knowledge = town(components=components)
    mechanism = StarAuction(200, 1000, delta=0.01, epsilon=0.1)
    rng = np.random.default_rng(2)
    profiles = knowledge.prior.sample(rng, auctions)
    return statistics.median(seconds(lambda v=v: play_once(mechanism, knowledge, v, rng)) for v in profiles)


def random_table(n, bound, seed=3):
    """A correlated prior."""
    table = np.random.default_rng(seed).random((bound,) * n)
    return JointDistribution.from_table(table / table.sum())


def figures():
    """Yield the figures one by one."""
    for components in (1, 3):
        name = f"ℳ, 200 buyers, B = 1,000, degree 10, {components} component(s)"
        yield Figure(name, 1e3 * star_auction_in_town(components), "ms", 10, "all beliefs scored")
    prior = random_table(3, 6)
    exact = min(seconds(lambda: expected_outcome(StarAuction(3, 6), prior)) for _ in range(3))
    yield Figure("exact revenue of ℳ, n = 3, B = 6", 1e3 * exact, "ms", 500)
    for n, bound in ((2, 100), (3, 20)):
        table = random_table(n, bound)
        spent = seconds(lambda table=table: optimal_dsic(table))
        yield Figure(f"optimal_dsic, n = {n}, B = {bound}", 1e3 * spent, "ms", 5000)
