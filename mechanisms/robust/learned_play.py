"""No-regret play of a zero-sum game by seller and nature, from nothing, and what its averages guarantee.

A learner is a generator: it yields a mixture over its actions, (k,), and is sent what each action would have
brought, (k,). The averages of both over time bound the value of the game from both sides; the distance, the
duality gap, is at most the sum of their regrets (Freund and Schapire 1999).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray, number_in
from mechanisms.conversation import check_count
from mechanisms.robust.zero_sum import Moment, ZeroSumGame, least_mixture

Learner = Generator[FloatArray, FloatArray, None]
"""Yields mixtures (k,), is sent payoffs (k,) to be made large."""


def regret_matching_plus(actions: int) -> Learner:
    """Mix in proportion to regrets that are cut at 0 in every round (Tammelin 2014); evenly without regret.

    With T rounds of payoffs in [0, 1] the regret is at most √(actions · T).
    """
    regrets = np.zeros(actions)
    while True:
        total = regrets.sum()
        mixture = regrets / total if total > 0 else np.full(actions, 1 / actions)
        payoffs = yield mixture
        regrets = np.maximum(regrets + payoffs - mixture @ payoffs, 0.0)


def hedge(actions: int, size: float, moment: Moment | None = None) -> Learner:
    """Mix in proportion to exp(η G), G cumulated payoffs, η = √(8 ln k / t) / size in round t.

    size
        Greatest payoff less the least.
    moment
        The mixture is then tilted onto the moment: of those that meet it, the one that maximises η G · y plus
        entropy, which is proportional to exp(η G + θ · function) with the least θ >= 0 that does.

    With T rounds the regret is at most 2 size √(T ln k / 2) + size √(ln k / 8), without a moment
    (Cesa-Bianchi and Lugosi 2006, Theorem 2.3).
    """
    number_in("size", size, above=0)
    scores, tilt, rounds = np.zeros(actions), 0.0, 0
    while True:
        rate = np.sqrt(8 * np.log(actions) / (rounds + 1)) / size
        mixture, tilt = tilted(rate * scores, moment, tilt)
        scores = scores + (yield mixture)
        rounds += 1


def best_responder(actions: int, moment: Moment | None = None) -> Learner:
    """Answer the last payoffs as well as possible, within the moment; begin evenly, tilted onto it."""
    mixture = tilted(np.zeros(actions), moment)[0]
    while True:
        payoffs = yield mixture
        mixture = least_mixture(-payoffs, moment)


def tilted(scores: FloatArray, moment: Moment | None, guess: float = 0.0) -> tuple[FloatArray, float]:
    """The mixture proportional to exp(scores + θ · function), with the least θ >= 0 that meets the moment; θ.

    The moment rises in θ, with the function's variance as slope: Newton's steps from `guess`, kept within an
    interval that shrinks.
    """
    mixture = logit_mixture(scores)
    if moment is None or moment.function @ mixture >= moment.least:
        return mixture, 0.0
    low, high, tilt = 0.0, np.inf, guess
    for _ in range(100):
        mixture = logit_mixture(scores + tilt * moment.function)
        mean = float(moment.function @ mixture)
        low, high = (tilt, high) if mean < moment.least else (low, tilt)
        if abs(mean - moment.least) <= 1e-12 * np.abs(moment.function).max():
            break
        variance = float(moment.function**2 @ mixture) - mean**2
        newton = tilt + (moment.least - mean) / variance if variance > 0 else np.inf
        tilt = newton if low < newton < high else (low + high) / 2 if high < np.inf else 2 * low + 1.0
    return mixture, tilt


def logit_mixture(scores: FloatArray) -> FloatArray:
    """Probabilities proportional to exp(scores), (k,)."""
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


@dataclass(frozen=True, eq=False)
class Averages:
    """The averages of seller and nature after some rounds.

    seller, nature
        Mixtures (a,) and (b,).
    guarantee, hope
        The seller's average earns at least `guarantee`, and nothing earns more than `hope` against nature's:
        the value of the game lies between.
    """

    rounds: int
    seller: FloatArray
    nature: FloatArray
    guarantee: float
    hope: float

    @property
    def gap(self) -> float:
        """The duality gap."""
        return self.hope - self.guarantee

    @property
    def value(self) -> float:
        """The middle between the bounds."""
        return (self.hope + self.guarantee) / 2


def play_zero_sum(game: ZeroSumGame, seller: Learner, nature: Learner, every: int = 10) -> Iterator[Averages]:
    """Let two learners play without end; yield their averages after `every` rounds, again and again.

    In each round nature answers to the seller's mixture, and the seller to what nature then plays. Round t
    counts t times in the averages: what was learned late tells more.
    """
    check_count("every", every)
    rows, columns = game.payoffs.shape
    offered, met = np.zeros(rows), np.zeros(columns)
    earns, suffers = np.zeros(rows), np.zeros(columns)
    mixture, reply = next(seller), next(nature)
    rounds, weight = 0, 0.0
    while True:
        rounds += 1
        weight += rounds
        against_seller = mixture @ game.payoffs
        offered += rounds * mixture
        suffers += rounds * against_seller
        reply = nature.send(-against_seller)
        against_nature = game.payoffs @ reply
        met += rounds * reply
        earns += rounds * against_nature
        mixture = seller.send(against_nature)
        if rounds % every == 0:
            yield Averages(rounds, offered / weight, met / weight, game.least(suffers / weight),
                           float(earns.max()) / weight)


def learn_game(game: ZeroSumGame, seller: Learner, nature: Learner, gap: float,
          most_rounds: int = 100_000) -> Averages:
    """Play until the duality gap is at most `gap`, or for `most_rounds` and up to ten more: the averages.

    Raises TypeError or ValueError unless `gap` is above 0 and `most_rounds` an integer of at least 1.
    """
    number_in("gap", gap, above=0)
    check_count("most_rounds", most_rounds)
    averages = play_zero_sum(game, seller, nature)
    now = next(averages)
    while now.gap > gap and now.rounds < most_rounds:
        now = next(averages)
    return now
