"""Window: a question stays open for a while; answers travel, and those that arrive before the deadline count.

The window closes at its deadline, or as soon as all who were asked have answered. An answer that arrives at
the deadline or later is lost, and the question's default stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import ANSWERED, LATE, MISBEHAVIOUR, REFUSED, Answers, Party, asked, in_words
from mechanisms.questions import LARGEST_ANSWER, BuyerQuestion


@dataclass(slots=True)
class Exchange:
    """A question and its answers, in one auction, or in many alike on leading axes.

    sent, arrivals
        When answers were sent (one time may stand for all of an auction) and arrive, shapes `(*lead, n)`.
    closed
        Shape `(*lead,)`: when the window closes.
    """

    question: BuyerQuestion
    answers: Answers
    sent: Any
    arrivals: NDArray[Any]
    closed: Any

    def __getitem__(self, rows: Any) -> Exchange:
        """One auction's of many, or some, or with a leading axis of one row (None); views."""
        answers = self.answers[rows]
        sent, closed = np.asarray(self.sent)[rows], np.asarray(self.closed)[rows]
        return Exchange(self.question, answers, sent, self.arrivals[rows], closed)


def exchange(
    question: BuyerQuestion,
    party: Party,
    answers: Answers,
    latencies: NDArray[Any],
    opened: Any,
    window: float,
) -> Exchange:
    """Let collected answers travel, and lose what is late.

    latencies, opened
        Shapes `(*lead, n)` and `(*lead,)`: travel times of the messages, and when the question was put.
    """
    sent = opened[..., None] if party.lead else opened
    if any(side.group.waits for side in party.sides):
        sent = sent + _waits(question, party, answers) * window
    arrivals = sent + latencies
    closed = _close(question, answers, arrivals, opened, window)
    return Exchange(question, answers, sent, arrivals, closed)


def _waits(question: BuyerQuestion, party: Party, answers: Answers) -> NDArray[Any]:
    """Shares of the window that the buyers of one auction wait before they send."""
    waits = np.zeros(party.n)
    sides = party.sides if question.to is None else asked(question, party.sides)
    for side in sides:
        if side.group.waits:
            try:
                waits[side.seats] = _share(side.group.strategy.wait(question, party.view(side)))
            except MISBEHAVIOUR as error:
                answers.refuse(question, side.seats, f"wait: {in_words(error)}")
    return waits


def _share(wait: Any) -> float:
    """A strategy's wait, as a share of the window."""
    share = float(wait)
    if not 0 <= share <= LARGEST_ANSWER:
        raise ValueError(f"must be a number from 0 to {LARGEST_ANSWER:g}, got {share}")
    return share


def _close(
    question: BuyerQuestion, answers: Answers, arrivals: NDArray[Any], opened: Any, window: float
) -> Any:
    """Put the default in place of what does not count; return when the window closes, shape `(*lead,)`."""
    status, deadline = answers.status, opened + window
    if not status.any():
        last = arrivals.max(axis=-1)
        if (last < deadline).all():
            answers.values = answers.sent
            return last
    in_time = arrivals < np.asarray(deadline)[..., None]
    status[(status == ANSWERED) & ~in_time] = LATE
    answers.values = answers.sent.copy()
    answers.values[status != ANSWERED] = question.default
    arrived = (status == ANSWERED) | ((status == REFUSED) & in_time)
    if question.to is not None:
        seats = question.seats(status.shape[-1])
        arrived, arrivals = arrived[..., seats], arrivals[..., seats]
    last = arrivals.max(axis=-1, initial=-np.inf)
    return np.where(arrived.all(axis=-1), np.maximum(last, opened), deadline)[()]
