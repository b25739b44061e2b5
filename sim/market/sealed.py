"""Sealed rounds: auctions that ask one question and decide by a closed rule, held a block at a time.

A block has a row for each of a seller's next auctions, if nothing that happens elsewhere bears on them. Who
does not learn is asked about all rows at once, and where nobody learns, the rule is applied to all rows at
once. Learners are asked row by row, when the auction before is over. An auction is booked, and told of, no
earlier than it closes. The steps are those of a `Session`, which holds one auction at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.play.asking import ANSWERED, REFUSED, Answers, Party, collect, sample_mixed, unasked
from agents.population import Group, Side
from agents.seller import Seller, SellerPlan
from agents.view import Mixed
from mechanisms.conversation import DirectMechanism, has_rule
from mechanisms.outcome import Outcome
from mechanisms.questions import BuyerQuestion
from sim.market.guard import attempt
from sim.market.invariants import BreachError, regular_rows
from sim.market.participants import Participants
from sim.market.settlement import examined, failure, fitted, teach
from sim.market.stage import Stage
from sim.market.window import close, travel


def can_look_ahead(plan: SellerPlan, groups: Sequence[Group]) -> bool:
    """Whether nothing but what learners learn in it bears on the seller's next auction."""
    return (
        isinstance(plan.mechanism, DirectMechanism)
        and has_rule(plan.mechanism)
        and plan.stock is None
        and plan.period >= plan.window
        and not any(group.waits or group.colludes for group in groups)
    )


