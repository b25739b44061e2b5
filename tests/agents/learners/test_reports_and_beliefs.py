"""Learners of whole reports and of beliefs: the suite, and situations worked out by hand."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from agents.learners import Exp3, Hedge, RegretMatching
from agents.learners.belief_learner import BeliefLearner
from agents.learners.participation import ParticipationLearner
from agents.learners.report_learner import BanditBeliefs, BanditReports, InformedReports
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Truthful
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.questions import AskBelief, AskGridBelief, AskValue
from mechanisms.risk_averse import InsuredSale
from sim.conformance.strategy import StrategyConformance
from sim.conformance.views import QUESTIONS, N, about_any_belief, about_one_item, feedback_on, view_for
from sim.market import Market, Panel

THREE = (0.0, 0.5, 1.0)
RNG = np.random.default_rng


def second_price_tables(bids):
    """Expected quantities and payments of second price among N buyers, at every profile of whole bids."""
    reports = np.indices((bids,) * N).reshape(N, -1).T
    first = reports.argmax(axis=1)
    price = np.sort(reports, axis=1)[:, -2]
    won = np.arange(N) == first[:, None]
    shape = (bids,) * N + (N,)
    return won.astype(float).reshape(shape), (won * price[:, None]).astype(float).reshape(shape)


def informed():
    allocation, payments = second_price_tables(3)
    return InformedReports(RegretMatching(shares=THREE), 3.0, allocation=allocation, payments=payments)


class TestReportsConformance(StrategyConformance):
    instances = (informed(), BanditReports(Exp3(shares=THREE), 3.0))
    questions = about_one_item(QUESTIONS)


class TestParticipationConformance(StrategyConformance):
    instances = (ParticipationLearner(Hedge(shares=(0.0, 1.0)), 5.0),)


class TestBeliefConformance(StrategyConformance):
    instances = (
        BeliefLearner(RNG(1), 9),
        BeliefLearner(RNG(1), 9, told=False),
        BanditBeliefs(Exp3(shares=THREE), (0.5, 1.0, 2.0), 3.0),
    )
    questions = about_any_belief(q for q in QUESTIONS if not isinstance(q, AskBelief) or q.shape == (9,))

    def test_only_learners_change_by_observing(self, instance):
        """They learn where a belief was rewarded, and nowhere else."""
        learner = pickle.loads(pickle.dumps(instance))
        before = pickle.dumps(learner)
        told = feedback_on(AskValue(), 1)
        learner.observe(told)
        assert pickle.dumps(learner) == before
        said = ((AskGridBelief(about=(1,), outcomes=9), np.full((3, 9), 1 / 9)),)
        learner.observe(replace(told, answers=said, causes={"reward": -np.ones(3)}))
        assert pickle.dumps(learner) != before


def heard(winner, bids, values):
    """Feedback after whole bids of all five; the group sits at 0, 2 and 3."""
    told = feedback_on(AskValue(), winner, values)
    return replace(told, bids=np.array(bids), answers=((AskValue(), np.array(bids)[[0, 2, 3]]),))


def test_who_is_told_everything_learns_what_each_report_would_have_brought():
    """Second price, value 2 against a highest bid of 1: to win at 1 takes 2, or 1 at a lower seat."""
    learner = informed()
    learner.observe(heard(None, [0.0, 1.0, 0.0, 0.0, 0.0], (2.0, 2.0, 0.0)))
    view = view_for(AskValue(), values=np.array([2.0, 2.0, 0.0]))
    mixed = learner.report_value(AskValue(), view)
    np.testing.assert_allclose(mixed.probabilities[0], [0, 0.5, 0.5])  # seat 0 wins ties with seat 1
    np.testing.assert_allclose(mixed.probabilities[1], [0, 0, 1])  # seat 2 does not
    np.testing.assert_allclose(mixed.probabilities[2], [0.5, 0.5, 0])  # worth nothing: not to win, at 1


def test_a_bandit_learns_from_what_it_played_alone():
    learner = BanditReports(Exp3(shares=THREE), 3.0)
    learner.observe(heard(None, [1.0, 0.0, 2.0, 0.0, 0.0], (2.0, 2.0, 2.0)))
    mixed = learner.report_value(AskValue(), view_for(AskValue(), values=np.array([2.0, 2.0, 2.0])))
    assert mixed.probabilities[0].argmin() == 1
    assert mixed.probabilities[1].argmin() == 2
    assert mixed.probabilities[2].argmin() == 0


def test_the_score_tells_the_belief_learner_what_happened():
    """Brier's 1 + 2 q(v) − |q|² for v = 3 moves weight there, and away from what was thought likely."""
    learner = BeliefLearner(RNG(3), 4)
    question = AskGridBelief(about=(1,), outcomes=4)
    possible = np.ones((3, 4), dtype=bool)
    before = learner.belief(possible)
    score = 1 + 2 * before[0, 3] - before[0] @ before[0]
    told = feedback_on(AskValue(), None)
    reports = np.vstack([before[:1], np.full((2, 4), np.nan)])
    learner.observe(
        replace(told, answers=((question, reports),), causes={"reward": np.array([-score, 0, 0])})
    )
    step = learner.rate
    wanted = np.log(before[0]) + step * (np.eye(4)[3] - before[0])
    np.testing.assert_allclose(learner.belief(possible)[0], np.exp(wanted) / np.exp(wanted).sum())


