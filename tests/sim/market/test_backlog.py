"""What waits to be written is, once written, what it would have been if written at once."""

import numpy as np
import pytest

from agents.seller import SellerPlan
from agents.strategies import Late, Shading, Truthful
from mechanisms.auctions import AscendingClock, FirstPrice, OpenProxy, PostedPrice, SecondPrice, UniformPrice
from mechanisms.auctions.vcg import AdditiveVCG
from mechanisms.outcome import Outcome
from mechanisms.questions import AskValue
from sim.market import ledger
from sim.market.invariants import BreachError
from sim.market.market import Market
from sim.market.panel import Panel
from tests.sim.market.markets import UNIT, SometimesSilent, Stumbles, frames_of, market, people

MECHANISMS = [
    SecondPrice(),
    FirstPrice(reserve=0.4),
    UniformPrice(supply=2),
    PostedPrice(0.5),
    AscendingClock(0.2),
    OpenProxy(0.05, rounds=3),
]


def cast():
    return [Truthful(), Shading(0.7), SometimesSilent(0.4), Stumbles(), Late(Truthful(), 1.5)]


@pytest.fixture
def each_at_once(monkeypatch):
    """Calls what it is given where nothing waits."""

    def call(make):
        with monkeypatch.context() as patch:
            patch.setattr(ledger, "MOST_WAITING", 1)
            return make()

    return call


def exactly(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].equals(other[name]), name


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda mechanism: mechanism.name)
def test_rows_are_those_of_auctions_written_one_by_one(mechanism, each_at_once):
    def play():
        return frames_of(market(cast(), mechanism, latency=0.01, ahead=False, window=0.6), 300.3)

    exactly(play(), each_at_once(play))


def test_several_sellers_and_kinds_of_goods_keep_their_order(each_at_once):
    def play():
        plans = [SellerPlan(SecondPrice(), period=0.25), SellerPlan(AscendingClock()),
                 SellerPlan(SecondPrice(), stock=3, period=0.5), SellerPlan(FirstPrice(), period=0.25)]
        panels = [Panel(members=[2 * k, 2 * k + 1], ahead=k == 3) for k in range(4)]
        return frames_of(Market(people([Truthful()] * 8, 0.01), plans, panels, UNIT, seed=3), 60)

    exactly(play(), each_at_once(play))


def test_vectors_are_written_as_they_are(each_at_once):
    def play():
        return frames_of(market([Truthful()] * 2, AdditiveVCG(items=2), ahead=False), 20)

    exactly(play(), each_at_once(play))


class OneArray(SecondPrice):
    """Hands out the same arrays in every auction."""

    def conversation(self, n):
        replies = yield AskValue()
        found = self.outcome(replies.values)
        if not hasattr(self, "kept"):
            object.__setattr__(self, "kept", (np.zeros(n), np.zeros(n)))
        self.kept[0][:], self.kept[1][:] = found.allocation, found.payments
        return Outcome(*self.kept)


def test_who_uses_arrays_again_changes_no_rows_that_wait():
    plain = frames_of(market([Truthful()] * 3, SecondPrice(), ahead=False), 50.5)
    again = frames_of(market([Truthful()] * 3, OneArray(), ahead=False), 50.5)
    assert plain["transactions"].equals(again["transactions"])
    assert plain["auctions"]["revenue"].equals(again["auctions"]["revenue"])


class BreaksAt(SecondPrice):
    """Takes the good twice in one auction, after a number of sound ones."""

    held = 0

    def conversation(self, n):
        replies = yield AskValue()
        found = self.outcome(replies.values)
        object.__setattr__(self, "held", self.held + 1)
        return Outcome(2 * found.allocation, found.payments) if self.held > 10 else found


def test_a_breach_comes_after_all_that_was_sound():
    one = market([Truthful()] * 3, BreaksAt(), ahead=False)
    with pytest.raises(BreachError) as breach:
        one.advance_to(50)
    assert len(breach.value.messages) == 1 + 3  # a line with names first
    one.finish("failed")
    frames = one.records.frames()
    one.close()
    assert (frames["auctions"]["status"] != "unfinished").sum() == 10
    assert len(frames["messages"]) == 33


def test_books_are_right_whenever_they_are_read():
    """`reconcile` compares what buyers paid with what sellers got; both count what waits."""
    one = market([Truthful()] * 3, ahead=False)
    one.env.run(until=20.5)
    assert not one.ledger.caught_up
    one.ledger.reconcile()
    assert one.ledger.caught_up
    assert one.sellers[0].received == pytest.approx(one.ledger.paid.sum())
    assert one.sellers[0].received > 0
    one.close()


def test_a_mark_is_not_set_between_a_message_and_its_auction(tmp_path):
    """Rows that were told as belonging together do: no auction has its messages without its own row."""
    from sim.records import Records

    (tmp_path / "run").mkdir()
    records = Records(tmp_path / "run")
    one = market([Truthful()] * 3, ahead=False, records=records)
    one.env.run(until=20.5)
    assert not one.ledger.caught_up
    marked = dict(records._marked)
    assert marked["messages"] == 3 * marked["auctions"]
    one.env.run(until=600.5)
    marked = dict(records._marked)
    assert marked["messages"] == 3 * marked["auctions"] == 3 * 512
    one.flush()
    assert (records._marked["auctions"], records._marked["messages"]) == (601, 1803)
    one.finish()
    one.close()
