"""Network: where people stand on rings, and how many of them, and of their ties, a picture can show.

Up to `ON_ONE_RING` stand on one ring, up to `EACH_ALONE` on as many as it takes to see each. Of more, a dot
stands for a block of people who follow each other, so that the picture stays one of dots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ON_ONE_RING, EACH_ALONE, MOST_BLOCKS = 200, 6_000, 3_000
MOST_LINES = 400
"""More lines of a step cannot be told apart."""
_MOST_TIES = 4_000
_DEEP = 0.3
"""How much of the radius the rings of a crowd take up."""


def on_ring(count: int, radius: float = 1.0) -> NDArray[Any]:
    """Places on a circle, from the top clockwise, shape (count, 2); one alone stands in the middle.

    >>> on_ring(4).round(9).tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, -0.0]]
    """
    if count == 1:
        return np.zeros((1, 2))
    angle = np.arange(count) / count * 2 * np.pi
    return radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)


def rings_for(count: int) -> int:
    """How many rings so many dots need, for neighbours to be as far apart within a ring as from ring to ring.

    >>> rings_for(200), rings_for(300), rings_for(5_000)
    (1, 4, 17)
    """
    if count <= ON_ONE_RING:
        return 1
    return round(math.sqrt(count * _DEEP / (2 * math.pi * (1 - _DEEP / 2))))


def on_rings(count: int) -> NDArray[Any]:
    """Places in turn on as many rings as it takes to see each, neighbours side by side, shape (count, 2)."""
    rings = rings_for(count)
    column, ring = np.divmod(np.arange(count), rings)
    inwards = _DEEP * ring / max(1, rings - 1)
    return on_ring(-(-count // rings))[column] * (1 - inwards)[:, None]


@dataclass(frozen=True)
class Dots:
    """Where `count` people stand.

    Attributes
    ----------
    block
        How many of them a dot stands for.
    places
        Of the dots, shape (dots, 2), within the unit circle.
    """

    count: int
    block: int
    places: NDArray[np.float64]

    @property
    def dot(self) -> float:
        """How wide a dot may be, as a share of the radius, so that dots hardly touch."""
        dots = len(self.places)
        if rings_for(dots) == 1:
            return min(0.045, 5 / max(1, dots))
        return 0.68 * math.sqrt(2 * math.pi * (1 - _DEEP / 2) * _DEEP / dots)

    def at(self, people: Any) -> NDArray[np.float64]:
        """The places of some people by their numbers, shape (people, 2)."""
        return self.places[np.asarray(people, dtype=np.intp) // self.block]

    def means(self, amounts: NDArray[Any]) -> NDArray[np.float64]:
        """The mean amount of each dot, shape (dots,), from that of each person."""
        starts = np.arange(0, self.count, self.block)
        return np.add.reduceat(amounts.astype(float), starts) / np.diff([*starts, self.count])

    def samples(self, labels: NDArray[Any]) -> NDArray[Any]:
        """The label of one person of each dot, a later one from dot to dot; shape (dots,)."""
        dots = np.arange(len(self.places))
        return labels[np.minimum(dots * self.block + dots % self.block, self.count - 1)]


def dots_of(count: int) -> Dots:
    """Where so many people stand.

    >>> dots_of(5_000).block, dots_of(50_000).block, len(dots_of(50_000).places)
    (1, 17, 2942)
    """
    block = 1 if count <= EACH_ALONE else -(-count // MOST_BLOCKS)
    return Dots(count, block, on_rings(-(-count // block)))


def every(count: int, most: int) -> int:
    """Of so many lines each which one is drawn, so that there are at most `most`.

    >>> every(10, 20), every(21, 20), every(0, 20)
    (1, 2, 1)
    """
    return max(1, -(-count // most))


def shown_ties(ties: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """The ties that are drawn, shape (shown, 2), each so many-th one."""
    step = every(len(ties), _MOST_TIES)
    return ties[::step], step
