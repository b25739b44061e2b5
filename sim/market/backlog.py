"""Backlog: auctions that are held one at a time, on their way into the records.

What is alike and stands together is written as one block, in the order in which it came: a table takes many
rows for the price of a few. It is written before anything else is, see `Ledger.catch_up`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import Answers
from agents.seller import Seller
from mechanisms.outcome import Outcome
from sim.market.participants import Participants
from sim.market.window import Exchange


@dataclass(slots=True)
class Ended:
    """An auction that is over: its number, the seller, its times, who took part, the outcome.

    Or a row of the seller's auctions: the arrays have a leading axis.
    """

    number: Any
    seller: Seller
    opened: Any
    closed: Any
    people: Participants
    outcome: Outcome

    @property
    def may_wait(self) -> bool:
        """Whether nothing but money is to be booked: no stock runs out, and a row is a good and its price."""
        plain = self.outcome.causes is None and not self.seller.space.allocation_shape
        return plain and self.seller.stock is None

    @property
    def likeness(self) -> Any:
        """What those have in common that can be written together."""
        return self.seller.number, len(self.people.buyers)


@dataclass(slots=True)
class Heard:
    """What was said to question `number` of an auction, by whom; or of a row of auctions."""

    auction: Any
    number: int
    people: Participants
    exchange: Exchange

    @property
    def likeness(self) -> Any:
        """The same; questions to some buyers alone, and vectors, are like no others."""
        question = self.exchange.question
        plain = question.to is None and not question.shape and question.recorded_as != "vector"
        if not plain or isinstance(question.named_price, tuple) or self.people.values.ndim > 1:
            return object()
        sent = self.exchange.sent.shape
        return type(question), question.named_price, self.number, len(self.people.buyers), sent


def of_its_own(outcome: Outcome) -> Outcome:
    """A copy of an outcome of one cause: whoever made it may use its arrays again."""
    return Outcome(outcome.allocation.copy(), outcome.payments.copy())


def ended_together(waiting: Sequence[Ended]) -> Iterator[Ended]:
    """Those alike that stand together, in one."""
    for group in _alike(waiting):
        if len(group) == 1:
            yield group[0]
        else:
            numbers, opened, closed = (_rows(group, name) for name in ("number", "opened", "closed"))
            allocations = np.array([each.outcome.allocation for each in group])
            payments = np.array([each.outcome.payments for each in group])
            outcome = Outcome(allocations, payments)
            yield Ended(numbers, group[0].seller, opened, closed, _people(group), outcome)


def heard_together(waiting: Sequence[Heard]) -> Iterator[Heard]:
    """Those alike that stand together, in one."""
    for group in _alike(waiting):
        if len(group) == 1:
            yield group[0]
        else:
            exchanges = [each.exchange for each in group]
            said = np.array([each.answers.sent for each in exchanges])
            answers = Answers(said, said, np.array([each.answers.status for each in exchanges]))
            times = (_rows(exchanges, name) for name in ("sent", "arrivals", "closed"))
            exchange = Exchange(exchanges[0].question, answers, *times)
            yield Heard(_rows(group, "auction"), group[0].number, _people(group), exchange)


def _alike(waiting: Sequence[Any]) -> Iterator[list[Any]]:
    return (list(group) for _, group in groupby(waiting, key=lambda each: each.likeness))


def _rows(group: Sequence[Any], name: str) -> NDArray[Any]:
    """One attribute of each, on a leading axis."""
    return np.array([getattr(each, name) for each in group])


def _people(group: Sequence[Ended] | Sequence[Heard]) -> Participants:
    people = [each.people for each in group]
    buyers, persons, values = (_rows(people, name) for name in ("buyers", "persons", "values"))
    return Participants(buyers, persons, values, _rows(people, "latencies"), people[0].sides)
