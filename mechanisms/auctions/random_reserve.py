"""The second-price auction with a random reserve, drawn after the bids; exact by quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.ranking import top_two
from mechanisms.conversation import DirectLottery, check_count
from mechanisms.distributions import Distribution
from mechanisms.outcome import Lottery, Outcome


@dataclass(frozen=True)
class RandomReserve(DirectLottery):
    """Vickrey's auction with a reserve from `reserves`: truth is dominant at each of them.

    The law of the price is exact where the second bid sets it or nobody meets the reserve; in between it
    stands on `nodes` (at least 1) points of Gauss and Legendre's rule in the quantiles of the reserve: right
    on average, not coin by coin. Ties go to the lowest index. Raises TypeError or ValueError for anything
    else.
    """

    reserves: Distribution
    nodes: int = 16

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not isinstance(self.reserves, Distribution):
            raise TypeError(f"reserves must be a Distribution, got {self.reserves!r}")
        check_count("nodes", self.nodes)

    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """Branches: the second bid is the price; the reserve is, at each node; nothing is sold."""
        bids = np.asarray(reports, dtype=float)
        winner, highest, second = (np.asarray(part) for part in top_two(bids))
        low, high = self.reserves.cdf(np.maximum(second, 0.0)), self.reserves.cdf(highest)
        low, high = np.where(highest >= 0, low, 0.0), np.where(highest >= 0, high, 0.0)
        points, weights = np.polynomial.legendre.leggauss(self.nodes)
        levels = low[..., None] + (high - low)[..., None] * (points + 1) / 2
        chances = (high - low)[..., None] * weights / 2
        drawn = self.reserves.quantile(np.clip(levels, 0.0, 1.0))
        prices = np.clip(drawn, 0.0, np.maximum(highest, 0.0)[..., None])
        probabilities = np.concatenate([low[..., None], chances, 1 - high[..., None]], axis=-1)
        charged = np.concatenate(
            [np.maximum(second, 0.0)[..., None], prices, np.zeros((*high.shape, 1))], axis=-1
        )
        wins = (np.arange(bids.shape[-1]) == winner[..., None])[..., None, :]
        sold = np.arange(self.nodes + 2)[:, None] <= self.nodes
        payments = np.where(wins, charged[..., None], 0.0)
        return Lottery(probabilities, Outcome((wins & sold).astype(float), payments))
