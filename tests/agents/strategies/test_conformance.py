"""The suite of strategies must fail those that break its rules, each in the test that is meant for it."""

import numpy as np
import pytest

from agents.strategies import Strategy
from agents.view import Mixed
from mechanisms.questions import AskValue
from sim.conformance.strategy import StrategyConformance


class Negative(Strategy):
    def report_value(self, question, view):
        return -1 - view.values


class OneForAll(Strategy):
    def report_value(self, question, view):
        return view.values[..., :1]


class Unlikely(Strategy):
    def report_value(self, question, view):
        return Mixed(view.values[..., None], np.array([0.5]))


class LooksAtOtherRows(Strategy):
    def report_value(self, question, view):
        return view.values / (1 + view.values.max())


class GoesByPosition(Strategy):
    def report_value(self, question, view):
        return view.values / np.arange(1, 1 + len(view.seats))


class SpoilsTheView(Strategy):
    def report_value(self, question, view):
        view.values[...] = 0.5
        return view.values.copy()


class CountsQuestions(Strategy):
    asked = 0

    def report_value(self, question, view):
        self.asked += 1
        return view.values


class SecretLearner(Strategy):
    def observe(self, feedback):
        self.last = feedback.price


class LearnsNothing(Strategy):
    memoryless = False


SUITE = StrategyConformance()
QUESTION = AskValue()


def rows_are_fine(strategy):
    SUITE.test_answers_are_acceptable_or_silent(strategy, QUESTION, (2, 3))


def elementwise(strategy):
    SUITE.test_all_rows_at_once_equal_row_by_row(strategy, QUESTION)


def equivariant(strategy):
    SUITE.test_members_in_another_order_answer_the_same(strategy, QUESTION)


def pure(strategy):
    SUITE.test_answering_changes_neither_view_nor_state(strategy, QUESTION)


@pytest.mark.parametrize(
    ("strategy", "check"),
    [
        (Negative(), rows_are_fine),
        (OneForAll(), rows_are_fine),
        (Unlikely(), rows_are_fine),
        (LooksAtOtherRows(), elementwise),
        (GoesByPosition(), equivariant),
        (SpoilsTheView(), pure),
        (CountsQuestions(), pure),
        (SecretLearner(), SUITE.test_only_learners_change_by_observing),
        (LearnsNothing(), SUITE.test_only_learners_change_by_observing),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, Strategy) else part.__name__,
)
def test_the_suite_fails_it(strategy, check):
    with pytest.raises(AssertionError):
        check(strategy)
    check(Strategy())
