"""Coins: chance in a search, coupled as the market couples it.

The k-th move of chance in an auction is decided by the k-th uniform number of its seller, whatever was said
before (`mechanisms.questions.branch`). So truth and a lie meet the same numbers, also where they change the
probabilities. A search takes each number from all intervals between the places where any play of it changed
branches; these are found on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

DIGITS = 12
"""Places that agree to so many digits are one."""


class Coins:
    """The uniform numbers that matter at each move of chance; `grown` tells that a move was cut anew."""

    def __init__(self) -> None:
        self._cuts: dict[int, tuple[float, ...]] = {}
        self.grown = False

    def uniforms(self, move: int, probabilities: Sequence[float]) -> list[float]:
        """One number from each interval, for the `move`-th chance move, which has these probabilities."""
        known = self._cuts.get(move, (0.0, 1.0))
        cuts = {round(end, DIGITS) for end in accumulate(probabilities)}
        new = tuple(sorted({*known, *(cut for cut in cuts if 0 < cut < 1)}))
        self.grown |= move in self._cuts and new != known
        self._cuts[move] = new
        return [(low + high) / 2 for low, high in pairwise(new)]
