"""The uniform-price auction of units to bidders who want several (Krishna, Auction Theory, section 12.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.ranking import k_highest
from mechanisms.conversation import DirectMechanism, check_count
from mechanisms.outcome import Outcome
from mechanisms.types import DiminishingUnits


@dataclass(frozen=True)
class UniformPriceMultiUnit(DirectMechanism):
    """The k highest of all bids win a unit each, and every unit costs the highest bid that loses.

    Each bidder bids k amounts, one for each further unit, in any order: k is `supply`, at least 1. Without a
    losing bid the price is 0. Ties go to the lowest index. Raises TypeError or ValueError for another supply.
    """

    supply: int = 2

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_count("supply", self.supply)

    @property
    def space(self) -> DiminishingUnits:
        """A value for each unit."""
        return DiminishingUnits(self.supply)

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for bids of shape `(..., n, supply)`; allocation `(..., n)` counts units.

        Raises ValueError for another last axis.
        """
        bids = np.asarray(reports, dtype=float)
        if bids.ndim < 2 or bids.shape[-1] != self.supply:
            raise ValueError(f"reports must have shape (..., n, {self.supply}), got {bids.shape}")
        wins, losing = k_highest(bids.reshape(*bids.shape[:-2], bids.shape[-2] * self.supply), self.supply)
        wins = wins.reshape(bids.shape) & (bids >= 0)
        won = wins.sum(axis=-1).astype(float)
        return Outcome(won, won * np.maximum(losing, 0.0)[..., None])
