"""What could never work, or would do nothing, is refused when a market is set up."""

import pytest

from agents import Group, Population, SellerPlan, make_strategy
from agents.strategies import Equilibrium, LazyReporter, NoisyReporter, Ring, Truthful
from mechanisms import AscendingClock, FirstPrice, SecondPrice, Uniform
from scenarios import liars_market, neighbours, risk_averse_bidders, sell_the_room, town_market
from sim import Market, Panel
from sim.market.fitness import idle
from tests.sim.command import bazaar

__all__ = ["bazaar"]

VALUES = Uniform(0, 1)


def market(strategy, mechanism, prior=None):
    people = Population([Group(strategy, prior=prior)], [0, 0])
    return Market(people, [SellerPlan(mechanism)], [Panel()], VALUES)


@pytest.mark.parametrize("strategy", [Equilibrium(), Ring(Equilibrium())])
@pytest.mark.parametrize("mechanism", [FirstPrice(), SecondPrice()])
def test_an_equilibrium_without_a_prior_can_never_be_played(strategy, mechanism):
    with pytest.raises(ValueError, match=r"can never answer at .* price: it needs a prior"):
        market(strategy, mechanism)
    market(strategy, mechanism, VALUES).close()


def test_on_the_clock_truth_needs_no_prior():
    market(Equilibrium(), AscendingClock()).close()


def test_who_never_meets_the_seller_needs_nothing():
    people = Population([Group(Truthful()), Group(Equilibrium())], [0, 0, 1, 1])
    plans = [SellerPlan(FirstPrice()), SellerPlan(AscendingClock())]
    Market(people, plans, [Panel([0, 1]), Panel([2, 3])], VALUES).close()


@pytest.mark.parametrize("strategy", [NoisyReporter(), LazyReporter()])
def test_a_reporter_whom_nobody_asks_would_do_nothing(strategy):
    with pytest.raises(ValueError, match="would do nothing"):
        market(strategy, SecondPrice())


@pytest.mark.parametrize("name", ["noisy_reporter", "lazy_reporter"])
@pytest.mark.parametrize("module", [town_market, risk_averse_bidders, liars_market, sell_the_room])
def test_a_setting_that_does_nothing_is_refused(module, name):
    with pytest.raises(ValueError, match="would do nothing"):
        module.build(module.Parameters(strategy=name, until=1))


def test_reporters_are_welcome_where_beliefs_are_asked_for():
    neighbours.build(neighbours.Parameters(noisy=1, lazy=1, until=1)).close()


def test_the_command_says_so_before_anything_is_written(bazaar, tmp_path):
    ended = bazaar("run", "town_market", "--set", "strategy=noisy_reporter", "--out", str(tmp_path / "out"))
    assert ended.code == 2
    assert "would do nothing" in ended.err
    assert not (tmp_path / "out").exists()


def test_whoever_answers_something_else_is_not_idle():
    active = ("shading", "equilibrium", "random", "sniper", "late", "ring", "false_names", "hedge", "exp3")
    assert not any(idle(make_strategy(name)) for name in (*active, "truthful", "whole_shading"))
