"""A learner in 25 lines: bid the share of the value that would have brought most so far."""

import numpy as np

from agents.learners.counterfactual import counterfactual_utility
from agents.strategies import Strategy


class FollowTheLeader(Strategy):
    memoryless = False
    needs = "bids"

    def __init__(self, shares=21):
        self.shares = np.linspace(0, 1, shares)
        self._gains = np.zeros(shares)

    def report_value(self, question, view):
        """The best share so far; an untried learner tells the truth."""
        return view.values * self.shares[len(self.shares) - 1 - self._gains[::-1].argmax()]

    def observe(self, feedback):
        """Add what each share would have brought to each member."""
        values = feedback.values[..., None]
        gains = counterfactual_utility(feedback, values, values * self.shares)
        self._gains += gains.reshape(-1, len(self.shares)).sum(axis=0)
