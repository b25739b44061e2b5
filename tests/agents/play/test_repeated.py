"""Instant learning: the rounds that are yielded, what is told of them, and bad input.

What is lost at the end, where theory knows the equilibrium, is in `test_learning_equilibria`.
"""

import numpy as np
import pytest

from agents.learners import Hedge
from agents.play.repeated import learn
from agents.population import Group, Population
from agents.strategies import Strategy, Truthful
from mechanisms.auctions import AscendingClock, SecondPrice
from mechanisms.distributions import IndependentPrior, Uniform
from mechanisms.distributions.signals import MineralRights, SumOfSignals
from sim.measures.utility_loss import utility_losses

PRIOR = Uniform(0, 1)
EQUILIBRIUM_UTILITY = 1 / 6


def taught(learner, mechanism, seed, rounds, batch):
    """A population of two who learn as one, after so many rounds."""
    population = Population([Group(learner, prior=PRIOR)], [0, 0])
    for _ in learn(mechanism, population, PRIOR, rounds, batch, np.random.default_rng(seed)):
        pass
    return population


def mean_loss(mechanism, population):
    """Of the equilibrium's utility."""
    (loss,) = utility_losses(mechanism, population, PRIOR, buyers=[0], types=32, points=1024, deviations=128)
    return loss.mean / EQUILIBRIUM_UTILITY


def test_average_play_of_hedge_in_second_price():
    learner = Hedge(shared=True)
    taught(learner, SecondPrice(), 1, 150, 32)
    average = Population([Group(learner.average(), prior=PRIOR)], [0, 0])
    assert mean_loss(SecondPrice(), average) < 0.1
    with pytest.raises(ValueError, match="learner must have learned something"):
        Hedge().average()


def test_rounds_are_yielded_with_their_play():
    population = Population([Group(Truthful(), prior=PRIOR)], [0, 0])
    plays = list(learn(SecondPrice(), population, PRIOR, 3, 5, np.random.default_rng(1)))
    assert [play.round for play in plays] == [0, 1, 2]
    for play in plays:
        assert play.values.shape == play.reports.shape == play.payoffs.shape == (5, 2)
        np.testing.assert_allclose(play.reports, play.values)
        np.testing.assert_allclose(play.payoffs.max(axis=1), np.abs(np.diff(play.values)).ravel())


class Notes(Strategy):
    """Truthful, and keeps what it is told."""

    memoryless = False

    def __init__(self):
        self.told = []

    def observe(self, feedback):
        self.told.append(feedback)


def test_signals_are_bid_on_and_worth_is_what_one_gets():
    """In the wallet game each sees x, and the good is worth x + y to both."""
    notes = Notes()
    population = Population([Group(notes)], [0, 0])
    (play,) = learn(SecondPrice(), population, SumOfSignals(), 1, 6, np.random.default_rng(2))
    sums = play.values.sum(axis=1)
    np.testing.assert_allclose(play.reports, play.values)
    np.testing.assert_allclose(play.worth, np.stack([sums, sums], axis=1))
    np.testing.assert_allclose(play.payoffs.sum(axis=1), sums - play.values.min(axis=1))
    (told,) = notes.told
    np.testing.assert_allclose(told.values, play.values)
    np.testing.assert_allclose(told.worth, play.worth)
    (_,) = learn(SecondPrice(), population, PRIOR, 1, 6, np.random.default_rng(2))
    assert notes.told[1].realised is None
    assert notes.told[1].worth is notes.told[1].values


def test_bad_input():
    population = Population([Group(Truthful())], [0, 0])
    rng = np.random.default_rng(1)
    with pytest.raises(TypeError, match="mechanism must be a DirectMechanism"):
        next(learn(AscendingClock(), population, PRIOR, 1, 1, rng))
    with pytest.raises(ValueError, match="prior must be of the population's 2 buyers, got 3"):
        next(learn(SecondPrice(), population, IndependentPrior.identical(PRIOR, 3), 1, 1, rng))
    with pytest.raises(ValueError, match="prior must be of the population's 2 buyers, got 3"):
        next(learn(SecondPrice(), population, MineralRights(3), 1, 1, rng))
    for rounds, batch, name in ((0, 1, "rounds"), (1, 0, "batch")):
        with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
            next(learn(SecondPrice(), population, PRIOR, rounds, batch, rng))
