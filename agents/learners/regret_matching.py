"""Regret matching: play each action in proportion to how much one regrets not having played it.

Hart and Mas-Colell, "A simple adaptive procedure leading to correlated equilibrium", Econometrica 68
(2000), in its unconditional form (section 4, Theorem B): the regret for an action is what it would have
brought in all rounds so far less what was brought by one's own mixtures; who regrets nothing mixes evenly.
By Blackwell's condition the squared positive regrets grow by at most K a round, so that for utilities in
[0, 1] the regret after T rounds is at most sqrt(T K).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.learners.knots import FloatArray
from agents.learners.memory import DecisionState
from agents.learners.share_learner import Occasions, ShareLearner
from agents.strategies.base import Disclosure


@dataclass(eq=False)
class RegretMatching(ShareLearner):
    """Mixes shares of the value in proportion to positive regret.

    Parameters and errors as in `ShareLearner`. Needs all bids, to know what other reports would have brought.
    """

    needs: ClassVar[Disclosure] = "bids"

    def mixture(self, known: DecisionState) -> FloatArray:
        """Positive regrets over their sum; even if there are none."""
        regrets = np.maximum(known.scores, 0.0)
        total = regrets.sum(axis=-1, keepdims=True)
        even = np.full(regrets.shape, 1 / len(self.shares))
        return np.where(total > 0, regrets / np.where(total > 0, total, 1.0), even)

    def credit(self, known: DecisionState, occasions: Occasions) -> FloatArray:
        """What each share would have brought, less what the decision's own mixture brings on average."""
        if occasions.utilities is None:
            raise ValueError("utilities is None: regret matching needs the utility of every action")
        own = (self.mixture(known) * occasions.utilities).sum(axis=-1, keepdims=True)
        return occasions.utilities - own


def regret_bound(rounds: int, actions: int) -> float:
    """Largest regret of regret matching for utilities in [0, 1], its mixtures' utilities in expectation."""
    return float(np.sqrt(rounds * actions))
