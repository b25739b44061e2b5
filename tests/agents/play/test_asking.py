"""How answers are collected: what is believed, what is refused and why, and what a strategy gets to see."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.play.asking import (
    ANSWERED,
    NOT_ASKED,
    REFUSED,
    SILENCE,
    Party,
    RefusesRandomness,
    collect,
    definite,
    sample_mixed,
)
from agents.population import Group, Population, Side
from agents.strategies import Shading, Strategy, Truthful
from agents.view import Mixed
from mechanisms.auctions import FirstPrice
from mechanisms.questions import SILENT, Announce, AskBelief, AskValue, OfferPrice, ShowMenu

VALUES = np.array([4.0, 3.0, 2.0])


class Says(Strategy):
    """Answers everything with one thing, or calls it if it can be called."""

    def __init__(self, answer):
        self.said = answer

    def _say(self, question, view):
        return self.said(view) if callable(self.said) else self.said

    report_value = report_belief = answer_offer = choose_from_menu = _say


def party(strategies, values=VALUES):
    sides = Population.of(strategies).sides(np.arange(len(strategies)))
    return Party(FirstPrice(), values, sides, len(strategies))


def answers_of(strategy, question=None, resolve=definite):
    """What is made of buyer 1's answer, between two truthful buyers."""
    honest = Truthful()
    return collect(AskValue() if question is None else question, party([honest, strategy, honest]), resolve)


def fail(view):
    raise ZeroDivisionError("my mistake")


UNUSABLE = {
    "nothing": (None, "dtype object"),
    "text": ("3", "dtype <U1"),
    "texts": (["3"], "dtype <U1"),
    "complex": ([1 + 0j], "dtype complex"),
    "objects": (np.array([object()]), "dtype object"),
    "a scalar": (3.0, r"shape \(1,\), got \(\)"),
    "too many": ([1.0, 2.0], r"shape \(1,\), got \(2,\)"),
    "too deep": ([[1.0]], r"shape \(1,\), got \(1, 1\)"),
    "ragged": ([[1.0], [1.0, 2.0]], "ValueError"),
    "a date": (np.array(["2020-01-01"], dtype="datetime64[D]"), "dtype datetime64"),
    "an error": (fail, "ZeroDivisionError: my mistake"),
    "no array at all": ({}, "dtype object"),
}


@pytest.mark.parametrize(("answer", "reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_no_array_of_numbers_is_refused(answer, reason):
    answers = answers_of(Says(answer))
    assert answers.status.tolist() == [ANSWERED, REFUSED, ANSWERED]
    assert answers.values.tolist() == [4.0, SILENT, 2.0]
    ((where, why),) = answers.refusals
    assert where == (1,)
    assert re.search(reason, why), why


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e101, -1.0])
def test_unacceptable_numbers_are_refused_and_kept_as_sent(number):
    answers = answers_of(Says([number]))
    assert answers.status.tolist() == [ANSWERED, REFUSED, ANSWERED]
    assert answers.values.tolist() == [4.0, SILENT, 2.0]
    np.testing.assert_array_equal(answers.sent, [4.0, number, 2.0])
    ((where, why),) = answers.refusals
    assert where == (1,)
    assert why == f"report_value: must be a number from 0 to 1e+100, got {number}"


def test_silence_is_no_refusal():
    answers = answers_of(Says([SILENT]))
    assert answers.status.tolist() == [ANSWERED, SILENCE, ANSWERED]
    assert answers.refusals == []


SILENCES = {
    "offer": (OfferPrice(to=(1,), prices=(9.0,)), [SILENT], 0),
    "belief": (AskBelief(to=(1,), about=(0,), outcomes=2), [[SILENT, SILENT]], [np.nan, np.nan]),
}


@pytest.mark.parametrize(("question", "said", "default"), SILENCES.values(), ids=SILENCES)
def test_the_default_stands_for_silence(question, said, default):
    answers = answers_of(Says(said), question)
    assert answers.status.tolist() == [NOT_ASKED, SILENCE, NOT_ASKED]
    np.testing.assert_array_equal(answers.values[1], default)


@pytest.mark.parametrize("choice", [0.5, np.nan, np.inf, -np.inf, 1e300, 2**63], ids=str)
def test_menu_choices_must_be_integers(choice):
    menu = ShowMenu(to=(1,), entries=((1.0,),), prices=(1.0,))
    answers = answers_of(Says([[choice]]), menu)
    assert answers.status.tolist() == [NOT_ASKED, REFUSED, NOT_ASKED]
    assert answers.values[1].tolist() == [-1]


@pytest.mark.parametrize("choice", [0, 0.0, True, np.uint8(0), -1], ids=repr)
def test_integers_of_any_type_are_a_choice(choice):
    answers = answers_of(Says([[choice]]), ShowMenu(to=(1,), entries=((1.0,),) * 2, prices=(1.0, 2.0)))
    assert answers.status[1] == ANSWERED
    assert answers.values[1].tolist() == [int(choice)]


def test_one_members_refusal_leaves_her_group_alone():
    group = Says([1.0, np.nan, 3.0])
    answers = collect(AskValue(), party([group] * 3), definite)
    assert answers.status.tolist() == [ANSWERED, REFUSED, ANSWERED]
    assert answers.values.tolist() == [1.0, SILENT, 3.0]


