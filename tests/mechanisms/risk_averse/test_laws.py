"""Laws of the number of sales against enumeration and SciPy; γ and c against their definitions; Lemma 2."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats

from mechanisms.risk_averse.attitude import least_money
from mechanisms.risk_averse.laws import (
    gamma,
    one_pass_factor,
    one_pass_guarantee,
    poisson_binomial,
    poisson_counts,
    sharper_one_pass_factor,
    top_utility,
)
from mechanisms.utilities import CARA, CRRA, Capped, Linear, Power

UTILITIES = (Linear(), CARA(0.7), CRRA(0.5), Power(0.3), Capped(2.5))


@pytest.mark.parametrize("k", [1, 2, 3, 7, 20, 150])
def test_gamma_is_the_share_of_k_units_that_poisson_buyers_take(k):
    """E[min(Poisson(k), k)] / k, and the paper's closed form."""
    counts = np.arange(40 * k + 200)
    expected = float(np.minimum(counts, k) @ stats.poisson.pmf(counts, k)) / k
    assert gamma(k) == pytest.approx(expected, abs=1e-12)


def test_gamma_at_one_and_in_the_limit():
    assert gamma(1) == pytest.approx(1 - 1 / math.e, abs=1e-15)
    assert gamma(10**6) == pytest.approx(1 - 1 / math.sqrt(2e6 * math.pi), abs=1e-9)


@pytest.mark.parametrize("k", [0, -1])
def test_gamma_refuses_less_than_one_unit(k):
    with pytest.raises(ValueError, match="k must be at least 1"):
        gamma(k)


def test_gamma_refuses_what_is_no_integer():
    with pytest.raises(TypeError, match="k must be an integer"):
        gamma(1.5)


def test_poisson_binomial_against_enumeration():
    rng = np.random.default_rng(0)
    for n in range(7):
        q = rng.random(n)
        law = np.zeros(n + 1)
        for sold in itertools.product((0, 1), repeat=n):
            law[sum(sold)] += math.prod(x if s else 1 - x for x, s in zip(q, sold, strict=True))
        np.testing.assert_allclose(poisson_binomial(q), law, atol=1e-14)


def test_poisson_binomial_is_binomial_where_all_are_alike():
    np.testing.assert_allclose(
        poisson_binomial(np.full((2, 30), [[0.2], [0.9]])),
        [stats.binom.pmf(np.arange(31), 30, q) for q in (0.2, 0.9)], atol=1e-13,
    )


def test_poisson_counts_against_scipy():
    for mean in (0.0, 0.3, 4.0):
        law = poisson_counts(mean, 6)
        np.testing.assert_allclose(law[:6], stats.poisson.pmf(np.arange(6), mean), atol=1e-14)
        assert law[6] == pytest.approx(stats.poisson.sf(5, mean), abs=1e-13)


def test_probabilities_outside_the_unit_interval_are_refused():
    with pytest.raises(ValueError, match=r"probabilities must be in \[0, 1\], not 1.2"):
        poisson_binomial([0.3, 1.2])


def test_one_pass_factor_against_adaptive_quadrature():
    rng = np.random.default_rng(1)
    for n in (1, 2, 5, 9):
        q = rng.random(n)
        for k in range(1, n + 2):
            expected, _ = integrate.quad(
                lambda t, q=q, k=k: poisson_binomial(t * q)[:k].sum(), 0, 1, epsabs=1e-12
            )
            assert one_pass_factor(q, k) == pytest.approx(expected, abs=1e-10)


def test_one_pass_factor_of_many_buyers_against_the_poisson_limit():
    k, n = 5, 20_000
    expected, _ = integrate.quad(lambda t: stats.poisson.cdf(k - 1, t * k), 0, 1, epsabs=1e-12)
    assert expected == pytest.approx(gamma(k), abs=1e-10)
    assert one_pass_factor(np.full(n, k / n), k) == pytest.approx(expected, abs=1e-3)


def test_one_pass_guarantee_is_below_the_factor_of_any_design():
    """The least c over all q with Σ q <= k is min(k/(k+1), γ(k)); k certain buyers attain the first."""
    rng = np.random.default_rng(2)
    for k in (1, 2, 3, 6):
        for _ in range(60):
            q = rng.random(int(rng.integers(k, 3 * k + 4))) ** rng.integers(1, 4)
            q *= min(1.0, k / q.sum())
            assert one_pass_factor(np.minimum(q, 1), k) >= one_pass_guarantee(k) - 1e-12
        few = one_pass_factor(np.ones(k), k)
        assert few == pytest.approx(k / (k + 1), abs=1e-12)


def in_random_order(prices, masses, units, utility):
    """E[U] of one pass in random order, and without the limit of units, by all orders and outcomes."""
    n = len(masses)
    limited = free = 0.0
    for outcome in itertools.product(range(len(prices) + 1), repeat=n):
        chance = math.prod([*row, 1 - sum(row)][o] for row, o in zip(masses, outcome, strict=True))
        paid = [prices[o] for o in outcome if o < len(prices)]
        free += chance * float(utility(sum(paid)))
        orders = list(itertools.permutations(paid))
        limited += chance * np.mean([float(utility(sum(order[:units]))) for order in orders])
    return limited, free


@pytest.mark.parametrize("seed", range(30))
def test_one_pass_keeps_both_its_factors(seed):
    """U(one pass) >= c' U(soft) >= c U(soft), exactly, on random independent payments."""
    rng, utility = np.random.default_rng([seed, 8]), UTILITIES[seed % len(UTILITIES)]
    n, units = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    masses = rng.dirichlet(np.ones(3) * rng.choice([0.3, 1.0]), size=n)[:, :2]
    limited, free = in_random_order([1.0, 6.0 * rng.random()], masses.tolist(), units, utility)
    sharper = sharper_one_pass_factor(masses.sum(axis=1), units)
    assert sharper >= one_pass_factor(masses.sum(axis=1), units) - 1e-12
    assert limited >= sharper * free - 1e-9


def test_as_many_buyers_as_units_lose_nothing():
    assert sharper_one_pass_factor([0.9, 1.0, 0.2], 3) == 1.0
    assert one_pass_factor([0.9, 1.0, 0.2], 3) < 1.0


@pytest.mark.parametrize("utility", UTILITIES, ids=repr)
def test_top_utility_is_symmetric_monotone_and_submodular(utility):
    """Lemma 2 on random vectors: U_k(x ∨ y) + U_k(x ∧ y) <= U_k(x) + U_k(y)."""
    rng = np.random.default_rng(3)
    for k in (1, 2, 3, 8):
        x, y = rng.exponential(size=(2, 500, 5))
        value = top_utility(x, k, utility)
        np.testing.assert_allclose(top_utility(rng.permuted(x, axis=-1), k, utility), value, atol=1e-12)
        assert (top_utility(x + y, k, utility) >= value - 1e-12).all()
        both = top_utility(np.maximum(x, y), k, utility) + top_utility(np.minimum(x, y), k, utility)
        assert (both <= value + top_utility(y, k, utility) + 1e-9).all()


def test_top_utility_adds_the_largest():
    assert top_utility([1.0, 5.0, 3.0], 2, Linear()) == 8.0
    assert top_utility([1.0, 5.0, 3.0], 9, Linear()) == 9.0


@pytest.mark.parametrize("utility", [CARA(0.7), Power(0.5), Capped(2.5)], ids=repr)
def test_least_money_of_any_function_is_the_inverse(utility):
    for level in (0.0, 0.3, 1.2):
        assert least_money(lambda x: utility(x), level, 50.0) == pytest.approx(
            float(utility.inverse(level)), abs=1e-8
        )
