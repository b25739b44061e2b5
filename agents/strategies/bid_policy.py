"""Bid policy: how a strategy bids by type, for the records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class BidPolicy:
    """The bids of a group by type; all arrays of shape (J,).

    types
        Ascending: what the bids belong to.
    bids
        Mean bid, over the strategy's own mixing and over those buyers of the group who have learned.
    deviation
        Standard deviation of the bid over the same.
    """

    types: NDArray[np.float64]
    bids: NDArray[np.float64]
    deviation: NDArray[np.float64]
