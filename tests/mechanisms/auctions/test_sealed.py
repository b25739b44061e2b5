"""Sealed auctions against their definitions, written out for one profile at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms.auctions import AllPay, Discriminatory, FirstPrice, SecondPrice, UniformPrice
from tests import property as draw

RESERVES = st.sampled_from([0, 0.25, 3.0, 5.5, 11.0])


def same(outcome, allocation, payments):
    np.testing.assert_array_equal(outcome.allocation, allocation)
    np.testing.assert_array_equal(outcome.payments, payments)


def winners(bids, reserve, supply):
    """Those whose bid meets the reserve and is beaten by fewer than `supply` others."""

    def beaten_by(i):
        return sum(b > bids[i] or (b == bids[i] and j < i) for j, b in enumerate(bids))

    return [i for i, bid in enumerate(bids) if bid >= reserve and beaten_by(i) < supply]


@given(draw.reports(), RESERVES)
def test_second_price_is_the_least_bid_that_would_win(bids, reserve):
    """Each winner pays her critical bid, found by trying every price at which the outcome can change."""
    allocation, payments = np.zeros(len(bids)), np.zeros(len(bids))
    for i in winners(bids, reserve, 1):
        rivals = np.delete(bids, i)
        candidates = sorted({float(reserve), *rivals[np.isfinite(rivals)].tolist()})
        payments[i] = min(c for c in candidates if c >= reserve and (rivals <= c).all())
        allocation[i] = 1
    same(SecondPrice(reserve).outcome(bids), allocation, payments)


@given(draw.reports(), RESERVES)
def test_first_price(bids, reserve):
    won = winners(bids, reserve, 1)
    allocation = [float(i in won) for i in range(len(bids))]
    payments = [bids[i] if i in won else 0 for i in range(len(bids))]
    same(FirstPrice(reserve).outcome(bids), allocation, payments)


@given(draw.reports(), RESERVES)
def test_all_pay(bids, reserve):
    won = winners(bids, reserve, 1)
    allocation = [float(i in won) for i in range(len(bids))]
    same(AllPay(reserve).outcome(bids), allocation, [bid if bid >= reserve else 0 for bid in bids])


@given(draw.reports(), RESERVES, st.integers(1, 6))
def test_uniform_price_is_the_k_plus_first_bid(bids, reserve, supply):
    won = winners(bids, reserve, supply)
    padded = sorted([*bids.tolist(), *[-np.inf] * (supply + 1)], reverse=True)
    price = max(reserve, padded[supply])
    allocation = np.array([float(i in won) for i in range(len(bids))])
    same(UniformPrice(supply, reserve).outcome(bids), allocation, price * allocation)


@given(draw.reports(), RESERVES, st.integers(1, 6))
def test_discriminatory(bids, reserve, supply):
    won = winners(bids, reserve, supply)
    allocation = [float(i in won) for i in range(len(bids))]
    payments = [bids[i] if i in won else 0 for i in range(len(bids))]
    same(Discriminatory(supply, reserve).outcome(bids), allocation, payments)


@given(draw.reports(), RESERVES)
def test_one_unit_is_the_single_good_auction(bids, reserve):
    one, single = UniformPrice(1, reserve).outcome(bids), SecondPrice(reserve).outcome(bids)
    same(one, single.allocation, single.payments)
    one, single = Discriminatory(1, reserve).outcome(bids), FirstPrice(reserve).outcome(bids)
    same(one, single.allocation, single.payments)


@given(draw.type_profiles(), RESERVES, st.integers(1, 4), st.integers(0, 4), st.integers(0, 48))
def test_truth_is_dominant_in_uniform_price(values, reserve, supply, who, lie):
    who %= len(values)
    reports = np.array([values, values])
    reports[1, who] = lie / 4
    outcome = UniformPrice(supply, reserve).outcome(reports)
    honest, lying = outcome.allocation[:, who] * values[who] - outcome.payments[:, who]
    assert honest >= max(lying, 0)


def test_integer_bids_are_bids():
    same(SecondPrice().outcome(np.array([3, 9, 4])), [0, 1, 0], [0, 4, 0])
    same(UniformPrice(2).outcome(np.array([[3, 9, 4]])), [[0, 1, 1]], [[0, 3, 3]])


@pytest.mark.parametrize("auction", [SecondPrice, FirstPrice, AllPay])
@pytest.mark.parametrize("reserve", [-1.0, np.inf, np.nan])
def test_a_reserve_is_an_amount_of_money(auction, reserve):
    with pytest.raises(ValueError, match="reserve must be finite and at least 0"):
        auction(reserve)
    with pytest.raises(TypeError, match="reserve must be a number, got 'high'"):
        auction("high")


@pytest.mark.parametrize("auction", [UniformPrice, Discriminatory])
def test_a_supply_is_a_count(auction):
    with pytest.raises(ValueError, match="supply must be at least 1, got 0"):
        auction(0)
    with pytest.raises(TypeError, match=r"supply must be an integer, got 1\.5"):
        auction(1.5)
    with pytest.raises(ValueError, match="reserve must be finite"):
        auction(1, -1)
    assert auction(3).units == 3


RULES = [SecondPrice(), FirstPrice(1.0), AllPay(), UniformPrice(2), Discriminatory(2)]


@pytest.mark.parametrize("rule", RULES, ids=repr)
@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3), (2, 3, 0)])
def test_without_bidders_or_profiles_nothing_is_sold(rule, shape):
    same(rule.outcome(np.zeros(shape)), np.zeros(shape), np.zeros(shape))


@pytest.mark.parametrize("rule", RULES, ids=repr)
@pytest.mark.parametrize("bids", [[np.nan], [1.0, np.nan, 2.0], [[1.0, 2.0, 0.0], [1.0, 2.0, np.nan]]])
def test_reports_that_are_no_numbers_are_refused(rule, bids):
    with pytest.raises(ValueError, match="reports must be numbers, or -inf for no bid, got NaN"):
        rule.outcome(np.array(bids))
