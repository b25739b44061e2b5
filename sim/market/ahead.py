"""Playing ahead: what depends on nothing that happens in a block of auctions is worked out in one sweep.

It serves direct mechanisms for one good on a panel of buyers. Types, latencies and the answers of memoryless
strategies are known ahead. If nobody learns, so are the outcomes; otherwise learners are asked, the rule is
applied and they observe, auction by auction. Time passes in any case: each auction has its event when it
closes, and counts from then on. An auction in which anything is irregular (an answer refused, a rule
broken) is left to an ordinary session, so that trouble is handled in one place. The records are the same as
those of sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.play.asking import ANSWERED, LATE, MISBEHAVIOUR, REFUSED, SILENCE, Party, collect, sample_mixed
from agents.play.payoffs import payoffs_of
from agents.population import Group, Side
from agents.seller import Seller, SellerPlan
from agents.view import Feedback, Mixed, View
from mechanisms.conversation import DirectMechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import LARGEST_ANSWER, AskValue, BuyerQuestion
from mechanisms.types import one_good
from sim.market.block import Block
from sim.market.entry import Doors
from sim.market.invariants import broken_rule, regular_rows
from sim.market.participants import Seating
from sim.market.stage import Stage

_QUESTION = AskValue()


class Rows(Protocol):
    """A panel, as seen from here."""

    def rows(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Participants, values and latencies of the next auctions, shape (rows, n) each."""

    def skip(self, rows: int) -> None:
        """So many of them are held."""

    def seat(self, seller: Seller) -> Seating:
        """The participants of the next auction."""


def can_play_ahead(plan: SellerPlan, groups: Sequence[Group]) -> bool:
    """Whether nothing but what learners learn in it bears on the seller's next auction."""
    return (
        isinstance(plan.mechanism, DirectMechanism)
        and type(plan.mechanism).conversation is DirectMechanism.conversation
        and plan.mechanism.space == one_good(plan.mechanism.units)
        and plan.mechanism.least_buyers <= 1
        and plan.stock is None
        and plan.period >= plan.window
        and not any(group.waits or group.colludes for group in groups)
    )


