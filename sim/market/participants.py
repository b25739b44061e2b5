"""Seating: who takes part in one auction, with what types and latencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from agents.knowledge.protocol import Knowledge
from agents.population import Side


@dataclass(slots=True)
class Seating:
    """The n participants of one auction.

    buyers, persons
        Shape (n,): their lasting numbers, in the order of their seats; the persons behind them.
    values
        Shape (n,), or (n, items): the types of their wants.
    latencies
        Shape (n,): how long the first message of each travels.
    sides
        The participants by group.
    knowledge
        What they know of one another; None where nature gives no beliefs.
    """

    buyers: NDArray[Any]
    persons: NDArray[Any]
    values: NDArray[Any]
    latencies: NDArray[Any]
    sides: tuple[Side, ...]
    knowledge: Knowledge | None = None
