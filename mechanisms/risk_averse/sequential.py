"""Sequential posted prices: one price a buyer, offered in a fixed order until the units are gone (Section 3).

With prices in decreasing order the k dearest acceptable prices are collected, so that revenue is U_k of
independent payments. Truth is dominant whatever the buyers' attitudes to risk: a buyer is offered one price
that does not depend on her.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, float_array
from mechanisms.conversation import Conversation, Mechanism, check_count
from mechanisms.distributions import Distribution
from mechanisms.outcome import Outcome
from mechanisms.questions import OfferPrice
from mechanisms.risk_averse.attitude import Attitude, check_attitude
from mechanisms.risk_averse.buyers import buyers, sale_chances
from mechanisms.risk_averse.known_buyers import checked_order
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.sales import Offers, UtilityBracket, sales_law, sales_utility


@dataclass(frozen=True)
class SequentialPrices(Mechanism):
    """Offer a unit to each of n buyers at a price of her own, until `units` units are sold.

    prices
        Shape (n,): money of at least 0; `math.inf` for a buyer who is never offered one.
    units
        How many units there are, at least 1.
    order
        The buyers, a permutation of 0 … n−1, as they are asked; None for decreasing prices, the lowest index
        first among equal ones.

    Raises TypeError for prices that are no numbers, ValueError for none, for negative ones and NaN, then
    TypeError or ValueError for units, then ValueError for an order that is no permutation.
    """

    prices: tuple[float, ...]
    units: int = 1
    order: tuple[int, ...] | None = None

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "prices", tuple(checked_prices(self.prices).tolist()))
        check_count("units", self.units)
        if self.order is not None:
            object.__setattr__(self, "order", checked_order("order", self.order, len(self.prices)))

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as there are prices."""
        return len(self.prices)

    @property
    def sequence(self) -> tuple[int, ...]:
        """The buyers who are offered a price, in order."""
        order = np.argsort(-np.array(self.prices), kind="stable") if self.order is None else self.order
        return tuple(int(i) for i in order if math.isfinite(self.prices[i]))

    def conversation(self, n: int) -> Conversation:
        """Offer each buyer her price, in order."""
        self._check_number(n)
        takes = np.zeros(n)
        for buyer in self.sequence:
            if takes.sum() == self.units:
                break
            offer = yield OfferPrice(to=(buyer,), prices=(self.prices[buyer],))
            takes[buyer] = offer.values[buyer]
        payments = np.where(takes > 0, np.where(np.isfinite(self.prices), self.prices, 0.0), 0.0)
        return Outcome(takes, payments)

    def offers(self, priors: Sequence[Distribution]) -> Offers:
        """What is offered to buyers with these distributions of values, in order, and how likely it sells."""
        self._check_number(len(priors))
        order = list(self.sequence)
        prices = np.array(self.prices)[order]
        chances = [float(sale_chances([priors[i]], prices[[at]])[0, 0]) for at, i in enumerate(order)]
        return Offers.made(prices, np.array(chances))

    def revenue_law(self, priors: Sequence[Distribution]) -> RevenueLaw:
        """The exact law of revenue from independent buyers, one distribution of any kind for each.

        Raises ValueError for another number of buyers than prices, and TooLargeError if prices have no common
        unit of money and too many different sums.
        """
        return sales_law(self.offers(priors), self.units)

    def utility_bracket(self, priors: Sequence[Distribution], utility: Attitude) -> UtilityBracket:
        """E[U(revenue)], exactly where that can be; else within bounds.

        It is exact for prices with a common unit of money, for linear and exponential utilities, and for up
        to about 16 buyers. `utility` is a `Utility`, or any elementwise function that is concave and so on.
        """
        offers = self.offers(priors)
        return sales_utility(offers, self.units, check_attitude(utility, offers.most_revenue(self.units)))

    def expected_utility(
        self, values: Sequence[ArrayLike], probabilities: Sequence[ArrayLike], utility: Attitude
    ) -> float:
        """E[U(revenue)] from truthful buyers with independent finite values; the bracket's lower end.

        `values` and `probabilities` are lists of n arrays. Raises TypeError or ValueError for bad ones, for
        another number of buyers than prices, and for a utility that is not concave.
        """
        return self.utility_bracket(buyers(values, probabilities), utility).lower

    def _check_number(self, n: int) -> None:
        if n != len(self.prices):
            raise ValueError(f"prices must be of the {n} buyers, got {len(self.prices)} of them")


def checked_prices(prices: ArrayLike) -> FloatArray:
    """Prices as a float vector; raise for NaN, negative ones, and none."""
    vector = float_array("prices", prices)
    if vector.ndim != 1 or not vector.size:
        raise ValueError(f"prices must be a vector of at least one price, not shape {vector.shape}")
    if not (vector >= 0).all():
        raise ValueError(f"prices must be at least 0, not {float(vector[~(vector >= 0)][0])!r}")
    return vector
