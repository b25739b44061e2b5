"""The Dutch auction: the price falls until somebody claims the good (Vickrey 1961; Krishna, ch. 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.equilibrium import pay_as_bid
from mechanisms.auctions.ranking import single_sale, top_one
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.conversation import DirectMechanism, check_money
from mechanisms.outcome import Outcome


@dataclass(frozen=True)
class Dutch(DirectMechanism):
    """The clock falls from `start` to `reserve`, by `decrement` or (0) without steps; who claims first buys.

    Nobody learns anything before the end, so that a bidder's plan is one number: the price at which she will
    claim. That is what she is asked. With a decrement she claims at the first price of the clock that is not
    above it; claims at one price go to the lowest index. Without one it is the first-price auction of
    Vickrey's equivalence. All are money of at least 0, and `start` is needed with a decrement. Raises
    TypeError or ValueError for anything else.
    """

    reserve: float = 0.0
    start: float | None = None
    decrement: float = 0.0

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_money("reserve", self.reserve)
        check_money("decrement", self.decrement)
        if self.start is not None:
            check_money("start", self.start)
            if self.start < self.reserve:
                raise ValueError(f"start must be at least reserve = {self.reserve}, got {self.start}")
        elif self.decrement:
            raise ValueError("start must be given with a decrement, got None")

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for claims of shape `(..., n)`; ValueError for NaN."""
        claims = self._on_the_clock(np.asarray(reports, dtype=float))
        winner, highest = top_one(claims)
        return single_sale(claims.shape, winner, highest, highest, self.reserve)

    def _on_the_clock(self, claims: NDArray[Any]) -> NDArray[Any]:
        """The prices of the clock at which the claims are made."""
        if self.start is None:
            return claims
        capped = np.minimum(claims, self.start)
        if not self.decrement:
            return capped
        fallen = (self.start - capped) / self.decrement
        return self.start - np.ceil(fallen * (1 - RELATIVE_SLACK)) * self.decrement

    def equilibrium_bids(self, values: NDArray[Any], n: int, prior: Any) -> NDArray[Any]:
        """Those of first price where the clock has no steps; NotImplementedError elsewhere."""
        if self.decrement or self.start is not None:
            raise NotImplementedError("no equilibrium of a Dutch clock with a start or steps is known here")
        return pay_as_bid(prior, n, 1, self.reserve)(values)
