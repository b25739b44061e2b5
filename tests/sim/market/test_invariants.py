"""What always holds: honest runs keep it, planted faults are caught, in blocks and in sessions alike."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.play.asking import Party
from agents.play.payoffs import payoffs_of
from agents.strategies import AdaptiveShading, Shading, Truthful
from mechanisms.auctions import AdditiveVCG, SecondPrice
from mechanisms.conversation import DirectMechanism, Mechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import AskValue
from sim.market.invariants import BreachError, broken_rule, regular_rows
from tests.sim.market.markets import SometimesSilent, market, people, run

TRIGGER = 0.9
"""Faults show where somebody bids more than this."""


@dataclass(frozen=True)
class Faulty(DirectMechanism):
    """Second price, but `fault(outcome, reports)` is applied to profiles with a high bid."""

    fault: object = field(repr=False)
    whole: bool = False
    ex_post_ir: bool = False

    def outcome(self, reports):
        sound = SecondPrice().outcome(reports)
        hit = reports.max(axis=-1) > TRIGGER
        if not hit.any():
            return sound
        if self.whole or reports.ndim == 1:
            return self.fault(sound, reports)
        rows = [
            self.fault(Outcome(a, p), r) if h else Outcome(a, p)
            for h, a, p, r in zip(hit, sound.allocation, sound.payments, reports, strict=True)
        ]
        return Outcome(np.stack([r.allocation for r in rows]), np.stack([r.payments for r in rows]))


@dataclass(frozen=True)
class FaultyTalk(Mechanism):
    """The same as a conversation."""

    fault: object = field(repr=False)
    ex_post_ir: bool = False

    def conversation(self, n):
        reports = (yield AskValue()).values
        sound = SecondPrice().outcome(reports)
        return self.fault(sound, reports) if reports.max() > TRIGGER else sound


def two_units(sound, reports):
    return replace(sound, allocation=np.ones(reports.shape))


def negative_units(sound, reports):
    return replace(sound, allocation=sound.allocation - np.eye(reports.shape[-1])[0] * 2)


def charge_absentees(sound, reports):
    return replace(sound, payments=sound.payments + np.where(np.isfinite(reports), 0.0, 0.01))


def serve_absentees(sound, reports):
    return replace(sound, allocation=np.isinf(reports) / max(1, np.isinf(reports).sum()))


def overcharge(sound, reports):
    return replace(sound, payments=sound.payments + sound.allocation * 2)


def nan_payments(sound, reports):
    return replace(sound, payments=sound.payments * np.nan)


def infinite_payments(sound, reports):
    return replace(sound, payments=sound.payments - np.inf)


def nan_allocation(sound, reports):
    return replace(sound, allocation=sound.allocation * np.nan)


def complex_payments(sound, reports):
    return replace(sound, payments=sound.payments + 1j)


def objects_allocated(sound, reports):
    return replace(sound, allocation=sound.allocation.astype(object))


def short_payments(sound, reports):
    return replace(sound, payments=sound.payments[..., :-1])


def short_allocation(sound, reports):
    return replace(sound, allocation=sound.allocation[..., :-1])


def deep_allocation(sound, reports):
    return replace(sound, allocation=sound.allocation[..., None])


def causes_astray(sound, reports):
    return replace(sound, causes={"price": sound.payments, "fee": np.full(sound.payments.shape, 0.01)})


def causes_moved(sound, reports):
    """The causes add up in total, but not for each buyer."""
    return replace(sound, causes={"price": np.roll(sound.payments, 1)})


def no_outcome(sound, reports):
    return sound.payments


def no_arrays(sound, reports):
    return Outcome(None, None)


def raises(sound, reports):
    raise ZeroDivisionError("nobody to divide by")


FAULTS = {
    two_units: "sold .* units where 1 were on offer",
    negative_units: "sold .* units where 1 were on offer",
    charge_absentees: "did not take part was charged or served",
    serve_absentees: "did not take part was charged or served",
    overcharge: "a truthful buyer lost in a mechanism that is ex-post individually rational",
    nan_payments: "must be finite",
    infinite_payments: "must be finite",
    nan_allocation: "must be finite",
    complex_payments: "must be numbers, got dtypes float64, complex128",
    objects_allocated: "must be numbers, got dtypes object, float64",
    short_payments: "allocation and payments",
    short_allocation: "allocation and payments",
    deep_allocation: "allocation and payments",
    causes_astray: "the causes do not add up",
    causes_moved: "the causes do not add up",
    no_outcome: "not in an Outcome",
    no_arrays: "allocation and payments",
    raises: "failed with ZeroDivisionError: nobody to divide by",
}
WHOLE = {causes_astray, causes_moved, no_outcome, no_arrays, raises, short_payments, short_allocation,
         deep_allocation}
"""Faults that cannot be told row from row: a sweep over many profiles has them as a whole."""


def cast(learns):
    return [SometimesSilent(0.5), Truthful(), Truthful(), *([AdaptiveShading()] if learns else [])]


@pytest.mark.parametrize("learns", [False, True], ids=["", "a learner"])
@pytest.mark.parametrize("how", ["ahead", "sessions", "conversation"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_breach_stops_the_run_with_number_and_messages(fault, how, learns):
    """The first auction to show it is known from a sound run."""
    ex_post_ir = fault is overcharge
    options = {"window": 0.25, "seed": 7}
    sound = run(60.5, cast(learns), SecondPrice(), **options)["messages"]
    said = sound["bid"].to_numpy().reshape(61, -1)
    needs_absentee = fault in (charge_absentees, serve_absentees)
    shows = (np.nanmax(said, axis=1) > TRIGGER) & (np.isnan(said).any(axis=1) | (not needs_absentee))
    if fault is overcharge:
        shows &= np.isin(np.nanargmax(said, axis=1), [1, 2])  # the honest ones
    first = int(shows.argmax())
    assert shows[first]
    mechanism = (
        FaultyTalk(fault, ex_post_ir) if how == "conversation" else Faulty(fault, fault in WHOLE, ex_post_ir)
    )
    one = market(cast(learns), mechanism, ahead=how == "ahead", **options)
    with pytest.raises(BreachError, match=FAULTS[fault]) as breach:
        one.advance_to(60.5)
    assert breach.value.auction == first
    assert f"auction {first}: " in str(breach.value)
    of_auction = sound[sound["auction"] == first]
    header, *lines = breach.value.messages
    assert "bidder_id" in header
    assert len(lines) == len(of_auction)
    for line, bidder, status in zip(lines, of_auction["bidder_id"], of_auction["status"], strict=True):
        assert f" {bidder} " in line
        assert str(status) in line
    one.finish("failed")
    assert len(one.records.frames()["auctions"]) == first + 1
    assert one.records.frames()["auctions"]["status"].tolist()[-1] == "unfinished"
    one.close()


def test_who_shades_may_lose_in_her_own_way():
    """Only honest buyers are promised anything."""
    run(40.5, [Shading(0.99)] * 3, Faulty(overcharge, False, True), seed=7)


@dataclass(frozen=True)
class Confused(Mechanism):
    """Yields what is no question, or asks somebody who is not there."""

    what: object

    def conversation(self, n):
        yield self.what
        return Outcome.nothing(n)


@pytest.mark.parametrize("what", [None, 3, AskValue(to=(7,)), AskValue(to=(-1,)), AskValue], ids=repr)
def test_a_question_that_is_none_is_the_mechanisms_failure(what):
    one = market([Truthful()] * 2, Confused(what))
    with pytest.raises(BreachError, match="auction 0: the mechanism failed"):
        one.advance_to(1)
    one.close()


# --- the two forms of the same rule ---------------------------------------------------------------


@given(st.data())
def test_many_rows_are_judged_as_one_by_one(data):
    """Random outcomes of two units among three buyers, sound and unsound, one of them honest."""
    quarters = st.integers(-1, 4).map(lambda k: k / 4)

    def rows(entries):
        flat = data.draw(st.lists(entries, min_size=12, max_size=12))
        return np.array(flat, dtype=float).reshape(4, 3)

    @dataclass(frozen=True)
    class Two(SecondPrice):
        units: int = 2
        ex_post_ir: bool = data.draw(st.booleans())

    allocation = rows(st.sampled_from([0.0, 0.0, 0.5, 1.0, -0.25]))
    payments = rows(st.sampled_from([0.0, 0.0, 0.25, 0.5, np.nan]))
    values, answered = np.abs(rows(quarters)), rows(st.booleans()).astype(bool)
    sides = people([Truthful(), Shading(0.5), Shading(0.5)]).sides(np.arange(3))
    party = Party(Two(), values, sides, 3, lead=(4,))
    together = regular_rows(party, Outcome(allocation, payments), answered)
    for k in range(4):
        party, outcome = Party(Two(), values[k], sides, 3), Outcome(allocation[k], payments[k])
        absent = None if answered[k].all() else ~answered[k]
        broken = broken_rule(party, outcome, payoffs_of(party, outcome), absent)
        assert together[k] == (broken is None)
        row = values[k], allocation[k], payments[k], answered[k]
        assert (broken is None) == _sound(*row, Two().ex_post_ir)


def _sound(values, allocation, payments, answered, ir):
    """The rules, from their wording."""
    return bool(
        np.isfinite(payments).all()
        and (allocation >= 0).all()
        and allocation.sum() <= 2
        and all(a == p == 0 for a, p, there in zip(allocation, payments, answered, strict=True) if not there)
        and (not ir or values[0] * allocation[0] >= payments[0])
    )


def test_payoffs_are_value_less_payment():
    party = Party(AdditiveVCG(2), np.array([[4.0, 2.0], [1.0, 3.0]]), (), 2)
    outcome = Outcome(np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([5.0, -1.0]))
    assert payoffs_of(party, outcome).tolist() == [1.0, 1.0]


class Boasts(Truthful):
    """Passes for honest, and bids twice the value."""

    def report_value(self, question, view):
        return 2 * view.values


@pytest.mark.parametrize("ahead", [True, False], ids=["ahead", "sessions"])
def test_who_only_says_to_be_honest_stops_no_market(ahead):
    frames = run(20.5, [Boasts(), Truthful()], SecondPrice(), ahead=ahead)
    assert (frames["transactions"]["payment"] > frames["transactions"]["value"]).any()
    assert (frames["auctions"]["status"] == "sold").all()
