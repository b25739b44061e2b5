"""Questions whether, and at what price, one buys: posted prices, menus, clocks and open bids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.comparison import RELATIVE_SLACK, at_least
from mechanisms.questions.base import SILENT, BuyerQuestion, Respondents, plain


@dataclass(frozen=True)
class OfferPrice(BuyerQuestion):
    """Take one unit at your price, or leave it. Answer 1 or 0; silence: 0.

    `prices` holds one price for each buyer in `to`, in the same order.
    """

    prices: tuple[float, ...] = ()

    answered_by: ClassVar[str] = "answer_offer"
    allowed: ClassVar[str] = "0 (leave it) or 1 (take it)"
    default: ClassVar[float] = 0
    words: ClassVar[Mapping[float, str]] = MappingProxyType({1.0: "yes", 0.0: "no"})
    recorded_as: ClassVar[str] = "accepted"

    @property
    def named_price(self) -> tuple[float, ...]:
        """One for each who is asked."""
        return self.prices

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """0 or 1."""
        return (answers == 0) | (answers == 1)

    def truth(self, view: Respondents) -> NDArray[Any]:
        """Take the unit if it is worth the price; an indifferent buyer buys."""
        prices = dict(zip(self.to or range(view.n), self.prices, strict=True))
        mine = np.array([prices[seat] for seat in view.seats.tolist()])
        return np.asarray(at_least(view.values, mine), dtype=float)

    def possible_answers(self, amounts: NDArray[Any]) -> list[Any]:
        """Leave it, or take it."""
        return [0.0, 1.0]


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

    def truth(self, view: Respondents) -> NDArray[Any]:
        """Buy the entry of the highest expected value less price, once; ties go to the seller."""
        lotteries, prices = np.array(self.entries, dtype=float), np.array(self.prices, dtype=float)
        values = view.values if lotteries.shape[1] > 1 else view.values[..., None]
        gains = values @ lotteries.T - prices
        best = np.maximum(gains.max(axis=-1, keepdims=True), 0.0)
        size = np.maximum(np.abs(prices), np.abs(values) @ lotteries.T)
        return self.bought_once(gains >= best - RELATIVE_SLACK * size)

    def bought_once(self, good: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The answer that buys the dearest entry marked in `good`, shape `(..., entries)`, if any."""
        favourite = np.where(good, self.prices, -np.inf).argmax(axis=-1)
        chosen = np.full((*favourite.shape, self.purchases), -1, dtype=np.int64)
        chosen[..., 0] = np.where(good.any(axis=-1), favourite, -1)
        return chosen

    def possible_answers(self, amounts: NDArray[Any]) -> list[Any]:
        """Every sequence of purchases."""
        entries = range(-1, len(self.prices))
        return [tuple(map(float, choice)) for choice in product(entries, repeat=self.purchases)]


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
    money: ClassVar[bool] = True
    recorded_as: ClassVar[str] = "drop_out"

    @property
    def named_price(self) -> float:
        """Where the price stands."""
        return self.price

    def truth(self, view: Respondents) -> NDArray[Any]:
        """Stay until the price reaches one's value."""
        return view.values

    def possible_answers(self, amounts: NDArray[Any]) -> list[Any]:
        """Leave at once, or at one of the amounts from the price on."""
        return [SILENT, *(plain(amount) for amount in amounts if amount >= self.price)]


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
    money: ClassVar[bool] = True
    recorded_as: ClassVar[str] = "bid"

    @property
    def named_price(self) -> float:
        """Where the price stands."""
        return self.price

    def truth(self, view: Respondents) -> NDArray[Any]:
        """The value as one's maximum, from the first."""
        return view.values

    def possible_answers(self, amounts: NDArray[Any]) -> list[Any]:
        """Stay silent, or name a maximum from the standing price on."""
        return [SILENT, *(plain(amount) for amount in amounts if amount >= self.price)]
