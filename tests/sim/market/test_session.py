"""Sessions: windows, deadlines, the seller's coins; several goods, and beliefs."""

from dataclasses import dataclass

import numpy as np
import pytest

from agents.strategies import Late, Strategy, Truthful
from mechanisms.auctions import PostedPrice, SecondPrice
from mechanisms.auctions.vcg import AdditiveVCG, UnitDemandVCG
from mechanisms.conversation import Mechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import SILENT, Announce, AskBelief, AskValue, Chance, Draw
from tests.sim.market.markets import AHEAD, ONE, UNIT, Says, Silent, TwoRounds, run


def late(delay):
    return Late(Truthful(), delay)


def messages(frames, auction=0):
    table = frames["messages"]
    return table[table["auction"] == auction].reset_index(drop=True)


# --- windows --------------------------------------------------------------------------------------


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
    assert said["bid"].isna().tolist() == [False, True, False]
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
    assert (said["bid"] == said["value"]).all()
    counted = said["bid"].where(~is_late, -np.inf).to_numpy().reshape(-1, 3)
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


# --- several goods, beliefs -----------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", [AdditiveVCG(2), UnitDemandVCG(2)], ids=repr)
def test_vectors_have_a_table_of_their_own(mechanism):
    frames = run(3.5, [Truthful(), Says([[SILENT, SILENT]]), Truthful()], mechanism, window=0.25)
    said, vectors = frames["messages"], frames["vectors"]
    assert said["bid"].isna().all()
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
