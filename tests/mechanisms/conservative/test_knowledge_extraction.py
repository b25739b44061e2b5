"""𝕄: Theorem 1, its revenue for two buyers by loops, incentives, and answers that are missing."""

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from agents.strategies.base import Strategy, Truthful
from mechanisms.auctions import SecondPrice
from mechanisms.auctions.myerson import MyersonAuction, optimal_revenue
from mechanisms.conservative.beliefs import ProductBelief, TableBelief
from mechanisms.conservative.knowledge_extraction import KnowledgeExtraction
from mechanisms.conservative.lookahead import LookaheadAuction
from mechanisms.conservative.optimal import optimal_dsic
from mechanisms.conservative.scoring import Logarithmic
from mechanisms.conservative.star_auction import StarAuction
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.engine import Path, converse
from mechanisms.questions import AskBelief, AskValueBound, Replies
from tests.mechanisms.conservative import by_hand

EPSILON = 0.05


def own_types(prior):
    return tuple(np.indices(prior.shape))


def products(seed, count, n, bound):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        weights = rng.integers(0, 4, (n, bound)) + np.eye(n, bound, dtype=int)
        yield [Discrete(np.arange(bound), row / row.sum()) for row in weights]


def test_theorem_1_with_the_program():
    for prior, partitions in by_hand.instances(1, 10, sizes=((2, 3), (2, 5), (3, 2), (3, 3))):
        floor = (1 - 1 / prior.n) * optimal_dsic(prior).revenue - EPSILON
        mechanism = KnowledgeExtraction(prior.n, inner="program", epsilon=EPSILON)
        for knowledge in (partitions, own_types(prior)):
            assert expected_outcome(mechanism, prior, knowledge).revenue >= floor - 1e-9


def test_theorem_1_with_myerson_on_products():
    for marginals in products(2, 6, 3, 3):
        prior = JointDistribution.product(marginals)
        found = expected_outcome(KnowledgeExtraction(3, inner="myerson", epsilon=EPSILON), prior)
        assert found.revenue >= 2 / 3 * optimal_revenue(marginals) - EPSILON - 1e-12
        without_one = [optimal_revenue(marginals[:i] + marginals[i + 1 :]) for i in range(3)]
        assert -found.causes["reward"].sum() <= EPSILON
        assert found.causes["price"].sum() == pytest.approx(np.mean(without_one), abs=1e-12)


def by_loops(prior, partitions, epsilon):
    """Two buyers: whoever stays is offered the monopoly price for the cell of the other."""
    total = 0.0
    for removed in (0, 1):
        stays = 1 - removed
        for cell in np.unique(partitions[removed]):
            masses = np.where(partitions[removed] == cell, prior.table, 0).sum(axis=removed)
            if masses.sum() > 0:
                assert masses.shape == (prior.shape[stays],)
                total += max(p * masses[p:].sum() for p in range(len(masses))) / 2
                belief = masses / masses.sum()
                total -= epsilon / 4 * masses.sum() * (1 + (belief**2).sum())
    return total


@pytest.mark.parametrize("inner", ["myerson", "program"])
def test_two_buyers_by_loops(inner):
    for prior, partitions in by_hand.instances(3, 12, sizes=((2, 3), (2, 5))):
        found = expected_outcome(KnowledgeExtraction(2, inner=inner, epsilon=EPSILON), prior, partitions)
        assert found.revenue == pytest.approx(by_loops(prior, partitions, EPSILON), abs=1e-9)


def test_several_units():
    for marginals in products(4, 3, 3, 3):
        prior = JointDistribution.product(marginals)
        for inner in ("myerson", "program"):
            mechanism = KnowledgeExtraction(3, inner=inner, epsilon=EPSILON, units=2)
            assert mechanism.units == 2
            floor = 2 / 3 * optimal_revenue(marginals, units=2) - EPSILON
            assert expected_outcome(mechanism, prior).revenue >= floor - 1e-9


def test_a_beta_approximate_inner_mechanism():
    """The lookahead auction earns at least half of OPT for any F."""
    for prior, partitions in by_hand.instances(5, 8, sizes=((3, 3), (3, 2))):
        mechanism = KnowledgeExtraction(3, inner=LookaheadAuction, epsilon=EPSILON)
        floor = 0.5 * 2 / 3 * optimal_dsic(prior).revenue - EPSILON
        assert expected_outcome(mechanism, prior, partitions).revenue >= floor - 1e-9


