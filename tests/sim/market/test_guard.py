"""The guard: no hook of anybody's code ends a run unseen, alters what others said, or fills the records."""

import sys
import time
from dataclasses import dataclass

import numpy as np
import pytest

from agents.population import Side
from agents.strategies import Truthful
from agents.strategies.bid_policy import BidPolicy
from agents.view import SidePayments
from mechanisms.auctions import SecondPrice
from mechanisms.conversation import Mechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import Announce, AskValue, Chance
from sim.market.guard import LONGEST_REASON, MOST_MOVES, Reasons, attempt, cut, repr_in_short
from sim.market.invariants import LONGEST_RULE, BreachError
from sim.market.ledger import MOST_REASONS
from tests.sim.market.markets import AHEAD, TwoRounds, market, run


class Stop(BaseException):
    """Derives from what `except Exception` does not catch."""


def stop(*_):
    raise Stop("enough")


def leave(*_):
    raise SystemExit(0)


def shout(*_):
    raise ValueError("x" * 2_000_000)


STOPS = {"stop": stop, "leave": leave, "shout": shout}


# --- strategies -------------------------------------------------------------------------------------


class Grabs(Truthful):
    """Answers as if she sat in another's seat, and would change the arrays that she is handed."""

    honest = False
    memoryless = False

    def __init__(self):
        self.caught = 0

    def _grab(self, array):
        for owner in (array, array.base):
            try:
                owner.flags.writeable = True
                owner[...] = 1
            except (ValueError, AttributeError, TypeError):
                self.caught += 1

    def report_value(self, question, view):
        self._grab(view.seats)
        self._grab(view.buyers)
        return np.zeros(len(view.seats))

    def observe(self, feedback):
        self._grab(feedback.seats)
        self._grab(feedback.buyers)
        feedback.values[...] = feedback.payments[...] = 99.0


@AHEAD
def test_nobody_answers_for_another(ahead):
    grabs = Grabs()
    said = run(2.5, [grabs, Truthful()], SecondPrice(), ahead=ahead)["messages"]
    assert set(said.loc[said["bidder_id"] == 0, "bid"]) == {0.0}
    honest = said[said["bidder_id"] == 1]
    assert (honest["bid"] == honest["value"]).all()
    assert grabs.caught > 0


def test_what_is_shared_cannot_be_made_writable():
    side = Side(None, np.array([0]), np.array([7]))
    for array in (side.seats, side.buyers):
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True


class Fails(Truthful):
    """Fails in one hook."""

    honest = False
    memoryless = False

    def __init__(self, hook, how):
        self._hook = hook
        setattr(self, hook, how)

    waits = property(lambda self: self._hook == "wait")
    says_policy = property(lambda self: self._hook == "policy")
    colludes = property(lambda self: self._hook == "side_payments")


@pytest.mark.parametrize("hook", ["report_value", "wait", "observe", "side_payments", "policy"])
@pytest.mark.parametrize("how", STOPS.values(), ids=STOPS)
def test_no_hook_of_a_strategy_ends_the_run(hook, how):
    one = market([Fails(hook, how), Truthful(), Truthful()], SecondPrice())
    one.advance_to(10.5)
    one.finish()
    frames, notes = one.records.frames(), one.records.manifest.notes
    one.close()
    assert (frames["auctions"]["status"] == "sold").all()
    table = "failures" if hook in ("observe", "side_payments") else "refusals"
    told = notes if hook == "policy" else frames[table]["reason"].unique().tolist()
    assert len(told) == 1
    assert all(len(reason) <= LONGEST_REASON + 100 for reason in told)


def payments(**changes):
    told = {"payers": np.array([0]), "payees": np.array([1]), "amounts": np.array([1.0]), "reason": "share"}
    return SidePayments(**(told | changes))


