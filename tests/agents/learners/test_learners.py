"""What learners are told and what they make of it: counterfactuals, knots, scales, whose memory it is."""

from dataclasses import replace

import numpy as np
import pytest

from agents.learners import Exp3, FictitiousPlay, Hedge, RegretMatching, SmoothGradient
from agents.learners.counterfactual import counterfactual_utility
from agents.learners.gradient import ascending
from agents.learners.knots import Knots
from agents.registry import make_strategy
from agents.view import View
from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.distributions import Discrete, Exponential, Uniform
from mechanisms.questions import AskValue, OfferPrice
from mechanisms.utilities import CARA
from sim.conformance.views import feedback_on

ALL = (Hedge, Exp3, RegretMatching, FictitiousPlay, SmoothGradient)


@pytest.mark.parametrize(
    ("name", "kind"),
    list(zip(("hedge", "exp3", "regret_matching", "fictitious_play", "gradient"), ALL, strict=True)),
)
def test_each_has_a_name_on_the_command_line(name, kind):
    assert type(make_strategy(name)) is kind


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shares": ()}, "shares must hold at least 2 numbers, got"),
        ({"shares": (0.5,)}, "shares must hold at least 2 numbers, got"),
        ({"shares": (0.0, 0.7, 0.5)}, "shares must be finite, at least 0 and strictly ascending, got"),
        ({"shares": (0.0, float("nan"))}, "shares must be finite"),
        ({"shares": (-0.5, 0.5)}, "shares must be finite, at least 0"),
        ({"knots": ()}, "knots must hold at least 1 numbers, got"),
        ({"knots": (1.0, 0.5)}, "knots must be finite, at least 0 and strictly ascending, got"),
        ({"bins": 0}, "bins must be at least 1, got 0"),
    ],
)
def test_bad_grids_are_refused_by_name_and_value(settings, message):
    kinds = ALL[:4] if "shares" in settings else ALL
    for kind in kinds:
        with pytest.raises(ValueError, match=message):
            kind(**settings)


def test_grids_of_the_wrong_kind():
    with pytest.raises(TypeError, match="shares must be a sequence of numbers, got 'abc'"):
        Hedge(shares="abc")
    with pytest.raises(TypeError, match="bins must be an integer"):
        SmoothGradient(bins=2.5)
    for name in ("step", "width"):
        with pytest.raises(ValueError, match=f"{name} must be above 0 and at most 1, got 0"):
            SmoothGradient(**{name: 0})


def test_counterfactuals_against_every_auction_played_out():
    """Rivals of the member at seat 2 of first price bid (0.4, 0.3): 0.45 wins 0.75 - 0.45, 0.35 loses."""
    feedback = replace(feedback_on(AskValue(), 0), mechanism=FirstPrice())
    feedback.bids = np.array([0.4, 0.1, 0.2, 0.3, 0.1])
    alternatives = np.tile([0.35, 0.45], (3, 1))
    felt = counterfactual_utility(feedback, feedback.values[:, None], alternatives)
    np.testing.assert_allclose(felt, [[0.65, 0.55], [0.0, 0.05], [0.0, 0.3]])
    averse = replace(feedback, utility=CARA(2.0))
    felt = counterfactual_utility(averse, feedback.values[:, None], alternatives)
    np.testing.assert_allclose(felt[2], [0.0, (1 - np.exp(-0.6)) / 2])


def test_knots_are_quantiles_once_each():
    np.testing.assert_allclose(Knots.of(None, Uniform(0, 2), 5).points, [0, 0.5, 1, 1.5, 2])
    assert Knots.of(None, Discrete([0.5, 1.0], [0.5, 0.5]), 9).points.tolist() == [0.5, 1.0]
    assert Knots.of(None, None, 9).points.tolist() == [1.0]
    assert np.isfinite(Knots.of(None, Exponential(1.0), 9).points).all()
    below, above, weight = Knots([0.0, 1.0, 3.0]).around(np.array([0.25, 1.5, 3.0, 9.0]))
    assert (below.tolist(), above.tolist()) == ([0, 1, 2, 2], [1, 2, 2, 2])
    np.testing.assert_allclose(weight, [0.25, 0.25, 0.0, 0.0])


def view(values=(0.3, 0.6, 0.9), buyers=(40, 7, 1000), scale=1.0):
    values = scale * np.array(values)
    return View(values, np.array([0, 2, 3]), np.array(buyers), 5, FirstPrice(), Uniform(0, scale))


def scaled(feedback, scale):
    return replace(
        feedback,
        values=scale * feedback.values,
        payments=scale * feedback.payments,
        payoffs=scale * feedback.payoffs,
        bids=scale * feedback.bids,
        answers=tuple((question, scale * answers) for question, answers in feedback.answers),
        prior=Uniform(0, scale),
    )


def mean_bids(learner, scale=1.0):
    answer = learner.report_value(AskValue(), view(scale=scale))
    return answer if isinstance(answer, np.ndarray) else (answer.answers * answer.probabilities).sum(axis=-1)


