"""The buyers of a town, with their state in arrays, and the groups that share a strategy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents.strategies.base import Strategy
from mechanisms._validation import read_only
from mechanisms.distributions.priors import CommonPrior
from mechanisms.utilities import Linear, Utility


@dataclass(frozen=True, eq=False)
class Group:
    """Buyers who share a strategy, an attitude to risk, and a belief about one another's values."""

    strategy: Strategy
    utility: Utility = field(default_factory=Linear)
    prior: CommonPrior | None = None

    @cached_property
    def waits(self) -> bool:
        """Whether the strategy ever waits before it sends an answer."""
        return self.strategy.waits

    @cached_property
    def colludes(self) -> bool:
        """Whether its members ever pay one another."""
        return self.strategy.colludes

    @cached_property
    def honest(self) -> bool:
        """Whether the strategy says that it is honest."""
        return self.strategy.honest


@dataclass(frozen=True, eq=False)
class Side:
    """The members of one group who take part in one conversation; arrays of shape (m,).

    Strategies are handed these arrays: nobody can make them writable, and so answer for others.
    """

    group: Group
    seats: NDArray[np.intp]
    buyers: NDArray[np.intp]

    def __post_init__(self) -> None:
        object.__setattr__(self, "seats", read_only(self.seats))
        object.__setattr__(self, "buyers", read_only(self.buyers))


def whole_numbers(name: str, given: ArrayLike) -> NDArray[np.intp]:
    """The numbers of buyers or groups as an array; TypeError if they are no integers."""
    numbers = np.asarray(given)
    if numbers.size and numbers.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integers, got dtype {numbers.dtype}")
    return numbers.astype(np.intp)


class Population:
    """All buyers, numbered 0 … len−1.

    Parameters
    ----------
    groups
        The groups.
    membership
        Shape (buyers,): the index of each buyer's group.
    latency
        Shape (buyers,) or a number, at least 0: mean time that a message of hers travels.
    persons
        Shape (buyers,): the person behind each buyer's name; by default everyone is herself. One person
        may bid under several names.

    Raises TypeError for memberships or persons that are no integers, ValueError for what does not fit.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        membership: ArrayLike,
        latency: ArrayLike = 0.0,
        persons: ArrayLike | None = None,
    ) -> None:
        self.groups = tuple(groups)
        self.membership = whole_numbers("membership", membership)
        size = self.membership.size
        delays = np.asarray(latency, dtype=float)
        self.persons = np.arange(size) if persons is None else whole_numbers("persons", persons)
        if size == 0:
            raise ValueError("membership must name at least one buyer, got none")
        if self.membership.ndim != 1:
            raise ValueError(f"membership must have shape (buyers,), got {self.membership.shape}")
        if delays.shape not in ((), (1,), (size,)):
            raise ValueError(f"latency must be one, or one for each of {size} buyers, got {delays.shape}")
        self.latency = np.broadcast_to(delays, (size,))
        if self.membership.min() < 0 or self.membership.max() >= len(self.groups):
            raise ValueError(f"membership must hold indices of the {len(self.groups)} groups, 0 and up")
        if not np.all(np.isfinite(self.latency) & (self.latency >= 0)):
            raise ValueError("latency must be finite and at least 0 for every buyer")
        if self.persons.shape != (size,):
            raise ValueError(f"persons must have shape ({size},), got {self.persons.shape}")

    def __len__(self) -> int:
        return self.membership.size

    @classmethod
    def of(
        cls, strategies: Sequence[Strategy], latency: ArrayLike = 0.0, prior: CommonPrior | None = None
    ) -> Population:
        """One buyer for each entry of `strategies`; the same object again means the same group.

        >>> from agents.strategies.base import Truthful
        >>> honest = Truthful()
        >>> len(Population.of([honest, honest]).groups)
        1
        """
        distinct = list({id(s): s for s in strategies}.values())
        index = {id(s): g for g, s in enumerate(distinct)}
        return cls([Group(s, prior=prior) for s in distinct], [index[id(s)] for s in strategies], latency)

    def sides(self, buyers: NDArray[np.intp]) -> tuple[Side, ...]:
        """The participants `buyers`, in the order of their seats, sorted into their groups."""
        membership = self.membership[buyers]
        present = np.bincount(membership, minlength=len(self.groups)).nonzero()[0]
        if len(present) == 1:
            return (Side(self.groups[present[0]], np.arange(len(buyers)), buyers.copy()),)
        seated = ((g, (membership == g).nonzero()[0]) for g in present.tolist())
        return tuple(Side(self.groups[g], seats, buyers[seats]) for g, seats in seated)
