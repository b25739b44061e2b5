"""Lemmas 1 and 4 to 9 on random instances, as stated or as corrected; expectations by plain enumeration."""

import itertools

import numpy as np
import pytest

from mechanisms.programs import maximise
from mechanisms.risk_averse import optimal_dsic_mechanism
from mechanisms.risk_averse.independent import checked_masses, expected_top_utility, merged, split
from mechanisms.utilities import CRRA, Capped, Linear
from tests.mechanisms.risk_averse.cases import (
    FACTOR,
    UTILITIES,
    enumerated_top_utility,
    instance,
    random_masses,
)

SEEDS = range(28)


def variables(seed, n=3, m=2, most=1.0):
    """Prices, masses, units, utility and the generator."""
    rng = np.random.default_rng([seed, 3])
    prices = rng.choice(np.arange(1.0, 9.0), m, replace=False) if seed % 2 else 0.1 + 8 * rng.random(m)
    units = int(rng.integers(1, n + 1))
    return prices, random_masses(rng, n, m, most), units, UTILITIES[seed % len(UTILITIES)], rng


@pytest.mark.parametrize("seed", SEEDS)
def test_expected_top_utility_against_enumeration(seed):
    prices, masses, units, utility, _ = variables(seed, n=4, m=3)
    found = expected_top_utility(prices, masses, units, utility)
    assert found == pytest.approx(enumerated_top_utility(prices, masses, units, utility), abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_lemma_1_as_corrected(seed):
    """If Y₁ dominates Y₂, E[U(X + Y₁) − U(Y₁)] <= E[U(X + Y₂) − U(Y₂)]; and what is added is not negative."""
    worth, x, high, low = dominated(seed)
    assert -1e-12 <= worth(x, high) - worth(high) <= worth(x, low) - worth(low) + 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_lemma_1_as_printed_is_false(seed):
    """With E[U(X)] subtracted on both sides it says E[U(X + Y₁)] <= E[U(X + Y₂)]; it is the other way round.

    The two are equal only where U no longer rises.
    """
    worth, x, high, low = dominated(seed)
    assert worth(x, high) >= worth(x, low) - 1e-12
    if not isinstance(UTILITIES[seed % len(UTILITIES)], Capped):
        assert worth(x, high) - worth(x) > worth(x, low) - worth(x) + 1e-6


def test_lemma_1_as_printed_fails_for_constants():
    """X = 0, Y₁ = 1, Y₂ = 0: the example of the readings."""
    one, none = np.array([1.0]), np.array([0.0])
    worth = [expected_top_utility([1.0], np.array([none, y]), 2, Linear()) for y in (one, none)]
    assert worth == [1.0, 0.0]


def dominated(seed):
    """E[U] of sums of independent variables, and the masses of X, Y₁ and Y₂: of which Y₁ dominates Y₂."""
    prices, masses, _, utility, rng = variables(seed, n=2, m=3)
    prices = np.sort(prices)
    x, low = masses
    high, moved = low.copy(), low[0] * rng.uniform(0.2, 1.0)
    high[0] -= moved
    high[2] += moved + (1 - low.sum()) * rng.uniform(0.2, 1.0)

    def worth(*rows):
        return expected_top_utility(prices, np.array(rows), 2, utility)

    return worth, x, high, low


@pytest.mark.parametrize("seed", SEEDS)
def test_lemma_6_merging_never_lowers(seed):
    prices, masses, units, utility, _ = variables(seed, n=4, m=2, most=0.5)
    before = enumerated_top_utility(prices, masses, units, utility)
    after = merged(masses, 1, 3)
    assert after[:-1].tolist() == masses[[0, 2]].tolist()
    assert after[-1] == pytest.approx(masses[1] + masses[3])
    assert enumerated_top_utility(prices, after, units, utility) >= before - 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_lemma_7_splitting_keeps_its_share(seed):
    """From perfectly correlated variables, the worst case in mind, and from independent ones."""
    prices, masses, units, utility, rng = variables(seed)
    shares = rng.dirichlet(np.ones(2), size=masses.shape[1]).T
    parts = split(masses, 0, shares * masses[0])
    assert len(parts) == 4
    independent = enumerated_top_utility(prices, masses, units, utility)
    correlated = comonotone_utility(prices, masses, units, utility)
    after = enumerated_top_utility(prices, parts, units, utility)
    assert after >= FACTOR * max(independent, correlated) - 1e-12


def comonotone_utility(prices, masses, units, utility):
    """E[U_k] when one uniform number decides all variables."""
    cuts = np.cumsum(masses, axis=1)
    ends = np.unique([0.0, 1.0, *cuts.ravel()])
    total = 0.0
    for low, high in itertools.pairwise(ends):
        places = [int(np.searchsorted(row, (low + high) / 2)) for row in cuts]
        amounts = sorted((([*prices, 0.0])[place] for place in places), reverse=True)
        total += (high - low) * float(utility(sum(amounts[:units])))
    return total


@pytest.mark.parametrize("seed", SEEDS)
def test_lemma_8_redistributed_masses_keep_their_share(seed):
    """Any independent variables with the same total mass at each price; against correlated ones."""
    prices, masses, units, utility, rng = variables(seed, n=3, m=2, most=0.9)
    totals = masses.sum(axis=0)
    others = rng.dirichlet(np.ones(5), size=2).T * totals
    if (others.sum(axis=1) > 1).any():
        others = np.tile(totals / 5, (5, 1))
    after = enumerated_top_utility(prices, others, units, utility)
    assert after >= FACTOR * comonotone_utility(prices, masses, units, utility) - 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_lemmas_4_and_5_at_the_optimum(seed):
    """Independent prices with the optimum's sale masses, buyer by buyer or in total only, keep 1 − 1/e.

    All prices are large here (p* = 0, none huge), so that ε costs nothing. The masses in total are met by
    random vertices of the covering program.
    """
    values, probabilities, units, utility = instance(seed)
    optimum = optimal_dsic_mechanism(values, probabilities, units, utility)
    prices, masses = sale_masses(optimum.mechanism, values, probabilities)
    assert optimum.value > 0
    assert expected_top_utility(prices, masses, units, utility) >= FACTOR * optimum.value - 1e-9
    chances = np.array([
        [sum(p[v >= price]) for price in prices]
        for v, p in ((np.asarray(v), np.asarray(p)) for v, p in zip(values, probabilities, strict=True))
    ])
    rng = np.random.default_rng(seed)
    for _ in range(3):
        offers = random_covering(chances, masses.sum(axis=0), rng)
        worth = expected_top_utility(prices, np.minimum(offers * chances, 1), units, utility)
        assert worth >= FACTOR * optimum.value - 1e-6


def sale_masses(mechanism, values, probabilities):
    """The prices that are paid, and the probability that each buyer pays each, shape (n, m)."""
    weights = np.array(1.0)
    for i, grid in enumerate(mechanism.grids):
        given = dict(zip(np.asarray(values[i]).tolist(), np.asarray(probabilities[i]).tolist(), strict=True))
        weights = np.multiply.outer(weights, [given[v] for v in grid.tolist()])
    paid = mechanism.expected_payments
    prices = np.unique(paid[paid > 0])
    masses = [[weights[paid[..., i] == price].sum() for price in prices] for i in range(len(values))]
    return prices, np.array(masses)


def random_covering(chances, totals, rng):
    """A vertex of: Σ_i chances_ij x_ij = totals_j, Σ_j x_ij <= 1, x >= 0."""
    n, m = chances.shape
    rows = (chances.T[:, :, None] * np.eye(m)[:, None, :]).reshape(m, n * m)
    one_price = np.kron(np.eye(n), np.ones(m))
    found = maximise(
        rng.normal(size=n * m), at_most=(np.vstack([-rows, one_price]), np.append(-totals, np.ones(n))),
        bounds=(0.0, 1.0), equal=(rows.sum(axis=0, keepdims=True), [totals.sum()]),
    )
    return found.x.reshape(n, m)


def test_lemma_9s_surrogate_is_wrong_for_few_units():
    """k = 1, two fair Bernoulli variables: U without the limit is worth 1, U_1 0.75."""
    masses = np.array([[0.5], [0.5]])
    assert expected_top_utility([1.0], masses, 1, Linear()) == 0.75
    assert expected_top_utility([1.0], masses, 2, Linear()) == 1.0


def test_lemma_9_for_many_units():
    """With k well above the expected sales the limit hardly matters: U_k against U."""
    rng = np.random.default_rng(0)
    masses = random_masses(rng, 9, 2, 0.3)
    limited, free = (expected_top_utility([1.0, 3.0], masses, k, CRRA(0.5)) for k in (4, 9))
    assert free * 0.99 <= limited <= free


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: merged([[0.7], [0.6]], 0, 1), "<= 1, got 0 and 1"),
        (lambda: merged([[0.2], [0.6]], 1, 1), "must be two variables"),
        (lambda: split([[0.7]], 0, [[0.3], [0.3]]), "parts must add up to the masses of variable 0"),
        (lambda: checked_masses([[0.7, 0.6]]), "masses must sum to at most 1"),
        (lambda: checked_masses([[-0.1, 0.6]]), "masses must be in"),
        (lambda: expected_top_utility([1.0], [[0.5, 0.5]], 1, Linear()), "prices must be 2 amounts"),
        (lambda: expected_top_utility([1.0], [[0.5]], 0, Linear()), "units must be at least 1"),
    ],
)
def test_bad_variables(call, message):
    with pytest.raises(ValueError, match=message):
        call()
