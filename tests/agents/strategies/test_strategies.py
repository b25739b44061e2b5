"""The ready-made strategies, against the rules that define them."""

from dataclasses import replace

import numpy as np
import pytest

from agents.registry import STRATEGIES, make_strategy
from agents.strategies import (
    AdaptiveShading,
    Equilibrium,
    Incremental,
    Late,
    OneBuyerStrategy,
    RandomBidder,
    Shading,
    Sniper,
    Strategy,
    Truthful,
)
from agents.view import View
from mechanisms.distributions import Uniform
from mechanisms.questions import SILENT, AskValue, CallPrice, InviteBid, OfferPrice
from sim.conformance.strategy import StrategyConformance
from sim.conformance.views import BUYERS, QUESTIONS, PayYourBid, about_one_item, feedback_on, view_for


class HalfOrNothing(OneBuyerStrategy):
    """Half the value if it is at least 0.5; else no bid."""

    def bid(self, value, n):
        return value / 2 if value >= 0.5 else SILENT


class TestConformance(StrategyConformance):
    instances = (
        Truthful(),
        Shading(0.5),
        Shading(1.0),
        Equilibrium(),
        RandomBidder(),
        RandomBidder(branches=1),
        Sniper(),
        Sniper(delay=0.0),
        Incremental(),
        Late(),
        Late(inner=RandomBidder(), delay=2.5),
        Late(inner=AdaptiveShading()),
        AdaptiveShading(),
        AdaptiveShading(step=0.25, start=0.5, least=0.0),
    )


class TestOneBuyerConformance(StrategyConformance):
    """Silence about some items only is no acceptable report, so this rule is for one kind of goods."""

    instances = (HalfOrNothing(),)
    questions = about_one_item(QUESTIONS)


def seen_by(values, n=5):
    m = len(values)
    return View(np.array(values, dtype=float), np.arange(m), np.arange(m), n, PayYourBid(), Uniform(0.0, 1.0))


def test_shading_bids_its_share_of_each_item():
    view = view_for(AskValue(shape=(3,)))
    np.testing.assert_allclose(Shading(0.25).report_value(AskValue(shape=(3,)), view), view.values / 4)
    np.testing.assert_array_equal(Shading(0.25).answer_clock(CallPrice(), view), view.values)


def test_equilibrium_asks_the_mechanism():
    """First price, values uniform on [0, 1]: (n − 1)/n of the value (Krishna 2010, Section 2.3)."""
    bids = Equilibrium().report_value(AskValue(), seen_by([0.0, 0.5, 1.0], n=4))
    np.testing.assert_allclose(bids, [0, 0.375, 0.75])


def test_equilibrium_without_a_prior_says_so():
    with pytest.raises(ValueError, match="prior is None"):
        Equilibrium().report_value(AskValue(), replace(seen_by([0.5]), prior=None))


@pytest.mark.parametrize("branches", [1, 2, 7, 16])
def test_random_bids_have_the_moments_of_the_grid(branches):
    """Midpoints of b equal parts of [0, v]: mean v/2, variance v²/12 (1 − 1/b²)."""
    mixed = RandomBidder(branches).report_value(AskValue(), seen_by([0.0, 0.3, 1.0]))
    values = np.array([0, 0.3, 1.0])
    mean = mixed.answers @ mixed.probabilities
    variance = (mixed.answers - mean[:, None]) ** 2 @ mixed.probabilities
    np.testing.assert_allclose(mean, values / 2)
    np.testing.assert_allclose(variance, values**2 / 12 * (1 - branches**-2), atol=1e-15)


def test_random_share_is_the_same_for_all_items():
    view = view_for(AskValue(shape=(3,)))
    mixed = RandomBidder(2).report_value(AskValue(shape=(3,)), view)
    np.testing.assert_allclose(mixed.answers[:, 0], view.values / 4)
    np.testing.assert_allclose(mixed.answers[:, 1], view.values * 3 / 4)


def test_random_exit_lies_between_price_and_value():
    mixed = RandomBidder(2).answer_clock(CallPrice(price=0.6), seen_by([0.2, 0.6, 1.0]))
    np.testing.assert_allclose(mixed.answers, [[0.2, 0.2], [0.6, 0.6], [0.7, 0.9]])


def test_random_raise_is_silent_above_the_value():
    mixed = RandomBidder(2).raise_bid(InviteBid(price=0.6, increment=0.1), seen_by([0.2, 1.0]))
    np.testing.assert_allclose(mixed.answers, [[SILENT, SILENT], [0.7, 0.9]])


def test_sniper_bids_in_the_last_round_only_and_late_in_it():
    view, sniper = seen_by([0.3, 0.8]), Sniper(delay=0.75)
    rounds = [InviteBid(round=r, rounds=3) for r in range(3)]
    for question in rounds[:2]:
        np.testing.assert_array_equal(sniper.raise_bid(question, view), [SILENT, SILENT])
    np.testing.assert_array_equal(sniper.raise_bid(rounds[2], view), [0.3, 0.8])
    assert [sniper.wait(question, view) for question in rounds] == [0, 0, 0.75]
    assert sniper.wait(AskValue(), view) == 0
    np.testing.assert_array_equal(sniper.report_value(AskValue(), view), [0.3, 0.8])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (InviteBid(price=0.5, increment=0.125), [SILENT, 0.5, 0.5, 0.5]),
        (InviteBid(price=0.5, leader=9, increment=0.125, round=1), [SILENT, SILENT, 0.625, 0.625]),
        (InviteBid(price=0.5, leader=3, increment=0.125, round=1), [SILENT, SILENT, 0.625, SILENT]),
    ],
    ids=["opening", "another leads", "one of them leads"],
)
def test_incremental_raises_by_the_least(question, expected):
    view = seen_by([0.25, 0.5, 0.625, 1.0], n=10)
    np.testing.assert_array_equal(Incremental().raise_bid(question, view), expected)


