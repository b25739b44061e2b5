"""What all questions have in common: whom they go to, and what an answer and silence are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

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


class TypeBelief(Protocol):
    """A belief over type profiles, as far as questions about others read it."""

    def integer_table(self, buyers: Sequence[int], bound: int) -> NDArray[np.float64]:
        """Joint probabilities of some buyers' types on 0 … bound − 1, shape `(bound,) * len(buyers)`."""

    def value_bound(self, buyers: Sequence[int]) -> int:
        """The least B such that all types of these buyers that are held possible are below it."""


class Respondents(Protocol):
    """What a question is told of the m buyers who answer it truthfully.

    values
        Shape `(..., m)`, or `(..., m, items)`: their types, each row of the leading axes an occasion.
    seats
        Shape `(m,)`: their local indices among `n`.
    posterior
        Called with a member's position: her belief over type profiles; None where nature gives none.
    """

    values: NDArray[Any]
    seats: NDArray[np.intp]
    n: int
    posterior: Callable[[int], TypeBelief | None] | None


@dataclass(frozen=True)
class Question:
    """Anything that a conversation may yield."""

    def put(self, player: Any) -> Any:
        """Hand the question to whoever plays the conversation and return the reply."""
        raise NotImplementedError


@dataclass(frozen=True)
class BuyerQuestion(Question):
    """A question to buyers; subclasses add their payload, `truth` and `possible_answers`.

    `to` holds the local indices of those who are asked, or None for everyone.
    """

    to: tuple[int, ...] | None = None

    answered_by: ClassVar[str] = "otherwise"
    """Name of the strategy's method that answers; a strategy without it answers by `otherwise`."""
    allowed: ClassVar[str] = f"a number from 0 to {LARGEST_ANSWER:g}"
    """What an acceptable answer is, for the message that goes with a refusal."""
    default: ClassVar[float] = SILENT
    """What stands when no acceptable answer arrives in time."""
    dtype: ClassVar[type] = np.float64
    money: ClassVar[bool] = False
    """Whether an answer is an amount of money, or one for each item."""
    convex: ClassVar[bool] = False
    """Whether what lies between two answers is an answer too."""
    words: ClassVar[Mapping[float, str]] = MappingProxyType({})
    """Answers that are words rather than numbers."""
    recorded_as: ClassVar[str] = "vector"
    """What an answer is in the records: a `bid`, a price to `drop_out` at, whether an offer is `accepted`;
    any other is a `vector` of its entries."""

    @property
    def about(self) -> tuple[int, ...]:
        """Local indices of the buyers whose types the question is about, besides those who are asked."""
        return ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one buyer's answer; () for a number."""
        return ()

    @property
    def named_price(self) -> Any:
        """The price that is offered or called, or stands: one for all asked, or a tuple of one for each; None
        if no price is named."""
        return None

    def put(self, player: Any) -> Replies:
        """Ask the buyers."""
        return player.ask(self)

    def truth(self, view: Respondents) -> NDArray[Any]:
        """What honest buyers answer, shape `(..., m, *shape)`; NotImplementedError where it has no truth."""
        raise NotImplementedError(f"{type(self).__name__} does not say what a truthful answer is")

    def possible_answers(self, amounts: NDArray[Any]) -> list[Any]:
        """Every answer that an exact audit tries besides the truth: floats, or flat tuples.

        `amounts` holds the reports that make sense for a buyer: all her types, as numbers (or rows), those of
        the buyers in `about`, and extra ones. NotImplementedError where the question lists none.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what may be answered")

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

    def all_acceptable(self, answers: NDArray[Any]) -> bool:
        """Whether every answer may be believed."""
        return bool(self.acceptable(answers).all())

    def silent(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Mask over the leading axes of `answers`: who chose to say nothing."""
        return all_parts(answers == SILENT, self.shape)


def kinds(of: type[BuyerQuestion] = BuyerQuestion) -> tuple[type[BuyerQuestion], ...]:
    """All kinds of questions to buyers that there are at present."""
    return (of, *(kind for one in of.__subclasses__() for kind in kinds(one)))


def plain(amount: Any) -> Any:
    """A number as a float, several as a flat tuple."""
    return float(amount) if np.ndim(amount) == 0 else tuple(np.ravel(amount).astype(float).tolist())


def all_parts(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Reduce a mask over the axes of one answer, which are the last ones."""
    return np.all(mask, axis=tuple(range(-len(shape), 0))) if shape else mask
