"""The suite of strategies: acceptable answers, elementwise and pure; a state that only `observe` changes."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

from agents.view import Mixed
from mechanisms.questions import AskValue
from sim.conformance.values import ValueConformance
from sim.conformance.views import QUESTIONS, SEATS, feedback_on, lesson, reordered, takes_rows, view_for


def clone(strategy):
    """The strategy after a journey through pickle."""
    return pickle.loads(pickle.dumps(strategy))


def experienced(strategy):
    """A clone that has seen some auctions, if it learns at all."""
    strategy = clone(strategy)
    if not strategy.memoryless:
        for winner in (0, 0, 1, None):
            strategy.observe(feedback_on(AskValue(), winner))
    return strategy


def answer(strategy, question, view):
    """The answer as branches `(..., m, b, *question.shape)` with probabilities `(..., m, b)`."""
    given = strategy.answer(question, view)
    rows = view.values.shape[: view.values.ndim - np.ndim(view_for(question).values)]
    who = (*rows, len(view.seats))
    if not isinstance(given, Mixed):
        assert isinstance(given, np.ndarray)
        assert given.shape == (*who, *question.shape)
        return np.expand_dims(given, len(who)), np.ones((*who, 1))
    branches = given.probabilities.shape[-1]
    assert given.answers.shape == (*who, branches, *question.shape)
    assert given.probabilities.shape in ((branches,), (*who, branches))
    return given.answers, np.broadcast_to(given.probabilities, (*who, branches))


def assert_same(left, right):
    """Arrays alike, pair by pair."""
    for one, other in zip(left, right, strict=True):
        np.testing.assert_array_equal(one, other)


class StrategyConformance(ValueConformance):
    """Subclass, and set `instances` to a tuple of distinct strategies, fresh ones if they learn.

    questions
        Those that the strategies are made for; all kinds unless a subclass says otherwise.
    lessons
        Those of them that a learner may be told of afterwards, each as the only one of an auction.
    """

    questions = QUESTIONS
    lessons = tuple(question for question in QUESTIONS if question != AskValue(shape=(3,)))

    def pytest_generate_tests(self, metafunc):
        super().pytest_generate_tests(metafunc)
        if "question" in metafunc.fixturenames:
            metafunc.parametrize("question", self.questions, ids=lambda question: type(question).__name__)

    @pytest.mark.parametrize("rows", [(), (2, 3)], ids=str)
    def test_answers_are_acceptable_or_silent(self, instance, question, rows):
        view = view_for(question, rows if takes_rows(question) else ())
        answers, probabilities = answer(experienced(instance), question, view)
        assert (question.acceptable(answers) | question.silent(answers)).all()
        assert (probabilities >= 0).all()
        np.testing.assert_allclose(probabilities.sum(axis=-1), 1, rtol=1e-12)

    def test_all_rows_at_once_equal_row_by_row(self, instance, question):
        if not takes_rows(question):
            return
        strategy, view = experienced(instance), view_for(question, (2, 3))
        together = answer(strategy, question, view)
        for row in np.ndindex(2, 3):
            alone = answer(strategy, question, view_for(question, values=view.values[row]))
            assert_same(alone, [part[row] for part in together])

    def test_members_in_another_order_answer_the_same(self, instance, question):
        strategy, view = experienced(instance), view_for(question)
        order = np.array([2, 0, 1])
        moved = answer(strategy, question, reordered(view, question, order))
        assert_same(moved, [part[order] for part in answer(strategy, question, view)])

    def test_answering_changes_neither_view_nor_state(self, instance, question):
        strategy, view = experienced(instance), view_for(question)
        known = copy.deepcopy((view.values, view.seats, view.buyers))
        state = pickle.dumps(strategy)
        first = copy.deepcopy(answer(strategy, question, view))
        strategy.wait(question, view)
        assert_same(first, answer(strategy, question, view))
        assert_same(known, (view.values, view.seats, view.buyers))
        assert pickle.dumps(strategy) == state

    def test_waits_for_a_share_of_the_window(self, instance, question):
        delay = instance.wait(question, view_for(question))
        assert np.isfinite(delay)
        assert delay >= 0

    def test_only_learners_change_by_observing(self, instance):
        learner = clone(instance)
        before = pickle.dumps(learner)
        changed = False
        for winner in (0, 1, 2, None):
            learner.observe(feedback_on(AskValue(), winner))
            changed |= pickle.dumps(learner) != before
        assert changed != instance.memoryless

    @pytest.mark.parametrize("seats", [(0, 1, 2), (1, 2, 4)], ids=str)
    def test_learns_from_every_question_at_any_seat(self, instance, question, seats):
        """And whoever hears of her own result only learns the same wherever she sat."""
        if instance.memoryless or question not in self.lessons:
            return
        learners = [clone(instance), clone(instance)]
        for learner, where in zip(learners, (SEATS, seats), strict=True):
            asked = replace(question, to=where) if question.to is not None else question
            learner.observe(lesson(instance, asked, where))
        here, there = (answer(learner, question, view_for(question)) for learner in learners)
        if instance.needs == "own":
            assert_same(here, there)

    def test_observing_leaves_the_feedback_as_it_was(self, instance):
        feedback = feedback_on(AskValue(), 0)
        clone(instance).observe(feedback)
        again = feedback_on(AskValue(), 0)
        for field in ("seats", "buyers", "values", "allocation", "payments", "payoffs", "bids"):
            np.testing.assert_array_equal(getattr(feedback, field), getattr(again, field))

    def test_clone_answers_alike(self, instance, question):
        strategy = experienced(instance)
        assert repr(clone(strategy)) == repr(strategy)
        view = view_for(question)
        assert_same(answer(clone(strategy), question, view), answer(strategy, question, view))

    def test_pickle_gives_an_equal_with_the_same_hash(self, instance):
        """Equality by parameters is for strategies without a state; others are themselves only."""
        if instance.memoryless and type(instance).__eq__ is not object.__eq__:
            super().test_pickle_gives_an_equal_with_the_same_hash(instance)

    def test_says_its_name_and_needs(self, instance):
        assert instance.name
        assert instance.needs in ("own", "price", "bids")

