"""What a buyer may answer to each kind of question, besides the truth: the deviations of an exact audit."""

from __future__ import annotations

from functools import singledispatch
from itertools import chain, product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.questions import (
    SILENT,
    AskBelief,
    AskMarginals,
    AskValue,
    AskValueBound,
    BuyerQuestion,
    CallPrice,
    InviteBid,
    OfferPrice,
    ShowMenu,
)

Answers = list[Any]
"""Answers to one question: floats, or flat tuples."""


@singledispatch
def possible_answers(question: BuyerQuestion, amounts: NDArray[Any]) -> Answers:
    """Every answer to try.

    `amounts` holds the reports that make sense for this buyer: all her types, as numbers (or rows), those of
    the buyers that the question is about, and extra ones. Register a function for a new kind of question.
    Raises NotImplementedError for one that is unknown.
    """
    raise NotImplementedError(f"the audit knows no answers to {type(question).__name__}")


@possible_answers.register
def _(question: AskValue, amounts: NDArray[Any]) -> Answers:
    silence = (SILENT,) * prod(question.shape) if question.shape else SILENT
    return [*(_plain(amount) for amount in amounts), silence]


@possible_answers.register
def _(question: AskBelief, amounts: NDArray[Any]) -> Answers:
    """Point masses; games also bend true beliefs a little towards them."""
    return [tuple(row) for row in np.eye(question.outcomes).tolist()]


@possible_answers.register
def _(question: AskMarginals, amounts: NDArray[Any]) -> Answers:
    """A point mass for each of those whom it is about."""
    points = np.eye(question.outcomes).tolist()
    return [tuple(chain(*rows)) for rows in product(points, repeat=len(question.about))]


@possible_answers.register
def _(question: AskValueBound, amounts: NDArray[Any]) -> Answers:
    """Every bound from 1 to just above the highest amount, and silence."""
    return [*map(float, range(1, int(amounts.max()) + 2)), SILENT]


@possible_answers.register
def _(question: OfferPrice, amounts: NDArray[Any]) -> Answers:
    return [0.0, 1.0]


@possible_answers.register
def _(question: ShowMenu, amounts: NDArray[Any]) -> Answers:
    entries = range(-1, len(question.prices))
    return [tuple(map(float, choice)) for choice in product(entries, repeat=question.purchases)]


@possible_answers.register
def _(question: CallPrice, amounts: NDArray[Any]) -> Answers:
    """Leave at once, or at one of the amounts above the price."""
    return [SILENT, *(_plain(amount) for amount in amounts if amount >= question.price)]


@possible_answers.register
def _(question: InviteBid, amounts: NDArray[Any]) -> Answers:
    """Stay silent, or name a maximum above the standing price."""
    return [SILENT, *(_plain(amount) for amount in amounts if amount >= question.price)]


def _plain(amount: Any) -> Any:
    return float(amount) if np.ndim(amount) == 0 else tuple(np.asarray(amount, dtype=float).tolist())