class AheadPlayer:
    """Holds the auctions of one seller with a panel of buyers, nobody of whom learns."""

    def __init__(
        self,
        stage: Stage,
        doors: Doors,
        seller: Seller,
        mechanism: DirectMechanism,
        panel: Rows,
        learners: Sequence[Side],
    ) -> None:
        self.stage = stage
        self.doors = doors
        self.seller = seller
        self.mechanism = mechanism
        self.panel = panel
        self.learners = learners
        self._done = self._written = 0
        self._block: Block | None = None
        self._mixing: list[NDArray[np.intp]] = []

    def start(self) -> None:
        """Work out the next block and wait for its first auction to close."""
        self._done = self._written = 0
        self._block = self._prepare()
        self._decide(self._block)
        self._next()

    def _next(self) -> None:
        """Wait for the next auction of the block; after the last, begin the next block."""
        block = self._block
        if block is None:
            return
        if self._done < len(block):
            self.stage.at(block.closed.item(self._done), self._closed)
        elif self._done:
            self._hand_back()
            self.start()
        else:
            self._give_up()

    def _closed(self, _: simpy.Event) -> None:
        """One auction is over: it counts from now on."""
        self._done += 1
        self._next()

    def _hand_back(self) -> None:
        """Leave the rest of the block as if it had not been worked out."""
        self.flush()
        self.panel.skip(self._done)
        for buyers in self._mixing:
            self.stage.mixing.put_back(buyers[self._done :])

    def _give_up(self) -> None:
        """The next auction is irregular: from now on sessions hold this seller's auctions."""
        self._hand_back()
        self._block = None
        self.doors.schedule_opening(self.seller)

    # --- working out ------------------------------------------------------------------------------

    def _prepare(self) -> Block:
        """Everything that is known ahead about the auctions that are drawn."""
        participants, values, latencies = self.panel.rows()
        rows, n = participants.shape
        sides = self._memoryless(participants)
        party = Party(self.mechanism, values, sides, n, lead=(rows,))
        self._mixing = []
        answers = collect(_QUESTION, party, partial(self._resolve, participants))
        answers.values = answers.sent.copy()
        opened: NDArray[Any] = self.seller.opening(self.seller.turn + 1 + np.arange(rows))
        deadlines = opened + self.seller.plan.window
        arrivals = opened[:, None] + latencies
        late = arrivals >= deadlines[:, None]
        for side in self.learners:
            answers.status[:, side.seats] = ANSWERED
        answers.status[late & (answers.status == ANSWERED)] = LATE
        answers.values[answers.status != ANSWERED] = _QUESTION.default
        complete = (answers.status == ANSWERED).all(axis=1)
        closed = np.where(complete, arrivals.max(axis=1), deadlines)
        nothing = Outcome(np.zeros((rows, n)), np.zeros((rows, n)))
        return Block(participants, values, answers, arrivals, late, opened, closed, nothing)

    def _memoryless(self, participants: NDArray[Any]) -> tuple[Side, ...]:
        """The sides that do not learn; where participants differ between rows, all are of one group."""
        population = self.stage.population
        if (participants == participants[0]).all():
            sides = population.sides(participants[0])
            return tuple(side for side in sides if side.group.strategy.memoryless)
        group = population.groups[population.membership[participants[0, 0]]]
        return (Side(group, np.arange(participants.shape[1]), participants.copy()),)

    def _resolve(
        self, participants: NDArray[Any], mixed: Mixed, side: Side, question: BuyerQuestion
    ) -> NDArray[Any]:
        buyers = participants[:, side.seats]
        self._mixing.append(buyers)
        return sample_mixed(mixed, self.stage.mixing.take_block(buyers)[0])

    def _decide(self, block: Block) -> None:
        """Apply the rule to all rows, and end the block before the first irregular one."""
        n = block.participants.shape[1]
        sides = self._memoryless(block.participants)
        party = Party(self.mechanism, block.values, sides, n, lead=(len(block),))
        regular = ~(block.answers.status == REFUSED).any(axis=1)
        try:
            block.outcome = self.mechanism.outcome(block.answers.values)
            regular &= regular_rows(party, block.outcome, block.answers.answered)
        except Exception:  # noqa: BLE001 — the sessions that take over find out in which auction, and say so
            regular[:] = False
        if not regular.all():
            block.opened = block.opened[: int(regular.argmin())]

    # --- records ----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Book and record what has happened and is not written yet."""
        if self._block is not None and self._written < self._done:
            self.stage.ledger.write_rows(self.seller, self._block, self._written, self._done)
            self._written = self._done

    def under_way(self) -> list[tuple[int, Seller, float, int]]:
        """The auction that is open now, if there is one: its number, seller, opening and participants."""
        block, at = self._block, self._done
        if block is None or at == len(block) or block.opened[at] >= self.stage.env.now:
            return []
        number = self.stage.auction_number(self.seller, self.seller.held)
        return [(number, self.seller, float(block.opened[at]), block.participants.shape[1])]


