"""Sessions: windows, deadlines, and strategies that are anybody's code."""

from dataclasses import dataclass

import numpy as np
import pytest

from agents.party import RefusesRandomness
from agents.strategies import Late, Strategy, Truthful
from agents.view import Mixed
from mechanisms.auctions import AscendingClock, FirstPrice, OpenProxy, PostedPrice, SecondPrice
from mechanisms.conversation import DirectMechanism, Mechanism
from mechanisms.distributions import Discrete
from mechanisms.outcome import Outcome
from mechanisms.questions import SILENT, Announce, AskBelief, AskValue, Chance, Draw, OfferPrice
from mechanisms.vcg import AdditiveVCG, UnitDemandVCG
from sim.checks import BreachError
from tests.sim.markets import UNIT, Says, Silent, assert_same, market, run

AHEAD = pytest.mark.parametrize("ahead", [True, False], ids=["ahead", "sessions"])
ONE = Discrete([1.0], [1.0])


def late(delay):
    return Late(Truthful(), delay)


def messages(frames, auction=0):
    table = frames["messages"]
    return table[table["auction"] == auction].reset_index(drop=True)


# --- windows --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TwoRounds(Mechanism):
    """The first buyer is asked alone, then the others; the highest report wins for nothing."""

    def conversation(self, n):
        first = (yield AskValue(to=(0,))).values
        yield Announce.facts(first=float(first[0]))
        others = (yield AskValue(to=tuple(range(1, n)))).values
        reports = np.concatenate([first[:1], others[1:]])
        return Outcome((np.arange(n) == reports.argmax()) * (reports.max() >= 0.0), np.zeros(n))


def test_a_window_closes_when_all_who_were_asked_have_answered():
    frames = run(9, [late(0.25), late(0.5), late(0.125)], TwoRounds(), window=4.0, period=100, first=2.0)
    said = messages(frames)
    assert said["bidder_id"].tolist() == [0, 1, 2]
    assert said["question_number"].tolist() == [0, 1, 1]
    assert said["time"].tolist() == [3.0, 5.0, 3.5]  # asked at 2; answered at 3, asked again, last at 3 + 2
    assert set(said["status"]) == {"answered"}
    assert frames["auctions"]["opened"].tolist() == [2.0]
    assert frames["auctions"]["closed"].tolist() == [5.0]


def test_a_window_stays_open_to_its_deadline_for_a_late_answer():
    frames = run(20, [late(0.5), late(1.0), late(0.125)], TwoRounds(), window=4.0, period=100)
    said = messages(frames)
    assert said["status"].tolist() == ["answered", "late", "answered"]
    assert said["sent"].tolist() == said["time"].tolist() == [2.0, 6.0, 2.5]
    assert frames["auctions"]["closed"].tolist() == [6.0]


def test_a_window_stays_open_to_its_deadline_for_the_silent():
    frames = run(20, [Truthful(), Silent(), Truthful()], TwoRounds(), window=4.0, period=100)
    said = messages(frames)
    assert said["status"].tolist() == ["answered", "silent", "answered"]
    assert said["answer"].isna().tolist() == [False, True, False]
    assert said["time"].isna().tolist() == [False, True, False]
    assert frames["auctions"]["closed"].tolist() == [4.0]


@AHEAD
def test_a_late_bid_is_lost_and_costs_nothing(ahead):
    """The deadline itself is too late: windows are half-open."""
    strategies = [late(1.0), late(0.5), Truthful()] if not ahead else [Truthful()] * 3
    frames = run(40, strategies, SecondPrice(), latency=0.0 if not ahead else [50.0, 0.0, 0.0],
                 ahead=ahead, window=0.5)
    said, auctions = frames["messages"], frames["auctions"]
    lost = said["bidder_id"] == 0
    assert (said["status"] == np.where(lost, "late", "answered")).mean() > 0.97
    is_late = said["status"] == "late"
    deadline = said["auction"].map(auctions.set_index("auction")["opened"]) + 0.5
    assert (is_late == (said["time"] >= deadline)).all()
    assert is_late.sum() > 35
    assert (said["answer"] == said["value"]).all()
    counted = said["answer"].where(~is_late, -np.inf).to_numpy().reshape(-1, 3)
    np.testing.assert_array_equal(auctions["revenue"], np.sort(counted, axis=1)[:, 1].clip(0))
    charged = set(zip(frames["transactions"]["auction"], frames["transactions"]["bidder_id"], strict=True))
    assert charged.isdisjoint(zip(said["auction"][is_late], said["bidder_id"][is_late], strict=True))
    everybody = ~is_late.groupby(said["auction"]).any().to_numpy()
    last = said.groupby("auction")["time"].max().to_numpy()
    closed = np.where(everybody, last, auctions["opened"] + 0.5)
    np.testing.assert_array_equal(auctions["closed"], closed)


