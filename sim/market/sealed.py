"""Sealed rounds: auctions that ask one question and decide by a closed rule, held a block at a time.

A block has a row for each of a seller's next auctions, if nothing that happens elsewhere bears on them. Who
does not learn is asked about all rows at once, and where nobody learns, the rule is applied to all rows at
once. Learners are asked row by row, when the auction before is over. An auction is booked, and told of, no
earlier than it closes. The steps are those of a `Session`, which holds one auction at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from sim.market.invariants import BreachError, regular_rows
from sim.market.participants import Participants
from sim.market.settlement import concerned, examined, failure, stacked, tell
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
        self._told = concerned(participants.sides)
        self._refusals: dict[int, list[tuple[int, str]]] = {}
        self._outcomes: Outcome | list[Outcome] = []
        self._done = self._written = 0
        self._breach: str | None = None
        self._stopped = False

    def begin(self) -> None:
        """Ask all whose answers depend on nothing that is to happen, and hold the auctions."""
        answers, sent = self._ask_together(), self.opened[:, None]
        window, latencies = self.seller.plan.window, self.participants.latencies
        self._held = travel(self.question, answers, sent, latencies, self.opened, window)
        if self._told:
            self._party = self._party_of(0)
            self._complete = (answers.status == ANSWERED).all(axis=1).tolist()
            self._hold_in_turn()
        else:
            self._hold_together()

    def _party_of(self, rows: int | slice) -> Party:
        """Those who take part in one auction, or in some."""
        some = self.participants[rows]
        lead, limit = some.buyers.shape[:-1], self.stage.answer_limit
        return Party(self.mechanism, some.values, some.sides, self.n, lead, limit=limit)

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
        asked = _memoryless(party)
        answers = collect(self.question, party, resolve, asked)
        if any((answers.status[:, side.seats] == REFUSED).all() for side in asked):
            for buyers in taken:
                self.stage.mixing.put_back(buyers)
            answers = self._ask_each()
        else:
            for (row, seat), reason in answers.refusals:
                self._refusals.setdefault(row, []).append((seat, reason))
        for side in self._told:
            answers.status[:, side.seats] = ANSWERED
        return answers

    def _ask_each(self) -> Answers:
        """The same row by row."""
        answers = unasked(self.question, self.participants.buyers.shape)
        for row in range(self.size):
            party, of_row = self._party_of(row), answers[row]
            collect(self.question, party, self.stage.resolve, _memoryless(party), of_row)
            self._note_refusals(row, of_row)
        return answers

    # --- all rows together ------------------------------------------------------------------------

    def _hold_together(self) -> None:
        """Everybody has answered: apply the rule, and wait until the last row closes."""
        self._apply_rule()
        closed = np.maximum.accumulate(self._held.closed)
        sound = self.size if self._breach is None else len(self._outcomes)  # type: ignore[arg-type]
        self._closes = closed[:sound]
        self.stage.at(closed.item(min(sound, self.size - 1)), self._all_over)

    def _apply_rule(self) -> None:
        """To all rows at once, or row by row up to the first breach if anything is out of the ordinary."""
        answers = self._held.answers
        try:
            outcome = self.mechanism.outcome(answers.values.copy())
            if regular_rows(self._party_of(slice(None)), outcome, answers.answered).all():
                self._outcomes = outcome
                return
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 — which row it comes from is seen below
            pass
        for row in range(self.size):
            self._settle(self._party_of(row), answers[row])
            if self._breach is not None:
                return

    def _all_over(self, _: simpy.Event) -> None:
        """The last row has closed, or the first that broke a rule."""
        self._done = len(self._closes)
        self._stop_at_breach()
        self._write()
        self.ended(self)

    # --- row by row -------------------------------------------------------------------------------

    def _hold_in_turn(self) -> None:
        """Hold auction after auction as long as nothing else happens; then wait for the next one to close."""
        while self._done < self.size:
            closes = self._ask_learners(self._done)
            if self._breach is not None or closes >= self.stage.env.peek():
                self.stage.at(closes, self._row_over)
                return
            self._tell_learners()
        self.ended(self)

    def _ask_learners(self, row: int) -> float:
        """One auction opens: ask, and apply the rule. When it closes."""
        held, self._answers = self._held, self._held.answers[row]
        answers, self._party.values = self._answers, self.participants.values[row]
        collect(self.question, self._party, self.stage.resolve, self._told, answers)
        if answers.refusals or answers.values is not answers.sent or not self._complete[row]:
            self._note_refusals(row, answers)
            window = self.seller.plan.window
            held.closed[row] = close(self.question, answers, held.arrivals[row], self.opened[row], window)
        self._payoffs = self._settle(self._party, answers)
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
        if row in self._refusals or self._done == self.size:
            self._write()
        number, closed = self.auctions.item(row), self._held.closed.item(row)
        said = ((self.question, self._answers.values),)
        outcome = self._outcomes[row]  # type: ignore[index]
        whom = self._party, said, outcome, self._payoffs
        tell(self.stage, self.seller, number, closed, self._told, *whom)

    # --- one row ----------------------------------------------------------------------------------

    def _settle(self, party: Party, answers: Answers) -> NDArray[Any]:
        """Apply the rule to one auction; note its outcome, or the breach. Payoffs in money, shape (n,)."""
        try:
            outcome = self.mechanism.outcome(answers.values.copy())  # its own, to do with as it likes
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 — mechanisms may be anybody's code
            self._breach = failure(error)
            return np.zeros(self.n)
        absent = None if answers.values is answers.sent else answers.status != ANSWERED
        payoffs, self._breach = examined(party, outcome, absent)
        if self._breach is None:
            self._outcomes.append(outcome)  # type: ignore[union-attr]
        return payoffs

    def _note_refusals(self, row: int, answers: Answers) -> None:
        """In the order in which they came, or of seats if some were asked ahead."""
        if answers.refusals:
            known = self._refusals.get(row, [])
            noted = known + [(seat, reason) for (seat,), reason in answers.refusals]
            self._refusals[row] = sorted(noted, key=lambda refusal: refusal[0]) if known else noted

    # --- records ----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Book and record what has happened and is not written yet."""
        if not self._told:
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
        for row in range(rows.start, rows.stop) if self._refusals else ():
            for seat, reason in self._refusals.get(row, ()):
                ledger.write_refusals(self.auctions.item(row), 0, [buyers.item(row, seat)], reason)

    def _parts(self, rows: slice) -> Iterator[tuple[slice, Participants, Outcome]]:
        """Some rows, as many together as have payments of the same causes."""
        if isinstance(self._outcomes, Outcome):
            whole = self._outcomes
            yield rows, self.participants[rows], Outcome(whole.allocation[rows], whole.payments[rows])
            return
        start = rows.start
        for _, run in groupby(self._outcomes[rows], key=_causes):
            together = stacked(list(run))
            part = slice(start, start + len(together.payments))
            yield part, self.participants[part], together
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


def _causes(outcome: Outcome) -> tuple[str, ...] | None:
    return None if outcome.causes is None else tuple(outcome.causes)
