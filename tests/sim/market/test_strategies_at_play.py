"""Strategies in real auctions, played at once and exactly, against what theory says of them."""

from itertools import product

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from agents.play.instant import play_many, play_once
from agents.population import Population
from agents.strategies import Equilibrium, Incremental, RandomBidder, Shading, Sniper, Truthful
from mechanisms.auctions import AscendingClock, FirstPrice, OpenProxy, SecondPrice
from mechanisms.distributions import Discrete, JointDistribution, Uniform

INCREMENT = 0.02


def profiles(count, n, seed=0):
    return np.random.default_rng(seed).random((count, n))


def open_auction(strategies, values, rounds=120):
    population = Population.of(strategies)
    return play_once(OpenProxy(INCREMENT, rounds), values, population, np.random.default_rng(0))


@pytest.mark.parametrize("values", profiles(20, 4), ids=lambda values: f"{values.max():.3f}")
def test_incremental_bidders_end_within_an_increment_of_the_second_value(values):
    """All but one stop for want of value, so nobody else could pay an increment over the price."""
    outcome = open_auction([Incremental()] * 4, values)
    runner_up = np.sort(values)[-2]
    assert abs(outcome.revenue - runner_up) <= INCREMENT + 1e-12
    assert values[outcome.allocation.argmax()] >= runner_up - INCREMENT


@pytest.mark.parametrize("values", profiles(20, 4, seed=1), ids=lambda values: f"{values.max():.3f}")
def test_snipers_play_a_sealed_second_price_auction(values):
    """All bids come in the last round, unanswered: the second value, and at most an increment over it."""
    outcome = open_auction([Sniper()] * 4, values, rounds=7)
    assert outcome.allocation.argmax() == values.argmax()
    assert 0 <= outcome.revenue - np.sort(values)[-2] <= INCREMENT + 1e-12


def test_sniping_pays_against_an_incremental_bidder():
    """She stands at the start price when the sniper strikes, and cannot answer (Ockenfels and Roth 2006)."""
    sniped = open_auction([Sniper(), Incremental()], np.array([0.9, 0.8]))
    early = open_auction([Truthful(), Incremental()], np.array([0.9, 0.8]))
    assert sniped.allocation.tolist() == early.allocation.tolist() == [1, 0]
    assert sniped.payments[0] == pytest.approx(INCREMENT)
    assert abs(early.payments[0] - 0.8) <= INCREMENT + 1e-12


def test_equilibrium_of_first_price_with_uniform_values():
    """The winner pays (n − 1)/n of the highest value (Krishna 2010, Section 2.3)."""
    values = profiles(50, 4, seed=2)
    population = Population.of([Equilibrium()] * 4, prior=Uniform(0.0, 1.0))
    outcome = play_many(FirstPrice(), values, population, np.random.default_rng(0))
    np.testing.assert_allclose(outcome.revenue, values.max(axis=1) * 3 / 4, atol=1e-5)


def test_shading_by_the_equilibrium_share_is_the_equilibrium():
    values = profiles(50, 4, seed=3)
    shading = play_many(FirstPrice(), values, Population.of([Shading(0.75)] * 4), np.random.default_rng(0))
    np.testing.assert_allclose(shading.revenue, values.max(axis=1) * 3 / 4)


def grid(branches):
    return [(k + 0.5) / branches for k in range(branches)]


@pytest.mark.parametrize("mechanism", [SecondPrice(), AscendingClock()], ids=repr)
def test_exact_play_enumerates_random_bids(mechanism):
    """Two buyers of value 1: the mean of the lower of two bids, over all pairs of the grid.

    On the clock who leaves second never moves the price, so that it is the same.
    """
    certain = JointDistribution.product([Discrete([1.0], [1.0])] * 2)
    exact = expected_outcome(mechanism, certain, strategies=RandomBidder(branches=4))
    lower = np.mean([min(pair) for pair in product(grid(4), repeat=2)])
    assert exact.revenue == pytest.approx(lower)


def test_exact_play_of_random_bids_in_first_price():
    """One truthful buyer of value 0.6 against a random one of value 1: the mean of the higher bid."""
    certain = JointDistribution.product([Discrete([1.0], [1.0]), Discrete([0.6], [1.0])])
    exact = expected_outcome(FirstPrice(), certain, strategies=[RandomBidder(branches=5), Truthful()])
    assert exact.revenue == pytest.approx(np.mean([max(bid, 0.6) for bid in grid(5)]))
    assert exact.allocation[0] == pytest.approx(2 / 5)
