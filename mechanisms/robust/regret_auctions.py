"""Auctions of several items at the least worst-case regret (robust paper, Chapter 3).

Each item is sold by a second price auction of its own with a random reserve, of the logarithmic law: (3.3).
Averaged over the reserves it is (3.2), with the payment's logarithm over v̄_j.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, check_seats
from mechanisms.auctions.ranking import top_two
from mechanisms.comparison import at_least
from mechanisms.conversation import DirectLottery, check_count
from mechanisms.outcome import Lottery, Outcome
from mechanisms.robust.joint_draw import nested_sales
from mechanisms.robust.logarithmic import LogarithmicPrice
from mechanisms.robust.ranges import Ranges
from mechanisms.robust.regret_pricing import Charge, check_charge, price_if_sold
from mechanisms.types import TypeSpace, unit_of_each


@dataclass(frozen=True)
class RandomReserveAuctions(DirectLottery):
    """Separate second price auctions with random reserves: least worst-case regret (Theorem 3.3.1).

    upper
        Greatest value of each item, for all bidders alike; a number, or one for each item. Handing over an
        item costs nothing.
    bidders
        I, an integer of at least 2: as many must report. Neither the rule for the highest bidder nor the
        regret depends on it (Corollary 3.3.1).
    charge
        "winner": (3.3), who gets an item pays for it; here the mean over the reserves at which she gets it.
        "always": (3.2), the highest bidder of an item pays the mean, whether she gets it or not.

    `lottery` draws for all items at once (see `nested_sales`) and takes a bid above the range for its upper
    bound. Ties go to the lowest index. Raises TypeError or ValueError for bad upper bounds, then bidders,
    then charge.
    """

    upper: Sequence[float] | float
    bidders: int
    charge: Charge = "winner"

    def __post_init__(self) -> None:
        object.__setattr__(self, "upper", tuple(Ranges(self.upper).upper.tolist()))
        check_count("bidders", self.bidders, least=2)
        check_charge(self.charge)

    @cached_property
    def ranges(self) -> Ranges:
        """What the seller knows."""
        return Ranges(self.upper)

    @property
    def items(self) -> int:
        """As many as there are upper bounds."""
        return self.ranges.items

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as the rule is for."""
        return self.bidders

    @property
    def space(self) -> TypeSpace:
        """Additive values of the items; a number for one."""
        return unit_of_each(self.items)

    @property
    def ex_post_ir(self) -> bool:  # type: ignore[override]
        """If only winners pay."""
        return self.charge == "winner"

    @property
    def breakpoints(self) -> tuple[float, ...]:  # type: ignore[override]
        """The lowest reserves."""
        return tuple((self.ranges.upper / np.e).tolist())

    @property
    def regret(self) -> float:
        """The worst-case regret, Σ v̄_j / e (Proposition 3.3.2)."""
        return self.ranges.total / float(np.e)

    @property
    def reserve_laws(self) -> tuple[LogarithmicPrice, ...]:
        """The law of each item's reserve."""
        return tuple(LogarithmicPrice(top) for top in self.ranges.upper.tolist())

    def sample_reserves(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> FloatArray:
        """Reserves (*size, items), independent."""
        return np.stack([law.sample(rng, size) for law in self.reserve_laws], axis=-1)

    def outcome(self, reports: ArrayLike) -> Outcome:
        """Expected allocation (..., bidders, items) and payments (..., bidders), by (3.2).

        Values have the allocation's shape; ValueError for another one, or values outside the ranges. One item
        may come without its axis, (..., bidders), as where types are numbers.
        """
        bids = np.asarray(reports, dtype=float)
        if self.items == 1 and bids.ndim and bids.shape[-1] > 1:
            whole = self.outcome(bids[..., None])
            return Outcome(whole.allocation[..., 0], whole.payments)
        highest = _Highest.of(self._checked(bids))
        chance, payment = self._sale(highest)
        return Outcome(highest.hand_over(chance), highest.hand_over(payment).sum(axis=-1))

    def outcome_at(self, reports: ArrayLike, reserves: ArrayLike) -> Outcome:
        """The outcome (3.3) of values (..., bidders, items) where the reserves (..., items) are known."""
        highest = _Highest.of(self._checked(reports))
        floor = self.ranges.checked(reserves)
        sold = at_least(highest.bid, floor)
        price = np.where(sold, np.maximum(highest.rival, floor), 0.0)
        return Outcome(highest.hand_over(sold.astype(float)), highest.hand_over(price).sum(axis=-1))

    def regret_at(self, values: ArrayLike) -> FloatArray:
        """Ex-post regret (...,) of values (..., bidders, items): Σ_j max_i v_j^i less the mean revenue."""
        checked = self._checked(values)
        best = np.maximum(checked.max(axis=-2), 0.0).sum(axis=-1)
        return best - self.outcome(checked).revenue

    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """Draw jointly who gets what: bids (..., bidders, items), or (..., bidders) for one item."""
        bids = np.asarray(reports, dtype=float)
        bids = bids[..., None] if self.items == 1 else bids
        check_seats("reports", bids, self.bidders, axis=-2)
        highest = _Highest.of(np.minimum(bids, self.ranges.upper))
        chance, payment = self._sale(highest)
        probabilities, sold = nested_sales(chance)
        if self.charge == "winner":
            price = sold * price_if_sold(chance, payment, highest.bid)[..., None, :]
        else:
            price = np.broadcast_to(payment[..., None, :], sold.shape)
        winners = highest.in_branches()
        got, paid = winners.hand_over(sold.astype(float)), winners.hand_over(price).sum(axis=-1)
        return Lottery(probabilities, Outcome(got[..., 0] if self.items == 1 else got, paid))

    def _checked(self, values: ArrayLike) -> FloatArray:
        array = self.ranges.checked(values)
        check_seats("values", array, self.bidders, axis=-2)
        return array

    def _sale(self, highest: _Highest) -> tuple[FloatArray, FloatArray]:
        """Chance that the highest bidder of an item gets it, and her mean payment, (..., items): (3.2).

        With the lowest reserve l = v̄/e and s = max(rival, l) the payment is v + s ln(s/v̄), which is v − l
        where the rival is below l.
        """
        upper = self.ranges.upper
        lowest = upper / np.e
        floor = np.maximum(highest.rival, lowest)
        log = np.log(np.maximum(highest.bid, lowest) / upper)
        sold = highest.bid >= lowest
        fee = np.maximum(highest.bid + floor * np.log(floor / upper), 0.0)
        return np.where(sold, 1 + log, 0.0), np.where(sold, fee, 0.0)


@dataclass(frozen=True)
class _Highest:
    """Of each item the highest bidder, her bid and the second highest, all (..., items), among n."""

    bidder: NDArray[np.intp]
    bid: FloatArray
    rival: FloatArray
    n: int

    @classmethod
    def of(cls, bids: FloatArray) -> _Highest:
        """The highest of bids (..., n, items)."""
        by_item = np.ascontiguousarray(np.moveaxis(bids, -1, -2))
        bidder, bid, rival = top_two(by_item)
        return cls(np.asarray(bidder), np.asarray(bid), np.asarray(rival), bids.shape[-2])

    def in_branches(self) -> _Highest:
        """The same, with an axis for branches in front of the items."""
        return _Highest(self.bidder[..., None, :], self.bid[..., None, :], self.rival[..., None, :], self.n)

    def hand_over(self, what: FloatArray) -> FloatArray:
        """Something (..., items) for the highest bidders, as an array (..., n, items)."""
        hers = self.bidder[..., None, :] == np.arange(self.n)[:, None]
        return np.where(hers, what[..., None, :], 0.0)
