"""Pricing several items for one buyer at the least worst-case regret (robust paper, Chapter 2).

Both mechanisms here sell the items separately, each by the buyer's value for it alone: at random by (2.3),
with regret 1/e of the range, and at sure prices by (2.17), with regret 1/2 of it (Theorems 2.3.1, 2.4.1).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray
from mechanisms.comparison import at_least
from mechanisms.conversation import DirectLottery
from mechanisms.outcome import Lottery, Outcome
from mechanisms.robust.joint_draw import nested_sales
from mechanisms.robust.logarithmic import LogarithmicPrice
from mechanisms.robust.ranges import Ranges
from mechanisms.types import TypeSpace, unit_of_each

Charge = Literal["always", "winner"]
"""Who pays: who takes part, the mean payment; or who gets the item, as much as has the same mean."""


@dataclass(frozen=True)
class SeparatePricing(DirectLottery):
    """Items for one buyer, each sold by her value for it alone (Definition 2.3.1).

    upper, cost
        Greatest values and unit costs, as in `Ranges`; kept as tuples of one number for each item.

    In `outcome`, values and allocation have the shape (..., items) and payments (...,), for one item too;
    `lottery` and `conversation` have the axis of the one buyer that all mechanisms have, and take a report
    above the range for its upper bound.
    """

    upper: Sequence[float] | float
    cost: Sequence[float] | float = 0.0

    def __post_init__(self) -> None:
        ranges = Ranges(self.upper, self.cost)
        object.__setattr__(self, "upper", tuple(ranges.upper.tolist()))
        object.__setattr__(self, "cost", tuple(ranges.cost.tolist()))

    @cached_property
    def ranges(self) -> Ranges:
        """What the seller knows."""
        return Ranges(self.upper, self.cost)

    @property
    def items(self) -> int:
        """As many as there are upper bounds."""
        return self.ranges.items

    @property
    def space(self) -> TypeSpace:
        """Additive values of the items; a number for one."""
        return unit_of_each(self.items)

    @property
    @abstractmethod
    def regret(self) -> float:
        """The worst-case regret, money."""

    @abstractmethod
    def sale(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Probability of getting each item and mean payment for it, both (..., items), of values alike."""

    @property
    def pays_without_item(self) -> bool:
        """Whether the mean payment is due also from a buyer who gets nothing."""
        return False

    @property
    def ex_post_ir(self) -> bool:  # type: ignore[override]
        """Unless the buyer may pay for nothing."""
        return not self.pays_without_item

    def outcome(self, reports: ArrayLike) -> Outcome:
        """Expected allocation (..., items) and payment (...,) of values (..., items).

        Raises ValueError for values outside the ranges.
        """
        allocation, payments = self.sale(self.ranges.checked(reports))
        return Outcome(allocation, payments.sum(axis=-1))

    def regret_at(self, values: ArrayLike) -> FloatArray:
        """Ex-post regret (...,) of values (..., items): 1ᵀ(v − c)⁺ less the mean profit (Section 2.2)."""
        checked = self.ranges.checked(values)
        allocation, payments = self.sale(checked)
        return self.ranges.surplus(checked) - (payments - allocation * self.ranges.cost).sum(axis=-1)

    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """Draw jointly what the one buyer gets and pays: reports (..., 1, items), or (..., 1) for one item.

        Raises ValueError for more buyers than one.
        """
        rows = _only_buyer(np.asarray(reports, dtype=float), self.items)
        values = np.minimum(rows, self.ranges.upper)
        allocation, payments = self.sale(values)
        probabilities, sold = nested_sales(allocation)
        if self.pays_without_item:
            paid = np.broadcast_to(payments.sum(axis=-1)[..., None, None], (*sold.shape[:-1], 1))
        else:
            paid = (sold * price_if_sold(allocation, payments, values)[..., None, :]).sum(axis=-1)[..., None]
        got = sold.astype(float)
        return Lottery(probabilities, Outcome(got[..., None, :] if self.items > 1 else got, paid))