def test_many_profiles_at_once_are_answered_as_one_by_one():
    profiles = np.random.default_rng(0).random((5, 3))
    profiles[2, 1] = -1.0  # truth that is refused
    strategies = [Truthful(), Shading(0.5), Truthful()]
    sides = Population.of(strategies).sides(np.arange(3))
    together = collect(AskValue(), Party(FirstPrice(), profiles, sides, 3, lead=(5,)), definite)
    for row, profile in enumerate(profiles):
        alone = collect(AskValue(), party(strategies, profile), definite)
        np.testing.assert_array_equal(together.values[row], alone.values)
        np.testing.assert_array_equal(together.status[row], alone.status)
        assert [w[1:] for w, _ in together.refusals if w[0] == row] == [w for w, _ in alone.refusals]


def test_a_group_that_fails_at_many_profiles_is_refused_at_each():
    sides = (Side(Group(Says(fail)), np.array([0, 2]), np.array([0, 2])),)
    answers = collect(AskValue(), Party(FirstPrice(), np.ones((2, 3)), sides, 3, lead=(2,)), definite)
    assert [where for where, _ in answers.refusals] == [(0, 0), (0, 2), (1, 0), (1, 2)]


# --- who is asked, and what they see --------------------------------------------------------------


class Spy(Strategy):
    """Keeps every view, and spoils the arrays in it after answering."""

    def __init__(self):
        self.views = []
        self.values = []

    def report_value(self, question, view):
        self.views.append(view)
        self.values.append(view.values.copy())
        answer = view.values.copy()
        view.values[...] = -99.0
        return answer


def test_only_those_asked_are_asked_and_see_only_themselves():
    spy = Spy()
    one = party([spy, Truthful(), spy, spy], np.array([4.0, 3.0, 2.0, 1.0]))
    one.heard = (Announce.facts(star=1),)
    answers = collect(AskValue(to=(1, 2, 3)), one, definite)
    (view,) = spy.views
    assert view.seats.tolist() == view.buyers.tolist() == [2, 3]
    assert spy.values[0].tolist() == [2.0, 1.0]
    assert (view.n, view.mechanism, view.heard, view.posterior) == (4, FirstPrice(), one.heard, None)
    assert answers.status.tolist() == [NOT_ASKED, ANSWERED, ANSWERED, ANSWERED]
    assert answers.values.tolist() == [SILENT, 3.0, 2.0, 1.0]


def test_views_are_copies_that_lead_to_nobody_else():
    spy, values = Spy(), np.array([4.0, 3.0, 2.0])
    strategies = [spy, Truthful(), spy]
    collect(AskValue(), party(strategies, values), definite)
    sides = Population.of(strategies).sides(np.arange(3))
    profiles = np.random.default_rng(0).random((4, 3))
    before = profiles.copy()
    collect(AskValue(), Party(FirstPrice(), profiles, sides, 3, lead=(4,)), definite)
    assert values.tolist() == [4.0, 3.0, 2.0]
    np.testing.assert_array_equal(profiles, before)
    for view in spy.views:
        base = view.values if view.values.base is None else view.values.base
        assert base.size == view.values.size


def test_nobody_can_write_into_the_seating():
    with pytest.raises(ValueError, match="read-only"):
        party([Truthful()] * 3).sides[0].seats[0] = 1


# --- mixed answers --------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4).filter(any), st.floats(0, 1, exclude_max=True))
def test_a_mixed_answer_is_drawn_by_its_probabilities(weights, uniform):
    probabilities = np.array(weights) / sum(weights)
    labels = np.arange(len(weights), dtype=float)
    chosen = sample_mixed(Mixed(labels[None], probabilities), np.array([uniform]))
    k = int(chosen[0])
    assert probabilities[k] > 0
    assert probabilities[:k].sum() - 1e-12 <= uniform <= probabilities[: k + 1].sum() + 1e-12


def test_members_draw_independently_of_one_another():
    mixed = Mixed(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.25, 0.75], [0.75, 0.25]]))
    assert sample_mixed(mixed, np.array([0.5, 0.5])).tolist() == [2.0, 3.0]


def test_mixed_vectors_are_drawn_whole():
    answers = np.arange(12.0).reshape(2, 3, 2)  # two members, three branches, two items
    drawn = sample_mixed(Mixed(answers, np.array([0.25, 0.25, 0.5])), np.array([0.3, 0.9]))
    assert drawn.tolist() == [[2.0, 3.0], [10.0, 11.0]]


MIXTURES = {
    "negative": (np.ones((1, 2)), [1.5, -0.5]),
    "not one": (np.ones((1, 2)), [0.5, 0.4]),
    "nan": (np.ones((1, 2)), [np.nan, 1.0]),
    "too many": (np.ones((1, 2)), [0.5, 0.25, 0.25]),
    "no branches": (np.ones((1, 0)), []),
    "no axis of branches": (np.ones(1), [1.0]),
    "text": (np.array([["a", "b"]]), [0.5, 0.5]),
}


@pytest.mark.parametrize(("branches", "probabilities"), MIXTURES.values(), ids=MIXTURES)
def test_bad_mixtures_are_refused(branches, probabilities):
    def resolve(mixed, side, question):
        return sample_mixed(mixed, np.full(len(side.seats), 0.5))

    answers = answers_of(Says(Mixed(branches, probabilities)), resolve=resolve)
    assert answers.status.tolist() == [ANSWERED, REFUSED, ANSWERED]
    assert answers.values.tolist() == [4.0, SILENT, 2.0]


def test_who_cannot_use_randomness_says_so():
    with pytest.raises(RefusesRandomness, match="randomises its answer to report_value"):
        answers_of(Says(Mixed(np.ones((1, 2)), [0.5, 0.5])))
