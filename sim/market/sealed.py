"""Sealed rounds: auctions that ask one question and decide by a closed rule, held a block at a time.

A block has a row for each of a seller's next auctions; there is only one where anything that happens in the
meantime bears on the next auction. Who does not learn is asked about all rows at once, and where nobody
learns, the rule is applied to all rows at once. Learners are asked row by row, when the auction before is
over. An auction is booked, and told of, no earlier than it closes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.play.asking import REFUSED, Answers, Party, collect, sample_mixed, unasked
from agents.population import Group, Side
from agents.seller import Seller, SellerPlan
from agents.view import Mixed
from mechanisms.conversation import DirectMechanism, has_rule
from mechanisms.outcome import Outcome
from mechanisms.questions import BuyerQuestion, Chance
from sim.market.invariants import BreachError, regular_rows
from sim.market.participants import Participants
from sim.market.settlement import concerned, examined, failure, out_of_stock, served, tell
from sim.market.stage import Stage
from sim.market.window import Exchange, exchange


def can_look_ahead(plan: SellerPlan, groups: Sequence[Group]) -> bool:
    """Whether nothing but what learners learn in it bears on the seller's next auction."""
    return (
        has_rule(plan.mechanism)
        and plan.stock is None
        and plan.period >= plan.window
        and not any(group.waits or group.colludes for group in groups)
    )


