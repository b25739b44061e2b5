"""EXP3-IX: exponential weights with bandit information and implicit exploration (Neu, NIPS 2015).

A buyer sees only what she got. The loss of the action that she played is divided by its probability plus
gamma, which is a little optimistic and keeps the variance in check. With eta_t = 2 gamma_t =
sqrt(ln K / (K t)) and losses in [0, 1], the regret after T rounds is, with probability at least 1 - delta, at
most 4 sqrt(K T ln K) + (2 sqrt(K T / ln K) + 1) ln(2 / delta) (Theorem 1 there).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.learners.hedge import softmax
from agents.learners.knots import FloatArray
from agents.learners.memory import DecisionState
from agents.learners.share_learner import Occasions, ShareLearner


@dataclass(eq=False)
class Exp3(ShareLearner):
    """Weighs shares of the value by estimates from one's own results alone.

    Parameters and errors as in `ShareLearner`; fewer shares and bins, because each has to be tried.
    """

    shares: tuple[float, ...] = tuple(np.linspace(0, 1, 17).tolist())
    bins: int = 5

    @property
    def name(self) -> str:
        """Name for tables."""
        return "EXP3-IX"

    def mixture(self, known: DecisionState) -> FloatArray:
        """Softmax of minus the estimated losses at the rate of the coming round."""
        return softmax(self._rate(known) / np.where(known.scale > 0, known.scale, 1.0), known.scores)

    def _rate(self, known: DecisionState) -> FloatArray:
        actions = len(self.shares)
        return np.sqrt(np.log(actions) / (actions * (known.rounds + 1)))

    def credit(self, known: DecisionState, occasions: Occasions) -> FloatArray:
        """Minus the loss of the share that was played over its probability plus gamma."""
        rows = np.arange(len(occasions.chosen))
        exploration = self._rate(known) / 2
        probability = occasions.mixture[rows, occasions.chosen]
        estimates = np.zeros(occasions.mixture.shape)
        estimates[rows, occasions.chosen] = (occasions.felt - occasions.best) / (probability + exploration)
        return estimates


def regret_bound(rounds: int, actions: int, delta: float) -> float:
    """Regret exceeded with probability at most delta, for losses in [0, 1] (Neu 2015, Theorem 1)."""
    log = np.log(actions)
    tail = (2 * np.sqrt(actions * rounds / log) + 1) * np.log(2 / delta)
    return float(4 * np.sqrt(actions * rounds * log) + tail)
