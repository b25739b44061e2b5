"""The engine: plays a conversation against a player, and replays it along every branch.

A player answers the four sorts of questions. The engine drives the generator; it knows neither strategies
nor time. `play` takes one path; `walk` takes all of them, by replaying the generator along each prefix of
choices, which needs no copy of a running generator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from mechanisms.conversation import Conversation, Mechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import Announce, BuyerQuestion, Chance, Draw, Replies


class Player(Protocol):
    """Whoever answers a conversation's questions."""

    def ask(self, question: BuyerQuestion) -> Replies:
        """Put a question to buyers."""

    def chance(self, question: Chance) -> int:
        """Take a branch of a finite chance move."""

    def draw(self, question: Draw) -> float:
        """Draw a number."""

    def announce(self, question: Announce) -> None:
        """Tell everyone."""


def play(mechanism: Mechanism, n: int, player: Player) -> Outcome:
    """Play the mechanism with n buyers to its end, at once."""
    return converse(mechanism.conversation(n), player)


def converse(conversation: Conversation, player: Player) -> Outcome:
    """Drive a conversation that has not begun to its end."""
    reply = None
    try:
        while True:
            reply = conversation.send(reply).put(player)
    except StopIteration as end:
        return end.value


class Enough(Exception):
    """Raised by a player of `walk` who has heard enough: the rest of this path does not matter."""


class Path:
    """One path through a tree of finite choices: a prefix that is given, then the first branch each time.

    `probability` is that of the choices made so far; `untried` are the prefixes of the siblings passed by.
    """

    def __init__(self, prefix: tuple[int, ...] = ()) -> None:
        self.prefix = prefix
        self.taken: tuple[int, ...] = ()
        self.probability = 1.0
        self.untried: list[tuple[int, ...]] = []

    def take(self, probabilities: Sequence[float]) -> int:
        """Choose a branch of positive probability."""
        depth = len(self.taken)
        if depth < len(self.prefix):
            k = self.prefix[depth]
        else:
            k, *siblings = [j for j, p in enumerate(probabilities) if p > 0]
            self.untried += [(*self.taken, j) for j in siblings]
        self.taken = (*self.taken, k)
        self.probability *= probabilities[k]
        return k


class PathPlayer(Player, Protocol):
    """A player that takes every finite choice from its `path`."""

    path: Path


P = TypeVar("P", bound=PathPlayer)


def walk(
    mechanism: Mechanism, n: int, player_on: Callable[[Path], P], taken: tuple[int, ...] = ()
) -> Iterator[tuple[P, Outcome | None]]:
    """Play every path that begins with the branches taken: yield the player and the outcome of each.

    `player_on(path)` makes the player for a path; `player.path.probability` says how likely it is, and the
    probabilities of all paths sum to 1 if none are taken. The outcome is None on a path that the player broke
    off by raising `Enough`.
    """
    untried = [taken]
    while untried:
        player = player_on(Path(untried.pop()))
        try:
            outcome = play(mechanism, n, player)
        except Enough:
            outcome = None
        untried += player.path.untried
        yield player, outcome
