"""Participants: who takes part in auctions of a seller, with what types and latencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from agents.knowledge.protocol import Knowledge
from agents.population import Side


@dataclass(slots=True)
class Participants:
    """The n participants of one auction, or of as many auctions as there are rows on the leading axis.

    buyers, persons
        Shape `(n,)` or `(rows, n)`: their lasting numbers, in the order of their seats; the persons behind.
    values
        The same shape, or with the axes of a type behind: the types of their wants.
    latencies
        The same shape: how long the first message of each travels.
    sides
        The participants by group, the same seats in every row.
    knowledge
        What they know of one another; None where nature gives no beliefs.
    """

    buyers: NDArray[Any]
    persons: NDArray[Any]
    values: NDArray[Any]
    latencies: NDArray[Any]
    sides: tuple[Side, ...]
    knowledge: Knowledge | None = None

    def __getitem__(self, rows: int | slice) -> Participants:
        """Those of one auction, or of some."""
        arrays = (self.buyers[rows], self.persons[rows], self.values[rows], self.latencies[rows])
        sides = self.sides
        if sides and sides[0].buyers.ndim > 1:  # the members differ between rows
            sides = tuple(Side(side.group, side.seats, side.buyers[rows]) for side in sides)
        return Participants(*arrays, sides, self.knowledge)