class SealedRounds:
    """A block of a seller's auctions; the first opens when it begins, and `ended` is told of the end."""

    def __init__(
        self, stage: Stage, seller: Seller, participants: Participants, ended: Callable[[SealedRounds], None]
    ) -> None:
        self.size, self.n = participants.buyers.shape
        rows = np.arange(self.size)
        self.stage = stage
        self.seller = seller
        self.participants = participants
        self.ended = ended
        self.mechanism: Any = seller.plan.mechanism  # with a closed rule, see `can_look_ahead`
        self.question: Any = next(self.mechanism.conversation(self.n))
        self.auctions = stage.auction_number(seller, seller.held + rows)
        self.opened = seller.opening(seller.turn + rows)
        self._learners = [side for side in participants.sides if not side.group.strategy.memoryless]
        self._refusals: dict[int, list[tuple[int, str]]] = {}
        self._failures: dict[int, list[tuple[list[int], str]]] = {}
        self._outcomes = Outcome(np.empty(0), np.empty(0))
        self._causes: dict[int, Mapping[str, NDArray[Any]]] = {}
        self._decided = self._sound = 0  # rows that the rule was applied to; and found to break no rule
        self._done = self._written = 0
        self._breach: str | None = None
        self._stopped = False

    def begin(self) -> None:
        """Ask all whose answers depend on nothing that is to happen, and hold the auctions."""
        answers, sent = self._ask_together(), self.opened[:, None]
        window, latencies = self.seller.plan.window, self.participants.latencies
        self._held = travel(self.question, answers, sent, latencies, self.opened, window)
        if self._learners:
            self._make_room()
            self._complete = (answers.status == ANSWERED).all(axis=1).tolist()
            self._hold_in_turn()
        else:
            self._hold_together()

    def _party_of(self, rows: int | slice) -> Party:
        """Those who take part in one auction, or in some."""
        some = self.participants[rows]
        lead, raises, limit = some.buyers.shape[:-1], self.stage.raises, self.stage.answer_limit
        return Party(self.mechanism, some.values, some.sides, self.n, lead, raises=raises, limit=limit)

    # --- asked ahead ------------------------------------------------------------------------------

    def _ask_together(self) -> Answers:
        """What those who do not learn say in all rows; asked row by row if a strategy fails at many.

        Learners count as asked, until they are.
        """
        taken = []

        def resolve(mixed: Mixed, side: Side, question: BuyerQuestion) -> NDArray[Any]:
            buyers = self.participants.buyers[:, side.seats]
            taken.append(buyers)
            return sample_mixed(mixed, self.stage.mixing.take_block(buyers)[0])

        party = self._party_of(slice(None))
        party.raises = False  # only what it says in one auction is what it says
        asked = _memoryless(party)
        answers = collect(self.question, party, resolve, asked)
        to_raise = self.stage.raises and bool(answers.refusals)
        if to_raise or any((answers.status[:, side.seats] == REFUSED).all() for side in asked):
            for buyers in taken:
                self.stage.mixing.put_back(buyers)
            answers = self._ask_each()
        else:
            for (row, seat), reason in answers.refusals:
                self._refusals.setdefault(row, []).append((seat, reason))
        for side in self._learners:
            answers.status[:, side.seats] = ANSWERED
        return answers

    def _ask_each(self) -> Answers:
        """The same row by row."""
        answers = unasked(self.question, self.participants.buyers.shape)
        for row in range(self.size):
            party, of_row = self._party_of(row), answers[row]
            of_row.status.fill(ANSWERED)
            collect(self.question, party, self.stage.resolve, _memoryless(party), of_row)
            self._note_refusals(row, of_row)
        return answers

    # --- all rows together ------------------------------------------------------------------------

    def _hold_together(self) -> None:
        """Everybody has answered: apply the rule, and wait until the last row closes."""
        self._apply_rule()
        self._closes = np.maximum.accumulate(self._held.closed)[: self._sound]
        self.stage.at(self._held.closed[: self._sound + 1].max(), self._all_over)

    def _apply_rule(self) -> None:
        """To all rows at once, or row by row up to the first breach if anything is out of the ordinary."""
        answers = self._held.answers
        try:
            self._outcomes = self.mechanism.outcome(answers.values.copy())
            together = self._outcomes.causes is None and self._all_regular(slice(0, self.size))
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 — which row it comes from is seen below
            together = False
        if together:
            self._decided = self._sound = self.size
            return
        self._make_room()
        while self._decided < self.size and self._breach is None:
            self._party.values = self.participants.values[self._decided]
            self._decide(answers[self._decided])
        self._examine()

    def _all_over(self, _: simpy.Event) -> None:
        """The last row has closed, or the first that broke a rule."""
        self._done = self._sound
        self._stop_at_breach()
        self._write()
        self.ended(self)

    # --- row by row -------------------------------------------------------------------------------

    def _hold_in_turn(self) -> None:
        """Hold auction after auction as long as nothing else happens; then wait for the next one to close."""
        until = self.stage.env.peek()
        while self._done < self.size:
            closes = self._ask_learners(self._done)
            if self._breach is not None or closes >= until:
                break
            self._tell_learners()
        self._examine()
        if self._breach is not None:
            self._done = self._sound
        if self._done < self.size:
            self.stage.at(self._held.closed.item(self._done), self._row_over)
        else:
            self._write()
            self.ended(self)

    def _ask_learners(self, row: int) -> float:
        """One auction opens: ask, and apply the rule. When it closes."""
        held, self._answers = self._held, self._held.answers[row]
        answers, self._party.values = self._answers, self.participants.values[row]
        if not self._complete[row]:  # whether learners are late is seen anew
            for side in self._learners:
                answers.status[side.seats] = ANSWERED
        collect(self.question, self._party, self.stage.resolve, self._learners, answers)
        if answers.refusals or answers.values is not answers.sent or not self._complete[row]:
            self._note_refusals(row, answers)
            window = self.seller.plan.window
            held.closed[row] = close(self.question, answers, held.arrivals[row], self.opened[row], window)
        self._decide(answers)
        return held.closed.item(row)

    def _row_over(self, _: simpy.Event) -> None:
        """One auction closes."""
        self._stop_at_breach()
        self._tell_learners()
        self._hold_in_turn()

    def _tell_learners(self) -> None:
        """Tell them how the auction that is over ended."""
        row = self._done
        self._done += 1
        said = ((self.question, self._answers.values),)
        for side, reason in teach(self.seller, self._learners, self._party, said, *self._result):
            self._failures.setdefault(row, []).append((side.buyers.tolist(), reason))

    # --- one row ----------------------------------------------------------------------------------

    def _decide(self, answers: Answers) -> None:
        """Apply the rule to the next row, and note its outcome if it is one."""
        row = self._decided
        try:
            outcome = self.mechanism.outcome(answers.values.copy())  # its own, to do with as it likes
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 — mechanisms may be anybody's code
            self._breach = failure(error)
            return
        payoffs, self._breach = fitted(self._party, outcome)
        if self._breach is None:
            noted = self._outcomes
            noted.allocation[row], noted.payments[row] = outcome.allocation, outcome.payments
            self._result = outcome, payoffs
            self._decided = row + 1
            if outcome.causes is not None:
                self._causes[row] = outcome.causes
                self._examine()

    def _make_room(self) -> None:
        """For outcomes row by row."""
        self._party = self._party_of(0)
        shape = self.participants.buyers.shape
        self._outcomes = Outcome(np.empty((*shape, *self.seller.space.allocation_shape)), np.empty(shape))

    def _examine(self) -> None:
        """See that no new outcome breaks a rule; the first that does is a breach, what follows is void."""
        rows = range(self._sound, self._decided)
        if len(rows) > 1 and self._all_regular(slice(rows.start, rows.stop)):
            self._sound = self._decided
        else:
            self._examine_each(rows)

    def _examine_each(self, rows: range) -> None:
        party, status, outcomes = self._party, self._held.answers.status, self._outcomes
        for row in rows:
            party.values = self.participants.values[row]
            outcome = Outcome(outcomes.allocation[row], outcomes.payments[row], self._causes.get(row))
            broken = examined(party, outcome, status[row] != ANSWERED)[1]
            if broken is not None:
                self._breach = broken
                return
            self._sound = row + 1

    def _all_regular(self, rows: slice) -> bool:
        """Whether no outcome of some rows breaks a rule, as far as can be seen at once."""
        if self._causes and not self._causes.keys().isdisjoint(range(rows.start, rows.stop)):
            return False
        answered = self._held.answers.status[rows] == ANSWERED
        regular, _ = attempt(regular_rows, self._party_of(rows), self._outcomes_of(rows), answered)
        return regular is not None and bool(regular.all())    # which row it comes from is seen one by one

    def _outcomes_of(self, rows: slice) -> Outcome:
        """Those of some rows whose payments have the same causes."""
        outcomes, causes = self._outcomes, None
        if rows.start in self._causes:
            each = [self._causes[row] for row in range(rows.start, rows.stop)]
            causes = {name: np.array([of_row[name] for of_row in each]) for name in each[0]}
        return Outcome(outcomes.allocation[rows], outcomes.payments[rows], causes)

    def _note_refusals(self, row: int, answers: Answers) -> None:
        """In the order in which they came, or of seats if some were asked ahead."""
        if answers.refusals:
            known = self._refusals.get(row, [])
            noted = known + [(seat, reason) for (seat,), reason in answers.refusals]
            self._refusals[row] = sorted(noted, key=lambda refusal: refusal[0]) if known else noted

    # --- records ----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Book and record what has happened and is not written yet."""
        if not self._learners:
            self._done = max(self._done, int(np.searchsorted(self._closes, self.stage.env.now)))
        self._write()

    def _write(self) -> None:
        rows = slice(self._written, self._done)
        if rows.start == rows.stop:
            return
        self._written = self._done
        ledger, seller, held = self.stage.ledger, self.seller, self._held
        parts = list(self._parts(rows))
        for part, who, outcome in parts:
            times = self.opened[part], held.closed[part]
            ledger.write_auctions(self.auctions[part], seller, *times, who, outcome)
        self._write_messages(rows)
        for part, who, outcome in parts:
            ledger.write_transactions(self.auctions[part], seller, held.closed[part], who, outcome)

    def _write_messages(self, rows: slice) -> None:
        ledger, buyers = self.stage.ledger, self.participants.buyers
        ledger.write_messages(self.auctions[rows], 0, self.participants[rows], self._held[rows])
        for row in range(rows.start, rows.stop) if self._refusals or self._failures else ():
            auction = self.auctions.item(row)
            for seat, reason in self._refusals.get(row, ()):
                ledger.write_refusals(auction, 0, [buyers.item(row, seat)], reason)
            for who, reason in self._failures.get(row, ()):
                ledger.write_failures(auction, who, "observe", reason)

    def _parts(self, rows: slice) -> Iterator[tuple[slice, Participants, Outcome]]:
        """Some rows, as many together as have payments of the same causes."""
        if not self._causes:
            yield rows, self.participants[rows], self._outcomes_of(rows)
            return
        start = rows.start
        for _, run in groupby(range(start, rows.stop), key=lambda row: tuple(self._causes.get(row, ()))):
            part = slice(start, start + len(list(run)))
            yield part, self.participants[part], self._outcomes_of(part)
            start = part.stop

    def _stop_at_breach(self) -> None:
        """Raise if the next auction to be over broke a rule; what came before is written."""
        if self._breach is not None:
            self._write()
            self._stopped = True
            self._write_messages(slice(self._done, self._done + 1))
            auction = self.auctions.item(self._done)
            raise BreachError(auction, self._breach, self.stage.ledger.messages_of(auction))

    def open_auction(self) -> tuple[int, float, int] | None:
        """Number, opening and participants of the auction that is open now; None between two."""
        row = self._done
        if row == self.size or not (row == 0 or self._stopped or self.opened[row] < self.stage.env.now):
            return None
        return self.auctions.item(row), self.opened.item(row), self.n


def _memoryless(party: Party) -> list[Side]:
    return [side for side in party.sides if side.group.strategy.memoryless]
