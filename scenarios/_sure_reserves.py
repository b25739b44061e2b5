"""Second price auctions of several goods, each with the same sure reserve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions import SecondPrice
from mechanisms.conversation import DirectMechanism, check_count, check_money
from mechanisms.outcome import Outcome
from mechanisms.types import TypeSpace, unit_of_each


@dataclass(frozen=True)
class SureReserves(DirectMechanism):
    """A second price auction for each of `items` goods, at least 2; truth is dominant at every reserve.

    Raises TypeError or ValueError for a reserve that is no finite amount of at least 0, and for fewer goods.
    """

    reserve: float
    items: int = 2

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_money("reserve", self.reserve)
        check_count("items", self.items, least=2)

    @property
    def space(self) -> TypeSpace:
        """Additive values."""
        return unit_of_each(self.items)

    @property
    def breakpoints(self) -> tuple[float, ...]:  # type: ignore[override]
        """The reserve."""
        return (self.reserve,)

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """Good by good, for bids of shape (..., n, items)."""
        sales = [SecondPrice(self.reserve).outcome(reports[..., item]) for item in range(self.items)]
        paid = np.sum([sale.payments for sale in sales], axis=0)
        return Outcome(np.stack([sale.allocation for sale in sales], axis=-1), paid)