def make(kind, **settings):
    return kind(batch=2, **settings) if kind is SmoothGradient else kind(**settings)


@pytest.mark.parametrize("kind", [Hedge, RegretMatching, FictitiousPlay])
def test_other_bids_are_judged_by_the_worth_that_a_signal_spoke_of(kind):
    """One auction of second price, the rivals at 0.45: all see a signal of 0.5; the good is worth 0.4 or 0.6.

    A bid of all of the signal would win at 0.45, which hurts in the one case and pays in the other.
    """
    after = {}
    for worth in (0.4, 0.6):
        learner = kind(shares=(0.0, 1.0), knots=(0.25, 0.5), shared=True)
        feedback = replace(feedback_on(AskValue(), None), mechanism=SecondPrice(), values=np.full(3, 0.5))
        feedback.bids = np.full(5, 0.45)
        feedback.realised = np.full(3, worth)
        learner.observe(feedback)
        after[worth] = learner.policy().bids
    assert after[0.4][1] < after[0.6][1]
    assert after[0.4][0] == after[0.6][0], "the signal 0.5 says nothing about the knot at 0.25"


def test_gradient_play_climbs_the_worth_that_a_signal_spoke_of():
    """Rivals at 0.45, a bid of 0.5 on a signal of 0.5: lower next time if the good is worth 0.4, not 0.6.

    Bids of 0.5, 0.4 and 0.3 are compared; only the first wins, and brings worth - 0.45.
    """
    for worth, sign in ((0.4, -1), (0.6, 1)):
        learner = SmoothGradient(knots=(0.5, 1.0), shared=True, batch=1)
        feedback = replace(feedback_on(AskValue(), None), mechanism=SecondPrice(), values=np.full(3, 0.5))
        feedback.bids = np.full(5, 0.45)
        feedback.realised = np.full(3, worth)
        learner.observe(feedback)
        assert np.sign(learner.policy().bids[0] - 0.5) == sign


@pytest.mark.parametrize("kind", ALL)
def test_nothing_depends_on_the_currency(kind):
    one, other = make(kind), make(kind)
    for winner in (0, 1, None, 2, 2, 0):
        feedback = replace(feedback_on(AskValue(), winner), mechanism=SecondPrice())
        one.observe(feedback)
        other.observe(scaled(feedback, 1024.0))
    np.testing.assert_allclose(mean_bids(other, 1024.0), 1024 * mean_bids(one), rtol=1e-9)


@pytest.mark.parametrize("kind", ALL)
def test_each_learns_for_herself_unless_shared(kind):
    alone, together = make(kind), make(kind, shared=True)
    for learner in (alone, together):
        for winner in (0, 1, 0, 1):
            learner.observe(feedback_on(AskValue(), winner))
    stranger = replace(view(), buyers=np.array([1, 2, 3]))
    fresh = make(kind)
    told = [learner.report_value(AskValue(), stranger) for learner in (alone, together, fresh)]
    alone, together, fresh = (t if isinstance(t, np.ndarray) else t.probabilities for t in told)
    np.testing.assert_allclose(alone, fresh)
    assert not np.allclose(together, fresh)


@pytest.mark.parametrize("kind", ALL)
def test_learns_nothing_where_nobody_asked_for_a_report(kind):
    learner = make(kind)
    learner.observe(feedback_on(OfferPrice(prices=(0.5,) * 5), 0))
    assert learner.policy() is None


@pytest.mark.parametrize("kind", [Hedge, RegretMatching, FictitiousPlay, SmoothGradient])
def test_full_information_needs_all_bids(kind):
    assert kind.needs == "bids"
    with pytest.raises(ValueError, match="bids is None"):
        make(kind).observe(replace(feedback_on(AskValue(), 0), bids=None))


def test_exp3_needs_nothing_but_its_own_result():
    assert Exp3.needs == "own"
    Exp3().observe(replace(feedback_on(AskValue(), 0), bids=None, price=None))


def test_ascending_is_half_way_between_the_envelopes():
    np.testing.assert_allclose(ascending(np.array([1.0, 2.0, 3.0])), [1, 2, 3])
    np.testing.assert_allclose(ascending(np.array([2.0, 1.0])), [1.5, 1.5])


def test_the_policy_is_the_mean_bid_at_each_knot():
    hedge = Hedge(shares=(0.0, 1.0), knots=(1.0, 2.0), shared=True)
    hedge.observe(replace(feedback_on(AskValue(), None), mechanism=SecondPrice(), values=np.ones(3)))
    policy = hedge.policy()
    np.testing.assert_allclose(policy.types, [1, 2])
    share = hedge.report_value(AskValue(), view((1.0, 2.0, 2.0))).probabilities[:2, 1]
    np.testing.assert_allclose(policy.bids, share * [1, 2])
    np.testing.assert_allclose(policy.deviation, np.sqrt(share * (1 - share)) * [1, 2])
