"""Interdependent values: types are signals, and what the good is worth to one depends on all of them.

Milgrom and Weber 1982, Econometrica 50; Krishna, Auction Theory, chapter 6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.types.goods import OneGood


@dataclass(frozen=True)
class CommonPart:
    """Bidder i's value is `own` times her signal plus `others` times the sum of the others' signals.

    With own = others = 1 and two bidders it is the wallet game (Klemperer 1998).
    """

    own: float = 1.0
    others: float = 1.0

    def __call__(self, signals: NDArray[Any]) -> FloatArray:
        """Values at profiles of signals, both of shape `(..., n)`."""
        total = signals.sum(axis=-1, keepdims=True)
        return self.own * signals + self.others * (total - signals)


@dataclass(frozen=True)
class Signals(OneGood):
    """One good in `supply` units to bidders with signals; `values` turns profiles of signals into values.

    values
        Called with signals of shape `(..., n)`: each bidder's expected value given all signals, `(..., n)`.
    """

    values: Callable[[NDArray[Any]], FloatArray] = CommonPart()

    @property
    def private(self) -> bool:
        """False."""
        return False

    def valuations(self, types: FloatArray) -> FloatArray:
        """The values that all signals together give."""
        return self.values(types)
