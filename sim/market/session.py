"""Session: one conversation in simulated time.

Each question opens a window. Answers travel; one that arrives at the deadline or later is lost, and the
question's default stands. The window closes at its deadline, or as soon as all who were asked have answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.play.asking import (
    ANSWERED,
    LATE,
    MISBEHAVIOUR,
    REFUSED,
    Answers,
    Party,
    asked,
    collect,
    in_words,
    sample_mixed,
)
from agents.play.payoffs import payoffs_of
from agents.play.posteriors import hashable
from agents.population import Side
from agents.seller import Seller
from agents.view import Feedback, Mixed
from mechanisms.outcome import Outcome
from mechanisms.questions import LARGEST_ANSWER, Announce, BuyerQuestion, Chance, Draw, Replies, branch
from sim.market.invariants import SLACK, BreachError, broken_rule
from sim.market.participants import Seating
from sim.market.side_payments import write_side_payments
from sim.market.stage import Stage

Ended = Callable[["Session", NDArray[Any], NDArray[Any]], None]
"""Told when a session is over: the session, payoffs in money, and a mask of those served, shapes (n,)."""


class Session:
    """One auction under way: the market's player of a conversation."""

    def __init__(
        self, stage: Stage, seller: Seller, seating: Seating, auction: int, opened: float, ended: Ended
    ) -> None:
        self.stage = stage
        self.ended = ended
        self.seller = seller
        self.seating = seating
        self.auction = auction
        self.now = self.opened = opened
        self.closes = opened
        plan = seller.plan
        n = len(seating.buyers)
        self.party = Party(plan.mechanism, seating.values, seating.sides, n)
        if seating.knowledge is not None:
            self._beliefs = seating.knowledge.during(plan.mechanism, seating.values)
            self.party.posterior = self._posterior
        self.asked: list[tuple[BuyerQuestion, NDArray[Any]]] = []
        self.took_part = np.zeros(n, dtype=bool)
        self._conversation = plan.mechanism.conversation(n)
        self._reply: Any = None
        self._unwritten: tuple[Any, ...] | None = None

    def advance(self, _: simpy.Event | None = None) -> None:
        """Go on with the conversation until it needs time, or ends."""
        try:
            while True:
                self._close_window()
                self._reply = self._exchange()
                if self.closes > self.now:
                    self.stage.at(self.closes, self.advance)
                    return
        except StopIteration as end:
            self._finish(end.value)

    def _close_window(self) -> None:
        """It is over now: what was said to the last question goes into the records."""
        self.now = self.closes
        if self._unwritten is not None:
            number = len(self.asked) - 1
            self.stage.ledger.write_messages(self.auction, number, self.seating, *self._unwritten)
            self._unwritten = None

    def _exchange(self) -> Any:
        """Hear the mechanism's next question, put it, and return the reply."""
        try:
            return self._conversation.send(self._reply).put(self)
        except StopIteration:
            raise
        except Exception as error:
            raise self._breach(f"the mechanism failed with {type(error).__name__}: {error}") from error

    def _posterior(self, seat: int) -> Any:
        """What a buyer believes now: her knowledge, what she heard, and what she said herself."""
        n = self.party.n
        said = tuple(hashable(answers[seat]) for asked, answers in self.asked if seat in asked.seats(n))
        return self._beliefs(seat, self.party.heard, said)

    def ask(self, question: BuyerQuestion) -> Replies:
        """Collect the answers, and see which arrive before the deadline."""
        answers = collect(question, self.party, self._resolve)
        window = self.seller.plan.window
        sent = self.now + self._waits(question, answers) * window
        arrivals = sent + self._latencies()
        self._lose_what_is_late(question, answers, arrivals, self.now + window)
        self._unwritten = (question, answers, sent, arrivals)
        answered = answers.status == ANSWERED
        self._note_presence(answered)
        self.asked.append((question, answers.values))
        return Replies(answers.values.copy(), answered.copy())  # the mechanism's own, to do with as it likes

    def _waits(self, question: BuyerQuestion, answers: Answers) -> Any:
        """Shares of the window that the buyers wait before they send; 0 if nobody waits."""
        if not any(side.group.waits for side in self.party.sides):
            return 0.0
        waits = np.zeros(self.party.n)
        sides = self.party.sides if question.to is None else asked(question, self.party.sides)
        for side in sides:
            if side.group.waits:
                try:
                    waits[side.seats] = _share(side.group.strategy.wait(question, self.party.view(side)))
                except MISBEHAVIOUR as error:
                    answers.refuse(question, side.seats, f"wait: {in_words(error)}")
        return waits

    def _latencies(self) -> NDArray[Any]:
        if self.asked:
            return self.stage.latencies(self.seating.buyers)
        return self.seating.latencies

    def _lose_what_is_late(
        self, question: BuyerQuestion, answers: Answers, arrivals: NDArray[Any], deadline: float
    ) -> None:
        """The default stands for what comes too late; set when the window closes."""
        status = answers.status
        last = float(arrivals.max())
        if last < deadline and not status.any():
            self.closes = last
            return
        late = (status == ANSWERED) & (arrivals >= deadline)
        if late.any():
            if answers.values is answers.sent:
                answers.values = answers.sent.copy()
            answers.values[late] = question.default
            status[late] = LATE
        arrived = (status == ANSWERED) | ((status == REFUSED) & (arrivals < deadline))
        expected = question.seats(self.party.n)
        complete = arrived[expected].all()
        self.closes = float(arrivals[expected].max(initial=self.now)) if complete else deadline

    def _note_presence(self, answered: NDArray[np.bool_]) -> None:
        self.took_part = self.took_part | answered

    def _resolve(self, mixed: Mixed, side: Side, question: BuyerQuestion) -> NDArray[Any]:
        return sample_mixed(mixed, self.stage.mixing.take(side.buyers)[0])

    def chance(self, question: Chance) -> int:
        """Let the seller's own stream decide."""
        return branch(question.probabilities, self.stage.chance_uniform(self.seller))

    def draw(self, question: Draw) -> float:
        """Let the seller's own stream draw."""
        return float(question.distribution.quantile(self.stage.chance_uniform(self.seller)))

    def announce(self, question: Announce) -> None:
        """Everyone hears it at once."""
        self.party.heard += (question,)

    def _finish(self, outcome: Outcome) -> None:
        """Check the outcome, book it, and tell everybody."""
        if not isinstance(outcome, Outcome):
            raise self._breach(f"the conversation ended in {outcome!r}, not in an Outcome")
        present = self.took_part
        absent = None if present.all() else ~present
        try:
            payoffs = payoffs_of(self.party, outcome)
            broken = broken_rule(self.party, outcome, payoffs, absent) or self._out_of_stock(outcome)
        except (AttributeError, TypeError, ValueError) as error:
            broken = f"allocation and payments do not fit the buyers: {error}"
        if broken is not None:
            raise self._breach(broken)
        self.stage.ledger.write_outcome(
            self.auction, self.seller, self.opened, self.now, self.seating, outcome
        )
        for side in self.party.sides:
            if not side.group.strategy.memoryless:
                feedback = self._feedback(side, outcome, payoffs)
                try:
                    side.group.strategy.observe(feedback)
                except MISBEHAVIOUR as error:
                    self.stage.failed_to_learn(side, self.auction, len(self.asked) - 1, error)
            if side.group.colludes:
                told = self._feedback(side, outcome, payoffs)
                write_side_payments(self.stage.ledger, self.auction, self.now, side, told)
        self.ended(self, payoffs, self.party.mechanism.space.involved(outcome.allocation))

    def _out_of_stock(self, outcome: Outcome) -> str | None:
        stock, sold = self.seller.stock, self.party.mechanism.space.handed_out(outcome.allocation)
        if stock is None or np.all(sold <= stock + SLACK):
            return None
        return f"sold {sold} units where {stock} were in stock"

    def _breach(self, rule: str) -> BreachError:
        return BreachError(self.auction, rule, self.stage.ledger.messages_of(self.auction))

    def _feedback(self, side: Side, outcome: Outcome, payoffs: NDArray[Any]) -> Feedback:
        """What one side is told."""
        seats = side.seats
        told = self.seller.plan.discloses
        return Feedback(
            seats,
            side.buyers,
            self.party.n,
            self.party.mechanism,
            self.seating.values[seats],
            side.group.utility,
            tuple((question, values[seats]) for question, values in self.asked if _concerns(question, side)),
            outcome.allocation[seats],
            outcome.payments[seats],
            payoffs[seats],
            {cause: part[seats] for cause, part in outcome.itemised.items()},
            None if told == "own" else float(outcome.payments.max()),
            self.asked[0][1].copy() if told == "bids" and self.asked else None,
            side.group.prior,
        )


def _share(wait: Any) -> float:
    """A strategy's wait, as a share of the window."""
    share = float(wait)
    if not 0 <= share <= LARGEST_ANSWER:
        raise ValueError(f"must be a number from 0 to {LARGEST_ANSWER:g}, got {share}")
    return share


def _concerns(question: BuyerQuestion, side: Side) -> bool:
    """Whether a question was put to a member of the side."""
    return question.to is None or not set(question.to).isdisjoint(side.seats.tolist())
