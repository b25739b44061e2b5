"""Window: a question stays open for a while; answers travel, and those that arrive before the deadline count.

The window closes at its deadline, or as soon as all who were asked have answered. An answer that arrives at
the deadline or later is lost, and the question's default stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import ANSWERED, LATE, REFUSED, Answers, Party, asked
from agents.population import Side
from mechanisms.questions import LARGEST_ANSWER, BuyerQuestion
from sim.market.guard import attempt


@dataclass(slots=True)
class Exchange:
    """A question and its answers, in one auction, or in many alike on a leading axis.

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

    def __getitem__(self, rows: slice) -> Exchange:
        """Those of some auctions; views."""
        parts = self.sent[rows], self.arrivals[rows], self.closed[rows]
        return Exchange(self.question, self.answers[rows], *parts)


def travel(
    question: BuyerQuestion, answers: Answers, sent: Any, latencies: NDArray[Any], opened: Any, window: float
) -> Exchange:
    """Let answers travel, and lose what is late; `opened`, shape `(*lead,)`: when the question was put."""
    arrivals = sent + latencies
    return Exchange(question, answers, sent, arrivals, close(question, answers, arrivals, opened, window))


def close(
    question: BuyerQuestion, answers: Answers, arrivals: NDArray[Any], opened: Any, window: float
) -> Any:
    """Put the default in place of what does not count; return when the window closes, shape `(*lead,)`."""
    status, deadline = answers.status, opened + window
    if not np.count_nonzero(status):
        last = arrivals.max(axis=-1)
        if not np.count_nonzero(last >= deadline):
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


def waits(question: BuyerQuestion, party: Party, answers: Answers) -> Any:
    """Shares of the window that buyers of one auction wait before they send, shape (n,); 0 if nobody does.

    The answer of a side that says nothing sensible is refused.
    """
    waiting = [side for side in party.sides if side.group.waits]
    if not waiting:
        return 0.0
    if question.to is not None:
        waiting = [side for side in asked(question, party.sides) if side.group.waits]
    shares = np.zeros(party.n)
    for side in waiting:
        blamed = side.group.strategy if party.raises else None
        share, fault = attempt(wait, question, party, side, blamed=blamed)
        if share is None:
            answers.refuse(question, side.seats, f"wait: {fault}")
        else:
            shares[side.seats] = share
    return shares


def wait(question: BuyerQuestion, party: Party, side: Side) -> float:
    """A strategy's wait, as a share of the window."""
    share = float(side.group.strategy.wait(question, party.view(side)))
    if not 0 <= share <= LARGEST_ANSWER:
        raise ValueError(f"must be a number from 0 to {LARGEST_ANSWER:g}, got {share}")
    return share
