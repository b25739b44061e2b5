"""Tree player: plays a conversation along one path of its tree of chance moves and mixed answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import Party, checked_probabilities, insist
from agents.population import Side
from agents.view import Mixed
from mechanisms.engine import Path
from mechanisms.questions import Announce, BuyerQuestion, Chance, Draw, Replies


class TreePlayer:
    """Takes every finite choice from its path (see `mechanisms.engine.walk`).

    A subclass says what a continuous draw means. Answers that are not acceptable raise ValueError.
    """

    def __init__(self, party: Party, path: Path) -> None:
        self.party = party
        self.path = path

    def ask(self, question: BuyerQuestion) -> Replies:
        """Collect everybody's answers, branching the path where they are mixed."""
        answers = insist(question, self.party, self._resolve)
        self.party.said += ((question, answers.values.copy()),)
        return Replies(answers.values, answers.answered)

    def _resolve(self, mixed: Mixed, side: Side, question: BuyerQuestion) -> NDArray[Any]:
        probabilities = checked_probabilities(mixed, side.seats.shape)
        chosen = [self.path.take(row) for row in probabilities.tolist()]
        return np.asarray(mixed.answers)[np.arange(len(chosen)), chosen]

    def chance(self, question: Chance) -> int:
        """Take the branch that the path says."""
        return self.path.take(question.probabilities)

    def draw(self, question: Draw) -> float:
        """Draw a number."""
        raise NotImplementedError

    def announce(self, question: Announce) -> None:
        """Let everyone hear it."""
        self.party.heard += (question,)
