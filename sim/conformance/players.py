"""Players and strategies for the suites: chance along a path, an absent buyer, and one without sense."""

import numpy as np

from agents.play.asking import Party
from agents.play.instant import InstantPlayer
from agents.population import Population
from agents.strategies.base import Strategy, Truthful
from mechanisms.engine import Path
from mechanisms.questions import SILENT


class InstantPathPlayer(InstantPlayer):
    """Plays at once, but takes every chance move from a path, so that `walk` can try them all."""

    def __init__(self, party, rng, path=None):
        super().__init__(party, rng)
        self.path = path or Path()

    def chance(self, question):
        return self.path.take(question.probabilities)


def party_of(mechanism, values, strategies):
    """One buyer for each strategy, with the given values, shape (n,) or (n, items)."""
    buyers = np.arange(len(strategies))
    return Party(mechanism, values, Population.of(strategies).sides(buyers), len(buyers))


class Absent(Strategy):
    """Says nothing, takes nothing."""

    def report_value(self, question, view):
        return np.full((len(view.seats), *question.shape), SILENT)

    def report_belief(self, question, view):
        return np.full((len(view.seats), *question.shape), np.nan)

    def report_value_bound(self, question, view):
        return np.full(len(view.seats), SILENT)

    def answer_clock(self, question, view):
        return np.full(len(view.seats), SILENT)

    def raise_bid(self, question, view):
        return np.full(len(view.seats), SILENT)

    def answer_offer(self, question, view):
        return np.zeros(len(view.seats))

    def choose_from_menu(self, question, view):
        return np.full((len(view.seats), question.purchases), -1)


class Capricious(Truthful):
    """Answers value questions, clocks, bids and offers at random, silence included; remembers nothing."""

    def __init__(self, rng):
        self.rng = rng

    def _anything(self, question, view):
        answers = self.rng.integers(0, 11, (len(view.seats), *question.shape)).astype(float)
        answers[self.rng.random(len(view.seats)) < 0.25] = SILENT
        return answers

    report_value = _anything
    answer_clock = _anything
    raise_bid = _anything

    def answer_offer(self, question, view):
        return self.rng.integers(0, 2, len(view.seats))
