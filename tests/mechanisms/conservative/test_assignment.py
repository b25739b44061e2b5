"""Assignment contexts: against the one-good program, a closed form, primal = dual, and Theorem 1."""

import numpy as np
import pytest

from mechanisms.conservative.assignment import AssignmentContext, optimal_assignment
from mechanisms.conservative.knowledge_extraction import KnowledgeExtraction
from mechanisms.conservative.optimal import optimal_dsic
from mechanisms.distributions import JointDistribution
from mechanisms.engine import walk
from mechanisms.questions import AskBelief, Replies
from tests.mechanisms.conservative import by_hand


def one_good(n, bound):
    return AssignmentContext.combinatorial(1, [[[0, v] for v in range(bound)]] * n)


def two_goods(n):
    """Types: nothing; single-minded for both; additive; unit demand."""
    return AssignmentContext.combinatorial(2, [[[0, 0, 0, 3], [0, 1, 2, 3], [0, 2, 2, 2]]] * n)


def test_one_good_is_the_single_parameter_program():
    for prior, _ in by_hand.instances(1, 8, sizes=((2, 2), (2, 3), (3, 2))):
        found = optimal_assignment(prior, one_good(prior.n, prior.shape[0]))
        assert found.revenue == pytest.approx(optimal_dsic(prior).revenue, abs=1e-8)
        assert found.revenue == pytest.approx(found.bound, abs=1e-8)


def test_one_buyer_who_is_single_minded_pays_her_value_for_the_bundle():
    context = AssignmentContext.combinatorial(2, [[[0, 0, 0, 3]]])
    assert optimal_assignment(JointDistribution.from_table([1.0]), context).revenue == pytest.approx(3)


def reports_of(context, profile):
    return np.array([context.types[i][t][1:] for i, t in enumerate(profile)])


def test_the_auction_is_feasible_dominant_and_earns_the_optimum():
    context = two_goods(2)
    rng = np.random.default_rng(2)
    table = rng.integers(0, 4, (3, 3)) + np.eye(3)
    prior = JointDistribution.from_table(table / table.sum())
    optimum = optimal_assignment(prior, context)
    assert optimum.revenue == pytest.approx(optimum.bound, abs=1e-8)
    earned = 0.0
    for profile in np.ndindex(3, 3):
        lottery = optimum.auction.lottery(reports_of(context, profile))
        outcomes = lottery.outcomes
        earned += prior.table[profile] * (lottery.probabilities @ outcomes.revenue)
        bundles = outcomes.allocation @ np.arange(1, 4)
        used = (bundles[..., None].astype(int) >> np.arange(2)) & 1
        assert (used.sum(axis=1) <= 1).all()
        for i in range(2):
            worth = (outcomes.allocation[:, i] * context.types[i][profile[i]][1:]).sum(axis=-1)
            assert (outcomes.payments[:, i] <= worth + 1e-8).all()
            honest = lottery.probabilities @ (worth - outcomes.payments[:, i])
            for lie in range(3):
                told = (*profile[:i], lie, *profile[i + 1 :])
                other = optimum.auction.lottery(reports_of(context, told))
                got = (other.outcomes.allocation[:, i] * context.types[i][profile[i]][1:]).sum(axis=-1)
                assert honest >= other.probabilities @ (got - other.outcomes.payments[:, i]) - 1e-8
    assert earned == pytest.approx(optimum.revenue, abs=1e-8)


class Answers:
    """Truthful players of one profile of types: reports by table, F by Bayes' rule from the own type."""

    def __init__(self, prior, context, profile, path):
        self.prior, self.context, self.profile, self.path = prior, context, profile, path

    def ask(self, question):
        n = self.prior.n
        if isinstance(question, AskBelief):
            (i,) = question.to
            belief = np.take(self.prior.table, self.profile[i], axis=i)
            answers = question.defaults(n)
            answers[i] = (belief / belief.sum()).ravel()
            return Replies(answers, np.arange(n) == i)
        return Replies(reports_of(self.context, self.profile), np.ones(n, dtype=bool))

    def chance(self, question):
        return self.path.take(question.probabilities)


@pytest.mark.parametrize("n", [2, 3])
def test_theorem_1_in_an_assignment_context(n):
    epsilon = 0.05
    context = two_goods(n)
    rng = np.random.default_rng(n)
    table = rng.integers(1, 4, (3,) * n).astype(float)
    prior = JointDistribution.from_table(table / table.sum())
    mechanism = KnowledgeExtraction(n, inner=context, epsilon=epsilon)
    earned = 0.0
    for profile in np.ndindex(*prior.shape):
        for player, end in walk(
            mechanism, n, lambda path, p=profile: Answers(prior, context, p, path)
        ):
            earned += prior.table[profile] * player.path.probability * end.revenue
    optimum = optimal_assignment(prior, context).revenue
    assert earned >= (1 - 1 / n) * optimum - epsilon - 1e-8


def test_a_report_that_is_no_type_gets_nothing():
    context = two_goods(2)
    prior = JointDistribution.from_table(np.full((3, 3), 1 / 9))
    auction = optimal_assignment(prior, context).auction
    end = auction.outcome(np.array([[9.0, 9.0, 9.0], [1.0, 2.0, 3.0]]))
    assert not end.allocation[0].any()
    assert end.payments[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, [], []), "item_count"),
        ((1, [[[0, 1, 2]]], [[0]]), r"types\[0\] must have shape \(T, 2\)"),
        ((1, [[[1, 1]]], [[0]]), r"types\[0\] must be at least 0, and 0 for the empty bundle"),
        ((1, [[[0, 1]]], [[2], [0]]), "bundles 0 .. 1"),
        ((1, [[[0, 1]]] * 2, [[0, 0], [1, 1], [1, 0]]), "closed downwards"),
        ((1, [[[0, 1]]], [[0, 0]]), "assignments must have shape"),
    ],
)
def test_bad_contexts(arguments, message):
    with pytest.raises(ValueError, match=message):
        AssignmentContext(*arguments)


def test_contexts_that_do_not_fit():
    with pytest.raises(ValueError, match="shape of types"):
        optimal_assignment(JointDistribution.from_table([1.0]), two_goods(2))
    with pytest.raises(ValueError, match="context of n = 3"):
        KnowledgeExtraction(3, inner=two_goods(2))
    with pytest.raises(ValueError, match="marginals must be False"):
        KnowledgeExtraction(2, inner=two_goods(2), marginals=True)