class Pays(Truthful):
    """Pays within her group as told."""

    honest = False

    def __init__(self, *told):
        self.told = list(told)

    def side_payments(self, feedback):
        return self.told.pop(0) if len(self.told) > 1 else self.told[0]


class Elusive:
    """A number of buyers that is another each time it is looked at."""

    def __array__(self, dtype=None, copy=None):
        self.looks = getattr(self, "looks", -1) + 1
        return np.array([self.looks * 10**6])


ODD = {
    "no text": payments(reason=7),
    "no payments": 3.5,
    "half a buyer": payments(payers=np.array([0.5])),
    "objects": payments(payees=np.array([None])),
    "stranger": payments(payees=np.array([2])),
    "other shape": payments(amounts=np.ones((1, 1))),
    "much": payments(amounts=np.array([np.inf])),
    "complex": payments(amounts=np.array([1j])),
}


@pytest.mark.parametrize("told", ODD.values(), ids=ODD)
def test_odd_side_payments_are_refused(told):
    ring = Pays(told)
    frames = run(1.5, [ring, ring, Truthful()], SecondPrice())
    assert len(frames["transfers"]) == 0
    assert set(frames["failures"]["hook"]) == {"side_payments"}
    assert len(frames["failures"]) == 2


def test_what_was_checked_is_what_is_paid():
    """Numbers that change between two looks pay as they were at the first."""
    ring = Pays(payments(payers=Elusive()))
    frames = run(0.5, [ring, ring, Truthful()], SecondPrice())
    assert frames["transfers"][["from_person", "to_person", "amount"]].to_numpy().tolist() == [[0, 1, 1.0]]


def test_reasons_of_transfers_are_text_and_bounded():
    told = [payments(reason=f"{number} \ud800" + "x" * 10_000) for number in range(MOST_REASONS + 20)]
    ring = Pays(*told, payments())
    frames = run(MOST_REASONS + 30.5, [ring, ring], SecondPrice(), tick=1000.0)
    reasons = frames["transfers"]["reason"].unique().tolist()
    assert len(reasons) == MOST_REASONS + 1
    assert max(map(len, reasons)) <= LONGEST_REASON
    assert len(frames["failures"]) == 0


@pytest.mark.parametrize("types", [["a"], np.ones((2, 2)), None, [1.0, 2.0, 3.0]])
def test_an_odd_policy_is_noted_and_nothing_of_it_recorded(types):
    one = market([Fails("policy", lambda: BidPolicy(types, np.zeros(2), np.zeros(2))), Truthful()],
                 SecondPrice())
    one.advance_to(20.5)
    assert len(one.records.frame("policies")) == 0
    assert len(one.records.manifest.notes) == 1
    one.close()


# --- mechanisms -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Breaks(SecondPrice):
    """Fails when its rule is applied, or when its conversation begins, is led, or is over."""

    where: str = "rule"
    how: str = "leave"

    def conversation(self, n):
        if self.where == "begin":
            STOPS[self.how]()
        return super().conversation(n) if self.where == "rule" else self.talk(n)

    def talk(self, n):
        replies = yield AskValue()
        if self.where == "talk":
            STOPS[self.how]()
        return super().outcome(replies.values) if self.where != "end" else "x" * 10_000_000

    def outcome(self, reports):
        STOPS[self.how]()


@AHEAD
@pytest.mark.parametrize("where", ["rule", "begin", "talk", "end"])
@pytest.mark.parametrize("how", STOPS)
def test_whatever_a_mechanism_does_is_a_breach(where, how, ahead):
    with pytest.raises(BreachError) as breach:
        run(1.5, [Truthful(), Truthful()], Breaks(where=where, how=how), ahead=ahead)
    assert breach.value.auction == 0
    assert len(breach.value.rule) <= LONGEST_RULE


