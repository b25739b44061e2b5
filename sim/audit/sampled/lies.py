"""What a buyer may say instead, on a sample, and what it brings: another report, or another conversation.

In a mechanism with a closed rule a lie is another report. In any other one it is to answer the first question
as if her type were one, and the later ones as if it were another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.protocol import Beliefs, Knowledge, Said
from agents.play.asking import Party, collect, definite
from agents.play.instant import InstantPlayer
from agents.play.posteriors import hashable
from agents.population import Group, Population, Side
from mechanisms.conversation import ClosedRule, Mechanism
from mechanisms.deviations import Deal, deal, deal_made, lottery_at
from mechanisms.engine import play
from mechanisms.outcome import Outcome
from mechanisms.questions import SILENT, BuyerQuestion, Chance, Draw, Replies, branch
from sim.audit.exact.game import Ends

Floats = NDArray[np.float64]


class SampledLies(ABC):
    """How buyers may lie, as rows of numbers, and what it brings.

    stages
        How many types or reports a row holds.
    tosses_coins
        Whether something was seen to be left to chance of which only one draw is known.
    """

    stages: int
    tosses_coins = False

    def __init__(self, mechanism: Mechanism, groups: list[Group]) -> None:
        self.mechanism, self.space, self.groups, self.n = mechanism, mechanism.space, groups, len(groups)

    @abstractmethod
    def honest(self, buyer: int, types: Floats) -> Floats:
        """Rows (T, w) of what the buyer does as audited, with these types."""

    @abstractmethod
    def rows(self, amounts: Floats) -> Floats:
        """All rows that are made of these reports or types, as rows (A, numbers)."""

    @abstractmethod
    def amounts(self, count: int) -> int:
        """How many reports or types make about so many rows."""

    @abstractmethod
    def deals(self, buyer: int, rows: Floats, values: Floats, seeds: NDArray[np.int64]) -> Deal:
        """What she gets and pays with each of D rows at each of N profiles: arrays (D, N, branches, …)."""


    @abstractmethod
    def ends_of_truth(self, values: Floats, seeds: NDArray[np.int64]) -> Ends:
        """How play as audited ends at N profiles; `profiles` of the ends are rows of `values`."""


class OtherReports(SampledLies):
    """Lies about the one report that a closed rule takes. RefusesRandomness if audited play is mixed."""

    stages = 1

    def __init__(self, rule: ClosedRule, groups: list[Group], some: Floats) -> None:
        super().__init__(rule, groups)
        self.rule = rule
        self._reports(some)

    def honest(self, buyer: int, types: Floats) -> Floats:
        """What the audited strategy reports."""
        reports = self._reports(np.repeat(types[:, None], self.n, axis=1))[:, buyer]
        return reports.reshape(len(types), -1)

    def rows(self, amounts: Floats) -> Floats:
        """One report each."""
        return amounts

    def amounts(self, count: int) -> int:
        """As many."""
        return count

    def _reports(self, values: Floats) -> Floats:
        """Everybody's reports as audited, (N, n, *report_shape), at values (N, n, *type_shape)."""
        seats = [np.array([seat]) for seat in range(self.n)]
        sides = tuple(Side(group, seat, seat.copy()) for group, seat in zip(self.groups, seats, strict=True))
        party = Party(self.rule, values, sides, self.n, lead=(len(values),))
        answers = collect(self.space.question(), party, definite)
        for where, reason in answers.refusals[:1]:
            raise ValueError(f"the answer of buyer {where[-1]} is refused: {reason}")
        return answers.values

    def deals(self, buyer: int, rows: Floats, values: Floats, seeds: NDArray[np.int64]) -> Deal:
        """All profiles through the rule at once."""
        reports = np.repeat(self._reports(values)[None], len(rows), axis=0)
        reports[:, :, buyer] = rows.reshape(-1, 1, *self.space.report_shape)
        return deal(self.space, lottery_at(self.rule, reports), buyer)

    def ends_of_truth(self, values: Floats, seeds: NDArray[np.int64]) -> Ends:
        """Every branch of the rule's lottery that can come about."""
        lottery = lottery_at(self.rule, self._reports(values))
        ends = lottery.outcomes
        chances = np.broadcast_to(lottery.probabilities, ends.payments.shape[:-1])
        profile, branch_ = np.nonzero(chances > 0)
        return Ends(profile, ends.allocation[profile, branch_], ends.payments[profile, branch_])