class LearningAheadPlayer(AheadPlayer):
    """The same with learners: they are asked when an auction opens, and observe when it closes."""

    _some_missing: list[bool]
    _some_late: list[bool]
    _taken: list[NDArray[np.intp]]

    def start(self) -> None:
        """Work out what is known ahead, and ask the learners about the first auction."""
        self._done = self._written = 0
        self._taken = []
        self._block = self._prepare()
        self._seats = np.concatenate([side.seats for side in self.learners])
        population = self.stage.population
        participants = self._block.participants[0]
        self._party = Party(self.mechanism, participants, population.sides(participants), len(participants))
        self._some_missing = np.any(self._block.answers.status != ANSWERED, axis=1).tolist()
        self._some_late = np.any(self._block.late, axis=1).tolist()
        refused = (self._block.answers.status == REFUSED).any(axis=1)
        if refused.any():
            self._block.opened = self._block.opened[: int(refused.argmax())]
        self._next()

    def _next(self) -> None:
        block = self._block
        if block is None or self._done == len(block) or self._ask(block, self._done):
            super()._next()
        else:
            self._give_up()

    def _ask(self, block: Block, row: int) -> bool:
        """Ask the learners about the auction that opens now; False if an answer is irregular."""
        self._taken = []
        sent = block.answers.sent[row]
        values = block.values[row]
        n = len(values)
        for side in self.learners:
            seats, group = side.seats, side.group
            own = values[seats]
            view = View(own, seats, side.buyers, n, self.mechanism, group.prior, group.utility)
            try:
                given = group.strategy.report_value(_QUESTION, view)
                if type(given) is Mixed:
                    self._taken.append(side.buyers)
                    given = sample_mixed(given, self.stage.mixing.take(side.buyers)[0])
            except MISBEHAVIOUR:  # the session that takes over asks again, and records why
                return False
            if type(given) is not np.ndarray or given.dtype != np.float64 or given.shape != own.shape:
                return False
            sent[seats] = given
        return self._believe(block, row, sent)

    def _believe(self, block: Block, row: int, sent: NDArray[Any]) -> bool:
        """Enter the learners' answers, those that are silent or late by default; False if one is refused."""
        given = sent[self._seats]
        self._all_there = not self._some_missing[row]
        if not (given.item(given.argmin()) >= 0 and given.item(given.argmax()) <= LARGEST_ANSWER):
            self._all_there = False
            silent = given == _QUESTION.default
            if not (_QUESTION.acceptable(given) | silent).all():
                return False
            block.answers.status[row, self._seats[silent]] = SILENCE
            block.closed[row] = block.opened[row] + self.seller.plan.window
        counted = block.answers.values[row]
        counted[self._seats] = given
        if self._some_late[row]:
            counted[block.late[row]] = _QUESTION.default
        return True

    def _closed(self, event: simpy.Event) -> None:
        """The auction is over: apply the rule, and tell the learners."""
        block = self._block
        if block is None:
            return
        row = self._done
        reports, values = block.answers.values[row], block.values[row]
        try:
            ruled = self._rule(reports, values)
        except Exception:  # noqa: BLE001 — the session that takes over finds out the same, and says so
            ruled = None
        if ruled is None:
            self._replay()
            return
        outcome, payoffs = ruled
        block.outcome.allocation[row] = outcome.allocation
        block.outcome.payments[row] = outcome.payments
        self._taken = []
        self._tell(reports, values, outcome, payoffs)
        super()._closed(event)

    def _rule(
        self, reports: NDArray[Any], values: NDArray[Any]
    ) -> tuple[Outcome, NDArray[np.float64]] | None:
        """Outcome and payoffs; None if anything about them is irregular."""
        outcome = self.mechanism.outcome(reports.copy())  # its own, to do with as it likes
        party = self._party
        party.values = values
        payoffs = payoffs_of(party, outcome)
        absent: Any = None if self._all_there else reports == _QUESTION.default
        irregular = outcome.causes is not None or broken_rule(party, outcome, payoffs, absent) is not None
        return None if irregular else (outcome, payoffs)

    def _hand_back(self) -> None:
        super()._hand_back()
        for buyers in self._taken:
            self.stage.mixing.put_back(buyers)

    def _replay(self) -> None:
        """Let a session that opened when this auction did find out what is wrong."""
        self._hand_back()
        self._block = None
        self.seller.turn += 1
        self.doors.hold(self.seller, self.panel.seat(self.seller))

    def _tell(
        self, reports: NDArray[Any], values: NDArray[Any], outcome: Outcome, payoffs: NDArray[Any]
    ) -> None:
        """What each side of learners is told."""
        told = self.seller.plan.discloses
        payments = outcome.payments
        price = None if told == "own" else payments.item(payments.argmax())
        allocation, n = outcome.allocation, len(values)
        for side in self.learners:
            seats = side.seats
            paid = payments[seats]
            feedback = Feedback(
                seats,
                side.buyers,
                n,
                self.mechanism,
                values[seats],
                side.group.utility,
                ((_QUESTION, reports[seats]),),
                allocation[seats],
                paid,
                payoffs[seats],
                {"price": paid},
                price,
                reports.copy() if told == "bids" else None,
                side.group.prior,
            )
            try:
                side.group.strategy.observe(feedback)
            except MISBEHAVIOUR as error:
                k = self.seller.held + self._done - self._written
                number = self.stage.auction_number(self.seller, k)
                self.stage.failed_to_learn(side, number, 0, error)