@dataclass(frozen=True)
class Talks(Mechanism):
    """Says so much to so many, and sells nothing."""

    announcements: int = 0
    questions: int = 0
    chances: int = 0

    def conversation(self, n):
        for _ in range(self.announcements):
            yield Announce.facts(fee=1.0)
        for _ in range(self.questions):
            yield AskValue(to=())
        for _ in range(self.chances):
            yield Chance((1.0,))
        return Outcome(np.zeros(n), np.zeros(n))


@pytest.mark.parametrize("moves", ["announcements", "chances"])
def test_a_conversation_without_end_is_a_breach(moves):
    two = [Truthful(), Truthful()]
    with pytest.raises(BreachError, match="65,536 times"):
        run(0.5, two, Talks(**{moves: MOST_MOVES + 1}))


def test_questions_cost_no_more_than_their_number():
    """Whoever does not look back at what was said pays nothing for it."""

    @dataclass(frozen=True)
    class Asks(Mechanism):
        many: int

        def conversation(self, n):
            for _ in range(self.many):
                yield AskValue()
            return Outcome(np.zeros(n), np.zeros(n))

    def cost(count):
        start = time.process_time()
        run(0.5, [Truthful(), Truthful()], Asks(count))
        return time.process_time() - start

    cost(10)
    few, many = min(cost(250) for _ in range(3)), cost(4_000)
    assert many < 40 * few  # sixteen times as many; the square would be 256 times


@pytest.mark.slow
def test_more_questions_than_the_records_number_are_a_breach():
    with pytest.raises(BreachError, match="65,536 times"):
        run(0.5, [Truthful(), Truthful()], Talks(questions=MOST_MOVES + 1))


def test_announcements_cost_no_more_than_their_number():
    def cost(count):
        start = time.process_time()
        run(0.5, [Truthful(), Truthful()], Talks(announcements=count))
        return time.process_time() - start

    cost(10)
    few, many = min(cost(4_000) for _ in range(3)), cost(64_000)
    assert many < 64 * few  # sixteen times as many; the square would be 256 times


@dataclass(frozen=True)
class Causes(Mechanism):
    """Gives payments causes that are no short names, or ever new ones."""

    kind: str = "number"

    def conversation(self, n):
        replies = yield AskValue()
        cause = {"number": 7, "new": str(replies.values[0])}[self.kind]
        paid = np.full(n, 0.001)
        return Outcome(np.zeros(n), paid, {cause: paid})


@pytest.mark.parametrize("kind", ["number", "new"])
def test_causes_are_a_few_names(kind):
    with pytest.raises(BreachError, match="a few short names"):
        run(300.5, [Truthful(), Truthful()], Causes(kind), tick=1000.0)


def test_an_error_tells_a_few_messages_of_many():
    class Long(TwoRounds):
        def conversation(self, n):
            for _ in range(150):
                yield AskValue()
            raise RuntimeError("out of order")

    with pytest.raises(BreachError) as breach:
        run(0.5, [Truthful(), Truthful()], Long())
    assert breach.value.messages[-1] == "and 100 more"


# --- words ------------------------------------------------------------------------------------------


def test_ctrl_c_goes_through():
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(interrupt)


def test_words_are_cut_and_can_be_written():
    assert cut("\ud800") == "\\ud800"
    assert len(cut("\ud800" * LONGEST_REASON)) <= LONGEST_REASON
    assert repr_in_short(type("Mute", (), {"__repr__": leave})()) == "a Mute"
    reasons = Reasons(MOST_REASONS)
    kept = {reasons.kept(f"{k}") for k in range(2 * MOST_REASONS)}
    assert len(kept) == MOST_REASONS + 1
    assert sys.getsizeof(reasons.kept("y" * 10**7)) < 10_000


def test_a_market_is_let_go_with_any_version_of_mesa(monkeypatch):
    """From 3.4 on it keeps no table of models."""
    import mesa

    one = market([Truthful(), Truthful()], SecondPrice())
    monkeypatch.delattr(mesa.Agent, "_ids", raising=False)
    one.close()
