"""Theorem 1's algorithm as written: its guarantee, its count, its budget; the designer is never worse."""

import numpy as np
import pytest

from mechanisms.risk_averse import (
    SequentialPrices,
    count_configurations,
    design_sequential_prices,
    optimal_dsic_utility,
    theorem_one_prices,
)
from mechanisms.risk_averse.configurations import Guesses
from mechanisms.risk_averse.theorem_one import covering_offers
from mechanisms.utilities import CARA, CRRA, Capped, Linear
from tests.mechanisms.risk_averse.cases import FACTOR, UTILITIES


def coarse_instance(seed):
    """Two or three buyers of two values each, one or two units."""
    rng = np.random.default_rng([seed, 6])
    n = int(rng.integers(2, 4))
    values = [rng.choice(np.arange(1.0, 5.0), 2, replace=False) for _ in range(n)]
    return values, list(rng.dirichlet(np.ones(2), size=n)), int(rng.integers(1, 3)), UTILITIES[seed % 7]


@pytest.mark.parametrize("seed", range(10))
def test_its_share_and_the_designers(seed):
    """With all configurations: more than (1 − 1/e − ε) OPT, and in turn never below the random prices."""
    case = coarse_instance(seed)
    found = theorem_one_prices(*case, epsilon=0.5, mass_step=0.5)
    optimum = optimal_dsic_utility(*case)
    assert found.tried == found.configurations == count_configurations(*case, epsilon=0.5, mass_step=0.5)
    assert found.value >= FACTOR * optimum     # more than the theorem says: ε is ½ here
    assert found.value >= found.randomised_utility - 1e-9
    assert found.upper_bound >= optimum - 1e-9
    own = SequentialPrices(found.prices, case[2]).expected_utility(*case[:2], case[3])
    assert own == pytest.approx(found.expected_utility, abs=1e-10)
    assert design_sequential_prices(*case).value >= found.value - 1e-10
    assert design_sequential_prices(*case, method="ascent").value >= found.value - 1e-9


def guesses_of(seed):
    """Random chances at three prices, the last of them huge."""
    rng = np.random.default_rng([seed, 7])
    chances = np.sort(rng.random((3, 3)), axis=1)[:, ::-1]
    prices, utility = np.array([1.0, 3.0, 40.0]), (CRRA(0.5), CARA(0.1), Linear())[seed % 3]
    return Guesses(prices, chances, int(rng.integers(1, 3)), utility, 0.5, 0.25, (4.0,))


@pytest.mark.parametrize("seed", range(6))
def test_the_covering_program_is_solved(seed):
    """Offers have the masses, small revenue and huge utility that are asked for, or there are none such."""
    from scipy.optimize import linprog

    guesses, seen = guesses_of(seed), set()
    n, m = guesses.chances.shape
    for configuration in guesses.walk():
        covers, needs = [], []
        for j in np.flatnonzero(configuration.large):
            covers.append((guesses.chances * (np.arange(m) == j)).ravel())
            needs.append(configuration.masses[j])
        for part, worth in (("small", guesses.prices), ("huge", guesses.utility(guesses.prices))):
            covers.append((guesses.chances * np.where(getattr(configuration, part), worth, 0.0)).ravel())
        needs += [configuration.small_revenue, configuration.huge_utility]
        most = [guesses.chances.ravel(), *(np.repeat(np.arange(n) == i, m).astype(float) for i in range(n))]
        offers = covering_offers(configuration, guesses)
        seen.add(offers is None)
        if offers is None:
            rows, limits = np.array([-np.array(row) for row in covers] + most), [-need for need in needs]
            found = linprog(np.zeros(n * m), rows, [*limits, guesses.units, *np.ones(n)], bounds=(0, 1))
            assert found.status == 2
        else:
            point = offers.ravel()
            assert (np.array(covers) @ point >= np.array(needs) - 1e-7).all()
            assert (np.array(most) @ point <= np.array([guesses.units, *np.ones(n)]) + 1e-7).all()
            assert point.min() >= -1e-9
    assert seen == {True, False}


def test_every_configuration_is_visited_once():
    """Five masses of price 1, three of price 3, and four levels of utility from price 40."""
    prices, chances = np.array([1.0, 3.0, 40.0]), np.array([[0.9, 0.4, 0.4], [0.8, 0.1, 0.1]])
    guesses = Guesses(prices, chances, 1, CRRA(0.5), 0.5, 0.25, (4.0,))
    seen = {(*c.masses, c.small_revenue, c.huge_utility) for c in guesses.walk()}
    assert len(list(guesses.walk())) == guesses.size == len(seen) == 5 * 3 * 4


def test_classes_of_prices():
    """Huge from U⁻¹(OPT/ε) on; small ones only with at least 1/ε⁴ units."""
    prices, chances = np.array([1.0, 2.0, 50.0]), np.full((40, 3), 0.5)
    few = Guesses(prices, chances, 3, Linear(), 0.5, 1.0, (4.0,)).classes
    assert [part.small.any() for part in few] == [False]
    assert few[0].huge.tolist() == [False, False, True]
    many = Guesses(prices, chances, 16, Linear(), 0.5, 8.0, (4.0,)).classes
    assert [part.small.tolist() for part in many][2] == [True, False, False]
    assert not Guesses(prices, chances, 3, Capped(5.0), 0.5, 1.0, (4.0,)).classes[0].huge.any()


def test_more_configurations_than_integers_of_64_bits():
    """Steps of 0.001 for ten prices: they are counted, and a budget still brings a design."""
    case = ([np.arange(1.0, 11.0)] * 3, [np.full(10, 0.1)] * 3, 2, CRRA(0.5))
    assert count_configurations(*case, epsilon=0.5, mass_step=1e-3) > 2**63
    found = theorem_one_prices(*case, epsilon=0.5, mass_step=1e-3, seconds=0.2)
    assert 1 <= found.tried < found.configurations
    assert 0 < found.certificate <= 1


def test_a_budget_stops_it_with_what_was_found():
    case = ([[1.0, 2.0, 3.0]] * 3, [[0.3, 0.3, 0.4]] * 3, 2, CARA(0.2))
    heard = []
    found = theorem_one_prices(
        *case, epsilon=0.3, mass_step=0.05, seconds=1e-6, progress=lambda *numbers: heard.append(numbers)
    )
    assert found.tried == 1 < found.configurations
    assert heard == [(1, found.configurations)]
    assert found.value > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epsilon": 0.0}, "epsilon must be > 0"),
        ({"epsilon": 1.0}, "epsilon must be .*< 1"),
        ({"mass_step": 0.0}, "mass_step must be > 0"),
        ({"seconds": 0.0}, "seconds must be > 0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        theorem_one_prices([[1.0]], [[1.0]], 1, Linear(), **{"epsilon": 0.5, "mass_step": 0.5, **options})
