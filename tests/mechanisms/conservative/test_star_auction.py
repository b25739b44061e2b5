"""ℳ: revenue against plain loops over the paper's formulas, Theorem 2, incentives in both steps."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from agents.strategies.base import Strategy, Truthful
from mechanisms.conservative.optimal import optimal_dsic
from mechanisms.conservative.scoring import Logarithmic
from mechanisms.conservative.star_auction import StarAuction
from mechanisms.distributions import JointDistribution
from mechanisms.engine import walk
from tests.mechanisms.conservative import by_hand
from tests.mechanisms.conservative.scripted import DELTA, EPSILON, Script, auction_for, own_types


def all_known(prior):
    return (np.arange(prior.table.size).reshape(prior.shape),) * prior.n


def expected_deal(mechanism, i, values, beliefs):
    """(probability of the good, expected payment) of buyer i over the coins."""
    return sum(
        player.path.probability * np.array([end.allocation[i], end.payments[i]])
        for player, end in walk(mechanism, len(values), lambda path: Script(values, beliefs, path))
    )


def smallest_advantage(mechanism, others_beliefs, own_beliefs, n, bound):
    """Of truth over each lie in step 1, with the same later answers, whatever each of the others says."""
    least, true, lies = np.inf, np.arange(bound)[:, None], ~np.eye(bound, dtype=bool)
    for i, others in product(range(n), product(range(bound), repeat=n - 1)):
        for *theirs, mine in product(*[others_beliefs] * (n - 1), own_beliefs):
            beliefs = [*theirs[:i], mine, *theirs[i:]]
            deals = [
                expected_deal(mechanism, i, np.insert(others, i, said), beliefs) for said in range(bound)
            ]
            chances, payments = np.transpose(deals)
            gains = true * chances - payments
            least = min(least, (gains.diagonal()[:, None] - gains)[lies].min())
    return least


def test_revenue_is_that_of_the_formulas():
    for prior, partitions in by_hand.instances(1, 36):
        found = expected_outcome(auction_for(prior), prior, partitions).revenue
        assert found == pytest.approx(by_hand.revenue(prior, partitions, DELTA, EPSILON), abs=1e-12)


def test_theorem_2():
    for prior, partitions in by_hand.instances(2, 12):
        floor = (1 - DELTA) * by_hand.star_benchmark(prior) - EPSILON
        for knowledge in (partitions, own_types(prior), all_known(prior)):
            assert expected_outcome(auction_for(prior), prior, knowledge).revenue >= floor - 1e-12


def test_corollary_1():
    for prior, partitions in by_hand.instances(3, 12):
        floor = (1 - DELTA) / 2 * optimal_dsic(prior).revenue - EPSILON
        assert expected_outcome(auction_for(prior), prior, partitions).revenue >= floor - 1e-9


def tails_part(prior, outcome, amounts):
    """Expectation of `amounts` at the leaves of the tails branch: those with announcements have rewards."""
    paid = outcome.leaves.causes["reward"].sum(axis=1) < 0
    return outcome.leaves.probability[paid] @ amounts[paid] / (1 - DELTA)


def gross_tails(prior, partitions):
    outcome = expected_outcome(auction_for(prior), prior, partitions)
    sold = outcome.leaves.allocation.sum(axis=1)
    return tails_part(prior, outcome, outcome.leaves.causes["price"].sum(axis=1) + EPSILON * sold)


def test_own_type_knowledge_earns_the_star_benchmark_gross():
    for prior, _ in by_hand.instances(4, 24):
        assert gross_tails(prior, own_types(prior)) == pytest.approx(by_hand.star_benchmark(prior), abs=1e-12)


def test_full_knowledge_earns_the_highest_value_less_the_costs():
    for prior, _ in by_hand.instances(5, 24):
        outcome = expected_outcome(auction_for(prior), prior, all_known(prior))
        highest = prior.support_probabilities() @ prior.profiles().max(axis=1)
        rewards = 2 * (prior.n - 1) * DELTA * EPSILON / (3 * prior.n * prior.shape[0])
        net = tails_part(prior, outcome, outcome.leaves.payments.sum(axis=1))
        assert net == pytest.approx(highest - EPSILON - rewards, abs=1e-12)


def test_gross_revenue_grows_with_knowledge():
    rng = np.random.default_rng(6)
    for prior, fine in by_hand.instances(6, 12):
        coarse = tuple(
            labels // 3 * 3 + np.minimum(labels % 3, rng.integers(0, 3)) for labels in fine
        )
        steps = [own_types(prior), coarse, fine, all_known(prior)]
        earned = [gross_tails(prior, partitions) for partitions in steps]
        assert (np.diff(earned) >= -1e-12).all()


def test_net_revenue_may_fall_with_knowledge():
    """Buyer 0 has 0 or 2. To know which costs rewards, and earns nothing but a sale at 0 less ε."""
    table = np.zeros((3, 3))
    table[0, 0] = table[2, 0] = 0.5
    prior = JointDistribution.from_table(table)
    ignorant = expected_outcome(auction_for(prior), prior, own_types(prior)).revenue
    knowing = expected_outcome(auction_for(prior), prior, all_known(prior)).revenue
    sale, better_score = EPSILON / 2, 0.5 * DELTA * EPSILON / (3 * 2 * 3)
    assert ignorant - knowing == pytest.approx((1 - DELTA) * (sale + better_score), abs=1e-12)


def point_masses(bound):
    return list(np.eye(bound))


@pytest.mark.parametrize(("bound", "n"), [(2, 2), (3, 2), (4, 2), (5, 2), (2, 3), (3, 3)])
@pytest.mark.parametrize(("delta", "epsilon"), [(DELTA, EPSILON), (0.07, 0.24)])
def test_truth_in_step_1_is_dominant_by_exactly_this_much(bound, n, delta, epsilon):
    mechanism = StarAuction(n, bound, delta, epsilon)
    beliefs = point_masses(bound)
    if n == 2:
        beliefs.append(np.full(bound, 1 / bound))
    unit = delta * epsilon / (n * bound)
    exact = unit if bound == 2 else unit * (1 + 2 * delta) / 3
    assert smallest_advantage(mechanism, beliefs, beliefs, n, bound) == pytest.approx(exact, rel=1e-9)


class Misprint(StarAuction):
    """With the appendix's constant."""

    @property
    def reward_unit(self):
        return 3 * super().reward_unit


