"""ℳ and 𝕄 in simulated time: truthful play earns the exact expectation, and lateness has its rules."""

import networkx as nx
import numpy as np
import pytest

from agents.knowledge.bins import Acquaintances
from agents.knowledge.network import Neighbours
from agents.knowledge.town import TownKnowledge
from agents.play.exact import expected_outcome
from agents.play.table_knowledge import TableKnowledge
from agents.population import Population
from agents.seller import SellerPlan
from agents.strategies import Late, Truthful
from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.conservative.knowledge_extraction import KnowledgeExtraction
from mechanisms.conservative.star_auction import StarAuction
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution
from mechanisms.questions import AskGridBelief
from sim.market.market import Market
from sim.market.panel import Panel
from tests.mechanisms.conservative import by_hand


def revenues(mechanism, prior, knowledge, auctions, strategies=None, latency=0.01):
    """What each of so many auctions earned, rewards deducted."""
    population = Population.of(strategies or [Truthful()] * prior.n, latency=latency)
    plan = SellerPlan(mechanism, period=4.0)
    market = Market(population, [plan], [Panel(knowledge=knowledge)], prior, seed=3)
    market.advance_to(4.0 * auctions)
    market.flush()
    table = market.records["auctions"].in_memory().to_pandas()
    market.close()
    return table["revenue"].to_numpy()


def assert_within(earned, exact, deviations=4.5):
    """Four and a half standard errors: a false alarm once in 150,000 runs; the seed is fixed anyway."""
    error = earned.std(ddof=1) / np.sqrt(len(earned))
    assert abs(earned.mean() - exact) <= deviations * error


@pytest.mark.parametrize("form", ["table", "town"])
def test_truthful_play_of_the_star_auction_earns_the_exact_expectation(form):
    marginals = [Discrete(np.arange(4), [0.4, 0.3, 0.2, 0.1])] * 3
    prior = JointDistribution.product(marginals)
    graph = nx.DiGraph([(0, 1), (1, 2), (2, 0), (2, 1)])
    known = Acquaintances.drawn(Neighbours.from_graph(graph), 2, 4, np.random.default_rng(1))
    partitions = known.partitions(prior)
    mechanism = StarAuction(3, 4, 0.2, 0.1)
    town = TownKnowledge(IndependentPrior(marginals), known)
    knowledge = TableKnowledge(prior, partitions) if form == "table" else town
    earned = revenues(mechanism, prior, knowledge, 1500)
    assert_within(earned, expected_outcome(mechanism, prior, partitions).revenue)


def test_truthful_play_of_knowledge_extraction_earns_the_exact_expectation():
    prior, partitions = next(by_hand.instances(3, 1, sizes=((3, 3),)))
    mechanism = KnowledgeExtraction(3, inner="program", epsilon=0.05)
    earned = revenues(mechanism, prior, TableKnowledge(prior, partitions), 800)
    assert_within(earned, expected_outcome(mechanism, prior, partitions).revenue)


class LateBelief(Truthful):
    """Reports her value in time, and what she believes too late."""

    def wait(self, question, view):
        return 1.0 if isinstance(question, AskGridBelief) else 0.0


class Malformed(Truthful):
    """Reports a belief with negative mass."""

    def report_belief(self, question, view):
        return np.tile([-1.0, 1.0, 1.0], (len(view.seats), 1))


class WrongLength(Truthful):
    """Reports a belief about too few values."""

    def report_belief(self, question, view):
        return np.full((len(view.seats), 2), 0.5)


@pytest.mark.parametrize("strategy", [LateBelief(), Malformed(), WrongLength()])
def test_a_late_or_malformed_belief_earns_nothing_and_the_classical_price_stands(strategy):
    prior = JointDistribution.from_table(np.full((3, 3), 1 / 9))
    mechanism = StarAuction(2, 3, 0.2, 0.1)
    earned = revenues(mechanism, prior, TableKnowledge(prior), 1000, [strategy] * 2)
    exact = 0.0
    for profile in np.ndindex(3, 3):
        heads = sum(p - 0.1 for r in (0, 1) for p in range(profile[r] + 1)) / 6
        exact += (0.2 * heads + 0.8 * (by_hand.classical(profile, by_hand.star_of(profile)) - 0.1)) / 9
    assert_within(earned, exact)


class Correlates(Truthful):
    """Says that the others have the same value, which is no product."""

    def report_belief(self, question, view):
        same = np.eye(question.bound) / question.bound
        return np.tile(same.ravel(), (len(view.seats), 1))


