"""All ends of play of a mechanism at fixed reports, and what they are worth: independent of closed forms."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from mechanisms.engine import Path, walk
from mechanisms.questions import Replies


class Reporter:
    """Answers with fixed reports, and menus with the best entry for them; ties pay more."""

    def __init__(self, path: Path, reports) -> None:
        self.path, self.reports = path, reports
        self.asked = []

    def ask(self, question):
        n = len(self.reports)
        values, answered = question.defaults(n), np.zeros(n, dtype=bool)
        for seat in question.seats(n).tolist():
            self.asked.append(seat)
            values[seat] = self.answer(question, self.reports[seat])
            answered[seat] = True
        return Replies(values, answered)

    def answer(self, question, report):
        if not hasattr(question, "entries"):
            return report
        gains = np.array(question.entries) @ np.atleast_1d(report) - question.prices
        liked = np.flatnonzero(gains == max(gains.max(), 0.0))
        return [int(max(liked, key=lambda entry: question.prices[entry], default=-1))]

    def chance(self, question):
        return self.path.take(question.probabilities)

    def announce(self, question):
        raise AssertionError("buyers see their own question only")


@dataclass
class Ends:
    """Probabilities (L,), allocations (L, n) or (L, n, items), payments (L, n), and who was asked when."""

    chances: np.ndarray
    allocation: np.ndarray
    payments: np.ndarray
    asked: list

    @property
    def revenue(self):
        return self.payments.sum(axis=1)

    def mean(self, amounts):
        return float(self.chances @ np.asarray(amounts))


def ends(mechanism, reports) -> Ends:
    found = [
        (player.path.probability, end.allocation, end.payments, tuple(player.asked))
        for player, end in walk(mechanism, len(reports), lambda path: Reporter(path, reports))
    ]
    chances, allocation, payments, asked = zip(*found, strict=True)
    assert math.isclose(sum(chances), 1, abs_tol=1e-9)
    return Ends(np.array(chances), np.array(allocation), np.array(payments), list(asked))


def profiles(values, probabilities):
    """All type profiles with their probabilities."""
    for places in itertools.product(*(range(len(own)) for own in values)):
        chance = math.prod(float(f[t]) for f, t in zip(probabilities, places, strict=True))
        yield np.array([float(v[t]) for v, t in zip(values, places, strict=True)]), chance


def expected_by_play(mechanism, values, probabilities, utility) -> float:
    """E[U(revenue)] over all profiles of truthful buyers and all paths."""
    total = 0.0
    for profile, chance in profiles(values, probabilities):
        if chance > 0:
            played = ends(mechanism, profile)
            total += chance * played.mean(utility(played.revenue))
    return total


def gain_given_others(mechanism, values, buyer_utilities) -> float:
    """The most that anybody gains in expected utility by a lie, given any reports of the others.

    Expectation is over nature's moves only: at most 0 where the mechanism is truthful in expectation.
    """
    table = {tuple(p): ends(mechanism, p) for p, _ in profiles(values, [np.ones(len(v)) for v in values])}
    most = -math.inf
    for reports, i in itertools.product(table, range(len(values))):
        for truth in values[i]:
            honest = tuple(truth if j == i else r for j, r in enumerate(reports))
            felt = [
                table[key].mean(
                    buyer_utilities[i](truth * table[key].allocation[:, i] - table[key].payments[:, i])
                )
                for key in (reports, honest)
            ]
            most = max(most, felt[0] - felt[1])
    return most
