"""Hedge: multiplicative weights on cumulated utilities, with full information (Freund and Schapire 1997).

After t rounds action a has probability proportional to exp(eta G_a), where G_a is its cumulated utility and
eta = sqrt(8 ln K / (t + 1)). For utilities in [0, 1] its regret after T rounds is at most
2 sqrt(T ln K / 2) + sqrt(ln K / 8), whatever the others do (Cesa-Bianchi and Lugosi 2006, Theorem 2.3).
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
class Hedge(ShareLearner):
    """Weighs shares of the value exponentially by what they would have brought so far.

    Parameters and errors as in `ShareLearner`. Needs all bids, to know what other reports would have brought.
    """

    needs: ClassVar[Disclosure] = "bids"

    def mixture(self, known: DecisionState) -> FloatArray:
        """Softmax of the scores at the rate of the coming round."""
        rate = np.sqrt(8 * np.log(len(self.shares)) / (known.rounds + 1))
        return softmax(rate / np.where(known.scale > 0, known.scale, 1.0), known.scores)

    def credit(self, known: DecisionState, occasions: Occasions) -> FloatArray:
        """The utility that each share would have brought."""
        if occasions.utilities is None:
            raise ValueError("utilities is None: Hedge needs the utility of every action")
        return occasions.utilities


def regret_bound(rounds: int, actions: int) -> float:
    """Largest regret of Hedge for utilities in [0, 1] (Cesa-Bianchi and Lugosi 2006, Theorem 2.3)."""
    return float(2 * np.sqrt(rounds * np.log(actions) / 2) + np.sqrt(np.log(actions) / 8))


def softmax(rate: FloatArray, scores: FloatArray) -> FloatArray:
    """Probabilities (..., K) proportional to exp(rate x scores); rate (...)."""
    weights = np.exp(rate[..., None] * (scores - scores.max(axis=-1, keepdims=True)))
    return weights / weights.sum(axis=-1, keepdims=True)
