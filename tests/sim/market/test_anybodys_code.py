"""Strategies and mechanisms that are anybody's code: what they do wrong harms nobody else, or ends it all."""

import inspect
from dataclasses import dataclass

import numpy as np
import pytest

from agents.play.asking import RefusesRandomness, StrategyError
from agents.strategies import Truthful
from agents.view import Mixed
from mechanisms.auctions import AscendingClock, FirstPrice, OpenProxy, PostedPrice, SecondPrice
from mechanisms.conversation import Mechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import Announce, AskValue
from mechanisms.types import OneGood
from sim.market.invariants import BreachError
from tests.sim.market.markets import AHEAD, Says, Silent, TwoRounds, assert_same, market, run

# --- strategies -----------------------------------------------------------------------------------


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
    failures, (line,) = frames["failures"], lines_of(Forgets.observe, "out of memory")
    assert not len(frames["refusals"])
    assert failures["auction"].tolist() == [0, 1, 2]
    assert set(failures["bidder_id"]) == {0}
    assert set(failures["hook"]) == {"observe"}
    place = f"(test_anybodys_code.py, line {line})"
    assert set(failures["reason"]) == {f"RuntimeError: out of memory {place}"}


def lines_of(code, text):
    """Numbers of the lines of some code that hold a text."""
    lines, first = inspect.getsourcelines(code)
    return [first + k for k, line in enumerate(lines) if text in line]


@AHEAD
def test_a_failure_says_where_it_happened(ahead):
    frames = run(1.5, [Says(fail), Truthful()], SecondPrice(), ahead=ahead)
    (line,) = lines_of(fail, "raise")
    assert set(frames["refusals"]["reason"]) == {
        f"RuntimeError: lost the thread (test_anybodys_code.py, line {line})"
    }


@AHEAD
@pytest.mark.parametrize("mechanism", [SecondPrice(), AscendingClock()], ids=repr)
@pytest.mark.parametrize(
    ("strategy", "said"),
    [(Says(fail), "lost the thread"), (Says([np.nan]), "must be a number"), (Forgets(), "out of memory"),
     (Wilts("raise"), "wait of")],
    ids=["raises", "nonsense", "forgets", "waits"],
)
def test_a_failing_strategy_may_be_let_to_raise(strategy, said, mechanism, ahead):
    one = market([strategy, Truthful()], mechanism, ahead=ahead)
    one.stage.raises = True
    with pytest.raises(StrategyError, match=said):
        one.advance_to(3.5)
    one.close()


# --- mechanisms -----------------------------------------------------------------------------------


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


@dataclass(frozen=True)
class Understated(OneGood):
    """Says that it needs one unit in stock, whatever is on offer."""

    units = 1


class Overstates(Mechanism):
    """Needs one unit in stock, and sells two."""

    space = Understated(2)

    def conversation(self, n):
        yield AskValue()
        return Outcome(np.ones(n), np.zeros(n))


def test_nothing_is_sold_that_is_not_in_stock():
    with pytest.raises(BreachError, match=r"sold \[2.\] units where \[1.\] were in stock"):
        run(0.5, [Truthful(), Truthful()], Overstates(), stock=1)