class NamesABound(Truthful):
    """Says that there may be so many values."""

    def __init__(self, bound):
        self.bound = bound

    def report_value_bound(self, question, view):
        return np.full(len(view.seats), float(self.bound))


@pytest.mark.parametrize(
    ("odd", "options"),
    [
        (Correlates(), {"value_bound": 3}),
        (NamesABound(10**9), {}),
        (NamesABound(10**9), {"inner": "program"}),
        (NamesABound(10**9), {"marginals": True}),
        (NamesABound(1.5), {}),
        (NamesABound(np.inf), {}),
    ],
    ids=["no product", "huge", "huge program", "huge marginals", "not whole", "infinite"],
)
def test_nothing_that_a_reporter_says_stops_the_market(odd, options):
    """Nothing is known then, and the others have Vickrey's auction: the second of two uniform values of 3."""
    prior = JointDistribution.from_table(np.full((3, 3, 3), 1 / 27))
    mechanism = KnowledgeExtraction(3, epsilon=0.05, removed=0, **options)
    earned = revenues(mechanism, prior, TableKnowledge(prior), 1000, [odd, Truthful(), Truthful()])
    assert_within(earned, 5 / 9)


@pytest.mark.parametrize("inner", ["myerson", "program"])
def test_neither_does_any_belief_that_is_acceptable(inner):
    class Extreme(Truthful):
        """Masses from all orders of magnitude."""

        def report_belief(self, question, view):
            rng = np.random.default_rng(int(view.values.sum()))
            masses = 10.0 ** rng.uniform(-320, 0, question.outcomes) * rng.integers(0, 2, question.outcomes)
            masses.flat[0] += 1e-300
            return np.tile(masses / masses.sum(), (len(view.seats), 1))

    prior = JointDistribution.from_table(np.full((40, 5), 1 / 200))
    mechanism = KnowledgeExtraction(2, inner, epsilon=0.05, removed=0, value_bound=40)
    assert len(revenues(mechanism, prior, TableKnowledge(prior), 100, [Extreme(), Truthful()])) == 100


def only_where_zero_is_possible(joint):
    """A seller's own inner mechanism, which knows nothing to do with buyers who surely have something."""
    if joint.table[0, 0] == 0:
        raise ValueError("somebody must have nothing")
    return MyersonAuction([joint.marginal(j) for j in range(joint.n)])


@pytest.mark.parametrize("marginals", [False, True])
def test_an_f_that_the_sellers_own_function_refuses_does_not_stop_the_market(marginals):
    """It is no answer: the others' second price stands, and F earns nothing. Exact play says so."""
    mechanism = KnowledgeExtraction(
        3, only_where_zero_is_possible, removed=0, value_bound=3, marginals=marginals
    )
    coins = [Discrete([0, 1, 2], [0, 0.5, 0.5])] * 2
    prior = JointDistribution.product([Discrete([0, 1, 2], [1, 0, 0]), *coins])
    earned = revenues(mechanism, prior, TableKnowledge(prior), 40)
    assert set(earned.tolist()) == {1.0, 2.0}
    with pytest.raises(ValueError, match=r"buyer 0 is refused: .* of which the inner function makes"):
        expected_outcome(mechanism, prior)
    fair = JointDistribution.from_table(np.full((3, 3, 3), 1 / 27))
    myerson = KnowledgeExtraction(3, removed=0, value_bound=3, marginals=marginals)
    same = [expected_outcome(one, fair).revenue for one in (mechanism, myerson)]
    assert same[0] == pytest.approx(same[1], abs=1e-12)


def test_who_is_late_in_step_1_has_left():
    """Buyer 1 always sends too late; buyer 0 then is alone, and nothing is sold."""
    prior = JointDistribution.from_table(np.full((3, 3), 1 / 9))
    strategies = [Truthful(), Late(Truthful())]
    knowledge = TableKnowledge(prior)
    assert not revenues(StarAuction(2, 3, 0.2, 0.1), prior, knowledge, 30, strategies).any()


def test_knowledge_must_fit_the_panel_and_the_grid():
    prior = JointDistribution.from_table(np.full((3, 3), 1 / 9))
    three = TableKnowledge(JointDistribution.from_table(np.full((2, 2, 2), 1 / 8)))
    with pytest.raises(ValueError, match="knowledge must be of 2 buyers, got 3"):
        revenues(StarAuction(2, 3), prior, three, 1)
    with pytest.raises(ValueError, match="values must lie on the prior's grid"):
        TableKnowledge(prior).during(StarAuction(2, 3), np.array([0.0, 2.5]))