def test_a_fixed_inner_mechanism_and_a_fixed_seller_of_knowledge():
    prior, partitions = next(by_hand.instances(6, 1, sizes=((3, 4),)))
    mechanism = KnowledgeExtraction(3, inner=SecondPrice(), epsilon=EPSILON, removed=1)
    found = expected_outcome(mechanism, prior, partitions)
    second = prior.support_probabilities() @ prior.profiles()[:, [0, 2]].min(axis=1)
    assert found.causes["price"].sum() == pytest.approx(second, abs=1e-12)
    assert (found.causes["reward"] < 0).tolist() == [False, True, False]


def test_marginals_say_the_same_as_a_table():
    for marginals in products(7, 3, 3, 3):
        prior = JointDistribution.product(marginals)
        found = [
            expected_outcome(mechanism, prior).revenue
            for m in (False, True)
            for b in (None, 3)
            for mechanism in [KnowledgeExtraction(3, epsilon=EPSILON, marginals=m, value_bound=b)]
        ]
        np.testing.assert_allclose(found, found[0], atol=1e-12)


def test_beliefs_as_products_and_tables():
    rows = np.random.default_rng(8).dirichlet(np.ones(3), 2)
    product, table = ProductBelief(rows), TableBelief(np.outer(*rows))
    for types in ([0, 0], [1, 2], [2, 1], [3, 0]):
        np.testing.assert_allclose(
            product.mass_and_norm(np.array(types)), table.mass_and_norm(np.array(types)), atol=1e-15
        )
    for one, two in zip(product.marginals(), table.marginals(), strict=True):
        np.testing.assert_allclose(one.probabilities, two.probabilities, atol=1e-15)


class Says(Strategy):
    """Truthful but for F."""

    def __init__(self, belief):
        self.belief = belief

    def report_belief(self, question, view):
        return np.tile(self.belief, (len(view.seats), 1))


def test_a_false_belief_costs_the_squared_distance():
    rng = np.random.default_rng(9)
    for prior, partitions in by_hand.instances(9, 6, sizes=((3, 2), (3, 3))):
        said = rng.dirichlet(np.ones(prior.shape[0] ** 2))
        mechanism = KnowledgeExtraction(3, inner="program", epsilon=EPSILON, removed=2)
        honest = expected_outcome(mechanism, prior, partitions)
        lying = expected_outcome(mechanism, prior, partitions, [Truthful(), Truthful(), Says(said)])
        distance = 0.0
        for cell in np.unique(partitions[2]):
            masses = np.where(partitions[2] == cell, prior.table, 0).sum(axis=2)
            if masses.any():
                truth = (masses / masses.sum()).ravel()
                distance += masses.sum() * ((truth - said) ** 2).sum()
        assert honest.utility[2] - lying.utility[2] == pytest.approx(EPSILON / 2 * distance, abs=1e-12)


class Script:
    """Answers from fixed values, and a fixed F."""

    def __init__(self, values, belief, bound=None, path=()):
        self.values, self.belief, self.bound = np.array(values, dtype=float), belief, bound
        self.path = Path(path)

    def ask(self, question):
        n = len(self.values)
        if isinstance(question, AskValueBound):
            return Replies(np.full(n, self.bound or np.nan), np.full(n, self.bound is not None))
        if isinstance(question, AskBelief):
            answers = question.defaults(n)
            if self.belief is not None:
                answers[:] = self.belief
            return Replies(answers, np.full(n, self.belief is not None))
        return Replies(self.values, np.isfinite(self.values))

    def chance(self, question):
        return self.path.take(question.probabilities)


def play(mechanism, *script):
    return converse(mechanism.conversation(mechanism.n), Script(*script))


def test_truth_is_dominant_for_those_who_stay_whatever_f_is():
    rng = np.random.default_rng(10)
    mechanism = KnowledgeExtraction(3, inner="program", epsilon=EPSILON, removed=0, value_bound=3)
    for _ in range(30):
        belief, values = rng.dirichlet(np.ones(9) / 2), rng.integers(0, 3, 3)
        for lie in range(3):
            told = [values[0], lie, values[2]]
            honest, lying = (
                mean_payoff(mechanism, values[1], said, belief) for said in (values.tolist(), told)
            )
            assert honest >= max(lying, 0) - 1e-9


