"""Ledger: who paid whom, and the rows that an auction leaves in the records."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import SILENCE, Answers
from agents.population import Population
from agents.seller import Seller
from mechanisms.outcome import Outcome
from mechanisms.questions import BuyerQuestion
from sim.market.block import Block
from sim.market.invariants import SLACK, BreachError
from sim.market.participants import Seating
from sim.records import Records

_ONE_KIND = -1

MOST_REASONS = 500
"""Different reasons of refusals that are kept: they hold what was answered, which may be anything."""


class Ledger:
    """Books of all sellers and buyers, and the writer of the auction tables.

    Attributes
    ----------
    paid
        Shape (buyers,): money from each buyer to sellers so far.
    """

    def __init__(self, records: Records, population: Population, sellers: Sequence[Seller]) -> None:
        self.records = records
        self.sellers = sellers
        self.persons = population.persons
        self.paid = np.zeros(len(population))
        self._auctions = records["auctions"]
        self._messages = records["messages"]
        self._transactions = records["transactions"]
        self._vectors = records["vectors"]
        self._refusals = records["refusals"]
        self._reasons: set[str] = set()
        self._mechanism = [self._auctions.code("mechanism", seller.plan.name) for seller in sellers]
        self._sold, self._unsold, self._unfinished = (
            self._auctions.code("status", label) for label in ("sold", "unsold", "unfinished")
        )

    # --- auctions ---------------------------------------------------------------------------------

    def write_outcome(
        self,
        auction: int,
        seller: Seller,
        opened: float,
        closed: float,
        seating: Seating,
        outcome: Outcome,
    ) -> None:
        """Book one finished auction: money, stock, and its rows."""
        allocation, payments, values = outcome.allocation, outcome.payments, seating.values
        revenue = float(payments.sum())
        space = seller.plan.mechanism.space
        sold = float(space.traded(allocation))
        self.paid[seating.buyers] += payments
        seller.deliver(sold, revenue, space.handed_out(allocation))
        self._auctions.row(
            auction,
            seller.number,
            self._mechanism[seller.number],
            opened,
            closed,
            len(payments),
            space.units * space.kinds,
            round(sold),
            revenue,
            float(space.welfare(values, allocation)),
            float(space.best_welfare(values)),
            self._sold if sold > 0 else self._unsold,
        )
        self._write_transactions(auction, seller, closed, seating, outcome)

    def write_rows(self, seller: Seller, block: Block, start: int, stop: int) -> None:
        """Book auctions start … stop−1 of a block: what `write_outcome` and `write_messages` do for one."""
        rows = slice(start, stop)
        buyers, values = block.participants[rows], block.values[rows]
        allocation, payments = block.outcome.allocation[rows], block.outcome.payments[rows]
        count, n = buyers.shape
        numbers = (seller.held + np.arange(count)) * len(self.sellers) + seller.number
        space = seller.plan.mechanism.space
        revenue, sold = payments.sum(axis=1), space.traded(allocation)
        np.add.at(self.paid, buyers, payments)
        seller.turn += count
        seller.held += count
        seller.deliver(float(sold.sum()), float(revenue.sum()), space.handed_out(allocation).sum(axis=0))
        status = np.where(sold > 0, self._sold, self._unsold)
        opened, closed = block.opened[rows], block.closed[rows]
        welfare, best = space.welfare(values, allocation), space.best_welfare(values)
        offered = space.units * space.kinds
        named = (numbers, seller.number, self._mechanism[seller.number], opened, closed, n, offered)
        self._auctions.extend((*named, np.rint(sold), revenue, welfare, best, status), count)
        persons = self.persons[buyers]
        self._write_block_messages(numbers, buyers, persons, block, rows)
        row, seat = ((payments != 0) | (allocation != 0)).nonzero()
        who, cause = (buyers[row, seat], persons[row, seat]), self._transactions.code("cause", "price")
        worth = space.item_values(space.valuations(values), allocation)
        money = (allocation[row, seat], payments[row, seat], worth[row, seat])
        self._transactions.extend(
            (numbers[row], closed[row], seller.number, *who, _ONE_KIND, *money, cause), len(row)
        )

    def _write_block_messages(
        self, numbers: NDArray[Any], buyers: NDArray[Any], persons: NDArray[Any], block: Block, rows: slice
    ) -> None:
        n = buyers.shape[1]
        kind = self._messages.code("question", "AskValue")
        sent = np.repeat(block.opened[rows], n)
        answers = block.answers
        columns: tuple[Any, ...] = (buyers, persons, block.arrivals[rows], block.values[rows])
        columns = (*columns, answers.sent[rows], answers.status[rows])
        who, person, arrivals, values, said, status = (column.ravel() for column in columns)
        told = _without_silence((who, person, sent, arrivals, values, said, status))
        self._messages.extend((np.repeat(numbers, n), 0, kind, *told), len(sent))

    def write_unheld(self, auction: int, seller: Seller, now: float, seating: Seating) -> None:
        """An auction that was opened to too few."""
        space, n = seller.plan.mechanism.space, len(seating.buyers)
        best = float(space.best_welfare(seating.values))
        mechanism = self._mechanism[seller.number]
        offered = space.units * space.kinds
        self._auctions.row(
            auction, seller.number, mechanism, now, now, n, offered, 0, 0.0, 0.0, best, self._unsold
        )

    def write_unfinished(self, auction: int, seller: Seller, opened: float, n: int) -> None:
        """An auction that was still open when the run ended."""
        mechanism = self._mechanism[seller.number]
        space = seller.plan.mechanism.space
        offered = space.units * space.kinds
        nan = math.nan
        self._auctions.row(
            auction, seller.number, mechanism, opened, nan, n, offered, 0, nan, nan, nan, self._unfinished
        )

    def _write_transactions(
        self, auction: int, seller: Seller, time: float, seating: Seating, outcome: Outcome
    ) -> None:
        """One row for each good that a buyer got, and for each further payment by cause."""
        space = seller.plan.mechanism.space
        values = space.item_values(space.valuations(seating.values), outcome.allocation)
        if outcome.allocation.ndim > 1:
            self._write_items(auction, seller, time, seating, outcome, values)
            return
        quantity = outcome.allocation
        for cause, part in outcome.itemised.items():
            code = self._transactions.code("cause", cause)
            for seat in ((part != 0) | (quantity != 0)).nonzero()[0].tolist():
                buyer, person = seating.buyers[seat], seating.persons[seat]
                got = quantity[seat]
                worth = values[seat]
                self._transactions.row(
                    auction, time, seller.number, buyer, person, _ONE_KIND, got, part[seat], worth, code
                )
            quantity = np.zeros_like(quantity)

    def _write_items(
        self,
        auction: int,
        seller: Seller,
        time: float,
        seating: Seating,
        outcome: Outcome,
        values: NDArray[Any],
    ) -> None:
        """Several kinds of goods: the payment stands with the first item, its own rows if there is none."""
        outstanding = {cause: part.copy() for cause, part in outcome.itemised.items()}
        first = next(iter(outstanding))
        row = self._transactions.row
        code = self._transactions.code
        for seat, item in np.argwhere(outcome.allocation > 0).tolist():
            buyer, person = seating.buyers[seat], seating.persons[seat]
            got, worth = outcome.allocation[seat, item], values[seat, item]
            pay = outstanding[first][seat]
            outstanding[first][seat] = 0.0
            row(auction, time, seller.number, buyer, person, item, got, pay, worth, code("cause", first))
        for cause, part in outstanding.items():
            for seat in part.nonzero()[0].tolist():
                buyer, person = seating.buyers[seat], seating.persons[seat]
                pay, nan = part[seat], math.nan
                row(auction, time, seller.number, buyer, person, _ONE_KIND, 0, pay, nan, code("cause", cause))

    # --- messages ---------------------------------------------------------------------------------

    def write_messages(
        self,
        auction: int,
        number: int,
        seating: Seating,
        question: BuyerQuestion,
        answers: Answers,
        sent: Any,
        arrivals: NDArray[Any],
    ) -> None:
        """What was said to a question: one row for each buyer asked."""
        kind = self._messages.code("question", type(question).__name__)
        scalar = not question.shape
        values: Any = seating.values if seating.values.ndim == 1 else math.nan
        said: Any = answers.sent if scalar else math.nan
        columns: tuple[Any, ...] = (seating.buyers, seating.persons, sent, arrivals, values, said)
        columns = (*columns, answers.status)
        rows = len(seating.buyers)
        if question.to is not None:
            chosen = question.seats(rows)
            columns = tuple(column[chosen] if np.ndim(column) else column for column in columns)
            rows = len(chosen)
        self._messages.extend((auction, number, kind, *_without_silence(columns)), rows)
        for (seat,), reason in answers.refusals:
            self.write_refusals(auction, number, [seating.buyers[seat]], reason)
        if not scalar:
            self._write_vectors(auction, number, seating, question, answers)

    def write_refusals(self, auction: int, number: int, buyers: Sequence[int], reason: str) -> None:
        """Note why what some buyers did with a question was refused."""
        reason = reason[:500]
        if reason not in self._reasons and len(self._reasons) == MOST_REASONS:
            reason = "another reason (too many to keep them all)"
        else:
            self._reasons.add(reason)
        why = self._refusals.code("reason", reason)
        for buyer in buyers:
            self._refusals.row(auction, number, buyer, why)

    def _write_vectors(
        self, auction: int, number: int, seating: Seating, question: BuyerQuestion, answers: Answers
    ) -> None:
        seats = question.seats(len(seating.buyers))
        entries = answers.sent[seats].reshape(len(seats), -1)
        buyers = np.repeat(seating.buyers[seats], entries.shape[1])
        positions = np.tile(np.arange(entries.shape[1]), len(seats))
        self._vectors.extend((auction, number, buyers, positions, entries.ravel()), entries.size)

    def messages_of(self, auction: int) -> list[str]:
        """The messages of an auction that are still in memory, a line each."""
        rows = self._messages.in_memory().to_pandas()
        rows = rows[rows["auction"] == auction].drop(columns="auction")
        return rows.to_string(index=False).splitlines() if len(rows) else []

    # --- books ------------------------------------------------------------------------------------

    def reconcile(self) -> None:
        """What buyers paid is what sellers got; BreachError otherwise."""
        paid = float(self.paid.sum())
        received = sum(seller.received for seller in self.sellers)
        turnover = max(1.0, float(np.abs(self.paid).sum()))
        if not abs(paid - received) <= SLACK * turnover:
            last = max(len(self.sellers) * seller.held - 1 for seller in self.sellers)
            rule = f"buyers paid {paid}, but sellers got {received}"
            raise BreachError(last, rule, self.messages_of(last))


def _without_silence(columns: tuple[Any, ...]) -> tuple[Any, ...]:
    """Times and answers of those who sent nothing become NaN."""
    buyers, persons, sent, arrivals, values, said, status = columns
    if not status.any():
        return columns
    spoke = status != SILENCE
    sent, arrivals, said = (np.where(spoke, column, np.nan) for column in (sent, arrivals, said))
    return buyers, persons, sent, arrivals, values, said, status
