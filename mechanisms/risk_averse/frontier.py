"""Mean against risk: designs for sellers from bold to cautious; and the best single price."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms.programs import Design
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.bounds import bounds_of
from mechanisms.risk_averse.buyers import buyers, check_seller, useful_prices
from mechanisms.risk_averse.design import SequentialDesign, design_sequential_prices
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.sequential import SequentialPrices


@dataclass(frozen=True, eq=False)
class FrontierPoint:
    """What one seller would do.

    utility
        Her attitude to risk.
    design
        Her prices, with their certificate.
    law
        The law of the revenue that they bring.
    """

    utility: Attitude
    design: SequentialDesign
    law: RevenueLaw

    @property
    def certainty_equivalent(self) -> float:
        """The sure revenue that is worth as much to her."""
        return self.law.certainty_equivalent(self.utility)


def risk_frontier(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    utilities: Sequence[Attitude],
    method: str = "best",
    seconds: float = 20.0,
) -> list[FrontierPoint]:
    """Return a design for each utility, with its law of revenue: means fall and spreads shrink with caution.

    `seconds` is the budget of each design. Raises as `design_sequential_prices` does, and TooLargeError where
    laws of revenue cannot be exact (`SequentialPrices.revenue_law`).
    """
    priors = buyers(values, probabilities)
    points = []
    for utility in utilities:
        design = design_sequential_prices(values, probabilities, units, utility, method, seconds)
        points.append(FrontierPoint(utility, design, design.mechanism.revenue_law(priors)))
    return points


def best_single_price(
    values: Sequence[ArrayLike], probabilities: Sequence[ArrayLike], units: int, utility: Attitude
) -> Design[SequentialPrices]:
    """Return the price that is best when all buyers are offered the same one, the lowest of several.

    It is one of their values. Raises TypeError or ValueError for bad buyers, units or utility.
    """
    start = time.perf_counter()
    priors = buyers(values, probabilities)
    attitude = check_seller(utility, priors, units)
    offers = [SequentialPrices((float(price),) * len(priors), units) for price in useful_prices(priors)]
    worth = [offer.utility_bracket(priors, attitude).lower for offer in offers]
    best = int(np.argmax(np.array(worth) >= max(worth) * (1 - 1e-12)))
    bound = bounds_of(priors, units, attitude).least
    return Design(offers[best], worth[best], bound, time.perf_counter() - start)
