"""OPT, S and the lookahead auction: against Myerson, all deterministic rules, loops, and primal = dual."""

from itertools import product

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.conservative.lookahead import LookaheadAuction, lookahead_revenue, star_benchmark
from mechanisms.conservative.optimal import optimal_dsic, systematic_branches
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution, MixturePrior, Uniform
from tests.mechanisms.conservative import by_hand


def random_marginals(rng, n, bound):
    weights = rng.integers(0, 4, (n, bound)) + np.eye(n, bound, dtype=int)
    return [Discrete(np.arange(bound), row / row.sum()) for row in weights]


@pytest.mark.parametrize("units", [1, 2, 3])
def test_equals_myerson_on_products(units):
    rng = np.random.default_rng(units)
    for n, bound in [(1, 4), (2, 4), (3, 3), (3, 4)]:
        marginals = random_marginals(rng, n, bound)
        found = optimal_dsic(JointDistribution.product(marginals), units).revenue
        assert found == pytest.approx(optimal_revenue(marginals, units=units), abs=1e-9)


def test_on_grids_that_are_not_consecutive():
    marginals = [Discrete([1, 2.5, 7], [0.5, 0.3, 0.2]), Discrete([0, 4], [0.4, 0.6])]
    prior = JointDistribution.product(marginals)
    assert optimal_dsic(prior).revenue == pytest.approx(optimal_revenue(marginals), abs=1e-9)


def best_deterministic(prior):
    """By trying all thresholds: buyer i buys at a price for each value of the other; never both."""
    (rows, columns), table = prior.shape, prior.table
    best = 0.0
    for first in product(range(rows + 1), repeat=columns):
        for second in product(range(columns + 1), repeat=rows):
            wins_0 = np.arange(rows)[:, None] >= np.array(first)
            wins_1 = np.arange(columns) >= np.array(second)[:, None]
            if not (wins_0 & wins_1).any():
                paid = wins_0 * np.array(first) + wins_1 * np.array(second)[:, None]
                best = max(best, float((table * paid).sum()))
    return best


def test_equals_the_deterministic_optimum_for_two_buyers():
    rng = np.random.default_rng(5)
    for bound in (2, 2, 2, 3, 3):
        prior = by_hand.random_prior(rng, 2, bound)
        best = best_deterministic(prior)
        assert optimal_dsic(prior).revenue == pytest.approx(best, abs=1e-9)
        assert optimal_dsic(prior, deterministic=True).revenue == pytest.approx(best, abs=1e-9)


def test_primal_is_dual_and_the_auction_earns_it():
    for prior, _ in by_hand.instances(6, 18):
        optimum = optimal_dsic(prior)
        assert optimum.revenue == pytest.approx(optimum.bound, abs=1e-9)
        assert expected_outcome(optimum.auction, prior).revenue == pytest.approx(optimum.revenue, abs=1e-9)


def test_the_optimum_is_dominant_strategy_and_individually_rational():
    rng = np.random.default_rng(7)
    for n, bound, units in [(2, 4, 1), (3, 3, 1), (3, 3, 2)]:
        prior = by_hand.random_prior(rng, n, bound)
        optimum = optimal_dsic(prior, units)
        x, p = optimum.allocation, optimum.payments
        assert (x.sum(axis=-1) <= units + 1e-9).all()
        for i in range(n):
            chance, price = np.moveaxis(x[..., i], i, 0), np.moveaxis(p[..., i], i, 0)
            for true in range(bound):
                honest = true * chance[true] - price[true]
                assert (honest >= -1e-9).all()
                for report in range(bound):
                    assert (honest >= true * chance[report] - price[report] - 1e-9).all()


def test_systematic_branches_have_the_right_marginals():
    rng = np.random.default_rng(8)
    chances = rng.random((200, 4)) * rng.integers(0, 2, (200, 4))
    chances[0] = [1, 1, 0, 1]
    weights, winners = systematic_branches(chances)
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    assert (weights >= 0).all()
    np.testing.assert_allclose(np.einsum("pb,pbn->pn", weights, winners), chances, atol=1e-12)
    taken = winners.sum(axis=-1)[weights > 0]
    most = np.broadcast_to(np.ceil(chances.sum(axis=-1))[:, None], weights.shape)[weights > 0]
    assert (taken <= most).all()


def test_star_benchmark_is_the_formula():
    for prior, _ in by_hand.instances(9, 30):
        assert star_benchmark(prior) == pytest.approx(by_hand.star_benchmark(prior), abs=1e-12)


