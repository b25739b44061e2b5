"""VCG for bundles: buyers value every bundle of goods, which may be complements (Clarke 1971; Groves 1973).

Truth is dominant for whoever bids under one name. With complements VCG is not false-name-proof: one person
under several names may gain (Yokoo, Sakurai and Matsubara 2004, "The effect of false-name bids in
combinatorial auctions", Games and Economic Behavior 46).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.comparison import at_least
from mechanisms.conversation import DirectMechanism, check_count
from mechanisms.outcome import Outcome

MOST_ASSIGNMENTS = 100_000
"""The most ways to give the goods to buyers that are tried."""


def bundles(goods: int) -> NDArray[np.bool_]:
    """Which goods each bundle holds, shape (2^goods - 1, goods): bundle b holds g if bit g of b + 1 is set.

    >>> bundles(2).astype(int).tolist()
    [[1, 0], [0, 1], [1, 1]]
    """
    return (np.arange(1, 2**goods)[:, None] >> np.arange(goods)) & 1 == 1


def bundle_of(held: NDArray[Any]) -> NDArray[np.intp]:
    """Index of the bundle of goods that are held, from a mask of shape `(..., goods)`; -1 for none."""
    return (np.asarray(held, dtype=np.intp) << np.arange(np.shape(held)[-1])).sum(axis=-1) - 1


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
    def items(self) -> int:  # type: ignore[override]
        """Numbers in a report: the bundles."""
        return 2**self.goods - 1

    @property
    def name(self) -> str:
        """Name for tables."""
        return "combinatorial VCG"

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """Enumerate who may get what, take the best, and charge what the others lose."""
        values = np.asarray(reports, dtype=float)
        if values.ndim < 2 or values.shape[-1] != self.items:
            raise ValueError(f"reports must have shape (..., n, {self.items}), got {values.shape}")
        n = values.shape[-2]
        got = _assignments(n, self.goods)
        worth = _worth(values, got)
        welfare = worth.sum(axis=-1)
        best = at_least(welfare, welfare.max(axis=-1, keepdims=True)).argmax(axis=-1)
        allocation = (got[best][..., None] == np.arange(self.items)).astype(float)
        without = np.stack([_without(worth, got, i) for i in range(n)], axis=-1)
        kept = np.take_along_axis(worth, best[..., None, None], axis=-2)[..., 0, :]
        others = welfare.max(axis=-1, keepdims=True) - kept
        payments = np.clip(without - others, 0.0, np.maximum(kept, 0.0))
        return Outcome(allocation, payments)


@lru_cache(maxsize=64)
def _assignments(n: int, goods: int) -> NDArray[np.intp]:
    """The bundle of each buyer (-1 for none) in every way to give the goods, shape (ways, n)."""
    if (n + 1) ** goods > MOST_ASSIGNMENTS:
        raise ValueError(
            f"n = {n} buyers and {goods} goods make {(n + 1) ** goods} ways to give them; "
            f"at most {MOST_ASSIGNMENTS} are tried"
        )
    owner = np.array(list(product(range(n + 1), repeat=goods)))
    return bundle_of(np.arange(n)[:, None] == owner[:, None, :])


def _worth(values: NDArray[np.float64], got: NDArray[np.intp]) -> NDArray[np.float64]:
    """Reported value of each buyer's bundle in each way: shape (..., ways, n)."""
    each = [np.where(of_one < 0, 0.0, values[..., i, of_one]) for i, of_one in enumerate(got.T)]
    return np.stack(each, axis=-1)


def _without(worth: NDArray[np.float64], got: NDArray[np.intp], buyer: int) -> NDArray[np.float64]:
    """The greatest welfare of the others where the buyer gets nothing, shape (...)."""
    return worth[..., got[:, buyer] < 0, :].sum(axis=-1).max(axis=-1)
