"""Posted price: take it or leave it, to one buyer after another until sold out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mechanisms.conversation import Conversation, Mechanism, check_count, check_money
from mechanisms.outcome import Outcome
from mechanisms.questions import OfferPrice


@dataclass(frozen=True)
class PostedPrice(Mechanism):
    """Offer a unit at `price` to the buyers in local order, until `supply` units are sold.

    `price` is money, at least 0; `supply` at least 1. Raises TypeError or ValueError for a price that is no
    finite amount of at least 0, then for a supply that is no integer of at least 1.
    """

    price: float
    supply: int = 1

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_money("price", self.price)
        check_count("supply", self.supply)

    @property
    def units(self) -> int:  # type: ignore[override]
        """The supply."""
        return self.supply

    def conversation(self, n: int) -> Conversation:
        """Offer the price to one buyer at a time."""
        takes = np.zeros(n)
        for buyer in range(n):
            if takes.sum() == self.supply:
                break
            offer = yield OfferPrice(to=(buyer,), prices=(float(self.price),))
            takes[buyer] = offer.values[buyer]
        return Outcome(takes, takes * self.price)
