"""Questions whether, and at what price, one buys: posted prices, menus, clocks and open bids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.questions.base import BuyerQuestion


@dataclass(frozen=True)
class OfferPrice(BuyerQuestion):
    """Take one unit at your price, or leave it. Answer 1 or 0; silence: 0.

    `prices` holds one price for each buyer in `to`, in the same order.
    """

    prices: tuple[float, ...] = ()

    answered_by: ClassVar[str] = "answer_offer"
    allowed: ClassVar[str] = "0 (leave it) or 1 (take it)"
    default: ClassVar[float] = 0

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """0 or 1."""
        return (answers == 0) | (answers == 1)


@dataclass(frozen=True)
class ShowMenu(BuyerQuestion):
    """Choose up to `purchases` entries of a menu of priced lotteries. Silence: nothing.

    entries
        One tuple of probabilities (one for each item) for each entry.
    prices
        One price for each entry.
    adaptive
        Whether the buyer sees what she holds before she chooses again.

    The answer is `purchases` indices of entries, −1 for no purchase.
    """

    entries: tuple[tuple[float, ...], ...] = ()
    prices: tuple[float, ...] = ()
    purchases: int = 1
    adaptive: bool = False

    answered_by: ClassVar[str] = "choose_from_menu"
    allowed: ClassVar[str] = "indices of menu entries, −1 for none"
    default: ClassVar[float] = -1
    dtype: ClassVar[type] = np.int64

    @property
    def shape(self) -> tuple[int, ...]:
        """(purchases,)."""
        return (self.purchases,)

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Indices of entries, or −1."""
        return np.all((answers >= -1) & (answers < len(self.prices)), axis=-1)


@dataclass(frozen=True)
class CallPrice(BuyerQuestion):
    """Ascending clock: the price stands at `price`; at which price will you leave?

    The clock jumps to the lowest answer, so that a buyer is asked again only when somebody has left.
    `exits` lists the prices at which others left so far. An answer below `price` means to leave at once;
    so does silence.
    """

    price: float = 0.0
    exits: tuple[float, ...] = ()

    answered_by: ClassVar[str] = "answer_clock"


@dataclass(frozen=True)
class InviteBid(BuyerQuestion):
    """Open proxy auction: the standing price is `price`; raise your maximum, or stay silent.

    `leader` is the local index of the standing high bidder (None before the first bid), `increment` the
    least raise over the standing price, `round` counts from 0, and bidding closes hard after `rounds` of
    them. An answer not above one's earlier maximum changes nothing.
    """

    price: float = 0.0
    leader: int | None = None
    increment: float = 0.0
    round: int = 0
    rounds: int = 1

    answered_by: ClassVar[str] = "raise_bid"