def test_lookahead_earns_the_star_benchmark_and_half_of_the_optimum():
    for prior, _ in by_hand.instances(10, 30):
        benchmark = star_benchmark(prior)
        assert lookahead_revenue(prior) == pytest.approx(benchmark, abs=1e-12)
        assert 2 * benchmark >= optimal_dsic(prior).revenue - 1e-9
        assert benchmark <= optimal_dsic(prior).revenue + 1e-9


def test_lookahead_is_dominant_and_individually_rational():
    rng = np.random.default_rng(11)
    prior = by_hand.random_prior(rng, 3, 3)
    auction = LookaheadAuction(prior)
    profiles = np.array(list(product(range(3), repeat=3)), dtype=float)
    honest = auction.outcome(profiles)
    for i in range(3):
        gain = profiles[:, i] * honest.allocation[:, i] - honest.payments[:, i]
        assert (gain >= 0).all()
        for lie in range(3):
            told = profiles.copy()
            told[:, i] = lie
            end = auction.outcome(told)
            assert (gain >= profiles[:, i] * end.allocation[:, i] - end.payments[:, i] - 1e-12).all()


def test_structure_agrees_with_the_table():
    rng = np.random.default_rng(12)
    for n, bound in [(2, 5), (3, 4)]:
        marginals = random_marginals(rng, n, bound)
        table, structure = JointDistribution.product(marginals), IndependentPrior(marginals)
        assert star_benchmark(structure) == pytest.approx(by_hand.star_benchmark(table), abs=1e-12)
        assert lookahead_revenue(structure) == star_benchmark(structure)
        others = random_marginals(rng, n, bound)
        mixture = MixturePrior([0.3, 0.7], [structure, IndependentPrior(others)])
        mixed = JointDistribution.mixture([0.3, 0.7], [table, JointDistribution.product(others)])
        assert star_benchmark(mixture) == pytest.approx(by_hand.star_benchmark(mixed), abs=1e-12)
        assert lookahead_revenue(mixture) == pytest.approx(lookahead_revenue(mixed), abs=1e-12)
        for profiles, small, large in [(table, table, structure), (mixed, mixed, mixture)]:
            one = LookaheadAuction(small).outcome(profiles.profiles())
            two = LookaheadAuction(large).outcome(profiles.profiles())
            np.testing.assert_array_equal(one.payments, two.payments)


def test_a_mixture_may_tell_everything_or_nothing():
    """Both 1 or both 3: the other's value gives the star's away. Two parts alike: a product after all."""
    sure = [IndependentPrior([Discrete([v], [1.0])] * 2) for v in (1, 3)]
    assert star_benchmark(MixturePrior([0.25, 0.75], sure)) == pytest.approx(2.5)
    alike = IndependentPrior([Discrete([1, 2], [0.5, 0.5])] * 2)
    assert star_benchmark(MixturePrior([0.5, 0.5], [alike] * 2)) == pytest.approx(star_benchmark(alike))


def test_two_uniform_values_earn_the_expected_highest_virtual_value():
    """On 0 … B−1 the virtual value of v is 2v − (B − 1)."""
    prior = JointDistribution.product([Discrete(np.arange(20), np.full(20, 1 / 20))] * 2)
    virtual = 2 * np.arange(20) - 19
    expected = np.maximum(np.maximum.outer(virtual, virtual), 0).mean()
    assert optimal_dsic(prior).revenue == pytest.approx(expected, abs=1e-9)


def test_bad_input():
    with pytest.raises(TypeError, match="JointDistribution"):
        optimal_dsic(Uniform(0, 1))
    with pytest.raises(ValueError, match="units must be at least 1"):
        optimal_dsic(JointDistribution.from_table([0.5, 0.5]), 0)
    below = JointDistribution.from_table([0.5, 0.5], values=[[-1, 1]])
    for function in (optimal_dsic, star_benchmark, LookaheadAuction):
        with pytest.raises(ValueError, match="at least 0"):
            function(below)
    parts = [IndependentPrior([Discrete([v, 9], [0.5, 0.5])] * 30) for v in (0, 1)]
    with pytest.raises(ValueError, match=f"1000000 type profiles where it is a mixture, got {3**30}: "):
        star_benchmark(MixturePrior([0.5, 0.5], parts))
    with pytest.raises(TypeError, match=r"prior must be a JointDistribution .*from_table"):
        star_benchmark([[0.5, 0.5]])
    with pytest.raises(TypeError, match="mixture of products"):
        star_benchmark(MixturePrior([0.5, 0.5], [IndependentPrior([Uniform(0, 1)] * 2)] * 2))
    with pytest.raises(TypeError, match="Discrete"):
        LookaheadAuction(IndependentPrior([Uniform(0, 1)]))
    with pytest.raises(ValueError, match="sum to 1"):
        JointDistribution.from_table([[0.5, 0.6]])
