"""Ledger: who paid whom, and the rows that an auction leaves in the records."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import SILENCE
from agents.population import Population
from agents.seller import Seller
from mechanisms.names import as_set
from mechanisms.outcome import Outcome
from mechanisms.questions import SILENT, BuyerQuestion
from sim.market.backlog import Ended, Heard, ended_together, heard_together, of_its_own
from sim.market.guard import Reasons, attempt
from sim.market.invariants import SLACK, BreachError
from sim.market.participants import Participants
from sim.market.window import Exchange
from sim.records import Records
from sim.records.schema import EVERYBODY

_ONE_KIND = -1

Trades = tuple[tuple[NDArray[Any], ...], Any, tuple[Any, Any, Any], int]
"""Rows (if any) and seats; kinds of goods; (quantities, payments, values); the cause by its code."""


MOST_REASONS = 500
"""Different reasons of refusals that are kept: they hold what was answered, which may be anything."""
MOST_WAITING = 256
"""Auctions that are written together at most, and questions if they are over."""
LONGEST_WAIT = 4_096
"""Questions that are written together at most."""
MOST_MESSAGES = 200
"""Messages of an auction that an error tells."""


class Ledger:
    """Books of all sellers and buyers, and the writer of the auction tables.

    Attributes
    ----------
    paid
        Shape (buyers,): money from each buyer to sellers so far.
    moved
        All money that has changed hands between buyers and sellers, in either direction.
    unbalanced
        How many payments, of nothing too, were booked since the books were last reconciled.
    """

    def __init__(self, records: Records, population: Population, sellers: Sequence[Seller]) -> None:
        self.records = records
        self.sellers = sellers
        self.persons = population.persons
        self.paid = np.zeros(len(population))
        self.moved = 0.0
        self.unbalanced = 0
        self._auctions = records["auctions"]
        self._messages = records["messages"]
        self._transactions = records["transactions"]
        self._questions = records["questions"]
        self._prices = records["prices"]
        self._vectors = records["vectors"]
        self._refusals = records["refusals"]
        self._failures = records["failures"]
        self._kinds: dict[type[BuyerQuestion], int] = {}
        self._reasons = Reasons(MOST_REASONS)
        self.transfer_reasons = Reasons(MOST_REASONS)
        self._last = 0
        self._ended: list[Ended] = []
        self._heard: list[Heard] = []
        self._names = [
            (
                self._auctions.code("seller", seller.plan.name),
                self._auctions.code("mechanism", as_set(seller.plan.mechanism)),
            )
            for seller in sellers
        ]
        sold, self._unsold, self._unfinished = (
            self._auctions.code("status", label) for label in ("sold", "unsold", "unfinished")
        )
        self._status = np.array([self._unsold, sold])

    # --- one auction at a time --------------------------------------------------------------------

    def hear(self, auction: int, number: int, people: Participants, exchange: Exchange) -> None:
        """Note what was said to a question in one auction; it is written later, with others."""
        self._heard.append(Heard(auction, number, people, exchange))
        if len(self._heard) >= LONGEST_WAIT:
            self.catch_up()

    def end(
        self,
        number: int,
        seller: Seller,
        opened: float,
        closed: float,
        people: Participants,
        outcome: Outcome,
    ) -> None:
        """Book an auction that is over; it is written later, with others, if nobody has to know before."""
        ended = Ended(number, seller, opened, closed, people, outcome)
        if not ended.may_wait:
            self._write_ended(ended)
            return
        ended.outcome = of_its_own(outcome)
        self._ended.append(ended)
        if max(len(self._ended), len(self._heard)) >= MOST_WAITING:  # when it is whole
            self.catch_up()

    @property
    def caught_up(self) -> bool:
        """Whether nothing waits to be written."""
        return not (self._ended or self._heard)

    def catch_up(self) -> None:
        """Write what waits."""
        if self.caught_up:
            return
        ended, self._ended = self._ended, []
        heard, self._heard = self._heard, []
        for these in heard_together(heard):
            self.write_messages(these.auction, these.number, these.people, these.exchange)
        for those in ended_together(ended):
            self._write_ended(those)

    def _write_ended(self, ended: Ended) -> None:
        seller, people, outcome = ended.seller, ended.people, ended.outcome
        self.write_auctions(ended.number, seller, ended.opened, ended.closed, people, outcome)
        self.write_transactions(ended.number, seller, ended.closed, people, outcome)

    # --- auctions ---------------------------------------------------------------------------------

    def write_auctions(
        self,
        numbers: Any,
        seller: Seller,
        opened: Any,
        closed: Any,
        participants: Participants,
        outcome: Outcome,
    ) -> None:
        """Book a finished auction of a seller, or a row of them: money, stock, and a row each in the records.

        Numbers and times have shape () or (rows,); participants and outcome have the rows on a leading axis.
        """
        self.catch_up()
        allocation, payments, values = outcome.allocation, outcome.payments, participants.values
        *rows, n = payments.shape
        space = seller.space
        revenue, traded = payments.sum(axis=-1), space.traded(allocation)
        np.add.at(self.paid, participants.buyers, payments)
        self.moved += float(np.abs(payments).sum())
        self.unbalanced += payments.size
        handed_out = None if seller.stock is None else space.handed_out(allocation)
        self._last = max(self._last, numbers[-1].item() if rows else numbers)
        seller.deliver(*[_in_all(each, rows) for each in (traded, revenue, handed_out)])
        welfare, best = space.welfare(values, allocation), space.best_welfare(values)
        named = (numbers, seller.number, *self._names[seller.number], opened, closed, n, _offered(seller))
        columns = (*named, np.rint(traded), revenue, welfare, best, self._status.take(traded > 0))
        if rows:
            self._auctions.extend(columns, *rows)
        else:
            self._auctions.row(*columns)

    def write_transactions(
        self,
        numbers: Any,
        seller: Seller,
        closed: Any,
        participants: Participants,
        outcome: Outcome,
    ) -> None:
        """Who got and paid what in them: a row for each good and for each further payment by cause."""
        self.catch_up()
        space = seller.space
        worth = space.item_values(space.valuations(participants.values), outcome.allocation)
        trades = self._items if space.allocation_shape else self._trades
        for where, kind, money, code in trades(outcome, worth):
            auctions = (numbers[where[0]], closed[where[0]]) if len(where) > 1 else (numbers, closed)
            who = participants.buyers[where], participants.persons[where]
            self._transactions.extend((*auctions, seller.number, *who, kind, *money, code), len(where[0]))

    def _trades(self, outcome: Outcome, worth: NDArray[Any]) -> Iterator[Trades]:
        """One kind of good: who got or paid something, cause by cause; the good stands with the first."""
        got: Any = outcome.allocation
        for cause, part in outcome.itemised.items():
            where = np.logical_or(part, got).nonzero()
            quantity = got[where] if np.ndim(got) else got
            yield where, _ONE_KIND, (quantity, part[where], worth[where]), self._cause(cause)
            got = 0.0

    def _items(self, outcome: Outcome, worth: NDArray[Any]) -> Iterator[Trades]:
        """Several kinds of goods: the payment stands with the first item, in its own row if there is none."""
        got = outcome.allocation > 0
        *rows, seat, item = got.nonzero()
        who = (*rows, seat)
        first = got.argmax(axis=-1)[who] == item
        (cause, part), *others = outcome.itemised.items()
        paid = np.where(first, part[who], 0.0)
        yield who, item, (outcome.allocation[got], paid, worth[got]), self._cause(cause)
        for name, money in [(cause, np.where(got.any(axis=-1), 0.0, part)), *others]:
            where = money.nonzero()
            yield where, _ONE_KIND, (0.0, money[where], math.nan), self._cause(name)

    def _cause(self, name: str) -> int:
        code, fault = attempt(self._transactions.code, "cause", name)
        if code is None:
            raise BreachError(self._last, f"causes of payments must be a few short names: {fault}", [])
        return code

    def write_unheld(self, auction: int, seller: Seller, now: float, people: Participants) -> None:
        """An auction that was opened to too few."""
        self.catch_up()
        n, best = len(people.buyers), float(seller.space.best_welfare(people.values))
        named = (auction, seller.number, *self._names[seller.number], now, now, n, _offered(seller))
        self._auctions.row(*named, 0, 0.0, 0.0, best, self._unsold)

    def write_unfinished(self, seller: Seller, auction: int, opened: float, n: int) -> None:
        """An auction that was still open when the run ended."""
        self.catch_up()
        nan = math.nan
        named = (auction, seller.number, *self._names[seller.number], opened, nan, n, _offered(seller))
        self._auctions.row(*named, 0, nan, nan, nan, self._unfinished)

    # --- messages ---------------------------------------------------------------------------------

    def write_messages(
        self, auctions: Any, number: int, participants: Participants, exchange: Exchange
    ) -> None:
        """What was said to a question in one auction, or in a row for each: a row for each who was asked."""
        self.catch_up()
        question, answers, people = exchange.question, exchange.answers, participants
        seats = ... if question.to is None else (..., question.seats(people.buyers.shape[-1]))
        buyers, sent = people.buyers[seats], exchange.sent
        asked = buyers.shape[-1]
        values: Any = people.values[seats].ravel() if people.values.ndim == buyers.ndim else math.nan
        as_vector = bool(question.shape) or question.recorded_as == "vector"
        said: Any = math.nan if as_vector else answers.sent[seats].ravel()
        if sent.shape == people.buyers.shape:
            sent = sent[seats].ravel()
        elif sent.size > 1:  # one time for all of an auction
            sent = np.repeat(sent, asked)
        persons, arrivals = people.persons[seats].ravel(), exchange.arrivals[seats].ravel()
        status = answers.status[seats].ravel()
        told = _without_silence(buyers.ravel(), persons, sent, arrivals, values, said, status)
        kind = self._kinds.get(type(question))
        if kind is None:
            kind = self._new_kind(question)
        numbers = auctions if buyers.ndim == 1 else np.repeat(auctions, asked)
        self._messages.extend((numbers, number, kind, *told), len(persons))
        if question.named_price is not None:
            self._write_prices(numbers, number, buyers, question.named_price)
        if as_vector:
            self._write_vectors(auctions, number, participants, exchange)

    def _new_kind(self, question: BuyerQuestion) -> int:
        """Note a kind of question that was not asked before, and return its code in the messages."""
        kind, table = type(question), self._questions
        what = table.code("recorded_as", question.recorded_as)
        table.row(table.code("question", kind.__name__), what)
        self._kinds[kind] = self._messages.code("question", kind.__name__)
        return self._kinds[kind]

    def _write_prices(self, numbers: Any, number: int, asked: NDArray[np.intp], price: Any) -> None:
        """The price that a question named: one for each who was asked, or one for all, once an auction."""
        if isinstance(price, tuple):
            each = np.tile(price, asked.size // len(price))
            self._prices.extend((numbers, number, asked.ravel(), each), asked.size)
        elif asked.ndim == 1:
            self._prices.row(numbers, number, EVERYBODY, price)
        else:
            self._prices.extend((numbers[:: asked.shape[-1]], number, EVERYBODY, price), len(asked))

    def write_refusals(self, auction: int, number: int, buyers: Sequence[int], reason: str) -> None:
        """Note why what some buyers did with a question was refused."""
        why = self._refusals.code("reason", self._reasons.kept(reason))
        for buyer in buyers:
            self._refusals.row(auction, number, buyer, why)

    def write_failures(self, auction: int, buyers: Sequence[int], hook: str, reason: str) -> None:
        """Note that the strategy of some buyers failed after an auction."""
        what, why = self._failures.code("hook", hook), self._reasons.kept(reason)
        code = self._failures.code("reason", why)
        for buyer in buyers:
            self._failures.row(auction, buyer, what, code)

    def _write_vectors(
        self, auctions: Any, number: int, participants: Participants, exchange: Exchange
    ) -> None:
        seats = exchange.question.seats(participants.buyers.shape[-1])
        size = math.prod(exchange.question.shape)
        buyers = participants.buyers[..., seats]
        entries = exchange.answers.sent.take(seats, axis=buyers.ndim - 1).ravel()
        positions = np.tile(np.arange(size), buyers.size)
        numbers, who = np.repeat(auctions, len(seats) * size), np.repeat(buyers, size)
        self._vectors.extend((numbers, number, who, positions, entries), len(entries))

    def messages_of(self, auction: int) -> list[str]:
        """The messages of an auction that are still in memory, a line each."""
        self.catch_up()
        rows = self._messages.in_memory().to_pandas()
        rows = rows[rows["auction"] == auction].drop(columns="auction")
        lines = rows.head(MOST_MESSAGES).to_string(index=False).splitlines() if len(rows) else []
        more = len(rows) - MOST_MESSAGES
        return lines if more <= 0 else [*lines, f"and {more:,} more"]

    # --- books ------------------------------------------------------------------------------------

    def reconcile(self) -> None:
        """What buyers paid is what sellers got; BreachError otherwise."""
        self.catch_up()
        self.unbalanced = 0
        paid = float(self.paid.sum())
        received = sum(seller.received for seller in self.sellers)
        if not abs(paid - received) <= SLACK * self.moved:
            rule = f"buyers paid {paid}, but sellers got {received}"
            raise BreachError(self._last, rule, self.messages_of(self._last))


def _in_all(each: Any, rows: Sequence[int]) -> Any:
    """The sum over the rows, if there are any."""
    return each.sum(axis=0) if rows and each is not None else each


def _offered(seller: Seller) -> int:
    """Units of all kinds of goods that one of her auctions may sell."""
    return seller.space.offered


def _without_silence(*columns: Any) -> tuple[Any, ...]:
    """Times and answers of those who sent nothing become NaN; so does silence in place of a number."""
    buyers, persons, sent, arrivals, values, said, status = columns
    if not np.count_nonzero(status):
        return columns
    spoke = status != SILENCE
    sent, arrivals, said = (np.where(spoke, column, np.nan) for column in (sent, arrivals, said))
    said = np.where(said == SILENT, np.nan, said)
    return buyers, persons, sent, arrivals, values, said, status