class SealedRounds:
    """A block of a seller's auctions under way; the first opens when it begins.

    `ended` is called when all are over: with the block, and where it is of one auction also with payoffs in
    money and a mask of those served, shapes (n,).
    """

    def __init__(
        self, stage: Stage, seller: Seller, participants: Participants, ended: Callable[..., None]
    ) -> None:
        rows = np.arange(len(participants.buyers))
        self.stage = stage
        self.seller = seller
        self.participants = participants
        self.ended = ended
        self.mechanism: Any = seller.plan.mechanism
        self.n = participants.buyers.shape[1]
        self.question: BuyerQuestion = next(self.mechanism.conversation(self.n))
        self.auctions = stage.auction_number(seller, seller.held + rows)
        self.opened = seller.opening(seller.turn + rows)
        self._told = concerned(participants.sides)
        self._refusals: dict[int, list[tuple[int, str]]] = {}
        self._outcomes: Outcome | list[Outcome] = []
        self._ahead: NDArray[Any] | None = None  # when the rows close, if that is all that is to happen
        self._done = self._written = 0
        self._breach: str | None = None
        self._stopped = False

    def __len__(self) -> int:
        return len(self.opened)

    def begin(self) -> None:
        """The first auction opens: ask everybody whose answers depend on nothing that is to happen."""
        sent = self.opened[:, None]
        arrivals = sent + self.participants.latencies
        answers = unasked(self.question, arrivals.shape) if len(self) == 1 else self._ask_ahead()
        self._held = Exchange(self.question, answers, sent, arrivals, np.full(len(self), np.nan))
        if len(self) == 1 or self._told:
            self._open()
        else:
            self._hold_together()

    def _party(self, rows: int | slice) -> Party:
        """Those who take part in one auction, or in some."""
        some = self.participants[rows]
        party = Party(self.mechanism, some.values, some.sides, self.n, some.buyers.shape[:-1])
        if some.knowledge is not None:
            beliefs = some.knowledge.during(self.mechanism, some.values)
            party.posterior = lambda seat: beliefs(seat, (), ())
        return party

    def _exchange(self, rows: int | slice, party: Party, answers: Answers) -> Exchange:
        """Let the answers of one auction, or of some, travel."""
        latencies, window = self.participants.latencies[rows], self.seller.plan.window
        return exchange(self.question, party, answers, latencies, self.opened[rows], window)

    # --- all rows together ------------------------------------------------------------------------

    def _ask_ahead(self) -> Answers:
        """What those who do not learn say in all rows: at once, or row by row if a strategy fails at that."""
        taken = []

        def resolve(mixed: Mixed, side: Side, question: BuyerQuestion) -> NDArray[Any]:
            buyers = self.participants.buyers[:, side.seats]
            taken.append(buyers)
            return sample_mixed(mixed, self.stage.mixing.take_block(buyers)[0])

        party = self._party(slice(None))
        asked = _memoryless(party)
        answers = collect(self.question, party, resolve, asked)
        if any((answers.status[:, side.seats] == REFUSED).all() for side in asked):
            for buyers in taken:
                self.stage.mixing.put_back(buyers)
            return self._ask_each()
        for (row, seat), reason in answers.refusals:
            self._refusals.setdefault(row, []).append((seat, reason))
        return answers

    def _ask_each(self) -> Answers:
        """The same row by row."""
        answers = unasked(self.question, self.participants.buyers.shape)
        for row in range(len(self)):
            party, of_row = self._party(row), answers[row]
            collect(self.question, party, self.stage.resolve, _memoryless(party), of_row)
            self._note_refusals(row, of_row)
        return answers

    def _hold_together(self) -> None:
        """See when the rows close, apply the rule to them, and wait for the last."""
        party = self._party(slice(None))
        self._held = self._exchange(slice(None), party, self._held.answers)
        self._apply_rule(party, self._held.answers)
        closed = np.maximum.accumulate(self._held.closed)
        sound = len(self) if self._breach is None else len(self._outcomes)  # type: ignore[arg-type]
        self._ahead = closed[:sound]
        self.stage.at(closed.item(min(sound, len(self) - 1)), self._all_over)

    def _apply_rule(self, party: Party, answers: Answers) -> None:
        """To all rows at once, or row by row up to the first breach if anything is out of the ordinary."""
        if isinstance(self.mechanism, DirectMechanism):
            try:
                outcome = self.mechanism.outcome(answers.values.copy())
                if regular_rows(party, outcome, answers.answered).all():
                    self._outcomes = outcome
                    return
            except Exception:  # noqa: BLE001, S110 — which row it comes from is seen below
                pass
        for row in range(len(self)):
            self._settle(self._party(row), answers[row])
            if self._breach is not None:
                return

    def _all_over(self, _: simpy.Event) -> None:
        """The last row has closed, or the first that broke a rule."""
        self._done = len(self._ahead)  # type: ignore[arg-type]
        self._stop_at_breach()
        self.flush()
        self.ended(self)

    # --- row by row -------------------------------------------------------------------------------

    def _open(self) -> None:
        """The next auction opens: ask those who were not asked ahead."""
        row = self._done
        party, answers = self._party(row), self._held.answers[row]
        collect(self.question, party, self.stage.resolve, self._told if len(self) > 1 else None, answers)
        held = self._exchange(row, party, answers)
        self._note_refusals(row, answers)
        self._row = party, held
        if len(self) == 1:
            self._held = held[None]
        else:
            self._held.closed[row] = held.closed
        if held.closed > self.stage.now:
            self.stage.at(float(held.closed), self._row_over)
        else:
            self._row_over()

    def _row_over(self, _: simpy.Event | None = None) -> None:
        """One auction closes: apply the rule, book, and tell."""
        row, (party, held) = self._done, self._row
        payoffs = self._settle(party, held.answers)
        self._stop_at_breach()
        outcome: Outcome = self._outcomes[row]  # type: ignore[index]
        self._done += 1
        if len(self) == self._done or row in self._refusals:
            self.flush()
        said = ((self.question, held.answers.values),)
        auction = self.auctions.item(row)
        tell(self.stage, self.seller, auction, held.closed, self._told, party, said, outcome, payoffs)
        if self._done < len(self):
            self._open()
        elif len(self) == 1:
            self.ended(self, payoffs, served(outcome))
        else:
            self.ended(self)

    def _settle(self, party: Party, answers: Answers) -> NDArray[Any]:
        """Apply the rule to one auction; note its outcome, or the breach. Payoffs in money, shape (n,)."""
        try:
            outcome = self._rule(answers.values.copy())  # the mechanism's own, to do with as it likes
        except Exception as error:  # noqa: BLE001 — mechanisms may be anybody's code
            self._breach = failure(error)
            return np.zeros(self.n)
        payoffs, broken = examined(party, outcome, answers.answered)
        self._breach = broken or out_of_stock(self.seller, outcome)
        if self._breach is None:
            self._outcomes.append(outcome)  # type: ignore[union-attr]
        return payoffs

    def _rule(self, reports: NDArray[Any]) -> Any:
        """The realised outcome of one auction."""
        if isinstance(self.mechanism, DirectMechanism):
            return self.mechanism.outcome(reports)
        lottery = self.mechanism.lottery(reports)
        return lottery.branch(self.stage.chance(self.seller, Chance(tuple(lottery.probabilities.tolist()))))

    # --- records ----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Book and record what has happened and is not written yet."""
        if self._ahead is not None:
            self._done = max(self._done, int(np.searchsorted(self._ahead, self.stage.now)))
        rows = slice(self._written, self._done)
        if rows.start < rows.stop:
            self._write_messages(rows)
            for part, outcome in self._outcomes_of(rows):
                opened, closed = self.opened[part], self._held.closed[part]
                auctions, who = self.auctions[part], self.participants[part]
                self.stage.ledger.write_outcomes(auctions, self.seller, opened, closed, who, outcome)
            self._written = self._done

    def _write_messages(self, rows: slice) -> None:
        ledger, buyers = self.stage.ledger, self.participants.buyers
        ledger.write_messages(self.auctions[rows], 0, self.participants[rows], self._held[rows])
        for row in range(rows.start, rows.stop) if self._refusals else ():
            for seat, reason in self._refusals.get(row, ()):
                ledger.write_refusals(self.auctions.item(row), 0, [buyers.item(row, seat)], reason)

    def _outcomes_of(self, rows: slice) -> Iterator[tuple[slice, Outcome]]:
        """Outcomes of some rows, as many together as have payments of the same causes."""
        if isinstance(self._outcomes, Outcome):
            yield rows, _part(self._outcomes, rows)
            return
        start = rows.start
        for _, run in groupby(self._outcomes[rows], key=_causes):
            together = _stacked(list(run))
            stop = start + len(together.payments)
            yield slice(start, stop), together
            start = stop

    def _note_refusals(self, row: int, answers: Answers) -> None:
        if answers.refusals:
            noted = self._refusals.setdefault(row, [])
            in_order = not noted
            noted += [(seat, reason) for (seat,), reason in answers.refusals]
            if not in_order:
                noted.sort(key=lambda refusal: refusal[0])

    def _stop_at_breach(self) -> None:
        """Raise if the next auction to be over broke a rule; what came before is written."""
        if self._breach is not None:
            self.flush()
            self._stopped = True
            self._write_messages(slice(self._done, self._done + 1))
            auction = self.auctions.item(self._done)
            raise BreachError(auction, self._breach, self.stage.ledger.messages_of(auction))

    def open_auction(self) -> tuple[int, float, int] | None:
        """Number, opening and participants of the auction that is open now; None between two."""
        row = self._done
        if row == len(self) or not (row == 0 or self._stopped or self.opened[row] < self.stage.now):
            return None
        return self.auctions.item(row), self.opened.item(row), self.n


def _memoryless(party: Party) -> list[Side]:
    return [side for side in party.sides if side.group.strategy.memoryless]


def _causes(outcome: Outcome) -> tuple[str, ...] | None:
    return None if outcome.causes is None else tuple(outcome.causes)


def _part(outcome: Outcome, rows: slice) -> Outcome:
    causes = outcome.causes
    parts = None if causes is None else {name: part[rows] for name, part in causes.items()}
    return Outcome(outcome.allocation[rows], outcome.payments[rows], parts)


def _stacked(outcomes: list[Outcome]) -> Outcome:
    """Outcomes of several auctions with the same causes, a row each."""
    causes = [outcome.causes for outcome in outcomes if outcome.causes is not None]
    parts = {name: np.stack([of_one[name] for of_one in causes]) for name in causes[0]} if causes else None
    allocation = np.stack([outcome.allocation for outcome in outcomes])
    return Outcome(allocation, np.stack([outcome.payments for outcome in outcomes]), parts)
