"""Batch means against the exact variance of an AR(1) mean, the textbook interval, and coverage."""

import numpy as np
import pytest
from scipy import signal, stats

from sim.measures.batch_means import batch_means, batch_ratio


def ar1(rng, phi, shape):
    """Stationary AR(1) series with variance 1."""
    shocks = rng.standard_normal(shape) * np.sqrt(1 - phi**2)
    shocks[..., 0] /= np.sqrt(1 - phi**2)
    return signal.lfilter([1], [1, -phi], shocks, axis=-1)


def variance_of_ar1_mean(phi, n):
    """Closed form: (1 + 2 sum_{k<n} (1 - k/n) phi^k) / n."""
    return ((1 + phi) / (1 - phi) - 2 * phi * (1 - phi**n) / (n * (1 - phi) ** 2)) / n


def test_closed_form_is_the_sum_of_autocovariances():
    lags = np.abs(np.subtract.outer(np.arange(50), np.arange(50)))
    assert variance_of_ar1_mean(0.7, 50) == pytest.approx((0.7**lags).mean(), rel=1e-12)


@pytest.mark.parametrize("phi", [0.0, 0.6, -0.4])
def test_interval_is_as_wide_as_the_closed_form_says(phi):
    # E[(half-width / t)^2] is the variance of the mean, less a share of 2.5% at phi = 0.6 that is computed
    # below from the variance of a batch's mean. It is a mean of 2000 scaled chi-squares with 19 degrees of
    # freedom: relative deviation sqrt(2 / 19 / 2000) = 0.7%; 4 deviations are allowed.
    runs, n, batches = 2000, 1000, 20
    estimate = batch_means(ar1(np.random.default_rng(1), phi, (runs, n)), batches)
    found = np.mean((estimate.half_width / stats.t.ppf(0.975, batches - 1)) ** 2)
    whole, batch = variance_of_ar1_mean(phi, n), variance_of_ar1_mean(phi, n // batches)
    expected = (batch - whole) / (batches - 1)
    assert found == pytest.approx(expected, rel=4 * np.sqrt(2 / 19 / runs))
    assert expected == pytest.approx(whole, rel=0.05)


def test_intervals_cover_the_mean_in_95_percent_of_runs():
    runs = 1000
    estimate = batch_means(3 + ar1(np.random.default_rng(2), 0.6, (runs, 2000)))
    covered = int(np.sum((estimate.low <= 3) & (estimate.high >= 3)))
    low, high = stats.binom.interval(0.999, runs, 0.95)
    assert low - 0.01 * runs <= covered <= high      # batches are a little correlated: 1% less is allowed


def test_one_entry_a_batch_is_the_textbook_interval():
    values = np.random.default_rng(3).exponential(size=12)
    low, high = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    estimate = batch_means(values, batches=12)
    assert (estimate.low, estimate.high) == (pytest.approx(low), pytest.approx(high))


def test_all_observations_count():
    values = np.arange(107.0)
    assert batch_means(values).mean == pytest.approx(values.mean())


def test_ratio_of_batches_by_hand():
    # Two batches with sums (6, 2) and (2, 2): ratio 2, residuals 2 and -2, so the standard error is
    # sqrt((4 + 4) / 1 / 2) / mean batch denominator 2 = 1; t with one degree of freedom is tan(0.475 pi).
    estimate = batch_ratio([1, 5, 2, 0], [1, 1, 1, 1], batches=2)
    assert estimate.mean == 2
    assert estimate.half_width == pytest.approx(np.tan(0.475 * np.pi))


def test_ratio_intervals_cover():
    # Revenue N over bidders D with N = 2 D + noise: the true ratio is 2.
    rng = np.random.default_rng(4)
    runs = 1000
    under = rng.integers(1, 10, (runs, 1000)).astype(float)
    over = 2 * under + under * rng.normal(size=under.shape)
    estimate = batch_ratio(over, under)
    covered = int(np.sum((estimate.low <= 2) & (estimate.high >= 2)))
    low, high = stats.binom.interval(0.999, runs, 0.95)
    assert low <= covered <= high


def test_ratio_is_exact_where_numerators_are_proportional():
    under = np.random.default_rng(5).random(100)
    estimate = batch_ratio(3 * under, under)
    assert estimate.mean == pytest.approx(3)
    assert estimate.half_width == pytest.approx(0, abs=1e-12)


def test_leading_axes_are_series_of_their_own():
    values = np.random.default_rng(6).random((2, 3, 50))
    estimate = batch_means(values)
    assert estimate.half_width.shape == (2, 3)
    assert estimate.half_width[1, 2] == batch_means(values[1, 2]).half_width


@pytest.mark.parametrize("n", [0, 1, 19])
def test_too_few_to_say(n):
    estimate = batch_means(np.ones(n))
    assert np.isnan(estimate.half_width)
    assert np.isnan(estimate.mean) if n == 0 else estimate.mean == 1


def test_ratio_over_nothing_is_nan():
    estimate = batch_ratio(np.ones(40), np.zeros(40))
    assert np.isnan(estimate.mean)
    assert np.isnan(estimate.half_width)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: batch_means([1.0, 2.0], 1), "batches is 1"),
    (lambda: batch_means(1.0), "values is 1.0"),
    (lambda: batch_ratio([1.0, 2.0], [1.0]), "numerators have 2 entries and denominators 1"),
])
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
