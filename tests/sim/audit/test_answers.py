"""What the audit says instead of the truth about others: beliefs on grids, marginals, bounds."""

from dataclasses import dataclass

import numpy as np
import pytest

from agents.strategies import Truthful
from mechanisms.conservative import KnowledgeExtraction
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.outcome import Outcome
from mechanisms.questions import AskGridBelief, AskMarginals, AskValue, AskValueBound, BuyerQuestion
from sim.audit import Instance, audit
from tests.mechanisms.conservative import by_hand

TYPES = np.array([0.0, 1.0, 2.0])
SKEWED = Discrete(np.arange(2), [0.75, 0.25])


@dataclass(frozen=True)
class Asks(Mechanism):
    """Asks everybody's value, then buyer 0 about the others; pays her by the answer and their values."""

    question: BuyerQuestion
    reward: object

    def conversation(self, n):
        values = (yield AskValue()).values
        replies = yield self.question
        payments = np.zeros(n)
        if replies.answered[0] and np.isfinite(values).all():
            payments[0] = -self.reward(replies.values[0], values[1:].astype(int))
        return Outcome(np.zeros(n), payments)


def gain(question, reward, prior):
    """What the best lie earns on average more than the truth."""
    return audit(Instance(Asks(question, reward), prior), ["bayesian-ic"]).gain[0]


def test_every_kind_of_question_about_others_has_its_answers():
    points = [(1.0, 0.0), (0.0, 1.0)]
    assert AskGridBelief(about=(1,), outcomes=2).possible_answers(TYPES) == points
    pairs = AskMarginals(about=(1, 2), outcomes=2).possible_answers(TYPES)
    assert pairs == [(*one, *other) for one in points for other in points]
    assert AskValueBound(about=(1,)).possible_answers(TYPES) == [1, 2, 3, -np.inf]


def test_a_rule_that_pays_for_mass_is_fooled_on_a_grid():
    """p(v) pays 10/16 for the true (3, 1)/4, and 3/4 for a point mass."""
    prior = JointDistribution.product([SKEWED] * 2)
    question = AskGridBelief(to=(0,), about=(1,), outcomes=2)
    assert gain(question, lambda p, v: p[v[0]], prior) == pytest.approx(3 / 4 - 10 / 16)
    proper = gain(question, lambda p, v: 2 * p[v[0]] - p @ p, prior)
    assert proper == 0


def test_a_rule_that_is_bent_on_a_grid_is_found_beside_the_truth():
    """2 p(v) − Σp²/2 is best at twice the truth less (1, 1)/2: bent by 1/16 to (1, 0), d = 1/64.

    Along (d, −d) its mean changes by 2 d (3/4 − 1/4) − d (3/4 − 1/4) − d² = d/2 − d²; a point mass, d = 1/4,
    gains 1/16.
    """
    prior = JointDistribution.product([SKEWED] * 2)
    question = AskGridBelief(to=(0,), about=(1,), outcomes=2)
    assert gain(question, lambda p, v: 2 * p[v[0]] - p @ p / 2, prior) == pytest.approx(1 / 16)
    slight = gain(question, lambda p, v: 2 * p[v[0]] - 0.9 * p @ p, prior)
    d = 1 / 64  # (2 − 1.8) d/2 − 1.8 d²; the point mass only loses
    assert slight == pytest.approx(0.1 * d - 1.8 * d**2)


def test_marginals_are_tried_row_by_row():
    """The product of masses pays (10/16)² for the truth of two independent buyers, and (3/4)² for a lie."""
    prior = JointDistribution.product([SKEWED] * 3)
    question = AskMarginals(to=(0,), about=(1, 2), outcomes=2)
    found = gain(question, lambda p, v: p[0, v[0]] * p[1, v[1]], prior)
    assert found == pytest.approx((3 / 4) ** 2 - (10 / 16) ** 2)


def test_bounds_are_tried_up_to_the_grid_of_those_asked_about():
    """Buyer 1 has 0 … 3: the honest bound is 4, and a lie earns the rest of 1/bound, or of the bound."""
    fine = Discrete(np.arange(4), np.full(4, 1 / 4))
    prior = JointDistribution.product([SKEWED, fine])
    question = AskValueBound(to=(0,), about=(1,))
    assert gain(question, lambda bound, _: 1 / bound, prior) == pytest.approx(3 / 4)
    assert gain(question, lambda bound, _: -abs(bound - 3), prior) == pytest.approx(1)
    assert gain(question, lambda bound, _: bound, prior) == 0


@pytest.mark.parametrize("options", [{}, {"marginals": True}], ids=["table", "marginals"])
@pytest.mark.parametrize("bound", [2, 3])
def test_knowledge_extraction_is_truthful_where_she_names_the_bound_herself(bound, options):
    prior, partitions = next(by_hand.instances(5, 1, sizes=((2, bound),)))
    mechanism = KnowledgeExtraction(2, inner="program", epsilon=0.2, **options)
    names = ["two-step-values", "two-step-knowledge", "ex-post-ir"]
    frame = audit(Instance(mechanism, prior, partitions=partitions), names)
    assert frame.verdict.tolist() == ["holds"] * 3
    assert set(frame.interval) == {"exact"}


def test_marginals_are_the_best_answer_where_knowledge_is_a_product_only():
    """Perfectly correlated bits, 3 : 1, scored by ε/2 (… + 2 F(v) − ‖F‖²).

    The marginals give F(v) = 9/16 or 1/16 and ‖F‖² = (10/16)²: 14/16 − 25/64 = 31/64 on average. The point
    mass on (0, 0) gives 2 · 3/4 − 1 = 32/64.
    """
    table = np.zeros((2, 2, 2))
    table[:, 0, 0], table[:, 1, 1] = 3 / 8, 1 / 8
    mechanism = KnowledgeExtraction(3, removed=0, epsilon=0.2, value_bound=2, marginals=True)
    found = audit(Instance(mechanism, JointDistribution.from_table(table)), ["two-step-knowledge"])
    assert found.gain[0] == pytest.approx(0.1 / 64)
    independent = JointDistribution.product([SKEWED] * 3)
    assert audit(Instance(mechanism, independent), ["two-step-knowledge"]).verdict[0] == "holds"


def test_a_belief_is_cut_down_to_the_values_that_are_asked_for():
    """Who is asked about fewer values than she holds possible says what she believes if there are none."""
    belief = JointDistribution.product([Discrete([0, 2], [0.5, 0.5]), Discrete([0, 1, 3], [0.2, 0.3, 0.5])])
    np.testing.assert_allclose(AskGridBelief(about=(1,), outcomes=2).told_by(belief), [0.4, 0.6])
    rows = AskMarginals(about=(0, 1), outcomes=2).told_by(belief)
    np.testing.assert_allclose(rows, [[1, 0], [0.4, 0.6]])
    late = JointDistribution.product([Discrete([2], [1.0]), Discrete([0], [1.0])])
    np.testing.assert_allclose(AskGridBelief(about=(0,), outcomes=2).told_by(late), [0.5, 0.5])


def test_an_unknown_question_is_refused_by_its_name():
    @dataclass(frozen=True)
    class AskTheWeather(BuyerQuestion):
        answered_by = "report_weather"

    class Forecasts(Truthful):
        def report_weather(self, question, view):
            return np.ones(view.values.shape)

    mechanism = Asks(AskTheWeather(to=(0,)), lambda said, _: said)
    prior = JointDistribution.product([SKEWED] * 2)
    with pytest.raises(NotImplementedError, match="AskTheWeather does not say what may be answered"):
        audit(Instance(mechanism, prior, strategies=Forecasts()), ["ex-post-ic"])
