"""A buyer at a posted menu, along every branch of chance."""

import numpy as np
import pytest

from agents.play.tree import TreePlayer
from mechanisms.engine import walk
from sim.conformance.players import party_of


def expected(mechanism, values, strategy):
    """Expected utility and payment, by walking every branch."""
    utility = payment = total = 0.0
    values = np.array(values, dtype=float)
    own = np.array([values if mechanism.menu.n > 1 else values[0]])
    make = lambda path: TreePlayer(party_of(mechanism, own, [strategy]), path)  # noqa: E731
    for player, outcome in walk(mechanism, 1, make):
        chance = player.path.probability
        total += chance
        payment += chance * outcome.payments[0]
        utility += chance * (float(np.sum(values * outcome.allocation[0])) - outcome.payments[0])
    assert total == pytest.approx(1)
    return utility, payment