def test_latency_counts_from_each_answer_on():
    """Messages of one buyer travel for exponential times of her mean latency."""
    frames = run(4000, [Truthful(), late(0.1)], SecondPrice(), latency=[0.02, 0.03], ahead=False)
    said = frames["messages"]
    travelled = (said["time"] - said["sent"]).to_numpy().reshape(-1, 2)
    error = travelled.std(axis=0) / np.sqrt(len(travelled))
    assert (np.abs(travelled.mean(axis=0) - [0.02, 0.03]) <= 4.5 * error).all()
    np.testing.assert_allclose(travelled.std(axis=0), [0.02, 0.03], rtol=0.1)
    np.testing.assert_allclose((said["sent"] % 1).to_numpy().reshape(-1, 2)[:9], [[0.0, 0.1]] * 9, atol=1e-9)


@pytest.mark.parametrize(
    ("until", "open_", "heard"), [(0.5, 1, 0), (1.0, 1, 0), (1.5, 1, 1), (3.0, 1, 1), (3.1, 0, 3)]
)
def test_what_is_open_at_the_end_is_unfinished(until, open_, heard):
    """First window 0 … 1, second 1 … 3; the end itself is not part of the run."""
    frames = run(until, [late(0.25), late(0.5), late(0.125)], TwoRounds(), window=4.0, period=100)
    auctions = frames["auctions"]
    assert auctions["status"].tolist() == (["unfinished"] if open_ else ["sold"])
    assert auctions["closed"].isna().tolist() == [bool(open_)]
    assert auctions["revenue"].isna().tolist() == [bool(open_)]
    assert len(frames["messages"]) == heard
    assert auctions["bidders"].tolist() == [3]


def test_nobody_need_be_asked():
    @dataclass(frozen=True)
    class Shy(Mechanism):
        def conversation(self, n):
            replies = yield AskValue(to=())
            yield Announce.facts(answered=int(replies.answered.sum()))
            return Outcome.nothing(n)

    frames = run(2.5, [Truthful()] * 2, Shy())
    assert frames["auctions"]["status"].tolist() == ["unsold"] * 3
    assert len(frames["messages"]) == 0


def test_chance_and_draws_come_from_the_sellers_own_stream():
    """A branch of probability 1/4 and a uniform draw, over many auctions; the same with more buyers."""

    @dataclass(frozen=True)
    class Dice(Mechanism):
        def conversation(self, n):
            yield AskValue()
            got = np.zeros(n)
            got[0] = (yield Chance((0.25, 0.75))) == 0
            return Outcome(got, got * (yield Draw(UNIT)))

    few, many = (run(2000, [Truthful()] * n, Dice())["auctions"] for n in (1, 3))
    sold = few["sold"].to_numpy()
    assert abs(sold.mean() - 0.25) <= 4.5 * np.sqrt(3 / 16 / len(sold))
    paid = few["revenue"].to_numpy()[sold > 0]
    assert abs(paid.mean() - 0.5) <= 4.5 * np.sqrt(1 / 12 / len(paid))
    np.testing.assert_array_equal(many["revenue"], few["revenue"])


# --- anybody's code -------------------------------------------------------------------------------


def fail(view):
    raise RuntimeError("lost the thread")


def leave(view):
    raise SystemExit(0)


class Wordless(Exception):
    """An error whose own words are out of order."""

    def __str__(self):
        raise RuntimeError("no words")


def fail_without_words(view):
    raise Wordless


def fail_beyond_unicode(view):
    raise ValueError("\ud800")


def decline_to_mix(view):
    raise RefusesRandomness("not for you")


def spoil(view):
    view.values[...] = -5.0
    return view.values


