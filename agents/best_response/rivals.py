"""Rivals: a buyer's model of how the others play (Fudenberg and Levine 1998, ch. 2).

A model says which types the others may have, and with which strategy they answer. What was seen of them
is read as the types of truthful buyers: whoever bid 3 will answer like a truthful buyer of value 3.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.beliefs import Belief, ObservedBelief, belief_of
from agents.strategies.base import Disclosure, Strategy, Truthful
from agents.view import Feedback, View
from mechanisms.conversation import check_count


class Rivals(ABC):
    """A model of the others; `memoryless` and `needs` as in `Strategy`."""

    memoryless: ClassVar[bool] = True
    needs: ClassVar[Disclosure] = "own"
    strategy: Strategy = Truthful()

    @abstractmethod
    def belief(self, view: View, k: int) -> Belief:
        """What member k of the view believes about the profile that the others play from."""

    def observe(self, feedback: Feedback) -> None:  # noqa: B027 — most models learn nothing
        """Learn from how an auction ended."""


@dataclass(frozen=True)
class Believed(Rivals):
    """The others have types from the buyer's own belief and follow `strategy`, by default the truth.

    TypeError if it is not a `Strategy`; ValueError if it learns.
    """

    strategy: Strategy = field(default_factory=Truthful)

    def __post_init__(self) -> None:
        if not isinstance(self.strategy, Strategy):
            raise TypeError(f"strategy must be a Strategy, got {self.strategy!r}")
        if not self.strategy.memoryless:
            raise ValueError(f"strategy must be memoryless, got {self.strategy!r}")

    def belief(self, view: View, k: int) -> Belief:
        """The buyer's own; raises as `agents.knowledge.beliefs.belief_of` does."""
        return belief_of(view, k)


@dataclass(eq=False)
class EmpiricalPlay(Rivals):
    """The others bid as in one of the last `memory` auctions of so many buyers, each as likely.

    memory
        How many auctions are remembered for each number of buyers, at least 1. TypeError if not an integer.

    Bids are those to the first question, by seat. The group that shares the strategy shares what it saw.
    Before anything was seen, the others are truthful with types from the buyer's own belief.
    """

    memory: int = 256
    _seen: dict[int, NDArray[np.float64]] = field(init=False, repr=False, default_factory=dict)

    memoryless: ClassVar[bool] = False
    needs: ClassVar[Disclosure] = "bids"

    def __post_init__(self) -> None:
        check_count("memory", self.memory)

    def belief(self, view: View, k: int) -> Belief:
        """What was seen with as many buyers."""
        seen = self._seen.get(view.n)
        return belief_of(view, k) if seen is None else ObservedBelief(seen)

    def observe(self, feedback: Feedback) -> None:
        """Remember everybody's bids, a number each, and forget the oldest."""
        bids: Any = feedback.bids
        if bids is None or bids.ndim != 1 or np.isnan(bids).any():
            return
        earlier = self._seen.get(feedback.n, np.empty((0, feedback.n)))
        self._seen[feedback.n] = np.concatenate([earlier, bids[None]])[-self.memory :]


def last_play() -> EmpiricalPlay:
    """The others bid as they did last: the myopic model of Cournot."""
    return EmpiricalPlay(memory=1)
