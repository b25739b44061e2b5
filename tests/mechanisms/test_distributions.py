"""Distributions of one value against closed forms and enumeration; the conformance suite on all."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mechanisms.distributions import (
    Discrete,
    EqualRevenue,
    Exponential,
    FromScipy,
    LogNormal,
    PiecewiseUniform,
    PowerLaw,
    TruncatedNormal,
    Uniform,
    expected_maximum,
    expected_order_statistic,
    expected_second_highest,
)
from sim.conformance.distribution import DistributionConformance
from tests.property import discrete_distributions


class TestConformance(DistributionConformance):
    instances = (
        Uniform(),
        Uniform(-1, 3),
        PowerLaw(0.5),
        PowerLaw(3),
        Exponential(),
        Exponential(0.01),
        LogNormal(),
        LogNormal(6, 0.3),
        TruncatedNormal(0, 1, -2, 1),
        TruncatedNormal(-3, 1, 0, 5),
        TruncatedNormal(30, 2, -9, 0),
        EqualRevenue(10),
        EqualRevenue(8, low=2),
        PiecewiseUniform([0, 1, 4], [0.7, 0.3]),
        PiecewiseUniform([-1, 0, 1, 2, 3, 5], [0, 0.5, 0, 0.5, 0]),
        FromScipy(stats.gamma(2, scale=3)),
        FromScipy(stats.norm(1, 2)),
        Discrete([7], [1]),
        Discrete([0, 1, 2.5], [0.25, 0.5, 0.25]),
        Discrete([0, 1, 2, 3], [0, 0.3, 0.7, 0]),
        Discrete.from_data([3, 1, 1, 2, 3, 3]),
        Discrete(np.arange(10), np.full(10, 0.1)),
    )


@pytest.mark.parametrize("n", [1, 2, 5])
def test_uniform_order_statistics(n):
    """The k-th highest of n uniforms is (n + 1 - k) / (n + 1) on average."""
    for k in range(1, n + 1):
        expected = 10 + 5 * (n + 1 - k) / (n + 1)
        assert expected_order_statistic(Uniform(10, 15), k, n) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("n", [1, 3, 50])
def test_exponential_order_statistics(n):
    """Renyi: the k-th highest of n exponentials is the sum of 1/j over j = k .. n on average."""
    for k in {1, n // 2 + 1, n}:
        expected = sum(1 / (2.0 * j) for j in range(k, n + 1))
        assert expected_order_statistic(Exponential(2.0), k, n) == pytest.approx(expected, rel=1e-7)


def test_power_law_maximum():
    """The maximum of n values with F = v^a has F = v^(n a)."""
    for a, n in [(0.5, 3), (2, 4)]:
        assert expected_maximum(PowerLaw(a), n) == pytest.approx(PowerLaw(n * a).mean)


def test_equal_revenue_earns_the_same_at_every_price():
    distribution = EqualRevenue(cap=20, low=2)
    prices = np.linspace(2, 20, 37)
    np.testing.assert_allclose(prices * distribution.sale_probability(prices), 2)
    assert distribution.sale_probability(20.0001) == 0
    assert 1 - distribution.cdf(np.nextafter(20, 0)) == pytest.approx(0.1)
    assert distribution.cdf(20) == 1


def test_equal_revenue_second_of_two():
    """With low = 1 the lower of two values has the mean 1 + integral of 1/v^2 from 1 to the cap."""
    assert expected_second_highest(EqualRevenue(50), 2) == pytest.approx(2 - 1 / 50)
    assert EqualRevenue(50).mean == pytest.approx(1 + np.log(50))


def test_lognormal_against_scipy():
    ours, theirs = LogNormal(1.5, 0.7), stats.lognorm(0.7, scale=np.exp(1.5))
    v = np.array([-1.0, 0.0, 0.1, 1.0, 5.0, 100.0])
    np.testing.assert_allclose(ours.cdf(v), theirs.cdf(v), rtol=1e-12)
    np.testing.assert_allclose(ours.pdf(v), theirs.pdf(v), rtol=1e-12)
    np.testing.assert_allclose(ours.sale_probability(v), theirs.sf(v), rtol=1e-12)
    assert ours.quantile(0.5) == pytest.approx(np.exp(1.5))
    assert ours.mean == pytest.approx(theirs.mean())


def test_truncated_normal_against_scipy():
    ours, theirs = TruncatedNormal(2, 3, 0, 10), stats.truncnorm(-2 / 3, 8 / 3, loc=2, scale=3)
    v = np.array([-1.0, 0.0, 0.1, 4.0, 10.0, 11.0])
    np.testing.assert_allclose(ours.cdf(v), theirs.cdf(v), rtol=1e-10)
    np.testing.assert_allclose(ours.pdf(v), theirs.pdf(v), rtol=1e-10)
    assert ours.mean == pytest.approx(theirs.mean())


def test_tails_keep_their_digits():
    assert Exponential().sale_probability(50.0) == pytest.approx(np.exp(-50), rel=1e-12)


def test_scipy_adapter_agrees_with_the_closed_form():
    v = np.linspace(-1, 4, 21)
    ours, adapted = Uniform(0.5, 2.5), FromScipy(stats.uniform(0.5, scale=2))
    np.testing.assert_allclose(adapted.cdf(v), ours.cdf(v))
    np.testing.assert_allclose(adapted.quantile([0.2, 0.9]), ours.quantile([0.2, 0.9]))
    assert adapted.support == ours.support
    assert expected_maximum(adapted, 4) == pytest.approx(expected_maximum(ours, 4))


def test_scipy_adapter_distinguishes_parameters():
    assert FromScipy(stats.gamma(2)) == FromScipy(stats.gamma(2))
    assert FromScipy(stats.gamma(2)) != FromScipy(stats.gamma(3))
    assert repr(FromScipy(stats.gamma(2, scale=3))) == "FromScipy(gamma(2, scale=3))"


def test_discrete_merges_and_sorts():
    distribution = Discrete([2, 0, 2, 1], [0.25, 0.25, 0.25, 0.25])
    np.testing.assert_array_equal(distribution.values, [0, 1, 2])
    np.testing.assert_array_equal(distribution.probabilities, [0.25, 0.25, 0.5])
    assert distribution == Discrete([0, 1, 2], [0.25, 0.25, 0.5])
    np.testing.assert_array_equal(distribution.pmf([-1, 0, 0.5, 2, np.inf]), [0, 0.25, 0, 0.5, 0])
    np.testing.assert_array_equal(distribution.sale_probability([0, 0.5, 1, 2, 2.5]), [1, 0.75, 0.75, 0.5, 0])


def test_discrete_values_of_probability_zero_are_on_the_grid_and_never_drawn():
    distribution = Discrete([0, 1, 2, 3], [0, 0.5, 0.5, 0])
    assert distribution.values.size == 4
    assert distribution.support == (1, 2)
    np.testing.assert_array_equal(distribution.quantile([0, 0.5, np.nextafter(0.5, 1), 1]), [1, 1, 2, 2])


def test_discrete_arrays_cannot_be_written():
    distribution = Discrete([0, 1], [0.5, 0.5])
    with pytest.raises(ValueError, match="read-only"):
        distribution.probabilities[0] = 1


def test_discrete_from_data_is_the_empirical_frequency():
    distribution = Discrete.from_data([3, 1, 1, 3])
    assert distribution == Discrete([1, 3], [0.5, 0.5])


@settings(max_examples=25)
@given(discrete_distributions(max_size=3), st.integers(1, 3))
def test_discrete_order_statistics_by_enumeration(distribution, n):
    expected = np.zeros(n)
    for draw in product(range(distribution.values.size), repeat=n):
        weight = np.prod(distribution.probabilities[list(draw)])
        expected += weight * np.sort(distribution.values[list(draw)])[::-1]
    ours = [expected_order_statistic(distribution, k, n) for k in range(1, n + 1)]
    np.testing.assert_allclose(ours, expected, atol=1e-12)


@settings(max_examples=25)
@given(discrete_distributions(), st.fractions(0, 1))
def test_discrete_quantile_is_the_least_value_that_reaches_u(distribution, u):
    value = distribution.quantile(float(u))
    reached = distribution.values[(distribution.cdf(distribution.values) >= float(u))]
    assert value == max(reached[0], distribution.support[0])


def test_one_bin_is_uniform():
    v = np.linspace(-1, 6, 29)
    np.testing.assert_allclose(PiecewiseUniform([1, 4], [1]).cdf(v), Uniform(1, 4).cdf(v))
    np.testing.assert_allclose(PiecewiseUniform([1, 4], [1]).pdf(v), Uniform(1, 4).pdf(v))


def test_histogram_from_data_counts():
    estimate = PiecewiseUniform.from_data([0, 1, 1, 2, 9, 10], bins=[0, 5, 10])
    assert estimate == PiecewiseUniform([0, 5, 10], [4 / 6, 2 / 6])
    assert PiecewiseUniform.from_data([0, 1, 1, 2, 9, 10], bins=2) == estimate
    assert estimate.cdf(5) == pytest.approx(4 / 6)


def test_histogram_from_data_by_default_has_rice_bins():
    estimate = PiecewiseUniform.from_data(np.linspace(0, 1, 1000))
    assert len(estimate.masses) == 20
    assert estimate.support == (0, 1)
    assert estimate.mean == pytest.approx(0.5)


def test_histogram_quantiles_jump_over_empty_bins():
    distribution = PiecewiseUniform([0, 1, 2, 3], [0.5, 0, 0.5])
    np.testing.assert_allclose(distribution.quantile([0, 0.25, 0.5, 0.75, 1]), [0, 0.5, 1, 2.5, 3])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Uniform(1, 1), ValueError, "high must be > 1.0, not 1.0"),
        (lambda: Uniform(np.inf, 1), ValueError, "low must be finite, not inf"),
        (lambda: Uniform("0", 1), TypeError, "low must be a real number, not '0'"),
        (lambda: PowerLaw(0), ValueError, "exponent must be > 0"),
        (lambda: Exponential(-1), ValueError, "rate must be > 0"),
        (lambda: LogNormal(0, 0), ValueError, "sigma must be > 0"),
        (lambda: TruncatedNormal(0, 1, 40, 41), ValueError, "must hold probability >= 1e-300"),
        (lambda: TruncatedNormal(0, 1, 2, 1), ValueError, "high must be > 2"),
        (lambda: EqualRevenue(1), ValueError, "cap must be > 1"),
        (lambda: EqualRevenue(2, low=0), ValueError, "low must be > 0"),
        (lambda: Discrete([0, 1], [0.5, 0.4]), ValueError, "probabilities must sum to 1, not 0.9"),
        (lambda: Discrete([0, 1], [1.5, -0.5]), ValueError, "probabilities must be nonnegative, not -0.5"),
        (lambda: Discrete([0, 1], [np.nan, 1]), ValueError, "probabilities must be probabilities, not NaN"),
        (lambda: Discrete([0, 1], [1]), ValueError, r"must have the shape of values \(2,\)"),
        (lambda: Discrete([], []), ValueError, "values must be a vector of length >= 1"),
        (lambda: Discrete([np.inf], [1]), ValueError, "values must be finite, not inf"),
        (lambda: Discrete(["a"], [1]), TypeError, "values must hold real numbers"),
        (lambda: Discrete.from_data([[1, 2]]), ValueError, "samples must be a vector"),
        (lambda: PiecewiseUniform([0, 0], [1]), ValueError, "edges must strictly increase"),
        (lambda: PiecewiseUniform([0, 1], [0.5, 0.5]), ValueError, r"masses must have shape \(1,\)"),
        (lambda: PiecewiseUniform.from_data([2, 2]), ValueError, "two distinct values"),
        (lambda: PiecewiseUniform.from_data([1, 2], bins=0), ValueError, "bins must be >= 1, not 0"),
        (lambda: PiecewiseUniform.from_data([1, 9], bins=[0, 5]), ValueError, "bins must cover the samples"),
        (lambda: FromScipy(stats.poisson(3)), TypeError, "frozen continuous"),
        (lambda: FromScipy(3), TypeError, "frozen continuous"),
        (lambda: expected_maximum(Uniform(), 0), ValueError, "n must be >= 1, not 0"),
        (lambda: expected_maximum(Uniform(), 1.5), TypeError, "integer"),
        (lambda: expected_second_highest(Uniform(), 1), ValueError, "k must be between 1 and n = 1, not 2"),
        (lambda: expected_maximum(FromScipy(stats.pareto(1)), 2), ValueError, "must have a finite mean"),
    ],
)
def test_bad_parameters_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_parameters_become_floats():
    assert repr(Uniform(np.int64(0), Fraction(1, 2))) == "Uniform(low=0.0, high=0.5)"
    assert Uniform(0, 1) == Uniform()