class OtherTypes(SampledLies):
    """To converse as if one's type were another one, and another one again after the first answer."""

    stages = 2

    def __init__(self, mechanism: Mechanism, groups: list[Group], knowledge: Callable[[], Knowledge]) -> None:
        super().__init__(mechanism, groups)
        self._knowledge = knowledge

    @cached_property
    def knowledge(self) -> Knowledge:
        """What the buyers know of one another."""
        return self._knowledge()

    def honest(self, buyer: int, types: Floats) -> Floats:
        """Her type, twice."""
        return np.tile(types.reshape(len(types), -1), (1, 2))

    def rows(self, amounts: Floats) -> Floats:
        """All pairs."""
        first, later = np.indices((len(amounts), len(amounts))).reshape(2, -1)
        return np.concatenate([amounts[first], amounts[later]], axis=1)

    def amounts(self, count: int) -> int:
        """The root."""
        return max(2, int(np.sqrt(count)))

    def deals(self, buyer: int, rows: Floats, values: Floats, seeds: NDArray[np.int64]) -> Deal:
        """One conversation for each row and profile; all rows meet the same coins, move by move."""
        drawn = list(zip(values, seeds.tolist(), strict=True))
        ends = [self._played(profile, seed, buyer, row) for row in rows for profile, seed in drawn]
        return deal_made(self.space, ends, buyer, (len(rows), len(values)))

    def ends_of_truth(self, values: Floats, seeds: NDArray[np.int64]) -> Ends:
        """One conversation for each profile, as the coins fell."""
        honest = self.honest(0, values[:, 0])
        ends = [
            self._played(profile, seed, 0, row)
            for profile, seed, row in zip(values, seeds.tolist(), honest, strict=True)
        ]
        allocation = np.stack([end.allocation for end in ends]).astype(float)
        payments = np.stack([end.payments for end in ends]).astype(float)
        self.space.insist(allocation, payments)
        return Ends(np.arange(len(ends)), allocation, payments)

    def _played(self, profile: Floats, seed: int, buyer: int, row: Floats) -> Outcome:
        """How the conversation ends if the buyer says what the row says."""
        sides = Population(self.groups, np.arange(self.n)).sides(np.arange(self.n))
        player = _Pretender(Party(self.mechanism, profile.copy(), sides, self.n), seed, buyer, row, self)
        outcome = play(self.mechanism, self.n, player)
        self.tosses_coins |= player.tossed
        return outcome


class _Pretender(InstantPlayer):
    """One buyer answers as if her type were the row's first half at her first question, then its second.

    A half of `-inf` says nothing. Beliefs follow: hers are those of the value she pretends to have, the
    others' those of the true profile. The k-th move of chance takes the k-th of the seed's uniform numbers,
    as in the market; mixed answers take others.
    """

    def __init__(self, party: Party, seed: int, buyer: int, row: Floats, lies: OtherTypes) -> None:
        super().__init__(party, np.random.default_rng([seed, 1]))
        self.coins = np.random.default_rng(seed)
        self.buyer, self.lies = buyer, lies
        self.first, self.later = row.reshape(2, *lies.space.type_shape)
        self.tossed = False
        self.true = party.values.copy()
        self.said: list[Said] = [()] * party.n
        self.beliefs: dict[Any, Beliefs] = {}
        self._pretend(self.first)
        party.posterior = self._posterior

    def _pretend(self, type_: Floats) -> None:
        """Be of a type from now on, or silent."""
        self.silent = bool(np.all(type_ == SILENT))
        self.party.values[self.buyer] = self.true[self.buyer] if self.silent else type_

    def _posterior(self, seat: int) -> Any:
        """What a buyer believes now."""
        values = self.party.values if seat == self.buyer else self.true
        pretended = hashable(values[self.buyer])
        if pretended not in self.beliefs:
            self.beliefs[pretended] = self.lies.knowledge.during(self.party.mechanism, values)
        return self.beliefs[pretended](seat, self.party.heard, self.said[seat])

    def ask(self, question: BuyerQuestion) -> Replies:
        """Answer, and change her mind after the first time."""
        replies = super().ask(question)
        seats = question.seats(self.party.n)
        if self.silent and self.buyer in seats:
            replies.values[self.buyer] = question.default
            replies.answered[self.buyer] = False
            self.party.said[-1][1][self.buyer] = replies.values[self.buyer]
        for seat in seats.tolist():
            self.said[seat] += (hashable(replies.values[seat]),)
        if self.buyer in seats:
            self._pretend(self.later)
        return replies

    def chance(self, question: Chance) -> int:
        """Draw, and note it."""
        self.tossed = True
        return branch(question.probabilities, self.coins.random())

    def draw(self, question: Draw) -> float:
        """Draw, and note it."""
        self.tossed = True
        return float(question.distribution.quantile(self.coins.random()))
