"""Instant play: a conversation played at once, without time, chance drawn from a generator.

For quick experiments and for learning away from the market. Answers that are not acceptable raise here,
since there are no records to put the refusal in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import Party, definite, insist, sample_mixed
from agents.play.ways import by_rule_or_replay
from agents.population import Population, Side
from agents.view import Mixed
from mechanisms.conversation import ClosedRule, DirectMechanism, Mechanism
from mechanisms.engine import play
from mechanisms.outcome import Outcome
from mechanisms.questions import Announce, BuyerQuestion, Chance, Draw, Replies, branch


class InstantPlayer:
    """Answers one conversation at once: strategies for the buyers, `rng` for chance."""

    def __init__(self, party: Party, rng: np.random.Generator) -> None:
        self.party = party
        self.rng = rng

    def ask(self, question: BuyerQuestion) -> Replies:
        """Collect everybody's answers."""
        answers = insist(question, self.party, self._resolve)
        self.party.said += ((question, answers.values.copy()),)
        return Replies(answers.values, answers.answered)

    def _resolve(self, mixed: Mixed, side: Side, question: BuyerQuestion) -> NDArray[Any]:
        return sample_mixed(mixed, self.rng.random(len(side.seats)))

    def chance(self, question: Chance) -> int:
        """Draw a branch."""
        return branch(question.probabilities, self.rng.random())

    def draw(self, question: Draw) -> float:
        """Draw a number."""
        return float(question.distribution.quantile(self.rng.random()))

    def announce(self, question: Announce) -> None:
        """Let everyone hear it."""
        self.party.heard += (question,)


def play_once(
    mechanism: Mechanism, values: NDArray[Any], population: Population, rng: np.random.Generator
) -> Outcome:
    """Play one conversation among the whole population.

    `values` has shape (n,), or (n, items): the types of the n buyers of `population`, in their order.
    """
    buyers = np.arange(len(population))
    party = Party(mechanism, values, population.sides(buyers), len(buyers))
    return play(mechanism, len(buyers), InstantPlayer(party, rng))


def play_many(
    mechanism: Mechanism, values: NDArray[Any], population: Population, rng: np.random.Generator
) -> Outcome:
    """Play many independent conversations; arrays of the outcome get the profiles as their first axis.

    `values` has shape (profiles, n, *type_shape). A mechanism with a closed rule without chance and
    strategies that do not randomise are evaluated for all profiles at once. Raises ValueError for an answer
    that is not acceptable, and where there are no profiles.
    """
    if not len(values):
        raise ValueError("values must hold at least one profile, got none")
    def one_by_one() -> Outcome:
        return _stacked([play_once(mechanism, profile, population, rng) for profile in values])

    def at_once(rule: ClosedRule) -> Outcome:
        if not isinstance(rule, DirectMechanism):  # chance is to be drawn
            return one_by_one()
        return rule.outcome(_reports(rule, values, population))

    return by_rule_or_replay(mechanism, at_once, one_by_one)


def _stacked(ends: Sequence[Outcome]) -> Outcome:
    """Outcomes of conversations with the conversations as first axis."""
    names = dict.fromkeys(cause for end in ends for cause in end.itemised)
    causes = {
        name: np.stack([end.itemised.get(name, np.zeros_like(end.payments)) for end in ends])
        for name in names
    }
    return Outcome(
        np.stack([end.allocation for end in ends]), np.stack([end.payments for end in ends]), causes
    )


def _reports(mechanism: Mechanism, values: NDArray[Any], population: Population) -> NDArray[Any]:
    """What the population reports at all profiles, shape of `values`."""
    buyers = np.arange(len(population))
    party = Party(mechanism, values, population.sides(buyers), len(buyers), lead=(len(values),))
    answers = insist(mechanism.space.question(), party, definite)
    return answers.values
