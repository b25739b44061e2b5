"""Panel: a seller's own buyers, all of them or a few drawn anew, take part in each of her auctions.

Who comes, with what type and latency, depends on nothing that happens in the auctions, and is drawn ahead
in blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.protocol import Knowledge
from agents.nature import Adversary
from agents.population import Group, Side, whole_numbers
from agents.seller import Seller
from mechanisms.conversation import check_count
from mechanisms.distributions import Prior
from sim.draws import Stream
from sim.market.participants import Participants
from sim.market.sealed import can_look_ahead
from sim.market.stage import Stage

BLOCK = 256
"""How many auctions' participants are drawn at once, unless nature learns from one what to do in the next."""


class Panel:
    """The entry to one seller with buyers of her own.

    Parameters
    ----------
    members
        Numbers of the buyers who belong to this seller and to no other; None for the whole population.
    size
        How many of them take part in each auction, drawn anew each time without replacement; None for all.
    ahead
        Whether auctions that depend on nothing that happens elsewhere may be held a block at a time. The
        records are the same.
    knowledge
        What the buyers know of one another, by seat; for mechanisms that ask for beliefs.
    prior
        Over the profiles of this seller's participants, in place of the prior that nature has for all. An
        `Adversary` plays against this seller, and is told how each auction ended.
    same_profiles
        Whether the k-th auction has the profile of types that the k-th of the first seller has, wherever both
        draw from one prior over profiles: sellers can be compared without the luck of the draw.

    Raises TypeError for members that are no integers or a size that is none, ValueError for a size below 1;
    the market raises ValueError for members that are unknown, named twice, or another panel's.
    """

    neighbours = None

    def __init__(
        self,
        members: Any = None,
        size: int | None = None,
        ahead: bool = True,
        knowledge: Knowledge | None = None,
        prior: Prior | None = None,
        same_profiles: bool = False,
    ) -> None:
        self._named = None if members is None else whole_numbers("members", members)
        if size is not None:
            check_count("size", size)
        self.size = size
        self.ahead = ahead and knowledge is None
        self.knowledge = knowledge
        self.prior = prior
        self.same_profiles = same_profiles
        self._drawn = 0

    def start(self, stage: Stage, sellers: list[Seller]) -> None:
        """Take the seller; ValueError if there is more than one, or if too few buyers."""
        if len(sellers) != 1:
            raise ValueError(f"a panel serves one seller, got {len(sellers)}")
        self._stage, (self._seller,) = stage, sellers
        self.members = np.arange(len(stage.population)) if self._named is None else self._named
        stage.claim(self.members)
        size = len(self.members) if self.size is None else self.size
        if size > len(self.members):
            raise ValueError(f"size must be at most the {len(self.members)} members, got {size}")
        prior = self.prior or stage.nature.prior
        if isinstance(prior, Prior) and prior.n != size:
            raise ValueError(f"size must be the prior's {prior.n} buyers, got {size}")
        if self.same_profiles and not isinstance(prior, Prior):
            raise ValueError("same_profiles must be False where nature draws each value by itself, got True")
        if self.knowledge is not None and self.knowledge.n != size:
            raise ValueError(f"knowledge must be of {size} buyers, got {self.knowledge.n}")
        if isinstance(prior, Adversary):
            prior.meet(self._seller.plan.mechanism)
        self._learner = prior if isinstance(prior, Adversary) and prior.learns else None
        self._received = 0.0
        self._row = self._block = BLOCK if self._learner is None else 1
        self._draws_participants = size < len(self.members)
        self._participants = np.tile(self.members[:size], (self._block, 1))
        self._stream = Stream(stage.seed, "panel").generator(self._seller.number)
        self._sides = None if self._draws_participants else stage.population.sides(self.members)
        self._rows_at_once = self._block if self.ahead and self._can_look_ahead(size) else 1

    def _can_look_ahead(self, size: int) -> bool:
        """Whether the next auctions depend on nothing but what is learned in them, and have alike sides."""
        population, plan = self._stage.population, self._seller.plan
        present = np.unique(population.membership[self.members])
        groups = [population.groups[g] for g in present.tolist()]
        if size < plan.mechanism.least_buyers or not can_look_ahead(plan, groups):
            return False
        if all(group.strategy.memoryless for group in groups):
            return len(groups) == 1 or not self._draws_participants
        return not self._draws_participants and self._learn_here_only(groups)

    def _learn_here_only(self, groups: Sequence[Group]) -> bool:
        """Whether nobody else shares a strategy with the learners among these groups."""
        population = self._stage.population
        learners = {id(group.strategy) for group in groups if not group.strategy.memoryless}
        sharing = [k for k, group in enumerate(population.groups) if id(group.strategy) in learners]
        alike = np.isin(population.membership, sharing).nonzero()[0]
        return bool(np.isin(alike, self.members).all())

    def _draw_block(self) -> None:
        """Participants, types and latencies of the next auctions, a block."""
        stage = self._stage
        if self._draws_participants:
            self._participants = _subsets(self._stream, self.members, self._participants.shape)
        turns = np.arange(self._drawn, self._drawn + self._block)
        auctions = turns * len(stage.sellers) + (0 if self.same_profiles else self._seller.number)
        self._values, uniforms = stage.nature.rows_of_wants(self._participants, auctions, self.prior)
        self._latencies = stage.travel_times(self._participants, uniforms)
        self._persons = stage.population.persons[self._participants]
        self._drawn += self._block
        self._row = 0

    def admit(self, seller: Seller) -> Participants:
        """The participants of the next auction, or of all that are drawn."""
        if self._row == self._block:
            self._draw_block()
        rows = slice(self._row, self._row + self._rows_at_once)
        self._row = rows.stop
        buyers = self._participants[rows]
        drawn = (buyers, self._persons[rows], self._values[rows], self._latencies[rows])
        return Participants(*drawn, self._sides or self._sides_of(buyers), self.knowledge)

    def _sides_of(self, buyers: NDArray[np.intp]) -> tuple[Side, ...]:
        """The sides of participants drawn anew, shape (rows, size); of one group if there are many rows."""
        sides = self._stage.population.sides(buyers[0])
        return sides if len(buyers) == 1 else (Side(sides[0].group, sides[0].seats, buyers.copy()),)

    def dismiss(
        self, seller: Seller, participants: Participants, payoffs: NDArray[Any], served: NDArray[Any]
    ) -> None:
        """They come back when they are drawn; a nature who learns is told."""
        if self._learner is not None:
            self._stage.ledger.catch_up()
            earned, self._received = seller.received - self._received, seller.received
            self._learner.told(participants.values, earned)

    def turn_away(self, seller: Seller) -> None:
        """Nothing to do: nobody was drawn."""


def _subsets(
    rng: np.random.Generator, members: NDArray[np.intp], shape: tuple[int, int]
) -> NDArray[np.intp]:
    """Rows of distinct members, each row a uniformly random subset in random order."""
    rows, size = shape
    if size * size < len(members):
        return _by_rejection(rng, members, shape)
    return members[rng.random((rows, len(members))).argpartition(size - 1, axis=1)[:, :size]]


def _by_rejection(
    rng: np.random.Generator, members: NDArray[np.intp], shape: tuple[int, int]
) -> NDArray[np.intp]:
    """Draw with replacement, and draw again the rows in which somebody stands twice."""
    chosen = rng.integers(len(members), size=shape)
    while True:
        ordered = np.sort(chosen, axis=1)
        again = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1).nonzero()[0]
        if not len(again):
            return members[chosen]
        chosen[again] = rng.integers(len(members), size=(len(again), shape[1]))
