"""ℳ played with fixed answers: what the tests of its rules and of its expectations share."""

import numpy as np

from mechanisms.conservative.star_auction import StarAuction
from mechanisms.engine import Path, converse
from mechanisms.questions import AskBelief, Replies

DELTA, EPSILON = 0.2, 0.1


def auction_for(prior, delta=DELTA, epsilon=EPSILON, **options):
    return StarAuction(prior.n, prior.shape[0], delta, epsilon, **options)


def own_types(prior):
    return tuple(np.indices(prior.shape))


class Script:
    """Answers for buyers from fixed values and beliefs."""

    def __init__(self, values, beliefs, path=None, asked=None):
        self.values, self.beliefs = np.asarray(values, dtype=float), beliefs
        self.path = path or Path()
        self.asked = [] if asked is None else asked

    def ask(self, question):
        self.asked.append(question)
        n = len(self.values)
        if not isinstance(question, AskBelief):
            return Replies(self.values, np.isfinite(self.values))
        answers = question.defaults(n)
        for j in question.seats(n):
            if self.beliefs[j] is not None:
                answers[j] = self.beliefs[j]
        return Replies(answers, ~np.isnan(answers).any(axis=1))

    def chance(self, question):
        return self.path.take(question.probabilities)

    def announce(self, question):
        self.asked.append(question)


def play_tails(mechanism, values, beliefs, asked=None):
    return converse(mechanism.conversation(len(values)), Script(values, beliefs, Path((1,)), asked))
