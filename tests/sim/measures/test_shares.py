"""Shares: Wilson's interval against its definition, and coverage where batches see too little."""

import numpy as np
import pytest
from scipy import stats

from sim.measures.batch_means import Estimate, batch_means
from sim.measures.shares import FEW, SELDOM, bounded, mean_of_rare, share, wilson


@pytest.mark.parametrize(("mean", "draws"), [(0.0, 20), (0.03, 200), (0.5, 40), (0.992, 200), (1.0, 200)])
def test_wilson_by_definition(mean, draws):
    """At each end inside (0, 1) the share seen is just as far off as the quantile says."""
    for end in wilson(mean, draws, 1.96):
        if 0 < end < 1:
            assert abs(mean - end) == pytest.approx(1.96 * np.sqrt(end * (1 - end) / draws))
        else:
            assert end == mean


def covered(rate, estimates):
    return np.mean([one.low <= rate <= one.high for one in estimates])


@pytest.mark.parametrize("rate", [0.992, 0.97, 0.6, 0.01])
def test_a_sale_rate_over_200_auctions_is_covered(rate):
    """Batch means cover .992 three times in four; Wilson's interval nine in ten and more."""
    sold = np.random.default_rng(5).random((800, 200)) < rate
    assert covered(rate, [share(row, np.ones(200)) for row in sold]) > 0.93
    if rate == 0.992:
        assert covered(rate, [batch_means(row.astype(float)) for row in sold]) < 0.82


def test_where_nothing_failed_the_interval_has_a_width_and_ends_at_one():
    estimate = share(np.ones(200), np.ones(200))
    t = stats.t.ppf(0.975, 19)
    assert (estimate.mean, estimate.high) == (1, 1)
    assert estimate.low == pytest.approx(1 / (1 + t**2 / 200))
    assert batch_means(np.ones(200)).half_width == 0


def test_rare_losses_of_a_ratio_are_reckoned_with():
    """One auction in a hundred wastes a tenth to all of its value; a run of 200 sees two of them."""
    rng, covers = np.random.default_rng(6), []
    truth = 1 - 0.01 * 0.55
    for _ in range(400):
        best = rng.uniform(0.5, 1.5, 200)
        lost = (rng.random(200) < 0.01) * rng.uniform(0.1, 1, 200)
        covers.append(share(best * (1 - lost), best))
    assert covered(truth, covers) > 0.93
    assert max(one.high for one in covers) <= 1


def test_frequent_exceptions_leave_the_width_to_the_batches():
    parts = np.random.default_rng(7).uniform(0.3, 0.7, 2000)
    estimate, rough = share(parts, np.ones(2000)), batch_means(parts)
    assert estimate.half_width == pytest.approx(rough.half_width, rel=0.02)


def test_dependent_sales_count_for_less():
    """Each outcome ten times over: a tenth as many draws."""
    sold = np.repeat(np.random.default_rng(8).random(100) < 0.5, 10).astype(float)
    assert share(sold, np.ones(1000)).half_width > 2 * share(sold[::10], np.ones(100)).half_width / 2.5
    assert share(sold, np.ones(1000)).half_width > 0.06


def test_what_is_no_part_of_a_whole_keeps_its_batches():
    estimate = share(np.linspace(0, 2, 40), np.ones(40))
    assert estimate.ends is None
    assert np.isnan(share(np.ones(5), np.ones(5)).half_width)  # fewer than batches


def test_means_that_nearly_nothing_enters_have_no_interval():
    seldom = np.zeros(400)
    seldom[: SELDOM - 1] = 1
    assert np.isnan(mean_of_rare(seldom).half_width)
    seldom[SELDOM - 1] = 1
    assert mean_of_rare(seldom) == batch_means(seldom)
    assert FEW < SELDOM


def test_shares_across_runs_that_agree():
    estimate = bounded(Estimate(1.0, 0.0, 8), 8)
    assert estimate.low == pytest.approx(1 / (1 + stats.t.ppf(0.975, 7) ** 2 / 8))
    assert estimate.scaled(50).high == 50
    assert estimate.errors == (estimate.mean - estimate.low, 0)
