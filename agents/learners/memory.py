"""Memory of learners: one row of scores for each buyer and knot, or one for the whole group."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.learners.knots import FloatArray, Knots

UNTAUGHT = 0
"""The row of buyers who have learned nothing yet, or of everybody where the group learns together."""


@dataclass(eq=False)
class BuyerRows:
    """Which row of the memory belongs to which buyer; rows are handed out as buyers first learn something."""

    shared: bool
    count: int = 1
    _of: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)

    def known(self, buyers: NDArray[np.intp]) -> NDArray[Any]:
        """Rows of these buyers, shape (m,), `UNTAUGHT` for the new ones; nothing changes."""
        if self.shared or not len(self._of):
            return np.zeros(len(buyers), np.int32)
        inside = buyers < len(self._of)
        return np.where(inside, self._of[np.where(inside, buyers, 0)], UNTAUGHT)

    def assigned(self, buyers: NDArray[np.intp]) -> NDArray[Any]:
        """The same, after the new ones among these distinct buyers got rows of their own."""
        if self.shared:
            return np.zeros(len(buyers), np.int32)
        most = int(buyers.max(initial=-1))
        if most >= len(self._of):
            room = max(most + 1, 2 * len(self._of))
            self._of = np.concatenate([self._of, np.zeros(room - len(self._of), np.int32)])
        new = buyers[self._of[buyers] == UNTAUGHT]
        self._of[new] = self.count + np.arange(len(new))
        self.count += len(new)
        return self._of[buyers]


@dataclass(slots=True)
class DecisionState:
    """What some decisions remember, one for each row of leading axes.

    scores
        Shape (..., K): what has been added up for each of K actions.
    rounds
        Shape (...): how often the decision came up, in weights.
    scale
        Shape (...): the widest range of utilities that was possible so far; 0 before anything happened.
    played
        Shape (..., K): the mixtures played so far, added up.
    """

    scores: FloatArray
    rounds: FloatArray
    scale: FloatArray
    played: FloatArray

    @classmethod
    def none(cls, shape: tuple[int, ...], actions: int) -> DecisionState:
        """Nothing happened yet."""
        return cls(np.zeros((*shape, actions)), np.zeros(shape), np.zeros(shape), np.zeros((*shape, actions)))

    def at(self, *cells: Any) -> DecisionState:
        """The decisions at some cells, copied."""
        return DecisionState(self.scores[cells], self.rounds[cells], self.scale[cells], self.played[cells])

    def grown(self, count: int) -> DecisionState:
        """With at least `count` rows on the first axis, at least doubled if there were fewer."""
        rows = len(self.rounds)
        if rows >= count:
            return self
        more = max(count, 2 * rows) - rows
        room = DecisionState.none((more, *self.rounds.shape[1:]), self.scores.shape[-1])
        both = zip(self._arrays(), room._arrays(), strict=True)
        return DecisionState(*(np.concatenate(pair) for pair in both))

    def _arrays(self) -> tuple[FloatArray, ...]:
        return self.scores, self.rounds, self.scale, self.played


@dataclass(eq=False)
class Memory:
    """The state of decisions, of shape (rows, knots), at the knots of the types."""

    knots: Knots
    rows: BuyerRows
    experience: DecisionState

    @classmethod
    def empty(cls, knots: Knots, actions: int, shared: bool) -> Memory:
        """Nothing learned yet."""
        return cls(knots, BuyerRows(shared), DecisionState.none((1, len(knots)), actions))

    def rows_for(self, buyers: NDArray[np.intp]) -> NDArray[Any]:
        """Rows of buyers who are about to learn."""
        rows = self.rows.assigned(buyers)
        self.experience = self.experience.grown(self.rows.count)
        return rows

    def add(
        self, cells: Any, weights: FloatArray, credit: FloatArray, mixture: FloatArray, reach: FloatArray
    ) -> None:
        """Credit N occasions to their cells, which may be equal: weights (N,), credit and mixture (N, K)."""
        into = self.experience
        np.maximum.at(into.scale, cells, np.where(weights > 0, reach, 0.0))
        np.add.at(into.rounds, cells, weights)
        np.add.at(into.scores, cells, weights[:, None] * credit)
        np.add.at(into.played, cells, weights[:, None] * mixture)
