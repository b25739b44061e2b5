"""ℳ: revenue against plain loops over the paper's formulas, Theorem 2, incentives in both steps."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest

from agents.strategies.base import Strategy, Truthful
from mechanisms.conservative.optimal import optimal_dsic
from mechanisms.conservative.scoring import Logarithmic
from mechanisms.conservative.star_auction import (
    StarAuction,
    best_price,
    classical_price,
    designer_knowing,
)
from mechanisms.distributions import JointDistribution
from mechanisms.engine import Path, converse, walk
from mechanisms.questions import SILENT, AskBelief, Replies
from sim.exact import expected_outcome
from tests.mechanisms.conservative import by_hand

DELTA, EPSILON = 0.2, 0.1


def auction_for(prior, delta=DELTA, epsilon=EPSILON, **options):
    return StarAuction(prior.n, prior.shape[0], delta, epsilon, **options)


def own_types(prior):
    return tuple(np.indices(prior.shape))


def all_known(prior):
    return (np.arange(prior.table.size).reshape(prior.shape),) * prior.n


class Script:
    """Answers for buyers from fixed values and beliefs."""

    def __init__(self, values, beliefs, path=None, asked=None):
        self.values, self.beliefs = np.asarray(values, dtype=float), beliefs
        self.path = path or Path()
        self.asked = [] if asked is None else asked

    def ask(self, question):
        self.asked.append(question)
        n = len(self.values)
        if not isinstance(question, AskBelief):
            return Replies(self.values, np.isfinite(self.values))
        answers = question.defaults(n)
        for j in question.seats(n):
            if self.beliefs[j] is not None:
                answers[j] = self.beliefs[j]
        return Replies(answers, ~np.isnan(answers).any(axis=1))

    def chance(self, question):
        return self.path.take(question.probabilities)

    def announce(self, question):
        self.asked.append(question)


def play_tails(mechanism, values, beliefs, asked=None):
    return converse(mechanism.conversation(len(values)), Script(values, beliefs, Path((1,)), asked))


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


def test_the_example_by_hand():
    """Buyer 1 has 3, buyer 0 has 1 and thinks 2 or 3 equally likely: KR = 2 at KP = 2 = CP."""
    mechanism = StarAuction(2, 4, DELTA, EPSILON)
    asked = []
    end = play_tails(mechanism, [1, 3], [np.array([0, 0, 0.5, 0.5]), None], asked)
    assert [dict(q.content) for q in asked if hasattr(q, "content")] == [{"star": 1, "values": (1.0,)}]
    np.testing.assert_array_equal(end.allocation, [0, 1])
    np.testing.assert_allclose(end.itemised["price"], [0, 2 - EPSILON])
    np.testing.assert_allclose(end.itemised["reward"], [-mechanism.reward_unit * 1.5, 0])


def test_ties_and_the_classical_price():
    assert classical_price(np.array([2.0, 2.0]), 0) == 2
    assert classical_price(np.array([2.0, 3.0]), 1) == 3
    assert classical_price(np.array([-np.inf, 3.0, 1.0]), 1) == 1
    assert best_price(np.array([0.0, 0.5, 0.5])) == (1, 1.0)
    sure_of_1 = [np.eye(3)[1], np.eye(3)[1]]
    end = play_tails(StarAuction(2, 3, DELTA, EPSILON), [1, 1], sure_of_1)
    np.testing.assert_array_equal(end.allocation, [1, 0])
    assert end.itemised["price"][0] == 1 - EPSILON


def test_where_knowledge_earns_no_more_the_classical_price_stands():
    """KR = 2 at KP = 4 is no more than CP = 2; nor is it where rounding makes it a little more."""
    for low in (0.5, 0.5 - 1e-14):
        end = play_tails(StarAuction(2, 5, DELTA, EPSILON), [1, 3], [np.array([low, 0, 0, 0, 1 - low]), None])
        np.testing.assert_array_equal(end.allocation, [0, 1])
        assert end.itemised["price"][1] == 2 - EPSILON


def test_who_can_make_no_sense_of_it_is_told_the_classical_price():
    """The question about the star says which values she can have at all."""
    asked = []
    play_tails(StarAuction(3, 5, DELTA, EPSILON), [2, 3, 1], [None] * 3, asked)
    assert (asked[-1].about, asked[-1].least) == ((1,), 3)


def test_the_good_stays_unsold_where_knowledge_asks_too_much():
    end = play_tails(StarAuction(2, 4, DELTA, EPSILON), [2, 0], [None, np.eye(4)[3]])
    assert not end.allocation.any()
    assert not end.payments.any()  # a sure belief in what did not happen scores −2: reward 0


def test_who_is_late_has_left():
    mechanism = StarAuction(3, 4, DELTA, EPSILON)
    asked = []
    end = play_tails(mechanism, [SILENT, 3, 1], [None, None, np.eye(4)[3]], asked)
    assert asked[-1].to == (2,)
    assert end.itemised["price"][1] == 3 - EPSILON
    for values in ([SILENT, 3, SILENT], [SILENT] * 3):
        for _, end in walk(mechanism, 3, lambda path, v=values: Script(v, [None] * 3, path)):
            assert not end.allocation.any()
            assert not end.payments.any()


def test_without_beliefs_the_classical_price_stands():
    end = play_tails(StarAuction(3, 4, DELTA, EPSILON), [1, 3, 0], [None] * 3)
    np.testing.assert_allclose(end.payments, [0, 2 - EPSILON, 0])


def test_a_missing_belief_is_left_out_and_earns_nothing():
    mechanism = StarAuction(3, 4, DELTA, EPSILON)
    end = play_tails(mechanism, [1, 3, 0], [None, None, np.eye(4)[3]])
    np.testing.assert_allclose(end.payments, [0, 3 - EPSILON, -2 * mechanism.reward_unit])


def test_the_designer_joins_last_and_stands_alone_if_nobody_reports():
    heard = []

    def designer(star, others):
        heard.append((star, others))
        return [0, 0, 0.1, 0.9]

    mechanism = StarAuction(2, 4, DELTA, EPSILON, designer=designer)
    alone = play_tails(mechanism, [1, 3], [None, None])
    assert heard == [(1, (1.0,))]
    assert alone.payments[1] == 3 - EPSILON
    among = play_tails(mechanism, [1, 3], [np.array([0, 0.5, 0.3, 0.2]), None])
    assert among.payments[1] == 2 - EPSILON  # 0.6 : 0.4 on 2 and 3: the first report gives the density
    silent = replace(mechanism, designer=lambda star, others: None)
    assert play_tails(silent, [1, 3], [None, None]).payments[1] == 2 - EPSILON


class KeepsQuiet(Truthful):
    """Reports her value, and no belief."""

    def report_belief(self, question, view):
        return np.full((len(view.seats), *question.shape), np.nan)


def test_a_designer_who_knows_the_prior_needs_nobody_for_the_star_benchmark():
    for prior, _ in by_hand.instances(11, 12):
        mechanism = auction_for(prior, designer=designer_knowing(prior))
        outcome = expected_outcome(mechanism, prior, strategies=KeepsQuiet())
        heads = sum(
            weight * sum(p - EPSILON for v in profile for p in range(int(v) + 1))
            for weight, profile in zip(prior.support_probabilities(), prior.profiles(), strict=True)
        ) / (prior.n * prior.shape[0])
        discounts = outcome.allocation.sum() - DELTA * sold_by_chance(prior)
        gross = (outcome.revenue - DELTA * heads + EPSILON * discounts) / (1 - DELTA)
        assert gross == pytest.approx(by_hand.star_benchmark(prior), abs=1e-12)


def sold_by_chance(prior):
    """Probability that the random sale of the heads branch finds its buyer."""
    chances = (prior.profiles() + 1).mean(axis=1) / prior.shape[0]
    return prior.support_probabilities() @ chances


def test_a_designer_who_does_not_fit():
    for own, message in [([0.5, 0.5], "must return 4 masses"), ([-1, 1, 1, 0], "designer must be nonneg")]:
        mechanism = StarAuction(2, 4, DELTA, EPSILON, designer=lambda star, others, own=own: own)
        with pytest.raises(ValueError, match=message):
            play_tails(mechanism, [1, 3], [None, None])


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 3), "n must be at least 2"),
        ((2, 1), "value_bound must be at least 2"),
        ((2, 3, 0.25), "delta must be > 0 and < 0.25"),
        ((2, 3, 0.0), "delta"),
        ((2, 3, 0.1, 0.25), "epsilon must be"),
        ((2, 3, 0.1, float("nan")), "epsilon"),
    ],
)
def test_bad_parameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        StarAuction(*arguments)


def test_bad_types_and_sizes():
    with pytest.raises(TypeError, match="scoring"):
        StarAuction(2, 3, scoring="brier")
    with pytest.raises(TypeError, match="designer must be a function"):
        StarAuction(2, 3, designer=[0.5, 0.5, 0])
    with pytest.raises(TypeError, match="n must be an integer"):
        StarAuction(2.0, 3)
    with pytest.raises(ValueError, match="n must be 2"):
        next(StarAuction(2, 3).conversation(3))


def test_values_off_the_grid_are_refused():
    prior = JointDistribution.from_table([[0.5, 0.5]], values=[[0], [1.5, 4]])
    with pytest.raises(ValueError, match="integers from 0 to 4"):
        expected_outcome(StarAuction(2, 5), prior)
    too_high = JointDistribution.from_table([[0.5, 0.5]], values=[[0], [1, 5]])
    with pytest.raises(ValueError, match=r"integers from 0 to 4, .* got 5 for buyer 1"):
        expected_outcome(StarAuction(2, 5), too_high)
