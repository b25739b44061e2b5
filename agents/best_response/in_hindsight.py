"""In hindsight: what one buyer's other bids would have brought in one auction, the others as they were.

"As they were" means the others' reports where a closed rule decides; in any other conversation their types
and their strategies, since what they are asked may depend on what she says. She bids as a buyer of some value
would who tells the truth, which for a sealed report is that bid; what she says of others stays her own. The
seller's coins are averaged over, since what a buyer could have foreseen of them is their chances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.best_response.expected_utility import Imitation, RehearsalPlayer
from agents.knowledge.protocol import Beliefs, Knowledge, Said
from agents.play.asking import Party, definite
from agents.play.posteriors import hashable
from agents.play.ways import by_rule_or_replay
from agents.population import Group, Side
from mechanisms._validation import TooLargeError
from mechanisms.conversation import ClosedRule, Mechanism
from mechanisms.deviations import brought, realised
from mechanisms.engine import Path, walk
from mechanisms.outcome import Outcome
from mechanisms.questions import Announce, BuyerQuestion, Replies
from mechanisms.utilities import Utility

MOST_PATHS = 512
"""The most branches of one conversation that are replayed."""


@dataclass(frozen=True, eq=False)
class PlayedAuction:
    """An auction that is over.

    mechanism, types
        What was played, and everybody's true type, shape (n,).
    reports
        What counted as everybody's report where a closed rule decides, shape (n,), `-inf` for none.
    sides
        The participants by group.
    knowledge
        What they know of one another, if anything.
    """

    mechanism: Mechanism
    types: NDArray[np.float64]
    reports: NDArray[np.float64]
    sides: tuple[Side, ...]
    knowledge: Knowledge | None = None

    @property
    def n(self) -> int:
        """How many took part."""
        return len(self.types)

    def utility_of(self, seat: int) -> Utility:
        """The attitude to risk of who sat there."""
        return next(side.group.utility for side in self.sides if seat in side.seats)


def utilities_of_bids(
    played: PlayedAuction, seat: int, bids: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Her expected utility for each of the bids, shape (B,), `-inf` for none; shape (B,).

    In a replay: RefusesRandomness where somebody mixes her answers, ValueError where one is refused,
    TooLargeError where there are too many branches.
    """
    return by_rule_or_replay(
        played.mechanism, partial(_by_rule, played, seat, bids), partial(_by_replay, played, seat, bids)
    )


def _by_rule(
    played: PlayedAuction, seat: int, bids: NDArray[np.float64], rule: ClosedRule
) -> NDArray[np.float64]:
    reports = np.tile(played.reports, (len(bids), 1))
    reports[:, seat] = bids
    valuation = rule.space.valuations(played.types)[seat]
    return brought(rule, reports, seat, valuation[None]).expected(played.utility_of(seat))


def _by_replay(played: PlayedAuction, seat: int, bids: NDArray[np.float64]) -> NDArray[np.float64]:
    disguised = (_with_imitation(played.sides, seat, bid) for bid in bids)
    return np.array([utility_replayed(played, seat, sides) for sides in disguised])


def utility_replayed(played: PlayedAuction, seat: int, sides: tuple[Side, ...] | None = None) -> float:
    """Her expected utility over the branches of the conversation; see `replays`."""
    utility, space = played.utility_of(seat), played.mechanism.space
    total = 0.0
    for player, outcome in replays(played, sides):
        money = np.asarray(realised(space, played.types, outcome, seat))
        total += player.path.probability * float(utility(money))
    return total


def _with_imitation(sides: tuple[Side, ...], seat: int, bid: np.float64) -> tuple[Side, ...]:
    """The same participants, but for one who answers as a buyer of value `bid`."""
    changed: list[Side] = []
    for side in sides:
        others = side.seats != seat
        if others.any():
            changed.append(Side(side.group, side.seats[others], side.buyers[others]))
        if not others.all():
            group = Group(Imitation(np.asarray(bid)), side.group.utility, side.group.prior)
            changed.append(Side(group, side.seats[~others], side.buyers[~others]))
    return tuple(changed)


def replays(
    played: PlayedAuction, sides: tuple[Side, ...] | None = None
) -> Iterator[tuple[ReplayPlayer, Outcome]]:
    """Every branch of the conversation, as these people answer; by default as those who took part do."""
    present = played.sides if sides is None else sides
    beliefs = None if played.knowledge is None else played.knowledge.during(played.mechanism, played.types)

    def player_on(path: Path) -> ReplayPlayer:
        party = Party(played.mechanism, played.types.copy(), present, played.n)
        return ReplayPlayer(party, path, beliefs)

    for number, (player, outcome) in enumerate(walk(played.mechanism, played.n, player_on)):
        if number >= MOST_PATHS:
            raise TooLargeError(f"the conversation has more than {MOST_PATHS} branches of chance")
        if outcome is not None:
            yield player, outcome


class ReplayPlayer(RehearsalPlayer):
    """Plays a conversation again, with the beliefs that the participants had; no mixed answers.

    announced
        What was announced, with the number of questions that were asked before.
    """

    _resolve = staticmethod(definite)

    def __init__(self, party: Party, path: Path, beliefs: Beliefs | None) -> None:
        super().__init__(party, path)
        self._beliefs = beliefs
        self._said: list[Said] = [()] * party.n
        self.announced: list[tuple[int, Announce]] = []
        if beliefs is not None:
            party.posterior = self._posterior

    def _posterior(self, seat: int) -> Any:
        """What a buyer believes now."""
        return None if self._beliefs is None else self._beliefs(seat, self.party.heard, self._said[seat])

    def announce(self, question: Announce) -> None:
        """Let everyone hear it, and note when."""
        super().announce(question)
        self.announced.append((len(self.party.said), question))

    def ask(self, question: BuyerQuestion) -> Replies:
        """Answer, and note what each has said."""
        replies = super().ask(question)
        for seat in question.seats(self.party.n).tolist():
            self._said[seat] += (hashable(replies.values[seat]),)
        return replies
