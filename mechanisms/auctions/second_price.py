"""The sealed second-price auction with a reserve price (Vickrey 1961)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.ranking import single_sale, top_two
from mechanisms.conversation import DirectMechanism, check_money
from mechanisms.outcome import Outcome


@dataclass(frozen=True)
class SecondPrice(DirectMechanism):
    """The highest bidder wins and pays the second highest bid, or the reserve if that is higher.

    Truth is a dominant strategy. `reserve` (money, at least 0) 0 is Vickrey's auction. A bid equal to the
    reserve wins; ties go to the lowest index. Raises TypeError or ValueError for a reserve that is no
    finite amount of at least 0.
    """

    reserve: float = 0.0

    ex_post_ir: ClassVar[bool] = True
    highest_rival_decides: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_money("reserve", self.reserve)

    @property
    def breakpoints(self) -> tuple[float, ...]:  # type: ignore[override]
        """The reserve."""
        return (float(self.reserve),)

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for bids of shape `(..., n)`; ValueError for NaN."""
        reports = np.asarray(reports, dtype=float)
        winner, highest, second = top_two(reports)
        return single_sale(reports.shape, winner, highest, second, self.reserve)