HOSTILE = {
    "nan": ([np.nan], "must be a number from 0 to 1e+100, got nan"),
    "inf": ([np.inf], "must be a number from 0 to 1e+100, got inf"),
    "beyond sums": ([1.7e308], "must be a number from 0 to 1e+100, got 1.7e+308"),
    "negative": ([-0.5], "must be a number from 0 to 1e+100, got -0.5"),
    "shape": ([0.5, 0.5], "answers must have shape (1,), got (2,)"),
    "scalar": (0.5, "answers must have shape (1,), got ()"),
    "text": (["much"], "an answer must be numbers, got dtype <U4"),
    "objects": ([None], "an answer must be numbers, got dtype object"),
    "complex": ([1j], "an answer must be numbers, got dtype complex128"),
    "raises": (fail, "RuntimeError: lost the thread"),
    "leaves": (leave, "SystemExit: 0"),
    "wordless": (fail_without_words, "Wordless, which cannot say why"),
    "surrogate": (fail_beyond_unicode, "ValueError: \\ud800"),
    "another's error": (decline_to_mix, "RefusesRandomness: not for you"),
    "mutates": (spoil, "must be a number from 0 to 1e+100, got -5.0"),
    "no mixture": (Mixed(np.ones((1, 2)), [0.9, 0.2]), "must be at least 0 and sum to 1"),
    "ill mixture": (Mixed(np.ones((1, 2)), [np.nan, 1.0]), "must be at least 0 and sum to 1"),
    "flat mixture": (Mixed(np.ones(1), [1.0]), "tuple index out of range"),
}
FORMATS = [SecondPrice(), FirstPrice(), AscendingClock(), OpenProxy(0.1, 3), PostedPrice(0.4), TwoRounds()]


