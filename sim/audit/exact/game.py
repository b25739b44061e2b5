"""Game: what notions ask of an instance, whatever its mechanism: what truth and lies are worth.

A buyer of type t stands before S worlds: the type profiles of the others, in the order of the prior's table
with her axis taken out. A belief is a row of S weights. Others play what the instance says, unless a method
says otherwise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mechanisms.comparison import RELATIVE_SLACK, size_of
from sim.audit.instance import Instance

Weights = NDArray[np.float64]
"""Shape (K, S): K beliefs over the others' type profiles."""

Says = tuple[tuple[str, object], ...]
"""A plan in words: pairs of what is asked and what is answered."""


@dataclass(frozen=True)
class Plan:
    """A way to answer: what is said, and its expected utility under each belief, shape (K,)."""

    says: Says
    utilities: NDArray[np.float64]


@dataclass(frozen=True)
class Worst:
    """The greatest gain over everything the others may say; `others` is what they say then.

    `exhaustive` tells whether everything was tried.
    """

    gain: float
    says: Says
    others: str
    exhaustive: bool = True


@dataclass(frozen=True)
class Ends:
    """How play as audited may end: arrays over E ends that can come about.

    profiles
        Shape (E, n): the type profile of each, as indices; on a sample (E,), the number of the drawn profile.
    allocation, payments
        Shapes (E, n, *allocation_shape) and (E, n).
    """

    profiles: NDArray[np.intp]
    allocation: NDArray[np.float64]
    payments: NDArray[np.float64]


class Subject:
    """What notions look at: an instance, prepared for the questions that they ask."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    @property
    def n(self) -> int:
        """The number of buyers."""
        return self.instance.n

    @cached_property
    def size(self) -> float:
        """What the greatest amount of money in any type is worth to a buyer: gains are measured by it."""
        instance = self.instance
        money = np.asarray(size_of(*instance.prior.values))
        return size_of(*(attitude(money) for attitude in instance.attitudes))

    @property
    def slack(self) -> float:
        """Utilities that differ by no more are equal but for rounding."""
        return RELATIVE_SLACK * self.size


class Game(Subject, ABC):
    """An instance as a game, for one-sided deviations."""

    @cached_property
    def asks_for_knowledge(self) -> bool:
        """Whether there are both questions about values and later ones about beliefs."""
        return False

    @abstractmethod
    def truth(self, buyer: int, type_: int, weights: Weights) -> NDArray[np.float64]:
        """Expected utility of truth under each belief, shape (K,)."""

    @abstractmethod
    def best(self, buyer: int, type_: int, weights: Weights, *, later_only: bool = False) -> list[Plan]:
        """For each belief by itself a plan that is best under it; its utility (shape (1,)) at least truth's.

        With `later_only`, values are told truthfully, and only other answers may deviate.
        """

    @abstractmethod
    def frontier(self, buyer: int, type_: int, weights: Weights) -> list[Plan]:
        """All plans that no other plan beats under every belief at once, each with shape (K,) utilities."""

    @abstractmethod
    def dominance(self, buyer: int, type_: int, *, each_coin: bool) -> Worst:
        """The greatest gain over truth, whatever the others say; for each coin, or on average."""

    @abstractmethod
    def values_first(self, buyer: int, type_: int) -> Worst:
        """The greatest gain of a lie about the value whose later answers are the same as truth's then are."""

    @abstractmethod
    def worst_of_truth(self, buyer: int, type_: int) -> Worst:
        """How much truth may lose, realised, whatever the others say: minus the least utility."""

    @abstractmethod
    def ends_of_truth(self) -> Ends:
        """How play as audited may end, at every type profile and whatever chance does."""

    def worlds(self, buyer: int, type_: int) -> NDArray[np.intp]:
        """The type profiles (S, n) of everyone, as indices, in which this buyer has this type."""
        shape = self.instance.prior.shape
        others = np.indices((*shape[:buyer], 1, *shape[buyer + 1 :])).reshape(len(shape), -1).T
        others[:, buyer] = type_
        return others

    def valuations(self, buyer: int, type_: int) -> NDArray[np.float64]:
        """What this type's valuation is in each world, (S, *type_shape); (1, …) where values are private."""
        space = self.instance.mechanism.space
        if space.private:
            return self.instance.types(buyer)[[type_]]
        return space.valuations(self.instance.profiles(self.worlds(buyer, type_)))[:, buyer]

    def slice_of(self, table: NDArray[np.float64], buyer: int, type_: int) -> NDArray[np.float64]:
        """The entries of an array on the prior's table in those worlds, shape (S,)."""
        return np.take(table, type_, axis=buyer).ravel()

    def beliefs(self, buyer: int, type_: int) -> list[tuple[object, Weights]]:
        """Cells of this type's knowledge that can occur, each with the prior given it, shape (1, S)."""
        mass = self.slice_of(self.instance.prior.table, buyer, type_)
        labels = self.slice_of(self.instance.cells[buyer], buyer, type_)
        cells = [(int(cell), np.where(labels == cell, mass, 0.0)) for cell in np.unique(labels[mass > 0])]
        return [(cell, (inside / inside.sum())[None]) for cell, inside in cells]

    def conditioned_set(self, buyer: int, type_: int) -> tuple[tuple[int, ...], Weights]:
        """The distributions with weight that this type does not exclude, by number, and them given the type.

        Those are all of an ambiguity set that is a list (`Instance.weighed`).
        """
        rows = [self.slice_of(d.table, buyer, type_) for d in self.instance.weighed.distributions]
        kept = tuple(k for k, row in enumerate(rows) if row.sum() > 0)
        return kept, np.array([rows[k] / rows[k].sum() for k in kept])