@dataclass(frozen=True)
class MinimaxRegretPricing(SeparatePricing):
    """The mechanism (2.3): least worst-case regret among all that are incentive compatible and rational.

    Item j goes to the buyer with probability 1 + ln((v_j − c_j)/(v̄_j − c_j)) where that is positive. An item
    whose cost reaches its upper bound is not sold (Remark 2.3.1).

    charge
        "always": the mean payment, a fee for the lottery, as (2.3) has it. "winner": she pays for an item
        only if she gets it. Buyers who fear risk like the second better; for others they are equal.

    Raises TypeError or ValueError for bad ranges, then for another charge.
    """

    charge: Charge = "always"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_charge(self.charge)

    @property
    def regret(self) -> float:
        """1ᵀ(v̄ − c)⁺ / e (Theorem 2.3.1)."""
        return self.ranges.total / float(np.e)

    @property
    def pays_without_item(self) -> bool:
        """With a fee."""
        return self.charge == "always"

    @property
    def price_laws(self) -> tuple[LogarithmicPrice | None, ...]:
        """For each item the law of a posted price that does the same in expectation; None if not sold."""
        pairs = zip(self.ranges.upper.tolist(), self.ranges.cost.tolist(), strict=True)
        return tuple(LogarithmicPrice(top, cost) if cost < top else None for top, cost in pairs)

    def sale(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(2.3), for all items at once."""
        share = self.ranges.share(values)
        log = np.log(np.maximum(share, 1 / np.e))
        fee = values - self.ranges.width / np.e + self.ranges.cost * log
        sold = share >= 1 / np.e
        return np.where(sold, 1 + log, 0.0), np.where(sold, np.maximum(fee, 0.0), 0.0)


@dataclass(frozen=True)
class DeterministicRegretPricing(SeparatePricing):
    """Sure prices (2.17), (v̄_j + c_j)/2 for each item: least regret among deterministic mechanisms.

    A buyer who is indifferent buys. An item whose cost reaches its upper bound is not sold. Errors as in
    `Ranges`.
    """

    @property
    def regret(self) -> float:
        """1ᵀ(v̄ − c)⁺ / 2 (Theorem 2.4.1)."""
        return self.ranges.total / 2

    @cached_property
    def prices(self) -> FloatArray:
        """One for each item, shape (items,); infinite where it is not sold."""
        return np.where(self.ranges.width > 0, (self.ranges.upper + self.ranges.cost) / 2, np.inf)

    def sale(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Whether the value reaches the price, and the price."""
        sold = at_least(values, self.prices)
        return sold.astype(float), np.where(sold, self.prices, 0.0)


def price_if_sold(allocation: FloatArray, payments: FloatArray, values: FloatArray) -> FloatArray:
    """The price m/q that has the mean payment m if paid with probability q; never above the value."""
    prices = np.divide(payments, allocation, out=np.zeros_like(payments), where=allocation > 0)
    return np.where(allocation > 0, np.minimum(prices, values), 0.0)


def check_charge(charge: object) -> None:
    """Raise ValueError unless `charge` is one of `Charge`."""
    if charge not in get_args(Charge):
        raise ValueError(f"charge must be one of {', '.join(get_args(Charge))}, not {charge!r}")


def _only_buyer(reports: FloatArray, items: int) -> FloatArray:
    """Reports (..., items) of the one buyer; ValueError for others, or for another number of items."""
    rows = reports if items > 1 else reports[..., None]
    if rows.ndim < 2 or rows.shape[-1] != items:
        raise ValueError(f"reports must have the shape (..., 1, {items}), not {reports.shape}")
    if rows.shape[-2] != 1:
        raise ValueError(f"one buyer at a time can be sold to, not {rows.shape[-2]}")
    if np.isnan(rows).any():
        raise ValueError("reports must be numbers, or -inf for no bid, got NaN")
    return rows[..., 0, :]
