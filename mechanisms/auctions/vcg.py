"""VCG mechanisms for several items, one unit of each (Vickrey 1961; Clarke 1971; Groves 1973).

The reported welfare is maximised, and each buyer pays the welfare that the others lose by her presence (the
Clarke pivot). Truth is dominant, no buyer pays more than her reports for what she gets, and none is paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.comparison import at_least
from mechanisms.conversation import DirectMechanism, check_count
from mechanisms.outcome import Outcome
from mechanisms.types import Additive, TypeSpace, UnitDemand, unit_of_each
from mechanisms.types.goods import SeveralGoods


@dataclass(frozen=True)
class _SeveralItems(DirectMechanism):
    """What both mechanisms share: `items` kinds of goods, and the shape of reports.

    `items` >= 1. Reports have shape `(..., n, items)`, a value for each item, `-inf` for no bid; with one
    item, shape `(..., n)`. Raises TypeError or ValueError for another number of items.
    """

    items: int = 1

    ex_post_ir: ClassVar[bool] = True
    _valued: ClassVar[type[SeveralGoods]]

    def __post_init__(self) -> None:
        check_count("items", self.items)

    @property
    def space(self) -> TypeSpace:
        """Types with a value for each item; a number for one."""
        return unit_of_each(self.items, self._valued)

    def _by_item(self, reports: NDArray[Any]) -> FloatArray:
        """Reports of shape `(..., n, items)`; raise ValueError for another shape, NaN or infinity."""
        values = np.asarray(reports, dtype=float)
        if self.items == 1:
            values = values[..., None]
        if values.ndim < 2 or values.shape[-1] != self.items:
            raise ValueError(f"reports must have shape (..., n, {self.items}), got {np.shape(reports)}")
        if not (values < np.inf).all():
            raise ValueError("reports must be finite numbers, or -inf for no bid, got NaN or inf")
        return values

    def _outcome(self, allocation: FloatArray, payments: FloatArray) -> Outcome:
        return Outcome(allocation[..., 0] if self.items == 1 else allocation, payments)


@dataclass(frozen=True)
class AdditiveVCG(_SeveralItems):
    """VCG for additive buyers, who value a set of items at the sum: a second-price auction of each item.

    Ties go to the lowest index. An item on which nobody bids stays unsold; a bid of 0 is a bid.
    """

    _valued = Additive

    @property
    def name(self) -> str:
        """Name for tables."""
        return "additive VCG"

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """Sell each item to its highest bidder, for the second-highest bid on it, or 0 if there is none."""
        values = self._by_item(reports)
        if values.shape[-2] == 0:
            return self._outcome(np.zeros(values.shape), np.zeros(values.shape[:-1]))
        highest = np.arange(values.shape[-2])[:, None] == values.argmax(axis=-2)[..., None, :]
        wins = highest & (values >= 0)
        second = np.where(highest, 0.0, np.maximum(values, 0.0)).max(axis=-2, keepdims=True)
        prices = np.where(wins, second, 0.0)
        return self._outcome(wins.astype(float), prices.sum(axis=-1))


@dataclass(frozen=True)
class UnitDemandVCG(_SeveralItems):
    """VCG for unit-demand buyers, who value a set of items at the best of them: an optimal assignment.

    Among assignments of the same welfare (within 1e-12 relative), the buyers in ascending order of index take
    what they can: an item rather than none, and the item of lowest index. A buyer may leave out an item
    (`-inf`); she does not get it then. Leading axes are worked through one profile after another.
    """

    _valued = UnitDemand

    @property
    def name(self) -> str:
        """Name for tables."""
        return "unit-demand VCG"

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """Assign the items for maximal welfare, and charge the Clarke pivot payments."""
        values = self._by_item(reports)
        allocation, payments = np.zeros(values.shape), np.zeros(values.shape[:-1])
        for profile in np.ndindex(values.shape[:-2]):
            assignment = _first_optimal_assignment(values[profile])
            for buyer, item in assignment.items():
                allocation[(*profile, buyer, item)] = 1.0
                payments[(*profile, buyer)] = _clarke_payment(values[profile], buyer, item)
        return self._outcome(allocation, payments)


def _clarke_payment(values: FloatArray, buyer: int, item: int) -> float:
    """What the others lose by the buyer's presence: their welfare with all items, less that without hers.

    In 0 … her value for the item, which rounding is not allowed to leave.
    """
    others = np.delete(values, buyer, axis=0)
    loss = _welfare(others) - _welfare(np.delete(others, item, axis=1))
    return float(np.clip(loss, 0.0, values[buyer, item]))


def _first_optimal_assignment(values: FloatArray) -> dict[int, int]:
    """Buyer to item: of all optimal assignments, the one that ties give to the lowest indices."""
    assignment: dict[int, int] = {}
    items = list(range(values.shape[1]))
    goal = _welfare(values)
    for buyer in range(values.shape[0]):
        later = values[buyer + 1 :]
        for item in items:
            rest = [other for other in items if other != item]
            if at_least(values[buyer, item] + _welfare(later[:, rest]), goal):
                assignment[buyer] = item
                items = rest
                break
        goal = _welfare(later[:, items])
    return assignment


def _welfare(values: FloatArray) -> float:
    """The greatest sum of values over assignments of items to buyers; who does not bid adds nothing."""
    from scipy.optimize import linear_sum_assignment

    gains = np.maximum(values, 0.0)
    return float(gains[linear_sum_assignment(gains, maximize=True)].sum())
