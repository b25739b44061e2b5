"""Sellers: who runs which mechanism when, with what in stock, and how much she tells afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, get_args

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.strategies.base import Disclosure, Strategy
from mechanisms.conversation import Mechanism, check_count
from mechanisms.utilities import Linear, Utility


@dataclass(frozen=True)
class SellerPlan:
    """What a seller does. All times in units of simulated time.

    mechanism
        What she runs.
    period
        Time from one opening to the next, above 0; an opening that falls into an auction still running
        is put off to the next multiple.
    window
        How long each question stays open, above 0.
    first
        When she opens first, at least 0.
    stock
        Units of each kind that she has at the start, None for no end.
    restock_every, restock_units
        Time from one delivery to the next and its size; None for no deliveries.
    discloses
        What she tells participants afterwards: their `own` result, the `price`, or all `bids`.
    name
        For tables; by default the mechanism's name.
    utility
        Her attitude to the risk of one auction's revenue: what its worth to her is measured by, whatever the
        mechanism was designed for.
    """

    mechanism: Mechanism
    period: float = 1.0
    window: float = 1.0
    first: float = 0.0
    stock: int | None = None
    restock_every: float | None = None
    restock_units: int = 0
    discloses: Disclosure = "price"
    name: str = ""
    utility: Utility = field(default_factory=Linear)

    def __post_init__(self) -> None:
        for time in ("period", "window"):
            _check_time(time, getattr(self, time), positive=True)
        _check_time("first", self.first)
        if self.stock is not None:
            check_count("stock", self.stock, least=0)
        if self.restock_every is not None:
            _check_time("restock_every", self.restock_every, positive=True)
            check_count("restock_units", self.restock_units)
        if self.discloses not in get_args(Disclosure):
            raise ValueError(f"discloses must be one of {get_args(Disclosure)}, got {self.discloses!r}")
        if not isinstance(self.utility, Utility):
            raise TypeError(f"utility must be a Utility, got {self.utility!r}")
        if not self.name:
            object.__setattr__(self, "name", self.mechanism.name)


def tells_enough(discloses: Disclosure, needs: Disclosure) -> bool:
    """Whether a seller who discloses this much serves a strategy that needs that much.

    Raises ValueError for a need that no seller can meet.
    """
    by_extent = get_args(Disclosure)
    if needs not in by_extent:
        raise ValueError(f"needs of a strategy must be one of {by_extent}, got {needs!r}")
    return by_extent.index(discloses) >= by_extent.index(needs)


def disclosure_for(strategies: Iterable[Strategy], least: Disclosure = "price") -> Disclosure:
    """The least that a seller must disclose, at least `least`, so that all these strategies can learn."""
    for strategy in strategies:
        least = least if tells_enough(least, strategy.needs) else strategy.needs
    return least


def _check_time(field: str, value: float, *, positive: bool = False) -> None:
    possible = isinstance(value, (int, float)) and math.isfinite(value) and value >= 0
    if not possible or (positive and value == 0):
        allowed = "above 0" if positive else "at least 0"
        raise ValueError(f"{field} must be a finite time, {allowed}, got {value!r}")


class Seller(mesa.Agent):
    """A seller at work: her plan, what is left in stock, and her books.

    Attributes
    ----------
    number
        0 … sellers−1.
    space
        What her mechanism is about.
    stock
        Shape (kinds of goods,): units left of each; None for no end.
    turn
        Index of her last scheduled opening, −1 before the first.
    held
        How many auctions she has held.
    received
        Money from buyers so far, rewards deducted.
    sold
        Units sold so far.
    """

    def __init__(self, model: Any, number: int, plan: SellerPlan) -> None:
        super().__init__(model)
        self.number = number
        self.plan = plan
        self.space = plan.mechanism.space
        self.stock = None if plan.stock is None else np.full(self.space.kinds, float(plan.stock))
        self.turn = -1
        self.held = 0
        self.sold = 0.0
        self.received = 0.0

    def opening(self, k: Any) -> Any:
        """Time of her k-th scheduled opening; elementwise for arrays."""
        return self.plan.first + k * self.plan.period

    def next_opening(self, now: float) -> int:
        """Index of the first scheduled opening that is not before `now`, allowing for rounding."""
        return max(0, math.ceil((now - self.plan.first) / self.plan.period - 1e-9))

    @property
    def can_open(self) -> bool:
        """Whether the stock covers all that one auction may sell, allowing for rounding."""
        return self.stock is None or bool(self.stock.min() >= self.space.units - 1e-9)

    def deliver(self, sold: float, revenue: float, goods: NDArray[np.float64] | None) -> None:
        """Hand over the goods, shape (kinds,), and book the money; `sold` units changed hands in all.

        `goods` may be None where there is no end of stock.
        """
        if self.stock is not None and goods is not None:
            self.stock -= goods
        self.sold += float(sold)
        self.received += float(revenue)

    def restock(self) -> None:
        """Take a delivery."""
        if self.stock is not None:
            self.stock += self.plan.restock_units