def test_with_the_misprinted_constant_truth_in_step_1_is_not_dominant():
    masses = point_masses(3)
    loss = DELTA * EPSILON / 6 * (1 - 2 * (1 - DELTA))
    found = smallest_advantage(Misprint(2, 3, DELTA, EPSILON), masses, masses, 2, 3)
    assert found == pytest.approx(loss, rel=1e-9)
    assert found < 0


def test_logarithmic_scores_may_cost_more_than_a_lie_gains():
    mechanism = StarAuction(2, 3, DELTA, EPSILON, scoring=Logarithmic(1.1, 1.0))
    masses = point_masses(3)
    assert not mechanism.ex_post_ir
    assert smallest_advantage(mechanism, masses, [np.array([1e-30, 1e-3, 0.999])], 2, 3) < 0


class Says(Strategy):
    """Truthful but for the belief, which is always the same."""

    def __init__(self, belief):
        self.belief = belief

    def report_belief(self, question, view):
        return np.tile(self.belief, (len(view.seats), 1))


def test_truth_in_step_2_is_best_by_the_squared_distance():
    rng = np.random.default_rng(7)
    for prior, partitions in by_hand.instances(7, 12):
        mechanism = auction_for(prior)
        liar = int(rng.integers(prior.n))
        said = rng.dirichlet(np.ones(prior.shape[0]))
        strategies = [Says(said) if j == liar else Truthful() for j in range(prior.n)]
        honest = expected_outcome(mechanism, prior, partitions).utility[liar]
        lying = expected_outcome(mechanism, prior, partitions, strategies)
        distance = sum(
            weight * ((beliefs[liar] - said) ** 2).sum()
            for weight, _, _, beliefs in by_hand.tails(prior, partitions)
            if liar in beliefs
        )
        expected = (1 - DELTA) * mechanism.reward_unit * distance
        assert honest - lying.utility[liar] == pytest.approx(expected, abs=1e-12)


def test_nobody_loses_ex_post():
    for prior, partitions in by_hand.instances(8, 12):
        outcome = expected_outcome(auction_for(prior), prior, partitions)
        assert outcome.payoffs.min() >= 0


def test_truth_never_loses_whatever_the_others_do():
    rng = np.random.default_rng(9)
    mechanism = StarAuction(3, 4, DELTA, EPSILON)
    for _ in range(200):
        values, i = rng.integers(0, 4, 3), int(rng.integers(3))
        beliefs = list(rng.dirichlet(np.ones(4) / 3, 3))
        for _, end in walk(mechanism, 3, lambda path, v=values, b=beliefs: Script(v, b, path)):
            assert values[i] * end.allocation[i] - end.payments[i] >= 0


def test_held_in_public_everybody_knows_the_star():
    prior = next(by_hand.instances(10, 1))[0]
    outcome = expected_outcome(auction_for(prior, public_values=True), prior, own_types(prior))
    highest = prior.support_probabilities() @ prior.profiles().max(axis=1)
    rewards = 2 * (prior.n - 1) * DELTA * EPSILON / (3 * prior.n * prior.shape[0])
    net = tails_part(prior, outcome, outcome.leaves.payments.sum(axis=1))
    assert net == pytest.approx(highest - EPSILON - rewards, abs=1e-12)


@dataclass(frozen=True)
class Shades(Strategy):
    """Reports one less than her value."""

    def report_value(self, question, view):
        return np.maximum(view.values - 1, 0)


def test_secrecy_is_what_makes_truth_pay():
    """Where all values are announced the star pays what she said, and gains by saying less."""
    table = np.zeros((4, 4))
    table[0] = 1 / 4
    prior = JointDistribution.from_table(table)
    lie = [Truthful(), Shades()]
    gain = {}
    for public in (True, False):
        mechanism = auction_for(prior, public_values=public, delta=0.01)
        honest = expected_outcome(mechanism, prior).utility[1]
        gain[public] = expected_outcome(mechanism, prior, strategies=lie).utility[1] - honest
    assert gain[True] > 0.4 > 0 > gain[False]
