"""Instant learning: a direct mechanism played over and over, away from the market, and what is learned of it.

In each round many independent auctions are played at once, and everybody learns from all of them together:
the strategies answer with the auctions on a leading axis, and are told with the same axis. Nobody is told a
price, which differs between auctions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import Party, insist, sample_mixed
from agents.play.payoffs import payoffs_of
from agents.population import Population, Side
from agents.view import Feedback, Mixed
from mechanisms.conversation import DirectMechanism, check_count
from mechanisms.distributions import Distribution, Prior
from mechanisms.distributions.signals import SignalDraw, TypeModel
from mechanisms.outcome import Outcome
from mechanisms.questions import BuyerQuestion


@dataclass(frozen=True, slots=True)
class Play:
    """One round: arrays with its auctions on the first axis, (batch, n), and the n buyers behind it.

    Values are what the buyers know when they bid; worth is what the good brings them, the same unless what
    they know is a signal of it. Payoffs are in terms of worth.
    """

    round: int
    values: NDArray[Any]
    worth: NDArray[Any]
    reports: NDArray[Any]
    outcome: Outcome
    payoffs: NDArray[Any]


def learn(
    mechanism: DirectMechanism,
    population: Population,
    prior: Distribution | Prior | TypeModel,
    rounds: int,
    batch: int,
    rng: np.random.Generator,
) -> Iterator[Play]:
    """Let the whole population meet in `batch` auctions a round, and learn; yields each round's play.

    All bids are disclosed. After a round has been yielded the strategies hold what they learned from it.

    prior
        Of each buyer's value, independent, or of whole profiles, or of signals and values together: then
        buyers see their signals, bid, and are told afterwards what the good was worth to them.

    Raises TypeError or ValueError at the first round for a mechanism without a closed rule, a prior of
    another number of buyers, rounds or batch below 1, and answers that are not acceptable.
    """
    if not isinstance(mechanism, DirectMechanism):
        raise TypeError(f"mechanism must be a DirectMechanism, whose rule is closed, got {mechanism!r}")
    check_count("rounds", rounds)
    check_count("batch", batch)
    n = len(population)
    if isinstance(prior, Prior | TypeModel) and prior.n != n:
        raise ValueError(f"prior must be of the population's {n} buyers, got {prior.n}")
    sides = population.sides(np.arange(n))
    for number in range(rounds):
        draw = _drawn(prior, rng, batch, n)
        party = Party(mechanism, draw.signals, sides, n, lead=(batch,))
        play = _played(number, party, draw.values, rng)
        for side in sides:
            if not side.group.strategy.memoryless:
                side.group.strategy.observe(_feedback(play, side, party))
        yield play


def _drawn(
    prior: Distribution | Prior | TypeModel, rng: np.random.Generator, batch: int, n: int
) -> SignalDraw:
    if isinstance(prior, TypeModel):
        return prior.sample(rng, batch)
    values = prior.sample(rng, batch) if isinstance(prior, Prior) else prior.sample(rng, (batch, n))
    return SignalDraw(values, values)


def _played(number: int, party: Party, worth: NDArray[Any], rng: np.random.Generator) -> Play:
    def resolve(mixed: Mixed, side: Side, question: BuyerQuestion) -> NDArray[Any]:
        return sample_mixed(mixed, rng.random((*party.lead, len(side.seats))))

    answers = insist(party.mechanism.space.question(), party, resolve)
    mechanism: Any = party.mechanism
    outcome = mechanism.outcome(answers.values)
    payoffs = payoffs_of(replace(party, values=worth), outcome)
    return Play(number, party.values, worth, answers.values, outcome, payoffs)


def _feedback(play: Play, side: Side, party: Party) -> Feedback:
    """What one side is told about all auctions of a round."""

    def own(array: NDArray[Any]) -> NDArray[Any]:
        return party.of(array, side.seats)

    question = party.mechanism.space.question()
    return Feedback(
        seats=side.seats,
        buyers=side.buyers,
        n=party.n,
        mechanism=party.mechanism,
        values=own(play.values),
        utility=side.group.utility,
        answers=((question, own(play.reports)),),
        allocation=own(play.outcome.allocation),
        payments=own(play.outcome.payments),
        payoffs=own(play.payoffs),
        causes={cause: own(part) for cause, part in play.outcome.itemised.items()},
        price=None,
        bids=play.reports.copy(),
        prior=side.group.prior,
        realised=None if play.worth is play.values else own(play.worth),
    )
