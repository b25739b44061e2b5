"""What a strategy is handed when asked, and told when an auction has ended: its own affairs, in copies."""

from dataclasses import dataclass

import numpy as np
import pytest

from agents.strategies import Truthful
from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.conversation import DirectMechanism, Mechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import SILENT, AskValue, OfferPrice
from tests.sim.market.markets import AHEAD, ONE, Says, assert_same, market, run


class Spy(Truthful):
    """Keeps what it sees and hears, and spoils every array of it."""

    memoryless = False

    def __init__(self, needs="own"):
        self._needs = needs
        self.seen, self.bases, self.told = [], [], []

    needs = property(lambda self: self._needs)

    def report_value(self, question, view):
        answer = view.values.copy()
        self.seen.append((view.buyers.tolist(), view.n, answer.tolist()))
        base = view.values.base
        self.bases.append(view.values.size if base is None else base.size)
        view.values[...] = -1.0
        return answer

    def observe(self, feedback):
        kept = {k: np.copy(getattr(feedback, k)) for k in ("values", "allocation", "payments", "payoffs")}
        bids = None if feedback.bids is None else feedback.bids.copy()
        answers = [(question, given.copy()) for question, given in feedback.answers]
        self.told.append((kept, feedback.price, bids, answers, dict(feedback.causes)))
        for array in kept:
            getattr(feedback, array)[...] = -7.0
        if feedback.bids is not None:
            feedback.bids[...] = -7.0
        for _, given in feedback.answers:
            given[...] = -7.0


@AHEAD
@pytest.mark.parametrize("discloses", ["own", "price", "bids"])
def test_a_group_sees_itself_and_is_told_what_the_seller_discloses(ahead, discloses):
    spy, other = Spy(), Spy()
    strategies = [spy, Truthful(), spy, other, Says([SILENT])]
    frames = run(5.5, strategies, FirstPrice(), ahead=ahead, discloses=discloses, window=0.25)
    values = frames["messages"]["value"].to_numpy().reshape(-1, 5)
    mine = np.array([0, 2])
    assert spy.seen[:6] == [([0, 2], 5, row[mine].tolist()) for row in values[:6]]
    assert set(spy.bases) == {2}
    assert len(spy.told) == 6
    for row, (kept, price, bids, answers, causes) in zip(values, spy.told, strict=False):
        reports = row * [1, 1, 1, 1, np.nan]
        top = int(np.nanargmax(reports))
        paid = np.where(np.arange(5) == top, row, 0.0)
        np.testing.assert_array_equal(kept["values"], row[mine])
        np.testing.assert_array_equal(kept["allocation"], paid[mine] > 0)
        np.testing.assert_array_equal(kept["payments"], paid[mine])
        np.testing.assert_array_equal(kept["payoffs"], [0.0, 0.0])
        ((question, given),) = answers
        assert question == AskValue()
        np.testing.assert_array_equal(given, row[mine])
        assert list(causes) == ["price"]
        assert price == (None if discloses == "own" else row[top])
        if discloses == "bids":
            np.testing.assert_array_equal(bids, [*row[:4], SILENT])
        else:
            assert bids is None
    honest = run(5.5, [Truthful()] * 4 + [Says([SILENT])], FirstPrice(), window=0.25)
    assert_same(frames, honest, ["auctions", "messages", "transactions"])


def test_a_group_is_told_of_its_own_questions_only():
    """Each buyer is offered a price of her own, which is nobody else's business."""

    @dataclass(frozen=True)
    class Haggle(Mechanism):
        def conversation(self, n):
            for buyer in range(n):
                yield OfferPrice(to=(buyer,), prices=(float(buyer + 2),))
            return Outcome.nothing(n)

    spy = Spy()
    run(0.5, [spy, Truthful(), spy], Haggle(), prior=ONE)
    ((_, _, _, answers, _),) = spy.told
    assert [(question.to, given.tolist()) for question, given in answers] == [
        ((0,), [0.0, 0.0]),
        ((2,), [0.0, 0.0]),
    ]


def test_who_needs_more_than_is_told_is_refused_at_the_start():
    for needs, told in (("price", "own"), ("bids", "own"), ("bids", "price")):
        with pytest.raises(ValueError, match=rf"Spy needs '{needs}' disclosed, but .* tells '{told}'"):
            market([Truthful(), Spy(needs)], SecondPrice(), discloses=told)
    for told in ("price", "bids"):
        market([Truthful(), Spy("price")], SecondPrice(), discloses=told).close()


@dataclass(frozen=True)
class Scribbles(DirectMechanism):
    """Strikes the winner's report out to find the second highest."""

    def outcome(self, reports):
        winner = np.expand_dims(reports.argmax(axis=-1), -1)
        won = np.zeros(reports.shape)
        np.put_along_axis(won, winner, 1.0, axis=-1)
        np.put_along_axis(reports, winner, SILENT, axis=-1)
        return Outcome(won, won * reports.max(axis=-1, keepdims=True))


@AHEAD
def test_what_a_mechanism_does_to_its_replies_is_felt_by_nobody(ahead):
    spies = [Spy(), Spy()]
    frames, sound = (
        run(3.5, [spy, Truthful(), Truthful()], rule, ahead=ahead, discloses="bids")
        for spy, rule in zip(spies, [Scribbles(), SecondPrice()], strict=True)
    )
    assert_same(frames, sound, ["messages", "transactions"])
    for (_, _, bids, answers, _), (_, _, their_bids, their_answers, _) in zip(
        *(spy.told for spy in spies), strict=True
    ):
        np.testing.assert_array_equal(bids, their_bids)
        np.testing.assert_array_equal(answers[0][1], their_answers[0][1])
