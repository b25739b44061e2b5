"""Intervals over seeds against SciPy's tests, and their coverage."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.sweep.estimates import means, over_seeds, paired_differences


@pytest.mark.parametrize("n", [2, 3, 30])
def test_an_interval_over_seeds_is_students(n):
    figures = np.random.default_rng(n).normal(3, 2, n)
    told = over_seeds(figures)
    low, high = stats.ttest_1samp(figures, 0).confidence_interval(0.95)
    assert np.allclose([told.mean, told.low, told.high], [figures.mean(), low, high], rtol=1e-12)


def test_what_is_not_known_is_left_out_and_one_figure_has_no_interval():
    assert over_seeds([1.0, np.nan, 3.0]).mean == 2
    assert np.isnan(over_seeds([1.0, np.nan]).half_width)
    assert np.isnan(over_seeds([]).mean)


@pytest.mark.parametrize("level", [0, 1, -1, np.nan])
def test_a_level_is_a_probability(level):
    with pytest.raises(ValueError, match="level is"):
        over_seeds([1.0, 2.0], level)


def frame_of(rng, points, seeds, gap=0.0):
    """Two settings at each of some points; figures share a part that comes from the seed."""
    shared = np.repeat(rng.normal(0, 10, seeds)[None], 2 * points, axis=0)
    figures = shared + rng.normal(0, 1, shared.shape) + gap * (np.arange(2 * points) % 2)[:, None]
    point, seed = np.indices(shared.shape)
    told = {"point": point.ravel(), "seed": seed.ravel(), "money": figures.ravel()}
    return pd.DataFrame(told), [{"x": k // 2, "kind": "ab"[k % 2]} for k in range(2 * points)]


def test_a_difference_is_paired_and_corrected_as_bonferroni_says():
    frame, points = frame_of(np.random.default_rng(1), 3, 8, gap=2.0)
    rows = paired_differences(frame, points, ["money"], ("kind", "a", "b"))
    assert [row.point for row in rows] == [{"x": 0}, {"x": 1}, {"x": 2}]
    for k, row in enumerate(rows):
        one, two = (frame[frame.point == 2 * k + j].money.to_numpy() for j in (0, 1))
        interval = stats.ttest_rel(two, one).confidence_interval(1 - 0.05 / 3)
        told = row.estimates["money"]
        assert np.allclose([told.low, told.high], interval, rtol=1e-12)


def test_pairs_are_made_by_seed_whatever_the_order_and_whatever_is_missing():
    frame, points = frame_of(np.random.default_rng(2), 1, 6)
    frame.loc[(frame.point == 1) & (frame.seed == 3), "money"] = np.nan
    mixed = frame.sample(frac=1, random_state=1)
    (row,) = paired_differences(mixed, points, ["money"], ("kind", "a", "b"))
    wide = frame.pivot(index="seed", columns="point", values="money").dropna()
    assert np.isclose(row.estimates["money"].mean, (wide[1] - wide[0]).mean())
    assert row.estimates["money"].batches == 5


def test_all_corrected_intervals_hold_at_once_in_95_of_100_sweeps():
    """Bonferroni's inequality: the level of all m together is at least 0.95; it is wasted if far above."""
    rng, runs, held = np.random.default_rng(3), 400, 0
    for _ in range(runs):
        frame, points = frame_of(rng, 5, 6, gap=1.0)
        rows = paired_differences(frame, points, ["money"], ("kind", "a", "b"))
        held += all(row.estimates["money"].low <= 1 <= row.estimates["money"].high for row in rows)
    assert held / runs > 0.95 - 3 * np.sqrt(0.05 * 0.95 / runs)
    assert held / runs < 1


def test_common_seeds_make_differences_narrow():
    """What comes from the seed has ten times the spread of the rest, and is not in the difference."""
    frame, points = frame_of(np.random.default_rng(4), 1, 20)
    (difference,) = paired_differences(frame, points, ["money"], ("kind", "a", "b"))
    one, two = means(frame, points, ["money"])
    apart = np.hypot(one.estimates["money"].half_width, two.estimates["money"].half_width)
    assert difference.estimates["money"].half_width < apart / 4
