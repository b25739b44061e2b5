"""What a type makes of an ambiguity set (robust paper, Definitions 1.2.3 to 1.2.6).

A list of distributions is conditioned on her type one by one. Sets that are given by moments are asked for
extreme conditional expectations, which are linear-fractional programs (`mechanisms.robust.grid_sets`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.robust.attitudes import Knightian
from mechanisms.robust.finite_sets import AmbiguitySet, FiniteAmbiguitySet
from sim.audit.exact.game import Game, Plan, Weights


class Given(ABC):
    """The set as a buyer's type sees it. `weights` (K, S) are the beliefs under which plans are to be valued.

    A plan's utilities, shape (K,), are its expected utilities under these.
    """

    weights: Weights

    @abstractmethod
    def least(self, utilities: NDArray[Any]) -> float:
        """The least expected utility over the set."""

    @abstractmethod
    def gains(self) -> Iterator[tuple[float, Plan, str]]:
        """Plans with their greatest gain over truth under a distribution of the set, and which that is."""

    @abstractmethod
    def undominated(self) -> list[Plan]:
        """The plans to which a Knightian buyer prefers no other; she stays with truth if it is among them."""

    def greatest(self, utilities: NDArray[Any]) -> float:
        """The greatest expected utility over the set."""
        return -self.least(-utilities)


class GivenList(Given):
    """Those distributions of a list that do not exclude the type, and each of them given the type."""

    def __init__(self, game: Game, buyer: int, type_: int, kept: tuple[int, ...], weights: Weights) -> None:
        self.game, self.buyer, self.type = game, buyer, type_
        self.kept, self.weights = kept, weights

    def least(self, utilities: NDArray[Any]) -> float:
        """The least entry."""
        return float(utilities.min())

    def gains(self) -> Iterator[tuple[float, Plan, str]]:
        """The best plan under each distribution."""
        truth = self.game.truth(self.buyer, self.type, self.weights)
        for k, plan in enumerate(self.game.best(self.buyer, self.type, self.weights)):
            yield float(plan.utilities[0] - truth[k]), plan, f"distribution {self.kept[k]}"

    def undominated(self) -> list[Plan]:
        """By all distributions."""
        plans = self.game.frontier(self.buyer, self.type, self.weights)
        mask = Knightian().undominated(np.array([plan.utilities for plan in plans]))
        return [plan for plan, stays in zip(plans, mask, strict=True) if stays]


class GivenByProgram(Given):
    """A set that answers for extreme expectations: beliefs are the worlds themselves, one by one."""

    def __init__(self, game: Game, buyer: int, type_: int) -> None:
        self.game, self.buyer, self.type = game, buyer, type_
        self.weights = np.eye(len(game.worlds(buyer, type_)))
        event = np.zeros(game.instance.prior.shape, dtype=bool)
        np.moveaxis(event, buyer, 0)[type_] = True
        self._event = event

    def least(self, utilities: NDArray[Any]) -> float:
        """By program; minus infinity if that is possible in some world."""
        if (utilities == -np.inf).any():
            return -np.inf
        table = np.zeros(self._event.shape)
        table[self._event] = utilities
        return self.game.instance.set.least_expectation(table, self._event)

    def gains(self) -> Iterator[tuple[float, Plan, str]]:
        """Every plan."""
        truth = self.game.truth(self.buyer, self.type, self.weights)
        for plan in self.game.frontier(self.buyer, self.type, self.weights):
            yield self.greatest(plan.utilities - truth), plan, "a distribution of the set"

    def undominated(self) -> list[Plan]:
        """Compared two by two."""
        plans = self.game.frontier(self.buyer, self.type, self.weights)
        return [plan for plan in plans if not any(self._prefers(other, plan) for other in plans)]

    def _prefers(self, one: Plan, other: Plan) -> bool:
        """Whether `one` is as good under every distribution, and better under one."""
        lead = one.utilities - other.utilities
        return self.least(lead) >= -self.game.slack and self.greatest(lead) > self.game.slack


def given(game: Game, buyer: int, type_: int) -> Given | None:
    """The instance's set as this type sees it; None if every distribution excludes her."""
    possible: AmbiguitySet = game.instance.set
    if not isinstance(possible, FiniteAmbiguitySet):
        return GivenByProgram(game, buyer, type_)
    kept, weights = game.conditioned_set(buyer, type_)
    return GivenList(game, buyer, type_, kept, weights) if kept else None
