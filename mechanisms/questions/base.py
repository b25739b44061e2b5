"""What all questions have in common: whom they go to, and what an answer and silence are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

SILENT = -np.inf
"""The answer of a buyer who says nothing: the question's default stands, and no error is recorded."""
LARGEST_ANSWER = 1e100
"""No larger number is believed: sums of such answers, and of their squares, are still finite."""


@dataclass(frozen=True, slots=True)
class Replies:
    """What came back from a question to buyers.

    values
        Shape `(n, *question.shape)`: the answers in the order of the buyers' local indices, the question's
        default where a buyer was not asked, was silent, late, or answered something unacceptable.
    answered
        Shape `(n,)`, bool: whose answer arrived and was accepted.
    """

    values: NDArray[Any]
    answered: NDArray[np.bool_]


@dataclass(frozen=True)
class Question:
    """Anything that a conversation may yield."""

    def put(self, player: Any) -> Any:
        """Hand the question to whoever plays the conversation and return the reply."""
        raise NotImplementedError


@dataclass(frozen=True)
class BuyerQuestion(Question):
    """A question to buyers; subclasses add their payload.

    `to` holds the local indices of those who are asked, or None for everyone.
    """

    to: tuple[int, ...] | None = None

    answered_by: ClassVar[str]
    """Name of the strategy's method that answers."""
    allowed: ClassVar[str] = f"a number from 0 to {LARGEST_ANSWER:g}"
    """What an acceptable answer is, for the message that goes with a refusal."""
    default: ClassVar[float] = SILENT
    """What stands when no acceptable answer arrives in time."""
    dtype: ClassVar[type] = np.float64

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one buyer's answer; () for a number."""
        return ()

    def put(self, player: Any) -> Replies:
        """Ask the buyers."""
        return player.ask(self)

    def seats(self, n: int) -> NDArray[np.intp]:
        """Local indices of those who are asked, in the order of `to`; ValueError if one is not in 0 … n−1."""
        if self.to is None:
            return np.arange(n)
        if not all(0 <= seat < n for seat in self.to):
            raise ValueError(f"to must hold local indices from 0 to {n - 1}, got {self.to}")
        return np.asarray(self.to, dtype=np.intp)

    def defaults(self, n: int) -> NDArray[Any]:
        """Array `(n, *shape)` of the default answer."""
        return np.full((n, *self.shape), self.default, dtype=self.dtype)

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Mask over the leading axes of `answers`: which may be believed."""
        return all_parts((answers >= 0) & (answers <= LARGEST_ANSWER), self.shape)

    def silent(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Mask over the leading axes of `answers`: who chose to say nothing."""
        return all_parts(answers == SILENT, self.shape)


def all_parts(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Reduce a mask over the axes of one answer, which are the last ones."""
    return np.all(mask, axis=tuple(range(-len(shape), 0))) if shape else mask
