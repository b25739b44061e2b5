"""Ranking against sorting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms.auctions import ranking
from mechanisms.auctions.ranking import k_highest, lowest_accepted, single_sale, top_one, top_two
from tests import property as draw


def in_order(bids):
    """Indices from the highest bid to the lowest, ties in the order of the buyers."""
    return sorted(range(len(bids)), key=lambda i: (-bids[i], i))


@given(draw.reports())
def test_top_two_of_one_profile(bids):
    order = in_order(bids)
    second = bids[order[1]] if len(bids) > 1 else -np.inf
    assert top_two(bids) == (order[0], bids[order[0]], second)
    assert top_one(bids) == (order[0], bids[order[0]])


@given(st.integers(1, 4).flatmap(lambda n: st.lists(draw.reports(n=n), min_size=1, max_size=7)))
def test_top_two_of_many_profiles(profiles):
    many = np.array(profiles)[:, None]
    winner, highest, second = top_two(many)
    assert winner.shape == highest.shape == second.shape == (len(profiles), 1)
    for row, bids in enumerate(profiles):
        assert (winner[row, 0], highest[row, 0], second[row, 0]) == top_two(bids)
    np.testing.assert_array_equal(top_one(many)[0], winner)
    np.testing.assert_array_equal(top_one(many)[1], highest)


@pytest.mark.parametrize("shape", [(57, 4), (3, 1), (2, 90)])
def test_blocks_leave_no_seam(shape, monkeypatch):
    monkeypatch.setattr(ranking, "BLOCK", 40)
    bids = np.random.default_rng(3).integers(0, 9, shape).astype(float)
    ascending = np.sort(bids, axis=1)
    winner, highest, second = top_two(bids)
    np.testing.assert_array_equal(winner, [in_order(row)[0] for row in bids])
    np.testing.assert_array_equal(highest, ascending[:, -1])
    np.testing.assert_array_equal(second, ascending[:, -2] if shape[1] > 1 else -np.inf)


def test_reports_are_left_alone_in_any_memory_order():
    for bids in (np.asfortranarray([[1.0, 2.0], [4.0, 3.0]]), np.array([[1.0, 2.0, 4.0, 3.0]])[:, ::2]):
        before = bids.copy()
        top_two(bids)
        top_two(bids[0])
        k_highest(bids, 1)
        np.testing.assert_array_equal(bids, before)


@given(draw.reports(), st.integers(1, 6))
def test_k_highest(bids, k):
    order = in_order(bids)
    among, next_highest = k_highest(bids, k)
    assert set(np.flatnonzero(among)) == set(order[:k])
    assert next_highest == (bids[order[k]] if k < len(bids) else -np.inf)


@given(st.lists(draw.reports(n=4), min_size=1, max_size=6), st.integers(1, 4))
def test_k_highest_of_many_profiles(profiles, k):
    among, next_highest = k_highest(np.array(profiles), k)
    for row, bids in enumerate(profiles):
        alone, alone_next = k_highest(bids, k)
        np.testing.assert_array_equal(among[row], alone)
        assert next_highest[row] == alone_next


def test_a_bid_that_rounding_put_below_the_reserve_is_accepted():
    reserve = 0.1 + 0.2
    assert reserve > 0.3 >= lowest_accepted(reserve)
    assert lowest_accepted(0.0) == 0
    assert single_sale((1,), 0, 0.3, -np.inf, reserve).payments[0] == reserve
    assert not single_sale((1,), 0, 0.29, -np.inf, reserve).allocation.any()
