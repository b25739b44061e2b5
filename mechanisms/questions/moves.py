"""What is not put to buyers: announcements to all, and moves of nature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mechanisms.questions.base import Question


@dataclass(frozen=True)
class Announce(Question):
    """A public announcement: named facts that every buyer hears. There is no reply.

    >>> Announce.facts(star=2, values=(3, 1)).content
    (('star', 2), ('values', (3, 1)))
    """

    content: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def facts(cls, **facts: Any) -> Announce:
        """Make an announcement from keywords; payloads must be hashable."""
        return cls(tuple(facts.items()))

    def __getitem__(self, name: str) -> Any:
        """The announced fact called `name`."""
        return dict(self.content)[name]

    def put(self, player: Any) -> None:
        """Tell everyone."""
        return player.announce(self)


@dataclass(frozen=True)
class Chance(Question):
    """A finite chance move, put to nature; the reply is the index of the branch that was taken."""

    probabilities: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        masses = self.probabilities
        if not all(p >= 0 for p in masses) or abs(sum(masses) - 1) > 1e-9:
            raise ValueError(f"probabilities must be at least 0 and sum to 1, got {masses}")

    def put(self, player: Any) -> int:
        """Let nature move."""
        return player.chance(self)


@dataclass(frozen=True)
class Draw(Question):
    """A continuous chance move: the reply is a number drawn from `distribution` (it has `quantile`).

    Exact play refuses it, unless the mechanism offers a discretised form.
    """

    distribution: Any = None

    def put(self, player: Any) -> float:
        """Let nature draw."""
        return player.draw(self)


def branch(probabilities: Sequence[float], uniform: float) -> int:
    """Index of the branch of positive probability that a uniform number in [0, 1) selects.

    >>> branch((0.25, 0.75), 0.2), branch((0.25, 0.75), 0.25), branch((1.0, 0.0), 0.999)
    (0, 1, 0)
    """
    cumulated = 0.0
    last = 0
    for k, p in enumerate(probabilities):
        if p > 0:
            last = k
            cumulated += p
            if uniform < cumulated:
                return k
    return last
