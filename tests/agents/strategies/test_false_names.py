"""False names against VCG: the example where they pay, an exact account of it, and where they do not pay."""

import numpy as np
import pytest

from agents.play.instant import play_many, play_once
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import FalseNames, Truthful
from agents.strategies.false_names import person_payoff
from mechanisms.auctions import SecondPrice
from mechanisms.auctions.combinatorial_vcg import CombinatorialVCG
from mechanisms.distributions import Uniform
from sim.conformance.strategy import StrategyConformance
from sim.conformance.views import QUESTIONS
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.people import payoffs_by_person

A, B, BOTH = range(3)
VCG = CombinatorialVCG(2)
RNG = np.random.default_rng(0)


class TestConformance(StrategyConformance):
    instances = (FalseNames(),)
    questions = QUESTIONS


def attackers(names, honest):
    """One person under some names first, then honest others."""
    persons = [0] * names + list(range(1, honest + 1))
    groups = [Group(FalseNames()), Group(Truthful())]
    return Population(groups, [0] * names + [1] * honest, persons=persons)


def attack(person, *others, names=2):
    """What the person gains under so many names, the others being honest."""
    values = np.array([person] * names + list(others), dtype=float)
    end = play_once(VCG, values, attackers(names, len(others)), RNG)
    return float(person_payoff(np.array(person, dtype=float), end.allocation[:names], end.payments[:names]))


def test_two_names_pay():
    """She values A and B at 6 each, somebody else both together at 8 (after Yokoo et al. 2004).

    Under her own name she pays 8 for both. Two names, one for each good, pay 8 - 6 = 2 each.
    """
    assert attack((6, 6, 12), (0, 0, 8), names=1) == pytest.approx(12 - 8)
    assert attack((6, 6, 12), (0, 0, 8), names=2) == pytest.approx(12 - 4)


def test_two_names_may_win_what_is_not_worth_it():
    """Names claim what each good is worth alone: 4.5 and 4.5 beat 8 at 3.5 each, and together are worth 7."""
    assert attack((3.5, 3.5, 7), (0, 0, 8), names=1) == 0
    assert attack((3.5, 3.5, 7), (0, 0, 8), names=2) == 0
    assert attack((4.5, 4.5, 7), (0, 0, 8), names=2) == pytest.approx(7 - 3.5 - 3.5)


def test_where_rivals_are_additive_names_change_nothing():
    """Each good is an auction of its own: she pays the others' best for what she wins, by any names."""
    for _ in range(50):
        mine, theirs = RNG.random(2), RNG.random((2, 2))
        person = (*mine, mine.sum())
        others = [(*row, row.sum()) for row in theirs]
        expected = np.maximum(mine - theirs.max(axis=0), 0).sum()
        assert attack(person, *others, names=1) == pytest.approx(expected)
        assert attack(person, *others, names=2) == pytest.approx(expected)


def test_gain_over_many_profiles():
    """A rival of value x for both, x uniform on [0, 2], against her 1 for each.

    One name pays x; two pay max(x - 1, 0) each. The gain is x up to 1 and 2 - x above: 1/2 in the mean.
    """
    x = (np.arange(2000) + 0.5) / 1000
    person = np.tile([1.0, 1.0, 2.0], (2000, 1))
    rival = np.stack([np.zeros(2000), np.zeros(2000), x], axis=-1)
    gains = []
    for names in (1, 2):
        values = np.stack([person] * names + [rival], axis=1)
        end = play_many(VCG, values, attackers(names, 1), RNG)
        gains.append(person_payoff(person, end.allocation[:, :names], end.payments[:, :names]))
    assert np.mean(gains[1] - gains[0]) == pytest.approx(0.5, abs=1e-6)
    assert (gains[1] >= gains[0] - 1e-12).all()


def test_what_is_held_together_counts_once():
    worth = np.array([3.0, 2.0, 10.0])
    split = np.zeros((2, 3))
    split[0, A] = split[1, B] = 1
    assert person_payoff(worth, split, np.array([1.0, 2.0])) == 7
    assert person_payoff(worth, np.zeros((2, 3)), np.zeros(2)) == 0
    whole = np.zeros((2, 3))
    whole[1, BOTH] = 1
    assert person_payoff(worth, whole, np.array([0.0, 4.0])) == 6


# --- in the market ----------------------------------------------------------------------------------


def run(population, mechanism, until=30.0, size=None):
    plans = [SellerPlan(mechanism, window=0.5)]
    market = Market(population, plans, [Panel(size=size)], Uniform(), seed=4)
    market.advance_to(until)
    market.finish()
    market.close()
    return market.records.frames()


@pytest.mark.parametrize("size", [None, 3])
def test_names_of_a_person_have_her_type(size):
    """In each auction the names of person 0 who are there want the same, and nobody else does."""
    frames = run(attackers(2, 2), SecondPrice(), size=size)
    met = 0
    for _, auction in frames["messages"].groupby("auction"):
        of_person = auction.groupby("person_id")["value"].nunique()
        assert (of_person == 1).all()
        assert auction["value"].nunique() == auction["person_id"].nunique()
        met += len(auction) > auction["person_id"].nunique()
    assert met > 5


def test_all_names_count_for_the_person():
    """A second name at second price only raises what she pays: her own bid under the other one."""
    frames = run(attackers(2, 1), SecondPrice())
    people = payoffs_by_person(frames)
    assert people.index.tolist() == [0, 1]
    assert people["payoff"][0] == 0


def test_bundles_in_the_market_are_valued_by_the_person():
    frames = run(attackers(2, 1), VCG, until=10.0)
    assert len(frames["vectors"]) == 9 * 10
    reports = frames["vectors"].pivot(index=["auction", "bidder_id"], columns="position", values="number")
    first, second = reports.xs(0, level="bidder_id"), reports.xs(1, level="bidder_id")
    assert (first[B] == 0).all()
    assert (second[A] == 0).all()
    assert (first[A] == first[BOTH]).all()
    assert (second[B] == second[BOTH]).all()
