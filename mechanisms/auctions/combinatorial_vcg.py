"""VCG for bundles: buyers value every bundle of goods, which may be complements (Clarke 1971; Groves 1973).

Truth is dominant for whoever bids under one name. With complements VCG is not false-name-proof: one person
under several names may gain (Yokoo, Sakurai and Matsubara 2004, "The effect of false-name bids in
combinatorial auctions", Games and Economic Behavior 46).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.comparison import at_least
from mechanisms.conversation import DirectMechanism, check_count
from mechanisms.outcome import Outcome
from mechanisms.types import Bundles
from mechanisms.types.bundles import assignments, worth_of_ways


@dataclass(frozen=True)
class CombinatorialVCG(DirectMechanism):
    """One unit of each of some goods, sold in bundles for the greatest reported welfare, at Clarke's prices.

    Reports have shape `(..., n, 2^goods - 1)`, a value for each bundle in the order of `bundles`; -inf for no
    bid on a bundle. The allocation, of the same shape, is 1 where a buyer gets just this bundle. Ties give
    the goods, the first one first, to the buyer of the lowest index, and rather to somebody than to nobody.

    Raises TypeError or ValueError for goods that are no integer of at least 2. `outcome` raises ValueError
    for reports of another shape, and for more than `MOST_ASSIGNMENTS` ways to give them, (n + 1)^goods.
    """

    goods: int = 2

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_count("goods", self.goods, least=2)

    @property
    def space(self) -> Bundles:
        """A value for each bundle."""
        return Bundles(self.goods)

    @property
    def name(self) -> str:
        """Name for tables."""
        return "combinatorial VCG"

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """Enumerate who may get what, take the best, and charge what the others lose."""
        values = np.asarray(reports, dtype=float)
        if values.ndim < 2 or values.shape[-1:] != self.space.type_shape:
            raise ValueError(f"reports must have shape (..., n, {2**self.goods - 1}), got {values.shape}")
        n = values.shape[-2]
        got = assignments(n, self.goods)
        worth = worth_of_ways(values, got)
        welfare = worth.sum(axis=-1)
        best = at_least(welfare, welfare.max(axis=-1, keepdims=True)).argmax(axis=-1)
        allocation = (got[best][..., None] == np.arange(2**self.goods - 1)).astype(float)
        without = np.stack([_without(worth, got, i) for i in range(n)], axis=-1)
        kept = np.take_along_axis(worth, best[..., None, None], axis=-2)[..., 0, :]
        others = welfare.max(axis=-1, keepdims=True) - kept
        payments = np.clip(without - others, 0.0, np.maximum(kept, 0.0))
        return Outcome(allocation, payments)


def _without(worth: NDArray[np.float64], got: NDArray[np.intp], buyer: int) -> NDArray[np.float64]:
    """The greatest welfare of the others where the buyer gets nothing, shape (...)."""
    return worth[..., got[:, buyer] < 0, :].sum(axis=-1).max(axis=-1)