def test_incremental_is_not_stopped_by_rounding():
    question = InviteBid(price=0.2, leader=1, increment=0.1)
    np.testing.assert_allclose(Incremental().raise_bid(question, seen_by([0.3])), [0.3])


def test_late_sends_what_its_inner_strategy_says():
    view = seen_by([0.4, 0.8])
    late = Late(inner=Sniper(delay=0.5), delay=0.25)
    last = InviteBid(rounds=1)
    assert late.wait(last, view) == 0.5
    assert late.wait(AskValue(), view) == 0.25
    assert Late().wait(AskValue(), view) == 1
    np.testing.assert_array_equal(
        Late(inner=Shading(0.5)).report_value(AskValue(), view), Shading(0.5).report_value(AskValue(), view)
    )


def test_late_learner_learns():
    late = Late(inner=AdaptiveShading(step=0.5))
    assert not late.memoryless
    late.observe(feedback_on(AskValue(), winner=1))
    np.testing.assert_allclose(late.inner.shares(np.array(BUYERS)), [1, 0.5, 1])


def test_adaptive_steps_down_after_a_win_and_up_after_a_loss():
    learner = AdaptiveShading(step=0.25, start=0.75, least=0.5)
    traces = []
    for winner in (0, 0, 1, 1, None):
        learner.observe(feedback_on(AskValue(), winner))
        traces.append(learner.shares(np.array(BUYERS)))
    np.testing.assert_allclose(
        traces, [[0.5, 1, 1], [0.5, 1, 1], [0.75, 0.75, 1], [1, 0.5, 1], [1, 0.75, 1]]
    )


def test_adaptive_bids_its_shares_and_starts_for_strangers():
    learner = AdaptiveShading(step=0.25)
    learner.observe(feedback_on(AskValue(), winner=0))
    view = replace(seen_by([0.8, 0.8, 0.8]), buyers=np.array([BUYERS[0], 3, 10**6]))
    np.testing.assert_allclose(learner.report_value(AskValue(), view), [0.6, 0.8, 0.8])


def test_adaptive_learns_from_what_any_item_brings():
    learner = AdaptiveShading(step=0.25)
    bundle = replace(feedback_on(AskValue(shape=(2,)), None), allocation=np.array([[0, 1], [0, 0], [1, 1.0]]))
    learner.observe(bundle)
    np.testing.assert_allclose(learner.shares(np.array(BUYERS)), [0.75, 1, 0.75])


@pytest.mark.parametrize("question", [CallPrice(), InviteBid(), OfferPrice(prices=(0.5,) * 5)])
def test_adaptive_is_taught_by_reports_only(question):
    learner = AdaptiveShading(step=0.25)
    learner.observe(feedback_on(question, winner=0))
    np.testing.assert_array_equal(learner.shares(np.array(BUYERS)), [1, 1, 1])


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_name_makes_a_strategy_of_its_own(name):
    assert isinstance(make_strategy(name), Strategy)
    assert make_strategy(name) is not make_strategy(name)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"one of truthful, .*'trutful'; did you mean truthful"):
        make_strategy("trutful")
    with pytest.raises(ValueError, match=r"got 'xyz'$"):
        make_strategy("xyz")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Shading(0.0), ValueError, "factor must be above 0 and at most 1, got 0.0"),
        (lambda: Shading(1.5), ValueError, "factor must be above 0 and at most 1, got 1.5"),
        (lambda: Shading(np.nan), ValueError, "factor .* nan"),
        (lambda: Shading("half"), TypeError, "factor must be a number, got 'half'"),
        (lambda: Shading(True), TypeError, "factor must be a number, got True"),
        (lambda: RandomBidder(0), ValueError, "branches must be at least 1, got 0"),
        (lambda: RandomBidder(2.5), TypeError, "branches must be an integer, got 2.5"),
        (lambda: Sniper(-0.1), ValueError, "delay must be at least 0 and at most 1, got -0.1"),
        (lambda: Late(delay=-1.0), ValueError, "delay must be finite and at least 0, got -1.0"),
        (lambda: Late(delay=np.inf), ValueError, "delay must be finite and at least 0, got inf"),
        (lambda: Late(inner="truthful"), TypeError, "inner must be a Strategy, got 'truthful'"),
        (lambda: AdaptiveShading(step=0), ValueError, "step must be above 0 and at most 1, got 0"),
        (lambda: AdaptiveShading(start=2.0), ValueError, "start must be above 0 .*, got 2.0"),
        (lambda: AdaptiveShading(least=-1.0), ValueError, "least must be at least 0 and at most 1, got -1.0"),
        (lambda: AdaptiveShading(start=0.5, least=0.6), ValueError, "least must be at most start = 0.5, got"),
    ],
)
def test_parameters_out_of_range_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