def mean_payoff(mechanism, value, said, belief):
    """Buyer 1's payoff, over the inner lottery's branches."""
    total, untried = 0.0, [()]
    while untried:
        player = Script(said, belief, None, untried.pop())
        end = converse(mechanism.conversation(3), player)
        untried += player.path.untried
        total += player.path.probability * (value * end.allocation[1] - end.payments[1])
    return total


def test_without_f_the_second_price_stands_and_nothing_is_paid_for_it():
    for bound in (None, 4):
        mechanism = KnowledgeExtraction(3, epsilon=EPSILON, removed=0, value_bound=bound)
        np.testing.assert_array_equal(play(mechanism, [0, 3, 2], None).payments, [0, 2, 0])


@pytest.mark.parametrize("inner", ["myerson", "program"])
def test_without_f_several_units_go_at_the_next_price(inner):
    mechanism = KnowledgeExtraction(4, inner=inner, units=2, removed=0, value_bound=4)
    end = play(mechanism, [0, 3, 1, 2], None)
    np.testing.assert_array_equal(end.payments, [0, 1, 0, 1])
    np.testing.assert_array_equal(end.allocation, [0, 1, 0, 1])


def test_where_a_value_is_missing_f_earns_nothing():
    mechanism = KnowledgeExtraction(3, epsilon=EPSILON, removed=0, value_bound=2)
    end = play(mechanism, [0, 1, -np.inf], np.full(4, 0.25))
    np.testing.assert_array_equal(end.payments, [0, 1, 0])
    np.testing.assert_array_equal(end.allocation, [0, 1, 0])


def test_a_bound_that_is_too_low_only_costs_its_author():
    mechanism = KnowledgeExtraction(2, inner="program", epsilon=EPSILON, removed=0)
    end = play(mechanism, [0, 5], np.array([0.5, 0.5]), 2)
    np.testing.assert_allclose(end.payments, [-EPSILON / 2 * 0.5, 1])


def test_an_inner_mechanism_that_does_not_fit_f():
    correlated = JointDistribution.from_table(np.eye(2)[..., None] * np.array([0.25, 0.25]))
    with pytest.raises(ValueError, match=r"buyer 2 is refused: .* must be the product of its marginals"):
        expected_outcome(KnowledgeExtraction(3, inner="myerson", epsilon=EPSILON, removed=2), correlated)
    fine = KnowledgeExtraction(3, inner="program", epsilon=EPSILON, removed=2)
    assert expected_outcome(fine, correlated).revenue > 0
    three = MyersonAuction([Discrete([0, 1], [0.5, 0.5])] * 3)
    with pytest.raises(ValueError, match="inner must do with n - 1 = 2 buyers, got a mechanism for 3"):
        KnowledgeExtraction(3, inner=three)


def test_losses_are_possible_with_logarithmic_scores_only():
    assert KnowledgeExtraction(2).ex_post_ir
    mechanism = KnowledgeExtraction(2, scoring=Logarithmic(1, 1), removed=0, value_bound=2)
    assert not mechanism.ex_post_ir
    assert play(mechanism, [0, 1], np.array([1.0, 0.0])).payments[0] == np.inf


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 1}, ValueError, "n must be at least 2"),
        ({"n": 2, "epsilon": 0}, ValueError, "epsilon must be > 0"),
        ({"n": 2, "inner": "vickrey"}, ValueError, "inner must be one of"),
        ({"n": 2, "inner": 3}, TypeError, "inner must be a name"),
        ({"n": 2, "inner": StarAuction(2, 3)}, TypeError, "closed rule"),
        ({"n": 2, "removed": 2}, ValueError, "removed must be below n = 2"),
        ({"n": 2, "value_bound": 0}, ValueError, "value_bound must be at least 1"),
        ({"n": 9, "value_bound": 100}, ValueError, "ask for marginals"),
        ({"n": 9, "value_bound": 9, "inner": "program", "marginals": True}, ValueError, f"got {9**8}: "),
        ({"n": 30}, ValueError, f"got {2**29}: ask for marginals"),
        ({"n": 2, "scoring": "brier"}, TypeError, "scoring"),
        ({"n": 2, "units": 0}, ValueError, "units must be at least 1"),
    ],
)
def test_bad_parameters(arguments, error, message):
    with pytest.raises(error, match=message):
        KnowledgeExtraction(**arguments)
