"""The uniform-price auction for several units a bidder, against its definition."""

import numpy as np
import pytest

from mechanisms.auctions import UniformPrice
from mechanisms.auctions.multi_unit_demand import UniformPriceMultiUnit
from mechanisms.questions import AskValue, Replies


@pytest.mark.parametrize("supply", [1, 2, 3])
def test_highest_bids_win_at_the_highest_losing_bid(supply):
    rng = np.random.default_rng(supply)
    for n in (1, 2, 4):
        for bids in rng.random((50, n, supply)):
            outcome = UniformPriceMultiUnit(supply).outcome(bids)
            ranked = sorted(bids.ravel(), reverse=True)
            price = ranked[supply] if len(ranked) > supply else 0.0
            won = [sum(bid > price for bid in own) for own in bids]
            np.testing.assert_array_equal(outcome.allocation, won)
            np.testing.assert_allclose(outcome.payments, price * np.array(won))


def test_one_unit_is_the_second_price_auction():
    bids = np.random.default_rng(7).random((100, 4))
    many, single = UniformPriceMultiUnit(1).outcome(bids[..., None]), UniformPrice(1).outcome(bids)
    np.testing.assert_array_equal(many.allocation, single.allocation)
    np.testing.assert_array_equal(many.payments, single.payments)


def test_order_of_the_bids_and_ties_and_silence():
    rule = UniformPriceMultiUnit(2)
    bids = np.array([[[1.0, 5.0], [4.0, 2.0]], [[3.0, 3.0], [3.0, 3.0]], [[2.0, -np.inf], [-np.inf] * 2]])
    outcome = rule.outcome(bids)
    np.testing.assert_array_equal(outcome.allocation, [[1, 1], [2, 0], [1, 0]])
    np.testing.assert_array_equal(outcome.payments, [[2, 2], [6, 0], [0, 0]])


def test_conversation_asks_for_a_bid_on_each_unit():
    conversation = UniformPriceMultiUnit(2).conversation(2)
    assert next(conversation) == AskValue(shape=(2,))
    with pytest.raises(StopIteration) as end:
        conversation.send(Replies(np.array([[5.0, 1.0], [4.0, 2.0]]), np.ones(2, dtype=bool)))
    np.testing.assert_array_equal(end.value.value.payments, [2, 2])


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="supply must be at least 1, got 0"):
        UniformPriceMultiUnit(0)
    with pytest.raises(ValueError, match=r"shape \(..., n, 2\)"):
        UniformPriceMultiUnit(2).outcome(np.ones((2, 3)))
