"""What knowledge is to a market: a belief for each buyer, whatever she has heard and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mechanisms.conversation import Mechanism
from mechanisms.questions import Announce, TypeBelief

Said = tuple[Any, ...]
"""A buyer's answers so far, in the order of her questions: numbers, or tuples of numbers."""
Beliefs = Callable[[int, tuple[Announce, ...], Said], TypeBelief | None]
"""Seat, announcements heard, own answers so far: to that buyer's belief over type profiles now."""


class Knowledge(Protocol):
    """What the buyers of one seller know of one another, for any auction of theirs."""

    @property
    def n(self) -> int:
        """How many take part."""

    def during(self, mechanism: Mechanism, values: NDArray[np.float64]) -> Beliefs:
        """Everybody's beliefs in one conversation, at the true values (n,)."""
