"""Symmetric equilibria of auctions in which bidders pay their bids (Krishna, Auction Theory, chs. 2, 3, 13).

n risk-neutral bidders have independent values with the continuous distribution F, and want one of k units
each. Let G(v) be the probability that a value v is among the k highest. A bidder of value v enters if v is
at least the entry value e, where e G(e) pays for the least bid, and by the envelope theorem her expected
payment is v G(v) less the integral of G from e to v. Paid as a bid by winners only, divide by G(v).

The integral is summed with Gauss and Legendre's rule between neighbours of a fine grid of values, and bids
between grid points are interpolated linearly. The grid is even in values, in quantiles of F and in quantiles
of G, so that it is fine wherever bids bend; the error is of the second order in its steps, some millionths
of the greatest bid wherever there is any chance to win. Of all-pay bids, which are tiny where that chance
is, the integral is continued to each value instead, so that they are right relative to themselves. Schedules
are kept for each prior, n, k and reserve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.comparison import at_least
from mechanisms.conversation import check_count
from mechanisms.questions import SILENT

CELLS = 4096
"""Even steps of the grid, in values and in both sorts of quantiles."""
GAUSS_POINTS = 6
"""Points of Gauss and Legendre's rule in each cell."""
TAIL = 1e-12
"""Probability cut off above where the support has no end."""
NEGLIGIBLE = 1e-280
"""Win probabilities below this are not divided by."""


@dataclass(frozen=True, eq=False)
class BidSchedule:
    """Equilibrium bids as a function of the value.

    Values below `entry` stay silent. `bids` belong to the ascending `values`; between them they are
    interpolated, and outside them the nearest one stands, but no bid exceeds the value.
    """

    entry: float
    values: NDArray[Any]
    bids: NDArray[Any]

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """Bids for values of any shape, `-inf` (silence) below the entry value."""
        values = np.asarray(values, dtype=float)
        bids = np.minimum(np.interp(values, self.values, self.bids), values)
        return np.where(at_least(values, self.entry), bids, SILENT)


@dataclass(frozen=True, eq=False)
class AllPaySchedule(BidSchedule):
    """The same for an all-pay auction, where bids of low values are a small part of these.

    Relative to itself no interpolated bid would be right there: the integral is continued to each value.
    """

    contest: Contest
    cumulated: NDArray[Any]

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """v G(v) less the integral of G, and not less than the least bid."""
        values = np.asarray(values, dtype=float)
        inside = np.clip(values, self.values[0], self.values[-1])
        place = np.searchsorted(self.values, inside, side="right") - 1
        start = self.values[place]
        nodes, weights = np.polynomial.legendre.leggauss(GAUSS_POINTS)
        half = ((inside - start) / 2)[..., None]
        rest = (half * weights * self.contest.win_probability(start[..., None] + half * (nodes + 1))).sum(-1)
        bids = inside * self.contest.win_probability(inside) - self.cumulated[place] - rest
        bids = np.minimum(np.maximum(bids, self.bids[0]), values)
        return np.where(at_least(values, self.entry), bids, SILENT)


