"""ℳ, 𝕄, the lookahead auction and the optimal mechanism through the suite that every mechanism passes."""

import numpy as np

from mechanisms.conservative import AssignmentContext, optimal_assignment
from mechanisms.conservative.knowledge_extraction import KnowledgeExtraction
from mechanisms.conservative.lookahead import LookaheadAuction
from mechanisms.conservative.optimal import optimal_dsic
from mechanisms.conservative.star_auction import StarAuction
from mechanisms.distributions import JointDistribution
from sim.conformance.mechanism import MechanismConformance
from sim.conformance.players import party_of
from tests.mechanisms.conservative import by_hand

BOUND = 11
PRIOR = by_hand.random_prior(np.random.default_rng(1), 3, BOUND)


class Integers(MechanismConformance):
    """Integer types below BOUND, exactly as many buyers as the mechanism is for, and one prior for all."""

    def draw_values(self, mechanism, rng, shape):
        return rng.integers(0, BOUND, shape).astype(float)

    def sizes(self, mechanism):
        return (mechanism.least_buyers,)

    def party(self, mechanism, values, strategies):
        party = party_of(mechanism, values, strategies)
        n = len(values)
        party.posterior = lambda seat: JointDistribution.from_table(np.full((BOUND,) * n, BOUND ** -float(n)))
        return party

    def test_rule_accepts_no_profiles(self, instance):
        shape = (0, instance.least_buyers)
        if hasattr(instance, "outcome"):
            assert instance.outcome(np.empty(shape)).payments.shape == shape


class TestStarAuction(Integers):
    ties_to_lowest = False  # the random sale draws a buyer
    instances = (StarAuction(2, BOUND), StarAuction(3, BOUND, 0.24, 0.01))


class TestKnowledgeExtraction(Integers):
    ties_to_lowest = False  # the removed buyer gets nothing
    instances = (
        KnowledgeExtraction(2, inner="program", value_bound=BOUND),
        KnowledgeExtraction(3, value_bound=BOUND),
        KnowledgeExtraction(3, marginals=True, removed=1),
        KnowledgeExtraction(4, inner="myerson", marginals=True, units=2),
    )


class TestThoseWhoKnowThePrior(Integers):
    ties_to_lowest = False  # prices are personal
    instances = (LookaheadAuction(PRIOR), optimal_dsic(PRIOR).auction, optimal_dsic(PRIOR, units=2).auction)


TABLES = np.array([[0, 0, 0, 0], [0, 2, 0, 2], [0, 0, 1, 1], [0, 1, 1, 1], [0, 0, 0, 2]], dtype=float)
"""Valuations of nothing, the first good, the second, and both."""


class TestAssignmentLottery(MechanismConformance):
    """Bundles: types are rows of the table, and who has one has no other."""

    ties_to_lowest = False
    instances = (
        optimal_assignment(
            JointDistribution.from_table(np.full((5, 5), 1 / 25)),
            AssignmentContext.combinatorial(2, (TABLES, TABLES)),
        ).auction,
    )

    def draw_values(self, mechanism, rng, shape):
        return TABLES[rng.integers(0, len(TABLES), shape), 1:]

    def sizes(self, mechanism):
        return (2,)

    def test_rule_accepts_no_profiles(self, instance):
        assert instance.outcome(np.empty((0, 2, 3))).payments.shape == (0, 2)
