"""Known equilibria can be played: the strategy finds them, and play earns what theory says."""

from dataclasses import replace

import numpy as np
import pytest

from agents.play.instant import play_many
from agents.play.repeated import learn
from agents.population import Group, Population
from agents.strategies import Equilibrium
from agents.view import View
from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.distributions import IndependentPrior, Uniform
from mechanisms.distributions.signals import MineralRights
from mechanisms.equilibria import find_equilibrium, first_price_disjoint_flat, known_equilibria
from mechanisms.questions import AskValue
from mechanisms.utilities import CARA, Linear
from sim.conformance.strategy import StrategyConformance
from sim.conformance.views import QUESTIONS, about_one_item

KNOWN = known_equilibria()
UNFOUND = {"first price, uniform values on [0, 5] and [6, 7], piecewise linear",
           "first price, uniform values on [0, 5] and [6, 7], flat"}
"""Further equilibria of a game whose first is found."""
FOUND = [one for one in KNOWN if one.name not in UNFOUND]
RNG = np.random.default_rng


def population(equilibrium, strategy=None):
    """Everybody plays it, and is told the model."""
    group = Group(strategy or Equilibrium(), equilibrium.utility, equilibrium.model)
    return Population([group], [0] * equilibrium.n)


@pytest.mark.parametrize("known", FOUND, ids=lambda one: one.name)
def test_every_formula_is_found_for_its_game(known):
    found = find_equilibrium(known.mechanism, known.model, known.n, known.utility)
    draws = known.model.sample(RNG(1), 50).signals
    np.testing.assert_allclose(found.bids(draws), known.bids(draws), atol=10 * known.precision)


@pytest.mark.parametrize("known", FOUND, ids=lambda one: one.name)
def test_found_equilibria_are_played_and_earn_their_revenue(known):
    """Mean payments of 20,000 auctions, within four and a half standard errors of the formula."""
    if known.model.width:
        return  # bids on several units: what they are asked for is a matter of the mechanism
    (play,) = learn(known.mechanism, population(known), known.model, 1, 20_000, RNG(2))
    np.testing.assert_allclose(play.reports, known.bids(play.values), atol=10 * known.precision)
    if known.revenue is not None:
        paid = play.outcome.payments.sum(axis=1)
        assert paid.mean() == pytest.approx(known.revenue, abs=4.5 * paid.std() / len(paid) ** 0.5 + 1e-9)


def test_unfound_ones_are_played_when_named():
    """In the flat equilibrium the strong bidder bids 5, and always wins: revenue 5 exactly."""
    flat = first_price_disjoint_flat()
    (play,) = learn(flat.mechanism, population(flat, Equilibrium(flat)), flat.model, 1, 1000, RNG(3))
    np.testing.assert_array_equal(play.outcome.payments.sum(axis=1), 5.0)
    (found,) = learn(flat.mechanism, population(flat), flat.model, 1, 1000, RNG(3))
    assert found.outcome.payments.sum(axis=1).max() < 5


def test_each_seat_plays_its_own_part():
    """Values uniform on [0, 1] and [0, 2] (Plum 1992): the weak bidder bids more at the same value."""
    prior = IndependentPrior([Uniform(0.0, 1.0), Uniform(0.0, 2.0)])
    people = Population([Group(Equilibrium(), prior=prior)], [0, 0])
    paid = play_many(FirstPrice(), np.array([[0.8, 0.8], [0.5, 0.5]]), people, RNG(0))
    assert (paid.allocation[:, 0] == 1).all()
    found = find_equilibrium(FirstPrice(), prior, 2)
    np.testing.assert_allclose(paid.payments[:, 0], found.strategies[0](np.array([0.8, 0.5])))


def seen(mechanism, prior, n, utility=None):
    values, seats = np.full(n, 0.5), np.arange(n)
    return View(values, seats, seats, n, mechanism, prior, Linear() if utility is None else utility)


def test_where_truth_is_dominant_no_formula_is_needed():
    different = IndependentPrior([Uniform(0.0, 1.0), Uniform(0.0, 2.0), Uniform(0.0, 3.0)])
    view = seen(SecondPrice(), different, 3)
    np.testing.assert_array_equal(Equilibrium().answer(AskValue(), view), view.values)


def test_what_is_not_known_is_refused():
    with pytest.raises(ValueError, match=r"no equilibrium of FirstPrice.* with 3 buyers, MineralRights"):
        Equilibrium().answer(AskValue(), seen(FirstPrice(), MineralRights(3), 3))
    with pytest.raises(ValueError, match=r"no equilibrium of SecondPrice.* with 4 buyers"):
        Equilibrium().answer(AskValue(), seen(SecondPrice(), MineralRights(3), 4))
    averse = seen(SecondPrice(), MineralRights(3), 3, CARA(1.0))
    with pytest.raises(ValueError, match="CARA"):
        Equilibrium().answer(AskValue(), averse)
    flat = Equilibrium(first_price_disjoint_flat())
    with pytest.raises(ValueError, match="known is an equilibrium of 2 buyers, and there are 3"):
        flat.answer(AskValue(), replace(averse, utility=Linear()))
    with pytest.raises(TypeError, match="known must be a known equilibrium, got 'flat'"):
        Equilibrium("flat")


class TestConformance(StrategyConformance):
    instances = (Equilibrium(),)
    questions = about_one_item(QUESTIONS)