@lru_cache(maxsize=256)
def pay_as_bid(prior: Any, n: int, supply: int, reserve: float) -> BidSchedule:
    """Bids where the `supply` highest of n win and pay their bids: E[max(k-th highest rival, reserve) | win].

    Raises as `Contest` does.
    """
    contest = Contest(prior, n, supply)
    if n <= supply:
        return _one_bid(reserve)
    values = contest.grid(reserve)
    chance = contest.win_probability(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        bids = values - contest.cumulated_chance(values) / chance
    bids[0] = values[0]
    known = chance >= NEGLIGIBLE
    known[0] = True
    return BidSchedule(reserve, values[known], np.maximum(bids[known], reserve))


@lru_cache(maxsize=256)
def all_pay(prior: Any, n: int, reserve: float) -> BidSchedule:
    """Bids where the highest of n wins, everyone who enters pays her bid, and the least bid is `reserve`.

    Raises as `Contest` does.
    """
    contest = Contest(prior, n, 1)
    if n == 1:
        return _one_bid(reserve)
    entry = contest.entry_value(reserve)
    values = contest.grid(entry)
    cumulated = contest.cumulated_chance(values)
    bids = values * contest.win_probability(values) - cumulated
    bids[0] = reserve
    return AllPaySchedule(entry, values, np.maximum(bids, reserve), contest, cumulated)


def _one_bid(bid: float) -> BidSchedule:
    """Enough units for all: everyone bids the least."""
    return BidSchedule(bid, np.array([bid]), np.array([bid]))


@dataclass(frozen=True)
class Contest:
    """n bidders with independent values from a continuous `prior`, of whom the `supply` highest win.

    Raises TypeError or ValueError for an n that is no integer of at least 1, TypeError for a prior without
    `cdf` and `quantile`, NotImplementedError for one with atoms: there the symmetric equilibrium is mixed.
    """

    prior: Any
    n: int
    supply: int

    def __post_init__(self) -> None:
        check_count("n", self.n)
        prior = self.prior
        if not (callable(getattr(prior, "cdf", None)) and callable(getattr(prior, "quantile", None))):
            raise TypeError(f"prior must be a distribution of one value (cdf, quantile), got {prior!r}")
        levels = np.linspace(0, 1, 1025)
        if np.abs(prior.cdf(prior.quantile(levels)) - levels).max() > 1e-6:
            raise NotImplementedError(
                f"prior must be continuous, got {prior!r}: with atoms the symmetric equilibrium is mixed"
            )

    def win_probability(self, values: NDArray[Any]) -> NDArray[Any]:
        """G: the probability that fewer than `supply` of the n - 1 rivals have a higher value; n > supply."""
        from scipy.special import betainc

        return betainc(self.n - self.supply, self.supply, self.prior.cdf(values))

    def grid(self, lowest: float) -> NDArray[Any]:
        """Ascending values from `lowest`, or the bottom of the support if higher, to the top."""
        from scipy.special import betaincinv

        even = np.linspace(0, 1, CELLS + 1)
        ends = np.geomspace(TAIL, even[1], 64)
        levels = np.concatenate([even, ends, 1 - ends, betaincinv(self.n - self.supply, self.supply, even)])
        values = self.prior.quantile(np.clip(levels, 0, 1))
        values = values[np.isfinite(values)]
        bottom, top = max(lowest, values.min()), max(lowest, values.max())
        kinks = self.prior.breakpoints() if hasattr(self.prior, "breakpoints") else np.empty(0)
        values = np.unique(np.concatenate([np.linspace(bottom, top, CELLS + 1), values, kinks]))
        return values[(values >= bottom) & (values <= top)]

    def cumulated_chance(self, values: NDArray[Any]) -> NDArray[Any]:
        """Integral of G from the first of the ascending values to each of them."""
        return self.cumulated(self.win_probability, values)

    def cumulated(
        self, function: Callable[[NDArray[Any]], NDArray[Any]], values: NDArray[Any]
    ) -> NDArray[Any]:
        """Integral of a function of the value from the first of the ascending values to each of them."""
        nodes, weights = np.polynomial.legendre.leggauss(GAUSS_POINTS)
        half = np.diff(values)[:, None] / 2
        middles = (values[1:] + values[:-1])[:, None] / 2
        cells = (half * weights * function(middles + half * nodes)).sum(axis=1)
        return np.concatenate([[0.0], np.cumsum(cells)])

    def entry_value(self, least_bid: float) -> float:
        """The least value e with e G(e) >= least_bid: it wins only against nobody, and just pays the bid."""
        from scipy.optimize import brentq

        def excess(value: float) -> float:
            return float(value * self.win_probability(np.asarray(value)) - least_bid)

        low = max(least_bid, float(self.prior.quantile(0.0)))
        if excess(low) >= 0:
            return low
        high = 2 * low
        while excess(high) < 0:
            high *= 2
        return float(brentq(excess, low, high, xtol=1e-14 * high, rtol=1e-14))
