"""Party: those who take part in one conversation, and how their answers to a question are collected.

The market, instant play and exact play all ask through here. Strategies may be anybody's code: what they
answer is checked before it is believed, and what they raise becomes a refusal with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.population import Side
from agents.view import Mixed, View
from mechanisms.conversation import Mechanism
from mechanisms.questions import Announce, BuyerQuestion

ANSWERED, LATE, SILENCE, REFUSED, NOT_ASKED = range(5)
STATUS_LABELS = ("answered", "late", "silent", "refused", "not asked")

Resolve = Callable[[Mixed, Side, BuyerQuestion], NDArray[Any]]
"""Turns a randomised answer of a side into a definite one, shape `(m, *question.shape)`."""


@dataclass(slots=True)
class Party:
    """The n participants of one conversation.

    values
        Shape `(n,)`, or `(n, items)`: their types.
    sides
        The participants by group.
    posterior
        Called with a local index: that buyer's belief over type profiles now; None where nature gives none.
    """

    mechanism: Mechanism
    values: NDArray[Any]
    sides: tuple[Side, ...]
    n: int
    posterior: Callable[[int], Any] | None = None
    heard: tuple[Announce, ...] = ()

    def view(self, side: Side) -> View:
        """What the members of a side know now."""
        seats, posterior = side.seats, self.posterior
        return View(
            values=self.values[seats],
            seats=seats,
            buyers=side.buyers,
            n=self.n,
            mechanism=self.mechanism,
            prior=side.group.prior,
            utility=side.group.utility,
            heard=self.heard,
            posterior=None if posterior is None else lambda k: posterior(int(seats[k])),
        )


@dataclass(slots=True)
class Answers:
    """What n buyers said to one question, before time has its say.

    values
        Shape `(n, *question.shape)`: acceptable answers; the default for everyone else.
    sent
        The same, with refused numbers as they were sent (NaN where they were no numbers).
    status
        Shape `(n,)`: ANSWERED, SILENCE, REFUSED or NOT_ASKED.
    refusals
        Local indices and reasons.
    """

    values: NDArray[Any]
    sent: NDArray[Any]
    status: NDArray[np.uint8]
    refusals: list[tuple[int, str]] = field(default_factory=list)


def collect(question: BuyerQuestion, party: Party, resolve: Resolve) -> Answers:
    """Ask every side; believe only acceptable answers."""
    sent = question.defaults(party.n)
    status = np.zeros(party.n, dtype=np.uint8)
    answers = Answers(sent, sent, status)
    sides = party.sides
    if question.to is not None:
        status[:] = NOT_ASKED
        sides = _asked(question, sides)
    for side in sides:
        try:
            sent[side.seats] = _answer(question, party, side, resolve)
            if question.to is not None:
                status[side.seats] = ANSWERED
        except Exception as error:  # noqa: BLE001 — strategies may be anybody's code, and may raise anything
            status[side.seats] = REFUSED
            reason = f"{type(error).__name__}: {error}"
            answers.refusals += [(seat, reason) for seat in side.seats.tolist()]
    _believe(question, answers)
    return answers


def _asked(question: BuyerQuestion, sides: tuple[Side, ...]) -> tuple[Side, ...]:
    """The sides, cut down to those members whom the question goes to."""
    kept = ((side, np.isin(side.seats, question.to)) for side in sides)
    return tuple(Side(s.group, s.seats[mask], s.buyers[mask]) for s, mask in kept if mask.any())


def _answer(question: BuyerQuestion, party: Party, side: Side, resolve: Resolve) -> NDArray[Any]:
    """One side's answer as an array of the right shape; raises if it is nothing of the kind."""
    given = getattr(side.group.strategy, question.answered_by)(question, party.view(side))
    if isinstance(given, Mixed):
        given = resolve(given, side, question)
    given = np.asarray(given)
    if given.dtype.kind not in "fiub":
        raise TypeError(f"an answer must be numbers, got dtype {given.dtype}")
    if given.shape != (len(side.seats), *question.shape):
        raise ValueError(f"answers must have shape {(len(side.seats), *question.shape)}, got {given.shape}")
    if question.dtype is np.int64 and given.dtype.kind == "f" and not np.all(given == np.floor(given)):
        raise ValueError("answers must be integers")
    return given


def _believe(question: BuyerQuestion, answers: Answers) -> None:
    """Put the default in place of what is not acceptable, and say why."""
    believed = question.acceptable(answers.sent)
    if believed.all():
        return
    status = answers.status
    doubtful = (status == ANSWERED) & ~believed
    silent = doubtful & question.silent(answers.sent)
    refused = doubtful & ~silent
    status[silent] = SILENCE
    status[refused] = REFUSED
    if refused.any():
        answers.values = answers.sent.copy()
        answers.values[refused] = question.default
        reason = f"{question.answered_by}: must be {question.allowed}"
        answers.refusals += [(seat, f"{reason}, got {answers.sent[seat]}") for seat in refused.nonzero()[0].tolist()]


def sample_mixed(mixed: Mixed, uniforms: NDArray[Any], question: BuyerQuestion) -> NDArray[Any]:
    """A definite answer for each of m buyers, chosen by her uniform number, shape `(m,)`."""
    probabilities = checked_probabilities(mixed, len(uniforms))
    chosen = (np.cumsum(probabilities, axis=-1) <= uniforms[:, None]).sum(axis=-1)
    last = probabilities.shape[-1] - 1 - (probabilities[:, ::-1] > 0).argmax(axis=-1)
    chosen = np.minimum(chosen, last)
    return np.asarray(mixed.answers)[np.arange(len(uniforms)), chosen]


def checked_probabilities(mixed: Mixed, members: int) -> NDArray[Any]:
    """The probabilities of a randomised answer, shape `(members, b)`, or ValueError."""
    branches = np.asarray(mixed.answers).shape[1]
    probabilities = np.broadcast_to(np.asarray(mixed.probabilities, dtype=float), (members, branches))
    if not np.all(probabilities >= 0) or not np.allclose(probabilities.sum(axis=-1), 1.0, rtol=0, atol=1e-9):
        raise ValueError("probabilities of a mixed answer must be at least 0 and sum to 1")
    return probabilities
