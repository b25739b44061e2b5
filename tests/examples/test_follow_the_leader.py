"""The example of a learner: the suite, learning, and the market."""

from pathlib import Path

import numpy as np

from agents.play.repeated import learn
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Truthful
from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.distributions import Uniform
from mechanisms.questions import AskValue
from sim.conformance.strategy import StrategyConformance
from sim.conformance.views import QUESTIONS, about_one_item
from sim.market.market import Market
from sim.market.panel import Panel
from tests.examples import follow_the_leader
from tests.examples.follow_the_leader import FollowTheLeader


class TestFollowTheLeader(StrategyConformance):
    instances = (FollowTheLeader(),)
    questions = about_one_item(QUESTIONS)
    lessons = (AskValue(),)


def test_it_takes_25_lines():
    lines = Path(follow_the_leader.__file__).read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 25


def test_it_learns_the_best_share_against_a_uniform_rival():
    """Against truthful uniform values a share s brings s (1 - s) v^2 in first price: a half is best."""
    learner = FollowTheLeader()
    population = Population.of([learner, Truthful()], prior=Uniform(0, 1))
    for _ in learn(FirstPrice(), population, Uniform(0, 1), 400, 100, np.random.default_rng(1)):
        pass
    assert abs(learner.shares[learner._gains.argmax()] - 0.5) < 0.11


def test_it_works_in_the_market():
    learner = FollowTheLeader()
    population = Population([Group(learner)], np.zeros(3, int))
    plan = SellerPlan(SecondPrice(), discloses="bids")
    market = Market(population, [plan], [Panel()], Uniform(0, 1), seed=1)
    market.advance_to(200)
    market.finish()
    market.close()
    assert not market.records.frame("refusals").size
    assert not market.records.frame("failures").size
    messages = market.records.frame("messages")
    assert (messages["bid"] == messages["value"]).mean() > 0.9
