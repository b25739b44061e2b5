"""Station: where a conversation with one customer stands, worked out once for all with the same history."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from mechanisms.conversation import Mechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import BuyerQuestion, Question, Replies


class Station:
    """What is asked after some replies, or how it ended; the generator is replayed at each new station.

    Attributes
    ----------
    question
        What is asked now; None at the end.
    outcome
        How it ended; None before.
    got, paid
        What the customer has then of each good, and what she paid.
    said
        What the customer was asked so far, with her answers.
    answers
        What is answered here by those who answer alike, by what they have in common.
    """

    def __init__(
        self,
        rules: Mechanism,
        replies: tuple[Any, ...] = (),
        said: tuple[tuple[BuyerQuestion, NDArray[Any]], ...] = (),
    ) -> None:
        self.said = said
        self.question: Question | None = None
        self.outcome: Outcome | None = None
        self.got: list[float] = []
        self.paid = 0.0
        self.answers: dict[Any, Replies] = {}
        self._rules, self._replies = rules, replies
        self._next: dict[Any, Station] = {}
        conversation = rules.conversation(1)
        try:
            for reply in (None, *replies):
                self.question = conversation.send(reply)
        except StopIteration as end:
            self.question, self.outcome = None, end.value
            self.got, self.paid = end.value.allocation.ravel().tolist(), end.value.payments.item(0)

    def after(self, reply: Any) -> Station:
        """Where it stands when this was said, drawn or heard."""
        key = reply.values.tobytes() if isinstance(reply, Replies) else reply
        station = self._next.get(key)
        if station is None:
            said = self.said
            if isinstance(self.question, BuyerQuestion):
                said = (*said, (self.question, reply.values.copy()))
            station = self._next[key] = Station(self._rules, (*self._replies, reply), said)
        return station
