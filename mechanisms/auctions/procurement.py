"""Procurement auctions: bidders sell, and the lowest offer wins the contract (Krishna, ch. 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.ranking import single_sale, top_two
from mechanisms.conversation import DirectMechanism, check_money
from mechanisms.outcome import Outcome
from mechanisms.types import Costs

Rule = Literal["second price", "first price"]


@dataclass(frozen=True)
class Procurement(DirectMechanism):
    """One contract to the lowest offer, if it is not above `ceiling` (money, above 0).

    The winner is paid her offer ("first price"), or the second lowest, at most the ceiling ("second price",
    under which the true cost is a dominant offer). Payments to her are negative, and an allocation of 1 is
    the contract. Ties go to the lowest index. Raises TypeError or ValueError for another ceiling or rule.
    """

    ceiling: float
    rule: Rule = "second price"

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_money("ceiling", self.ceiling, positive=True)
        if self.rule not in get_args(Rule):
            raise ValueError(f"rule must be one of {get_args(Rule)}, got {self.rule!r}")

    @property
    def name(self) -> str:
        """Name for tables."""
        return f"{self.rule} procurement"

    @property
    def space(self) -> Costs:
        """Costs of one contract."""
        return Costs(self.ceiling)

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for offers of shape `(..., n)`: an auction of the amounts below 0. ValueError for NaN."""
        offers = np.asarray(reports, dtype=float)
        bids = np.where(offers == -np.inf, -np.inf, -offers)
        winner, highest, second = top_two(bids)
        price = second if self.rule == "second price" else highest
        return single_sale(bids.shape, winner, highest, price, -self.ceiling)

    def equilibrium_bids(self, values: NDArray[Any], n: int, prior: Any) -> NDArray[Any]:
        """The costs, where truth is dominant; NotImplementedError at first price."""
        if self.rule == "first price":
            raise NotImplementedError("no equilibrium of first price procurement is known here")
        return values
