"""Reporters who do not say what they know: the rules of strategies, and what they say."""

import numpy as np
import pytest

from agents.strategies import LazyReporter, NoisyReporter, WholeShading
from agents.view import Mixed
from mechanisms.questions import AskGridBelief, AskMarginals, AskProductBelief, AskValue
from sim.conformance.strategy import StrategyConformance
from sim.conformance.views import BELIEF, QUESTIONS, about_any_belief, view_for


class TestConformance(StrategyConformance):
    instances = (WholeShading(), WholeShading(0.5), LazyReporter())


class TestNoisyConformance(StrategyConformance):
    instances = (NoisyReporter(), NoisyReporter(0.0), NoisyReporter(1.0, step=1))
    questions = about_any_belief(QUESTIONS)


def test_whole_shading_rounds_down():
    view = view_for(AskValue(), values=np.array([5.0, 4.0, 0.0]))
    np.testing.assert_array_equal(WholeShading(0.5).report_value(AskValue(), view), [2, 2, 0])


def test_the_lazy_know_what_everybody_sees():
    """Uniform from the least possible value on."""
    question = AskGridBelief(about=(1,), outcomes=4, least=2)
    said = LazyReporter().report_belief(question, view_for(question))
    np.testing.assert_array_equal(said, [[0, 0, 0.5, 0.5]] * 3)


@pytest.mark.parametrize("kind", [AskGridBelief, AskProductBelief, AskMarginals])
def test_the_noisy_shift_what_they_know(kind):
    """Of buyer 1 they know (0.2, 0.3, 0.5): a place up it is (0, 0.2, 0.8), a place down (0.5, 0.5, 0)."""
    assert BELIEF.marginal(1).probabilities.tolist() == [0.2, 0.3, 0.5]
    question = kind(about=(1,), outcomes=3)
    said = NoisyReporter(0.4, step=1).report_belief(question, view_for(question))
    assert isinstance(said, Mixed)
    np.testing.assert_allclose(said.probabilities, [0.6, 0.2, 0.2])
    rows = [[0.2, 0.3, 0.5], [0, 0.2, 0.8], [0.5, 0.5, 0]]
    np.testing.assert_allclose(said.answers.reshape(3, 3, 3), [rows] * 3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: NoisyReporter(1.5), ValueError, "noise must be at least 0 and at most 1, got 1.5"),
        (lambda: NoisyReporter("much"), TypeError, "noise must be a number, got 'much'"),
        (lambda: NoisyReporter(step=0), ValueError, "step must be at least 1, got 0"),
        (lambda: WholeShading(0), ValueError, "factor must be above 0 and at most 1, got 0"),
    ],
)
def test_parameters_out_of_range_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
