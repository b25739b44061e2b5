"""Recall: within one search, a play whose choices have all come up before is not played again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Choose = Callable[[Any, Sequence[Any]], Any]
"""Called with a key and the possible options: the one that stands for this key."""


@dataclass(frozen=True)
class End:
    """How one path ended: its part of the expected utility, and the siblings it passed by."""

    part: float
    untried: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Fork:
    """A choice on the way, and what followed each option that was taken so far."""

    key: Any
    options: Sequence[Any]
    after: dict[Any, Any] = field(default_factory=dict)


class Recall:
    """The plays of one mechanism from some starts, as trees of the choices that were asked for on the way.

    `play(start, taken, choose)` plays one path, whose end depends on the start and the choices alone.
    """

    def __init__(self, play: Callable[[Hashable, tuple[int, ...], Choose], End]) -> None:
        self._play = play
        self._roots: dict[Any, Any] = {}

    def expected(self, start: Hashable, choose: Choose) -> float:
        """The sum over all paths from a start; `choose` is asked as if everything were played."""
        return sum(end.part for end in self._ends(start, choose))

    def _ends(self, start: Hashable, choose: Choose) -> Iterator[End]:
        untried: list[tuple[int, ...]] = [()]
        while untried:
            end = self._end(start, untried.pop(), choose)
            untried += end.untried
            yield end

    def _end(self, start: Hashable, taken: tuple[int, ...], choose: Choose) -> End:
        branch, option = self._roots, (start, taken)
        while isinstance(node := branch.get(option), Fork):
            branch, option = node.after, choose(node.key, node.options)
        if node is None:
            node = self._played(start, taken, choose)
        return node

    def _played(self, start: Hashable, taken: tuple[int, ...], choose: Choose) -> End:
        trail: list[tuple[Any, Sequence[Any], Any]] = []

        def noting(key: Any, options: Sequence[Any]) -> Any:
            trail.append((key, options, choose(key, options)))
            return trail[-1][2]

        end = self._play(start, taken, noting)
        branch: dict[Any, Any] = self._roots
        option: Any = (start, taken)
        for key, options, chosen in trail:
            branch = branch.setdefault(option, Fork(key, options)).after
            option = chosen
        branch[option] = end
        return end
