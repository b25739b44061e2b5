"""Posted price, clock and proxy auction: their histories, and second price as their benchmark."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms.auctions import AscendingClock, OpenProxy, PostedPrice, SecondPrice
from mechanisms.questions import CallPrice, InviteBid, OfferPrice, Replies
from tests import property as draw

QUIET = -np.inf


def talk(mechanism, n, replies):
    """Answer question by question from a script of rows; return the questions and the outcome."""
    conversation, questions, script = mechanism.conversation(n), [], iter(replies)
    try:
        questions.append(conversation.send(None))
        while True:
            row = np.array(next(script), dtype=float)
            questions.append(conversation.send(Replies(row, np.isfinite(row))))
    except StopIteration as end:
        assert next(script, None) is None, "the conversation ended before the script"
        return questions, end.value


def truthful(mechanism, values):
    """Everybody answers her value whenever she is asked."""
    conversation = mechanism.conversation(len(values))
    try:
        question = conversation.send(None)
        while True:
            row = np.full(len(values), QUIET)
            row[question.seats(len(values))] = values[question.seats(len(values))]
            question = conversation.send(Replies(row, np.isfinite(row)))
    except StopIteration as end:
        return end.value


class TestPostedPrice:
    def test_offers_in_order_until_sold_out(self):
        questions, outcome = talk(PostedPrice(2.5, supply=2), 4, [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]])
        assert questions == [OfferPrice(to=(i,), prices=(2.5,)) for i in (0, 1, 2)]
        np.testing.assert_array_equal(outcome.allocation, [1, 0, 1, 0])
        np.testing.assert_array_equal(outcome.payments, [2.5, 0, 2.5, 0])

    def test_bad_parameters_are_named(self):
        with pytest.raises(ValueError, match="price must be finite and at least 0, got -1"):
            PostedPrice(-1)
        with pytest.raises(ValueError, match="supply must be at least 1, got 0"):
            PostedPrice(1, 0)


class TestAscendingClock:
    @given(draw.reports(), st.sampled_from([0, 2.5, 11]))
    def test_is_the_second_price_auction_of_truthful_buyers(self, values, reserve):
        clock, sealed = truthful(AscendingClock(reserve), values), SecondPrice(reserve).outcome(values)
        np.testing.assert_array_equal(clock.allocation, sealed.allocation)
        np.testing.assert_array_equal(clock.payments, sealed.payments)

    def test_those_who_stay_hear_who_left(self):
        values = np.array([5.0, 1.0, 9.0, 3.0, 3.0, 7.0])
        asked = [values, *(np.where(values > price, values, QUIET) for price in (3.0, 5.0))]
        questions, outcome = talk(AscendingClock(2.0), 6, asked)
        assert questions == [
            CallPrice(price=2.0),
            CallPrice(to=(0, 2, 5), price=3.0, exits=(2.0, 3.0, 3.0)),
            CallPrice(to=(2, 5), price=5.0, exits=(2.0, 3.0, 3.0, 5.0)),
        ]
        np.testing.assert_array_equal(outcome.payments, [0, 0, 7, 0, 0, 0])

    def test_who_changes_her_mind_leaves_at_the_price_that_stands(self):
        _, outcome = talk(AscendingClock(), 3, [[4, 8, 9], [QUIET, 2, 9]])
        np.testing.assert_array_equal(outcome.payments, [0, 0, 4])
        _, outcome = talk(AscendingClock(), 3, [[4, 8, 9], [QUIET, 6, QUIET]])
        np.testing.assert_array_equal(outcome.payments, [0, 4, 0])

    def test_the_last_who_leave_together_are_served_in_order(self):
        _, outcome = talk(AscendingClock(), 3, [[4, 8, 9], [QUIET, QUIET, QUIET]])
        np.testing.assert_array_equal(outcome.allocation, [0, 1, 0])
        np.testing.assert_array_equal(outcome.payments, [0, 4, 0])


class TestOpenProxy:
    @given(
        draw.reports(),
        st.sampled_from([0, 0.25, 1.0, 3.0]),
        st.integers(1, 3),
        st.sampled_from([0, 2.0, 11.0]),
    )
    def test_is_second_price_up_to_the_increment(self, values, increment, rounds, start):
        proxy = truthful(OpenProxy(increment, rounds, start), values)
        sealed = SecondPrice(start).outcome(values)
        np.testing.assert_array_equal(proxy.allocation, sealed.allocation)
        assert sealed.revenue <= proxy.revenue <= sealed.revenue + increment

    def test_a_lone_bidder_pays_the_start(self):
        questions, outcome = talk(OpenProxy(1, 2, start=3), 2, [[8, QUIET], [QUIET, 2.5]])
        assert questions == [InviteBid(None, 3.0, None, 1.0, 0, 2), InviteBid(None, 3.0, 0, 1.0, 1, 2)]
        np.testing.assert_array_equal(outcome.payments, [3, 0])

    def test_standing_price_is_an_increment_over_the_second_maximum(self):
        rounds = [[5, QUIET, QUIET], [QUIET, 8, QUIET], [QUIET, QUIET, 7.5], [QUIET] * 3]
        questions, outcome = talk(OpenProxy(1, 4), 3, rounds)
        assert [(q.price, q.leader) for q in questions] == [(0, None), (0, 0), (6, 1), (8, 1)]
        np.testing.assert_array_equal(outcome.payments, [0, 8, 0])  # 7.5 + 1 is more than the leader's 8

    def test_a_raise_below_the_increment_is_ignored(self):
        low = talk(OpenProxy(1, 3), 2, [[5, 3], [QUIET, 4.9], [QUIET, QUIET]])
        assert [(q.price, q.leader) for q in low[0]] == [(0, None), (4, 0), (4, 0)]
        enough = talk(OpenProxy(1, 3), 2, [[5, 3], [QUIET, 5.0], [QUIET, QUIET]])
        assert [(q.price, q.leader) for q in enough[0]] == [(0, None), (4, 0), (5, 0)]

    def test_a_tie_goes_to_the_earlier_bid_then_to_the_lowest_index(self):
        _, outcome = talk(OpenProxy(1, 2), 3, [[2, QUIET, 6], [6, 6, QUIET]])
        np.testing.assert_array_equal(outcome.allocation, [0, 0, 1])
        _, outcome = talk(OpenProxy(1, 1), 3, [[2, 6, 6]])
        np.testing.assert_array_equal(outcome.payments, [0, 6, 0])

    def test_the_leader_may_raise_her_maximum_by_any_amount_and_never_lowers_it(self):
        rounds = [[6, 5.5], [6.25, QUIET], [1, 7.5], [QUIET, QUIET]]
        questions, outcome = talk(OpenProxy(1, 4), 2, rounds)
        assert [(q.price, q.leader) for q in questions] == [(0, None), (6, 0), (6.25, 0), (7.25, 1)]
        np.testing.assert_array_equal(outcome.payments, [0, 7.25])

    def test_rounding_does_not_turn_a_full_raise_away(self):
        questions, _ = talk(OpenProxy(0.1, 2, start=0.2), 2, [[1, QUIET], [QUIET, 0.3]])
        assert questions[1].price + 0.1 > 0.3
        _, outcome = talk(OpenProxy(0.1, 2, start=0.2), 2, [[0.3, QUIET], [QUIET, 0.3]])
        np.testing.assert_array_equal(outcome.payments, [0.3, 0])

    def test_bad_parameters_are_named(self):
        with pytest.raises(ValueError, match="increment must be finite and at least 0, got -1"):
            OpenProxy(-1, 1)
        with pytest.raises(ValueError, match="rounds must be at least 1, got 0"):
            OpenProxy(1, 0)
        with pytest.raises(ValueError, match="start must be finite and at least 0, got nan"):
            OpenProxy(1, 1, np.nan)


@pytest.mark.parametrize("mechanism", [PostedPrice(1.0), AscendingClock(), OpenProxy(1.0, 2)], ids=repr)
def test_nobody_there_nothing_sold(mechanism):
    _, outcome = talk(mechanism, 0, [[]] * {PostedPrice: 0, AscendingClock: 1, OpenProxy: 2}[type(mechanism)])
    assert outcome.allocation.shape == outcome.payments.shape == (0,)
