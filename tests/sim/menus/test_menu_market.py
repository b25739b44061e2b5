"""Menus in the market: buyers who may come back, over messages and time, pay as by hand."""

import pytest

from agents.population import Population
from agents.seller import SellerPlan
from agents.strategies import Truthful
from agents.strategies.menu_buyers import ExactMenuBuyer, GreedyMenuBuyer, ImpatientMenuBuyer
from agents.strategies.menu_learner import LearningMenuBuyer
from mechanisms.distributions import Discrete
from mechanisms.menus import Menu
from mechanisms.menus.posted import PostedMenu
from sim.market.market import Market
from sim.market.panel import Panel

TICKETS = Menu([[0.5], [1.0]], [0.4, 1.5])
"""The item with chance 1/2 at 0.4, or for sure at 1.5. Worth 2, they gain 0.6 and 0.5; two tickets 0.7."""


def revenues(strategy, days, adaptive=False):
    """What each of the days' auctions earned from one buyer to whom the item is worth 2."""
    plan = SellerPlan(PostedMenu(TICKETS, 2, adaptive), period=1.0)
    people = Population.of([strategy], latency=0.001)
    market = Market(people, [plan], [Panel()], Discrete([2.0], [1.0]), seed=1)
    market.advance_to(days)
    market.finish()
    return market.records.frames()["auctions"].revenue


@pytest.mark.parametrize(
    ("strategy", "payment"),
    [
        (Truthful(), 0.4),  # the best single entry
        (ExactMenuBuyer(), 0.8),
        (GreedyMenuBuyer(), 0.8),  # the second ticket adds 0.5 and costs 0.4
        (GreedyMenuBuyer(0.2), 0.4),
        (ImpatientMenuBuyer(0.05), 0.8),
        (ImpatientMenuBuyer(0.2), 0.4),
        (ImpatientMenuBuyer(limit=1), 0.4),
    ],
)
def test_each_strategy_pays_as_by_hand(strategy, payment):
    assert set(revenues(strategy, 30)) == {payment}


def test_she_who_looks_buys_again_after_a_blank():
    """0.4, and as often as not 0.4 more: 0.6 on average, within four standard errors."""
    paid = revenues(ExactMenuBuyer(), 400, adaptive=True)
    assert set(paid) == {0.4, 0.8}
    assert paid.mean() == pytest.approx(0.6, abs=4 * 0.2 / len(paid) ** 0.5)


def test_learners_try_everything():
    """Six purchases of at most two entries: nothing, one of each, and three pairs."""
    assert set(revenues(LearningMenuBuyer(0.0), 6).round(9)) == {0.0, 0.4, 1.5, 0.8, 1.9, 3.0}
