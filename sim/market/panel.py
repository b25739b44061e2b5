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
from agents.population import Group, Side, whole_numbers
from agents.seller import Seller
from mechanisms.conversation import check_count
from mechanisms.distributions import Prior
from sim.draws import Stream
from sim.market.ahead import AheadPlayer, LearningAheadPlayer, can_play_ahead
from sim.market.entry import Doors
from sim.market.participants import Seating
from sim.market.stage import Stage

BLOCK = 256
"""How many auctions' participants are drawn at once."""


class Panel:
    """The attendance of one seller with buyers of her own.

    Parameters
    ----------
    members
        Numbers of the buyers who belong to this seller and to no other; None for the whole population.
    size
        How many of them take part in each auction, drawn anew each time without replacement; None for all.
    ahead
        Whether auctions whose answers depend on nothing that happens in them may be played a block at a
        time. The records are the same.
    knowledge
        What the buyers know of one another, by seat; for mechanisms that ask for beliefs.
    prior
        Over the profiles of this seller's participants, in place of the prior that nature has for all.
    same_profiles
        Whether the k-th auction has the profile of types that the k-th of the first seller has, wherever both
        draw from one prior over profiles: sellers can be compared without the luck of the draw.

    Raises TypeError for members that are no integers or a size that is none, ValueError for a size below 1;
    the market raises ValueError for members that are unknown, named twice, or another panel's.
    """

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
        self._player: AheadPlayer | None = None
        self._row = BLOCK
        self._drawn = 0

    def start(self, stage: Stage, doors: Doors, sellers: list[Seller]) -> None:
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
        self._draws_participants = size < len(self.members)
        self._participants = np.tile(self.members[:size], (BLOCK, 1))
        self._stream = Stream(stage.seed, "panel").generator(self._seller.number)
        self._sides: tuple[Side, ...] | None = None
        if not self._draws_participants:
            self._sides = stage.population.sides(self.members)
        if self.ahead:
            self._player = self._ahead_player(doors)

    def _ahead_player(self, doors: Doors) -> AheadPlayer | None:
        """A player of blocks, where everything but learning is known ahead; None where it is not."""
        population, plan = self._stage.population, self._seller.plan
        present = np.unique(population.membership[self.members])
        groups = [population.groups[g] for g in present.tolist()]
        if not can_play_ahead(plan, groups):
            return None
        mechanism: Any = plan.mechanism
        if all(group.strategy.memoryless for group in groups):
            alike = len(groups) == 1 or not self._draws_participants
            return AheadPlayer(self._stage, doors, self._seller, mechanism, self, ()) if alike else None
        if self._sides is None or not self._learn_here_only(groups):
            return None
        learners = [side for side in self._sides if not side.group.strategy.memoryless]
        return LearningAheadPlayer(self._stage, doors, self._seller, mechanism, self, learners)

    def _learn_here_only(self, groups: Sequence[Group]) -> bool:
        """Whether nobody else shares a strategy with the learners among these groups."""
        population = self._stage.population
        learners = {id(group.strategy) for group in groups if not group.strategy.memoryless}
        sharing = [k for k, group in enumerate(population.groups) if id(group.strategy) in learners]
        alike = np.isin(population.membership, sharing).nonzero()[0]
        return bool(np.isin(alike, self.members).all())

    def opens_itself(self, seller: Seller) -> bool:
        """Whether a block player holds the auctions."""
        if self._player is not None:
            self._player.start()
        return self._player is not None

    def _draw_block(self) -> None:
        """Participants, types and latencies of the next BLOCK auctions."""
        stage = self._stage
        if self._draws_participants:
            self._participants = _subsets(self._stream, self.members, self._participants.shape)
        turns = np.arange(self._drawn, self._drawn + BLOCK)
        auctions = turns * len(stage.sellers) + (0 if self.same_profiles else self._seller.number)
        self._values, uniforms = stage.nature.rows_of_wants(self._participants, auctions, self.prior)
        self._latencies = stage.travel_times(self._participants, uniforms)
        self._persons = stage.population.persons[self._participants]
        self._drawn += BLOCK
        self._row = 0

    def rows(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Participants, values and latencies of the auctions that are drawn and not yet held, row by row."""
        if self._row == BLOCK:
            self._draw_block()
        rest = slice(self._row, None)
        return self._participants[rest], self._values[rest], self._latencies[rest]

    def skip(self, rows: int) -> None:
        """So many of the drawn auctions have been held by the block player."""
        self._row += rows

    def seat(self, seller: Seller) -> Seating:
        """The participants of the next auction."""
        if self._row == BLOCK:
            self._draw_block()
        row = self._row
        self._row += 1
        buyers = self._participants[row]
        sides = self._stage.population.sides(buyers) if self._sides is None else self._sides
        values, latencies = self._values[row], self._latencies[row]
        return Seating(buyers, self._persons[row], values, latencies, sides, self.knowledge)

    def dismiss(self, seller: Seller, seating: Seating, payoffs: NDArray[Any], served: NDArray[Any]) -> None:
        """Nothing to do: they come back when they are drawn."""

    def turn_away(self, seller: Seller) -> None:
        """Nothing to do: nobody was drawn."""

    def under_way(self) -> list[tuple[int, Seller, float, int]]:
        """The auction that the block player has open."""
        return [] if self._player is None else self._player.under_way()

    def flush(self) -> None:
        """Write what was played ahead and has happened."""
        if self._player is not None:
            self._player.flush()


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
