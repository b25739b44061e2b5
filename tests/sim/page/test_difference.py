"""Side by side: the difference is that of the records, paired, and none where nothing differs."""

import numpy as np
import pytest

from sim.page.difference import ALL, difference_html, revenue_by_piece, revenue_differences
from tests.sim.page.shows import shown


def test_the_same_setting_twice_differs_by_nothing():
    one, other = shown(8), shown(8)
    for found in revenue_differences(one.scene, other.scene).values():
        assert (found.mean, found.half_width) == (0, 0)


def test_the_mean_is_what_was_earned_over_time():
    one, other = shown(8), shown(8, comeback="0.1")
    found = revenue_differences(one.scene, other.scene)
    totals = [show.records.frame("auctions")["revenue"].sum() for show in (one, other)]
    assert found[ALL].mean == pytest.approx((totals[0] - totals[1]) / 8)
    assert set(found) == {ALL, *one.scene.sellers}
    assert sum(each.mean for name, each in found.items() if name != ALL) == pytest.approx(found[ALL].mean)


def test_pairing_takes_out_what_both_have_in_common():
    """The interval is that of the differences of ten pieces of time, by Student's t with 9 degrees."""
    one, other = shown(8), shown(8, comeback="0.1")
    gaps = (revenue_by_piece(one.scene, 8) - revenue_by_piece(other.scene, 8)).sum(axis=0) / 0.8
    half = 2.262157 * gaps.std(ddof=1) / np.sqrt(10)
    assert revenue_differences(one.scene, other.scene)[ALL].half_width == pytest.approx(half, rel=1e-5)


def test_before_anything_happened_there_is_nothing_to_tell():
    assert "Nothing was earned" in difference_html(shown(), shown())