@AHEAD
@pytest.mark.parametrize(("answer", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_bad_answers_are_refused_and_the_market_goes_on(answer, reason, ahead):
    """It is for everybody else as if she had been silent."""
    frames, silent = (
        run(3.5, [first, Truthful(), Truthful()], SecondPrice(), ahead=ahead, window=0.25)
        for first in (Says(answer), Silent())
    )
    refusals = frames["refusals"]
    assert refusals["auction"].tolist() == [0, 1, 2, 3]
    assert set(refusals["bidder_id"]) == {0}
    assert all(reason in why for why in refusals["reason"])
    said = frames["messages"]
    assert (said["status"] == np.where(said["bidder_id"] == 0, "refused", "answered")).all()
    np.testing.assert_array_equal(said["value"], silent["messages"]["value"])
    money = ["auction", "bidder_id", "quantity", "payment"]  # times differ: who is silent is waited for
    assert_same({"money": frames["transactions"][money]}, {"money": silent["transactions"][money]})
    assert (frames["auctions"]["status"] == "sold").all()


@pytest.mark.parametrize("mechanism", FORMATS, ids=repr)
def test_every_format_bears_a_buyer_without_sense(mechanism):
    frames = run(12.5, [Says([np.nan]), Truthful(), Truthful()], mechanism, period=4.0)
    asked = frames["messages"][frames["messages"]["bidder_id"] == 0]
    assert len(asked) > 0
    assert set(asked["status"]) == {"refused"}
    assert len(frames["refusals"]) == len(asked)
    assert 0 not in set(frames["transactions"]["bidder_id"])
    assert (frames["auctions"]["status"] == "unfinished").sum() <= 1
    assert (frames["auctions"]["status"] == "sold").any()


class Wilts(Truthful):
    """Waits as it is told, or as anybody's code might."""

    def __init__(self, share):
        self.share = share

    def wait(self, question, view):
        return fail(view) if self.share == "raise" else self.share


@pytest.mark.parametrize("share", ["raise", None, np.nan, -1.0, np.inf, 1e308, "long", [0.1, 0.2]], ids=repr)
def test_a_bad_wait_refuses_the_answer(share):
    frames = run(2.5, [Wilts(share), Truthful(), Truthful()], SecondPrice())
    said = frames["messages"]
    assert (said["status"] == np.where(said["bidder_id"] == 0, "refused", "answered")).all()
    assert len(frames["refusals"]) == 3
    assert all("wait" in why for why in frames["refusals"]["reason"])
    assert (frames["auctions"]["status"] == "sold").all()


class Forgets(Truthful):
    """Learns nothing, and fails at that."""

    memoryless = False

    def observe(self, feedback):
        raise RuntimeError("out of memory")


@AHEAD
def test_a_failing_learner_does_not_stop_the_market(ahead):
    frames = run(2.5, [Forgets(), Truthful()], SecondPrice(), ahead=ahead)
    assert (frames["auctions"]["status"] == "sold").all()
    refusals = frames["refusals"]
    assert refusals["auction"].tolist() == [0, 1, 2]
    assert set(refusals["bidder_id"]) == {0}
    assert set(refusals["reason"]) == {"observe: RuntimeError: out of memory"}


# --- mechanisms that are anybody's code -----------------------------------------------------------


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


@dataclass(frozen=True)
class Forges(Mechanism):
    """Charges everybody, and says that all have answered."""

    def conversation(self, n):
        replies = yield AskValue()
        replies.answered[:] = True
        return Outcome(np.zeros(n), np.ones(n))


@dataclass(frozen=True)
class AsksNobody(Mechanism):
    """Charges everybody unasked."""

    def conversation(self, n):
        yield Announce.facts(fee=1.0)
        return Outcome(np.zeros(n), np.ones(n))


@pytest.mark.parametrize("mechanism", [Forges(), AsksNobody()], ids=repr)
def test_nobody_is_charged_who_did_not_take_part(mechanism):
    with pytest.raises(BreachError, match="did not take part"):
        run(1.5, [Silent(), Truthful()], mechanism)


class Overstates(Mechanism):
    """Says that it sells one unit until it has them in hand, and then sells two."""

    units = 1

    def conversation(self, n):
        yield AskValue()
        self.units = 2
        return Outcome(np.ones(n), np.zeros(n))


def test_nothing_is_sold_that_is_not_in_stock():
    with pytest.raises(BreachError, match=r"sold 2.0 units where \[1.\] were in stock"):
        run(0.5, [Truthful(), Truthful()], Overstates(), stock=1)


# --- what a strategy is handed, and told ----------------------------------------------------------


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


# --- several goods, beliefs -----------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", [AdditiveVCG(2), UnitDemandVCG(2)], ids=repr)
def test_vectors_have_a_table_of_their_own(mechanism):
    frames = run(3.5, [Truthful(), Says([[SILENT, SILENT]]), Truthful()], mechanism, window=0.25)
    said, vectors = frames["messages"], frames["vectors"]
    assert said["answer"].isna().all()
    assert said["value"].isna().all()
    assert said["status"].tolist() == ["answered", "silent", "answered"] * 4
    reports = vectors["number"].to_numpy().reshape(4, 3, 2)
    assert vectors["position"].tolist() == [0, 1] * 12
    for auction, profile in enumerate(reports):
        outcome = mechanism.outcome(np.where(np.isfinite(profile), profile, SILENT))
        sold = frames["transactions"][frames["transactions"]["auction"] == auction]
        got = np.zeros((3, 2))
        got[sold["bidder_id"][sold["item"] >= 0], sold["item"][sold["item"] >= 0]] = 1
        np.testing.assert_array_equal(got, outcome.allocation)
        paid = sold.groupby("bidder_id")["payment"].sum().reindex(range(3), fill_value=0.0)
        np.testing.assert_allclose(paid, outcome.payments)
        np.testing.assert_allclose(sold["value"][sold["quantity"] > 0].sum(), profile[got > 0].sum())


def test_a_belief_that_nature_gave_nobody_is_refused():
    @dataclass(frozen=True)
    class Poll(Mechanism):
        def conversation(self, n):
            beliefs = (yield AskBelief(about=(0,), outcomes=2)).values
            return Outcome(np.zeros(n), np.where(np.isnan(beliefs[:, 0]), 0.0, -beliefs[:, 0]))

    frames = run(0.5, [Truthful(), Says([[0.25, 0.75]])], Poll())
    assert frames["messages"]["status"].tolist() == ["refused", "answered"]
    assert "gave this buyer none" in frames["refusals"]["reason"][0]
    assert frames["transactions"]["payment"].tolist() == [-0.25]


class Keen(Strategy):
    """Bids at an offer in silence."""

    def answer_offer(self, question, view):
        return np.full(len(view.seats), SILENT)


def test_silence_buys_nothing():
    frames = run(0.5, [Keen(), Truthful()], PostedPrice(0.5), prior=ONE, window=0.1)
    assert frames["transactions"]["bidder_id"].tolist() == [1]
