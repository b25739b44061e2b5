"""Session: one conversation in simulated time, question by question.

Each question opens a window (`sim.market.window`); the next one is put when it has closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.play.asking import Party, StrategyError, collect
from agents.play.posteriors import hashable
from agents.seller import Seller
from mechanisms.outcome import Outcome
from mechanisms.questions import Announce, BuyerQuestion, Chance, Draw, Replies
from sim.market.guard import MOST_MOVES, TOO_MANY_MOVES
from sim.market.invariants import BreachError
from sim.market.participants import Participants
from sim.market.settlement import examined, failure, feedback_of, out_of_stock, teach
from sim.market.side_payments import write_side_payments
from sim.market.stage import Stage
from sim.market.window import Exchange, travel, waits

Ended = Callable[["Session", NDArray[Any], NDArray[Any]], None]
"""Told when a session is over: the session, payoffs in money, and a mask of those served, shapes (n,)."""


class Session:
    """One auction under way: the market's player of a conversation."""

    def __init__(self, stage: Stage, seller: Seller, participants: Participants, ended: Ended) -> None:
        self.stage = stage
        self.seller = seller
        self.participants = participants
        self.ended = ended
        self.auction = stage.auction_number(seller, seller.held)
        self.now = self.closes = self.opened = seller.opening(seller.turn)
        mechanism, people = seller.plan.mechanism, participants[0]
        self.people = people
        n = len(people.buyers)
        sides, raises, limit = people.sides, stage.raises, stage.answer_limit
        self.party = Party(mechanism, people.values, sides, n, raises=raises, limit=limit)
        if people.knowledge is not None:
            self._beliefs = people.knowledge.during(mechanism, people.values)
            self.party.posterior = self._posterior
        self.said: list[tuple[BuyerQuestion, NDArray[Any]]] = []
        self._took_part = np.zeros(n, dtype=bool)
        self._conversation: Any = None
        self._announced: list[Announce] = []
        self._moves = 0
        self._reply: Any = None
        self._unwritten: Exchange | None = None

    def begin(self) -> None:
        """Put the first question."""
        self._advance()

    def _advance(self, _: simpy.Event | None = None) -> None:
        """Go on with the conversation until it needs time, or ends."""
        try:
            while True:
                self._close_window()
                self._reply = self._hear()
                if self.closes > self.now:
                    self.stage.at(self.closes, self._advance)
                    return
        except StopIteration as end:
            self._finish(end.value)

    def _close_window(self) -> None:
        """It is over now: what was said to the last question goes into the records."""
        self.now = self.closes
        if self._unwritten is not None:
            ledger, number, answers = self.stage.ledger, len(self.said) - 1, self._unwritten.answers
            ledger.hear(self.auction, number, self.people, self._unwritten)
            for (seat,), reason in answers.refusals:
                ledger.write_refusals(self.auction, number, [self.people.buyers[seat]], reason)
            self._unwritten = None

    def _hear(self) -> Any:
        """Hear the mechanism's next question, put it, and return the reply."""
        self._moves += 1
        try:
            if self._conversation is None:
                self._conversation = self.party.mechanism.conversation(self.party.n)
            question = self._conversation.send(self._reply)
            if self._moves > MOST_MOVES:
                raise RuntimeError(TOO_MANY_MOVES)
            return question.put(self)
        except (StopIteration, StrategyError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise self._breach(failure(error)) from error

    def _posterior(self, seat: int) -> Any:
        """What a buyer believes now: her knowledge, what she heard, and what she said herself."""
        n = self.party.n
        said = tuple(hashable(answers[seat]) for asked, answers in self.said if seat in asked.seats(n))
        return self._beliefs(seat, self.party.heard, said)

    # --- the four sorts of questions --------------------------------------------------------------

    def ask(self, question: BuyerQuestion) -> Replies:
        """Collect the answers, and see which arrive before the deadline."""
        if self._announced:
            self.party.heard += tuple(self._announced)    # all at once: many cost no more than their number
            self._announced.clear()
        answers = collect(question, self.party, self.stage.resolve)
        latencies = self.stage.latencies(self.people.buyers) if self.said else self.people.latencies
        window = self.seller.plan.window
        sent = np.asarray(self.now + waits(question, self.party, answers) * window)
        held = travel(question, answers, sent, latencies, self.now, window)
        self.closes = float(held.closed)
        self._unwritten = held
        answered = answers.answered
        self._took_part |= answered
        self.said.append((question, answers.values))
        self.party.said += (self.said[-1],)
        return Replies(answers.values.copy(), answered)  # its own, to do with as it likes

    def chance(self, question: Chance) -> int:
        """Let the seller's own stream decide."""
        return self.stage.chance(self.seller, question)

    def draw(self, question: Draw) -> float:
        """Let the seller's own stream draw."""
        return float(question.distribution.quantile(self.stage.chance_uniform(self.seller)))

    def announce(self, question: Announce) -> None:
        """Everyone hears it at once."""
        self._announced.append(question)

    # --- the end ----------------------------------------------------------------------------------

    def _finish(self, outcome: Outcome) -> None:
        """Check the outcome, book it, and tell everybody."""
        absent = None if np.count_nonzero(self._took_part) == self.party.n else ~self._took_part
        payoffs, broken = examined(self.party, outcome, absent)
        broken = broken or out_of_stock(self.seller, outcome)
        if broken is not None:
            raise self._breach(broken)
        people, times = self.people, (self.opened, self.now)
        self.stage.ledger.end(self.auction, self.seller, *times, people, outcome)
        self._tell(outcome, payoffs)
        self.ended(self, payoffs, self.party.space.involved(outcome.allocation))

    def _tell(self, outcome: Outcome, payoffs: NDArray[Any]) -> None:
        """Tell those who learn how it ended, and record what buyers pay one another."""
        ledger, number, seller, sides = self.stage.ledger, self.auction, self.seller, self.party.sides
        told = self.party, self.said, outcome, payoffs
        for side, reason in teach(seller, sides, *told):
            ledger.write_failures(number, side.buyers.tolist(), "observe", reason)
        for side in sides:
            if side.group.colludes:
                heard = feedback_of(side, seller, *told)
                write_side_payments(ledger, number, self.now, side, heard, self.stage.raises)

    def _breach(self, rule: str) -> BreachError:
        return BreachError(self.auction, rule, self.stage.ledger.messages_of(self.auction))

    def flush(self) -> None:
        """Nothing is held back."""

    def open_auction(self) -> tuple[int, float, int]:
        """Number, opening and participants."""
        return self.auction, self.opened, self.party.n
