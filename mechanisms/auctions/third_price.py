"""The third-price auction (Kagel and Levin 1993, Economic Journal 103)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.ranking import k_highest, single_sale, top_one
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions import ContinuousDistribution
from mechanisms.outcome import Outcome


@dataclass(frozen=True)
class ThirdPrice(DirectMechanism):
    """The highest bidder wins and pays the third highest bid, 0 if there is none; ties to the lowest index.

    Who bids her value never loses, and everybody would rather bid more than that.
    """

    ex_post_ir: ClassVar[bool] = True

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for bids of shape `(..., n)`; ValueError for NaN."""
        bids = np.asarray(reports, dtype=float)
        winner, highest = top_one(bids)
        third = k_highest(bids, 2)[1]
        return single_sale(bids.shape, winner, highest, third if bids.ndim > 1 else float(third), 0.0)

    def equilibrium_bids(self, values: NDArray[Any], n: int, prior: Any) -> NDArray[Any]:
        """v + F(v) / ((n - 2) f(v)) for n >= 3, where that increases (Kagel and Levin 1993, equation 4).

        Raises NotImplementedError for fewer bidders, and for a prior without a density.
        """
        if n < 3 or not isinstance(prior, ContinuousDistribution):
            raise NotImplementedError(f"third price has no known equilibrium of {n} bidders with {prior!r}")
        density = prior.pdf(values)
        steps = np.divide(prior.cdf(values), density, out=np.zeros_like(density), where=density > 0)
        return values + steps / (n - 2)