def test_bad_parameters():
    allocation, payments = second_price_tables(3)
    with pytest.raises(ValueError, match="allocation must have shape"):
        InformedReports(Exp3(shares=(0.0, 1.0)), 3.0, allocation=allocation, payments=payments)
    with pytest.raises(ValueError, match="largest must be above 0"):
        BanditReports(Exp3(), 0.0)
    with pytest.raises(ValueError, match="ratios must be 3 numbers"):
        BanditBeliefs(Exp3(shares=THREE), (0.5, 1.0), 1.0)
    with pytest.raises(ValueError, match="rate must be above 0"):
        BeliefLearner(RNG(1), 4, rate=0)
    with pytest.raises(ValueError, match="outcomes must be the question's"):
        BeliefLearner(RNG(1), 4).report_belief(AskGridBelief(about=(1,), outcomes=9), view_for(AskValue()))


@pytest.mark.parametrize(("premium", "comes"), [(0.2, True), (0.9, False)])
def test_who_learns_whether_to_take_part_does_what_pays(premium, comes):
    """The insurer of a price of 1 that is paid half of the time: up to a premium of 1/2 she gains by it."""
    insured = InsuredSale(1.0, premium, may_decline=True)
    learner = ParticipationLearner(Hedge(shares=(0.0, 1.0)), 1.0)
    people = Population([Group(learner), Group(Truthful())], [0, 1])
    coin = JointDistribution.product([Discrete([0.0, 1.0], [0.5, 0.5])] * 2)
    market = Market(people, [SellerPlan(insured, window=0.1, discloses="bids")], [Panel()], coin, seed=4)
    market.advance_to(300)
    market.finish()
    said = market.records.frames()["messages"]
    came = (said[said.bidder_id == 0].status == "answered").to_numpy()
    assert len(came) >= 299
    assert came[-100:].mean() > 0.95 if comes else came[-100:].mean() < 0.05


@pytest.mark.parametrize(
    ("shares", "largest", "message"),
    [
        ((0.0, 0.5, 1.0), 1.0, "algorithm must have 2 shares, got 3"),
        ((0.0, 1.0), 0.0, "largest must be above 0"),
    ],
)
def test_who_learns_whether_to_take_part_has_two_actions(shares, largest, message):
    with pytest.raises(ValueError, match=message):
        ParticipationLearner(Hedge(shares=shares), largest)
