"""A buyer at a posted menu, along every branch of chance."""

import numpy as np
import pytest

from agents.play.asking import collect, definite
from mechanisms.engine import walk
from mechanisms.questions import Replies
from sim.conformance.players import party_of


class PathBuyer:
    """A single buyer and nature, along one path of the tree."""

    def __init__(self, mechanism, values, strategy, path):
        own = values if mechanism.space.type_shape else values[0]
        self.party = party_of(mechanism, np.array([own], dtype=float), [strategy])
        self.path = path

    def ask(self, question):
        answers = collect(question, self.party, definite)
        assert not answers.refusals
        return Replies(answers.values, answers.answered)

    def chance(self, question):
        return self.path.take(question.probabilities)

    def announce(self, question):
        pass


def expected(mechanism, values, strategy):
    """Expected utility and payment, by walking every branch."""
    utility = payment = total = 0.0
    values = np.array(values, dtype=float)
    for player, outcome in walk(mechanism, 1, lambda path: PathBuyer(mechanism, values, strategy, path)):
        chance = player.path.probability
        total += chance
        payment += chance * outcome.payments[0]
        utility += chance * (float(np.sum(values * outcome.allocation[0])) - outcome.payments[0])
    assert total == pytest.approx(1)
    return utility, payment
