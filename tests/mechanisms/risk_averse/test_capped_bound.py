"""The capped bound: above the optimum, never above Jensen's, and the value of the program that it solves."""

import itertools

import numpy as np
import pytest

from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.distributions import Discrete
from mechanisms.programs import maximise
from mechanisms.risk_averse import RevenueLaw, optimal_dsic_utility, utility_bounds
from mechanisms.risk_averse.capped_bound import cap_of, capped_bound
from mechanisms.utilities import CRRA, Linear, PiecewiseLinear
from tests.mechanisms.risk_averse.cases import instance


@pytest.mark.parametrize("seed", range(40))
def test_it_is_between_the_optimum_and_jensens_bound(seed):
    case = instance(500 + seed)
    bounds = utility_bounds(*case)
    assert optimal_dsic_utility(*case) * (1 - 1e-9) <= bounds.capped <= bounds.jensen * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_it_is_the_program_over_profiles(seed):
    """Max E[U(R)] over 0 <= R <= the k largest values, E[R] <= Myerson's revenue; values are one, or 0."""
    rng = np.random.default_rng([seed, 12])
    knots = [(0, 0), (3, 3), (9, 5)]
    highs, chances = rng.integers(1, 9, 4).astype(float), rng.uniform(0.1, 0.9, 4)
    units = int(rng.integers(1, 5))
    priors = [Discrete([0.0, high], [1 - p, p]) for high, p in zip(highs, chances, strict=True)]
    revenue = optimal_revenue(priors, units=units)
    there = np.array(list(itertools.product([0, 1], repeat=4)))
    weights = np.where(there, chances, 1 - chances).prod(axis=1)
    most = np.sort(there * highs, axis=1)[:, -units:].sum(axis=1)
    slopes, heights = (1.0, 1 / 3), (0.0, 2.0)
    n = len(weights)
    below = np.vstack([np.hstack([-slope * np.eye(n), np.eye(n)]) for slope in slopes])
    rows = np.vstack([below, np.append(weights, np.zeros(n))])
    wanted = maximise(
        np.append(np.zeros(n), weights), at_most=(rows, [*np.repeat(heights, n), revenue]),
        bounds=(0.0, np.append(most, most)),
    ).value
    assert capped_bound(priors, units, PiecewiseLinear(knots), revenue) == pytest.approx(wanted, abs=1e-8)


def test_two_coins():
    """Values 0 or 1, two units: the price 1 to both earns all there is, and the bound says so."""
    bounds, utility = utility_bounds([[0.0, 1.0]] * 2, [[0.5, 0.5]] * 2, 2, CRRA(0.5)), CRRA(0.5)
    assert bounds.capped == pytest.approx(0.5 * utility(1.0) + 0.25 * utility(2.0), abs=1e-12)
    assert bounds.jensen == pytest.approx(utility(1.0))


def test_the_cap_keeps_the_mean():
    law = RevenueLaw(np.array([0.0, 2.0, 5.0]), np.array([0.5, 0.25, 0.25]))
    for mean in (0.1, 0.5, 1.0, 1.5):
        assert np.minimum(law.amounts, cap_of(law, mean)) @ law.probabilities == pytest.approx(mean)
    assert cap_of(law, 3.0) == 5.0


def test_odd_values_are_rounded_up_and_instances_may_be_too_large():
    rng = np.random.default_rng(0)
    priors = [Discrete(np.sort(10 * rng.random(4)), rng.dirichlet(np.ones(4))) for _ in range(5)]
    revenue = optimal_revenue(priors, units=2)
    assert capped_bound(priors, 2, Linear(), revenue) == pytest.approx(revenue)
    large = [Discrete(np.sort(rng.random(100)), np.full(100, 0.01)) for _ in range(300)]
    assert capped_bound(large, 40, Linear(), 10.0) == np.inf
