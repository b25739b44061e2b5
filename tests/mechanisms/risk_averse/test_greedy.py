"""f(q) and its gradient against enumeration of Poisson sales; the greedy's guarantee and bound; rounding."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from mechanisms.distributions import Discrete
from mechanisms.programs import maximise
from mechanisms.risk_averse import optimal_dsic_utility
from mechanisms.risk_averse.buyers import sale_chances, useful_prices
from mechanisms.risk_averse.greedy import continuous_greedy
from mechanisms.risk_averse.independent import expected_top_utility
from mechanisms.risk_averse.money import Rounding, common_unit, money_grid
from mechanisms.risk_averse.offers import best_offers
from mechanisms.risk_averse.poisson import poisson_utility
from mechanisms.risk_averse.rounding import choose_in_turn
from mechanisms.utilities import CRRA
from tests.mechanisms.risk_averse.cases import UTILITIES, instance


def poisson_by_enumeration(prices, masses, units, utility, most=14):
    """E[U_k] of independent Poisson numbers of sales, cut off where nothing is left."""
    total = 0.0
    for counts in itertools.product(range(most), repeat=len(prices)):
        chance = math.prod(stats.poisson.pmf(c, q) for c, q in zip(counts, masses, strict=True))
        amounts = sorted((p for c, p in zip(counts, prices, strict=True) for _ in range(c)), reverse=True)
        total += chance * float(utility(sum(amounts[:units])))
    return total


@pytest.mark.parametrize("units", [1, 2, 3])
@pytest.mark.parametrize("utility", UTILITIES[:4], ids=repr)
def test_poisson_utility_and_gradient(units, utility):
    prices, masses = np.array([2.0, 5.0]), np.array([0.7, 0.4])
    grid = money_grid(prices, units * 5.0, 100)
    value, gains = poisson_utility(masses, grid, units, utility)
    assert value == pytest.approx(poisson_by_enumeration(prices, masses, units, utility), abs=1e-8)
    for j in range(2):
        step = 1e-5 * np.eye(2)[j]
        up, down = (poisson_utility(masses + s, grid, units, utility)[0] for s in (step, -step))
        assert gains[j] == pytest.approx((up - down) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_independent_variables_are_worth_more_than_their_poisson_pieces(seed):
    """Lemma 6 in the limit: E[U_k] of one variable a buyer is at least f(q), of the same masses."""
    rng = np.random.default_rng(seed)
    masses = rng.dirichlet(np.ones(4), size=4)[:, :3]
    prices, units, utility = np.array([1.0, 3.0, 4.0]), seed % 4 + 1, UTILITIES[seed % len(UTILITIES)]
    value, _ = poisson_utility(masses.sum(axis=0), money_grid(prices, 4.0 * units, 99), units, utility)
    assert expected_top_utility(prices, masses, units, utility) >= value - 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_best_offers_against_the_linear_program(seed):
    rng = np.random.default_rng(seed)
    n, m, units = 5, 4, seed % 3 + 1
    chances, gains = np.sort(rng.random((n, m)))[:, ::-1], rng.random(m) * (rng.random(m) < 0.8)
    found = best_offers(chances, gains, units)
    rows = np.vstack([np.kron(np.eye(n), np.ones(m)), chances.reshape(1, -1)])
    program = maximise((chances * gains).ravel(), at_most=(rows, np.append(np.ones(n), units)), bounds=(0, 1))
    assert found.sales @ gains == pytest.approx(program.value, abs=1e-9)
    assert found.bound == pytest.approx(program.value, abs=1e-9)
    assert found.sales.sum() <= units + 1e-9
    assert (found.design.sum(axis=1) <= 1 + 1e-12).all()
    np.testing.assert_allclose(found.sales, (found.design * chances).sum(axis=0))


def greedy_of(case, steps=40):
    values, probabilities, units, utility = case
    priors = [Discrete(*pair) for pair in zip(values, probabilities, strict=True)]
    prices = useful_prices(priors)
    chances, most = sale_chances(priors, prices), min(units, len(priors))
    found = continuous_greedy(prices, most, utility, lambda g: best_offers(chances, g, most), steps=steps)
    return prices, chances, most, found


@pytest.mark.parametrize("seed", range(20))
def test_the_greedy_reaches_its_share_and_bounds_the_optimum(seed):
    """(1 − e^{−(1 − k/2T)}) OPT <= f(q) <= E[U_k] of the randomised prices; OPT <= the greedy's bound."""
    case = instance(seed)
    prices, chances, units, found = greedy_of(case)
    optimum = optimal_dsic_utility(*case)
    assert found.poisson_utility >= (1 - math.exp(units / 80 - 1)) * optimum
    assert found.upper_bound >= optimum - 1e-9
    assert found.sales.sum() <= units + 1e-9
    randomised = expected_top_utility(prices, found.design * chances, units, case[3])
    slack = 0.0 if found.exact_money else 0.01 * optimum
    assert randomised >= found.poisson_utility - slack - 1e-9
    grid = money_grid(prices, units * prices.max(), 2_000, Rounding.SPREAD)
    choice = choose_in_turn(found.design, chances, grid, units, case[3])
    masses = np.zeros_like(chances)
    offered = choice >= 0
    masses[np.flatnonzero(offered), choice[offered]] = chances[np.flatnonzero(offered), choice[offered]]
    assert expected_top_utility(prices, masses, units, case[3]) >= found.poisson_utility - slack - 1e-9


def test_common_unit():
    assert common_unit(np.array([0.3, 0.45, 0.0])) == pytest.approx(0.15, abs=1e-15)
    assert common_unit(math.pi * np.array([2.0, 3.0])) == pytest.approx(math.pi, abs=1e-12)
    assert common_unit(np.array([1.0, math.sqrt(2)])) is None
    assert common_unit(np.zeros(2)) == 1.0


def test_rounded_money_brackets():
    """Spread money can only lose, money rounded up can only gain, for a concave increasing utility."""
    prices, masses, utility = np.array([1.0, math.sqrt(2), math.pi]), np.array([0.3, 0.5, 0.2]), CRRA(0.5)
    exact = poisson_by_enumeration(prices, masses, 2, utility, most=9)
    for cells in (7, 40, 300):
        spread, up = (
            poisson_utility(masses, money_grid(prices, 2 * math.pi, cells, how), 2, utility)[0]
            for how in (Rounding.SPREAD, Rounding.UP)
        )
        assert spread - 1e-6 <= exact <= up + 1e-6
