"""Procurement: bidders who sell, and whose types are their costs of one contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.types.goods import one_good
from mechanisms.types.space import TypeSpace


@dataclass(frozen=True)
class Costs(TypeSpace):
    """One contract, worth `ceiling` to whoever gives it out; a type is a bidder's cost of carrying it out.

    An allocation of 1 is the contract; payments to the winner are negative.
    """

    ceiling: float

    has_sellers: ClassVar[bool] = True

    @property
    def units(self) -> int:
        """None: nothing leaves the stock of whoever runs the auction."""
        return 0

    @property
    def offered(self) -> int:
        """The contract."""
        return 1

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """Minus the cost, for whoever has the contract."""
        return np.negative(valuations) * allocation

    def item_values(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """Minus the cost."""
        return np.negative(valuations)

    def welfare(self, types: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """What the contract is worth to the buyer, less its cost."""
        return ((self.ceiling - types) * allocation).sum(axis=-1)

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The contract to the bidder of the least cost, if that is below the ceiling."""
        return np.maximum(self.ceiling - types.min(axis=-1, initial=np.inf), 0.0)

    def feasible(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """One contract at most."""
        return one_good(1).feasible(allocation)

    def handed_out(self, allocation: NDArray[Any]) -> FloatArray:
        """Nothing."""
        return np.zeros((*allocation.shape[:-1], 1))

    def sells(self, n: int) -> NDArray[np.bool_]:
        """Everybody."""
        return np.ones(n, dtype=bool)
