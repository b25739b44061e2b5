"""The suite of distributions of one value: cdf, quantiles, mean, density and samples agree."""

import numpy as np
import pytest

from mechanisms.distributions import ContinuousDistribution, expected_order_statistic
from sim.conformance.values import ValueConformance

INNER = np.linspace(0.01, 0.99, 99)


class DistributionConformance(ValueConformance):
    """Subclass, and set `instances` to a tuple of distinct distributions with finite means."""

    def values(self, distribution):
        """Values inside the support, at and near its ends, and far outside."""
        inner = distribution.quantile(INNER)
        ends = [end for end in distribution.support if np.isfinite(end)]
        near = [end + step for end in ends for step in (-1.0, -1e-9, 0.0, 1e-9, 1.0)]
        return np.unique(np.concatenate([inner, near, [-1e9, 1e9]]))

    def test_support(self, instance):
        lo, hi = instance.support
        assert lo <= hi
        assert instance.quantile(0.0) == pytest.approx(lo)
        assert instance.quantile(1.0) == pytest.approx(hi)
        assert instance.cdf(hi) == 1
        assert instance.sale_probability(lo) == 1
        assert instance.cdf(np.nextafter(lo, -np.inf)) == 0
        assert instance.sale_probability(np.nextafter(hi, np.inf)) == 0

    def test_cdf_rises_from_zero_to_one(self, instance):
        share = instance.cdf(self.values(instance))
        assert (np.diff(share) >= 0).all()
        assert ((share >= 0) & (share <= 1)).all()
        assert instance.cdf(-np.inf) == 0
        assert instance.cdf(np.inf) == 1

    def test_sale_probability_is_the_left_limit(self, instance):
        values = self.values(instance)
        np.testing.assert_allclose(
            instance.sale_probability(values), 1 - instance.cdf(np.nextafter(values, -np.inf)), atol=1e-9
        )

    def test_quantile_is_the_inverse_of_the_cdf(self, instance):
        """Galois: quantile(u) <= v exactly when u <= F(v), up to rounding."""
        value = instance.quantile(INNER)
        assert (np.diff(value) >= 0).all()
        assert (instance.cdf(value) >= INNER - 1e-9).all()
        assert (1 - instance.sale_probability(value) <= INNER + 1e-9).all()
        again = instance.quantile(instance.cdf(value))
        assert (again <= value + 1e-6 * (1 + np.abs(value))).all()

    def test_elementwise_on_any_shape(self, instance):
        u = INNER.reshape(3, 33, 1)
        for function in (instance.quantile, instance.cdf, instance.sale_probability):
            assert function(u).shape == u.shape
            np.testing.assert_allclose(function(u)[1, 2, 0], function(u[1, 2, 0]), rtol=1e-14)

    def test_mean_is_the_integral_of_the_quantiles(self, instance):
        steps = 200_000
        value = instance.quantile((np.arange(steps) + 0.5) / steps)
        assert instance.mean == pytest.approx(value.mean(), rel=2e-3, abs=2e-3)

    def test_mean_is_the_only_order_statistic_of_one(self, instance):
        assert instance.mean == pytest.approx(expected_order_statistic(instance, 1, 1), rel=1e-7, abs=1e-9)

    def test_order_statistics_of_three_add_up(self, instance):
        total = sum(expected_order_statistic(instance, k, 3) for k in (1, 2, 3))
        assert total == pytest.approx(3 * instance.mean, rel=1e-7, abs=1e-9)

    def test_density_integrates_to_the_cdf(self, instance):
        if not isinstance(instance, ContinuousDistribution):
            pytest.skip("no density")
        start, end = instance.quantile([0.1, 0.6])
        edges = np.linspace(start, end, 20_001)
        area = instance.pdf((edges[1:] + edges[:-1]) / 2).mean() * (end - start)
        assert area == pytest.approx(instance.cdf(end) - instance.cdf(start), abs=1e-3)
        lo = instance.support[0]
        assert instance.pdf(-np.inf) == 0 or lo == -np.inf
        assert instance.pdf(np.inf) == 0
        assert instance.pdf(lo - 1) == 0 or lo == -np.inf

    def test_samples_follow_the_cdf(self, instance):
        """Kolmogorov's distance by the Dvoretzky-Kiefer-Wolfowitz bound, wrong once in 10^9 seeds."""
        size = 2_000
        sample = np.sort(instance.sample(np.random.default_rng(20110), size))
        lo, hi = instance.support
        assert sample[0] >= lo
        assert sample[-1] <= hi
        bound = np.sqrt(np.log(2e9) / (2 * size))
        at_most = np.searchsorted(sample, sample, side="right") / size
        below = np.searchsorted(sample, sample, side="left") / size
        assert np.abs(at_most - instance.cdf(sample)).max() <= bound
        assert np.abs(below - (1 - instance.sale_probability(sample))).max() <= bound

    def test_samples_are_quantiles_of_the_generators_uniforms(self, instance):
        sample = instance.sample(np.random.default_rng(5), (4, 3))
        expected = instance.quantile(np.random.default_rng(5).random((4, 3)))
        np.testing.assert_array_equal(sample, expected)

    def test_bad_arguments_are_named(self, instance):
        with pytest.raises(ValueError, match="value must not be NaN"):
            instance.cdf([0.5, np.nan])
        with pytest.raises(ValueError, match="price must not be NaN"):
            instance.sale_probability(np.nan)
        for u in (-0.1, 1.1, np.nan):
            with pytest.raises(ValueError, match=r"u must be in \[0, 1\]"):
                instance.quantile([0.5, u])
