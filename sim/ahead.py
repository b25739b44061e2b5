"""Playing ahead: blocks of auctions whose answers depend on nothing that happens in them.

When a direct mechanism is run on a panel of buyers who all use memoryless strategies, a block of auctions
is asked, decided and checked in one sweep of arrays. Time still passes: each auction has its event when it
closes, and counts from then on. A row in which anything is irregular (an answer refused, a rule broken) is
left to an ordinary session, so that there is one place where trouble is handled. The records are the same
as those of sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.party import ANSWERED, LATE, REFUSED, Answers, Party, collect, definite
from agents.population import Group, Side
from agents.seller import Seller, SellerPlan
from mechanisms.conversation import DirectMechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import AskValue
from sim.checks import regular_rows

if TYPE_CHECKING:
    from sim.market import Market


class Rows(Protocol):
    """A panel, as seen from here."""

    def rows(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Participants, values and latencies of the next auctions."""

    def skip(self, rows: int) -> None:
        """So many of them are held."""


def can_play_ahead(plan: SellerPlan, groups: Sequence[Group]) -> bool:
    """Whether nothing that happens in one of a seller's auctions bears on the next."""
    return (
        isinstance(plan.mechanism, DirectMechanism)
        and type(plan.mechanism).conversation is DirectMechanism.conversation
        and plan.mechanism.items == 1
        and plan.stock is None
        and plan.period >= plan.window
        and all(group.strategy.memoryless and not group.waits for group in groups)
    )


@dataclass(slots=True)
class Block:
    """Auctions that are decided and will happen: arrays with a row for each."""

    turns: NDArray[np.int64]
    participants: NDArray[Any]
    values: NDArray[Any]
    answers: Answers
    arrivals: NDArray[Any]
    opened: NDArray[Any]
    closed: NDArray[Any]
    outcome: Outcome

    def __len__(self) -> int:
        return len(self.turns)


class AheadPlayer:
    """Holds the auctions of one seller with a panel, a block at a time."""

    def __init__(self, market: Market, seller: Seller, mechanism: DirectMechanism, panel: Rows) -> None:
        self.mechanism = mechanism
        self.market = market
        self.seller = seller
        self.panel = panel
        self._block: Block | None = None
        self._done = self._written = 0
        self._ends: list[float] = []

    def start(self) -> None:
        """Decide the next block and wait for its first auction to close; if that is irregular, a session."""
        block = self._decide()
        self._done = self._written = 0
        self.panel.skip(len(block))
        if len(block):
            self._block = block
            self._ends = block.closed.tolist()
            self._wait()
        else:
            self._block = None
            self.market.schedule_opening(self.seller)

    def _wait(self) -> None:
        env = self.market.env
        env.timeout(self._ends[self._done] - env.now).callbacks.append(self._closed)

    def _closed(self, _: simpy.Event) -> None:
        """One auction is over: it counts from now on."""
        self._done += 1
        if self._done < len(self._ends):
            env = self.market.env
            env.timeout(self._ends[self._done] - env.now).callbacks.append(self._closed)
        else:
            self.flush()
            self.start()

    def _decide(self) -> Block:
        """Ask, decide and check as many auctions as are drawn, up to the first irregular one."""
        seller = self.seller
        participants, values, latencies = self.panel.rows()
        rows, n = participants.shape
        party = Party(self.mechanism, values, self._sides(participants), n, lead=(rows,))
        turns = seller.turn + 1 + np.arange(rows)
        opened: NDArray[Any] = seller.opening(turns)
        answers = collect(AskValue(), party, definite)
        arrivals = opened[:, None] + latencies
        closed = _close_windows(answers, arrivals, opened + seller.plan.window)
        outcome = self.mechanism.outcome(answers.values)
        regular = ~(answers.status == REFUSED).any(axis=1) & regular_rows(party, outcome, answers.answered)
        upto = rows if regular.all() else int(regular.argmin())
        kept = slice(0, upto)
        held = Answers(answers.values[kept], answers.sent[kept], answers.status[kept])
        decided = Outcome(outcome.allocation[kept], outcome.payments[kept])
        return Block(
            turns[kept],
            participants[kept],
            values[kept],
            held,
            arrivals[kept],
            opened[kept],
            closed[kept],
            decided,
        )

    def _sides(self, participants: NDArray[Any]) -> tuple[Side, ...]:
        """The same groups in every row; where participants differ between rows, all are of one group."""
        population = self.market.population
        if (participants == participants[0]).all():
            return population.sides(participants[0])
        group = population.groups[population.membership[participants[0, 0]]]
        return (Side(group, np.arange(participants.shape[1]), participants.copy()),)

    def flush(self) -> None:
        """Book and record what has happened and is not written yet."""
        if self._block is not None and self._written < self._done:
            self.market.ledger.write_rows(self.seller, self._block, self._written, self._done)
            self._written = self._done

    def under_way(self) -> list[tuple[int, Seller, float, int]]:
        """The auction that is open now, if there is one: its number, seller, opening and participants."""
        block, at = self._block, self._done
        if block is None or at == len(block) or block.opened[at] >= self.market.env.now:
            return []
        number = self.market.auction_number(self.seller, self.seller.held)
        return [(number, self.seller, float(block.opened[at]), block.participants.shape[1])]


def _close_windows(answers: Answers, arrivals: NDArray[Any], deadlines: NDArray[Any]) -> NDArray[Any]:
    """Lose what comes too late, and say when each window closes, shape (rows,)."""
    late = (answers.status == ANSWERED) & (arrivals >= deadlines[:, None])
    if late.any():
        if answers.values is answers.sent:
            answers.values = answers.sent.copy()
        answers.values[late] = AskValue.default
        answers.status[late] = LATE
    complete = (answers.status == ANSWERED).all(axis=1)
    return np.where(complete, arrivals.max(axis=1), deadlines)
