"""Symmetric equilibria of auctions in which bidders pay their bids (Krishna, Auction Theory, chs. 2, 3, 13).

n risk-neutral bidders have independent values with the continuous distribution F, and want one of k units
each. Let G(v) be the probability that a value v is among the k highest. A bidder of value v enters if v is
at least the entry value e, where e G(e) pays for the least bid, and by the envelope theorem her expected
payment is v G(v) less the integral of G from e to v. Paid as a bid by winners only, divide by G(v).

The integral is summed with Gauss and Legendre's rule between neighbours of a fine grid of values, and bids
between grid points are interpolated linearly: an error below a millionth of the values' range for
distributions without steep corners. Schedules are kept for each prior, n, k and reserve.
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
"""Cells of the grid, in values and again in quantiles."""
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


@lru_cache(maxsize=256)
def pay_as_bid(prior: Any, n: int, supply: int, reserve: float) -> BidSchedule:
    """Bids where the `supply` highest of n win and pay their bids: E[max(k-th highest rival, reserve) | win].

    Raises as `win_probability` does.
    """
    winning = win_probability(prior, n, supply)
    if n <= supply:
        return _one_bid(reserve)
    values = _grid(prior, reserve)
    chance = winning(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        bids = values - _cumulated(winning, values) / chance
    bids[0] = values[0]
    known = chance >= NEGLIGIBLE
    known[0] = True
    return BidSchedule(reserve, values[known], np.maximum(bids[known], reserve))


@lru_cache(maxsize=256)
def all_pay(prior: Any, n: int, reserve: float) -> BidSchedule:
    """Bids where the highest of n wins, everyone who enters pays her bid, and the least bid is `reserve`.

    Raises as `win_probability` does.
    """
    winning = win_probability(prior, n, 1)
    if n == 1:
        return _one_bid(reserve)
    entry = _entry_value(winning, _grid(prior, reserve), reserve)
    values = _grid(prior, entry)
    bids = values * winning(values) - _cumulated(winning, values)
    bids[0] = reserve
    return BidSchedule(entry, values, np.maximum(bids, reserve))


def win_probability(prior: Any, n: int, supply: int) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """G: the probability that fewer than `supply` of n − 1 rivals have a higher value than one's own.

    Raises ValueError or TypeError for an n that is no integer of at least 1, TypeError for a prior without
    `cdf` and `quantile`, NotImplementedError for one with atoms: there the symmetric equilibrium is mixed.
    """
    check_count("n", n)
    if not (callable(getattr(prior, "cdf", None)) and callable(getattr(prior, "quantile", None))):
        raise TypeError(f"prior must be a distribution of one value, with cdf and quantile, got {prior!r}")
    levels = np.linspace(0, 1, 1025)
    if np.abs(prior.cdf(prior.quantile(levels)) - levels).max() > 1e-6:
        raise NotImplementedError(
            f"prior must be continuous, got {prior!r}: with atoms the symmetric equilibrium is in mixed bids"
        )
    if n <= supply:
        return lambda values: np.ones(np.shape(values))
    from scipy.special import betainc

    return lambda values: betainc(n - supply, supply, prior.cdf(values))


def _one_bid(bid: float) -> BidSchedule:
    """Enough units for all: everyone bids the least."""
    return BidSchedule(bid, np.array([bid]), np.array([bid]))


def _grid(prior: Any, lowest: float) -> NDArray[Any]:
    """Ascending values from `lowest`, or the bottom of the support if higher, to the top."""
    levels = np.linspace(0, 1, CELLS + 1)
    tails = np.geomspace(TAIL, levels[1], 64)
    values = np.concatenate([prior.quantile(levels), prior.quantile(tails), prior.quantile(1 - tails)])
    values = values[np.isfinite(values)]
    kinks = prior.breakpoints() if hasattr(prior, "breakpoints") else np.empty(0)
    even = np.linspace(max(lowest, values.min()), max(lowest, values.max()), CELLS + 1)
    values = np.unique(np.concatenate([even, values, kinks]))
    return values[(values >= even[0]) & (values <= even[-1])]


def _cumulated(function: Callable[[NDArray[Any]], NDArray[Any]], values: NDArray[Any]) -> NDArray[Any]:
    """Integral of the function from the first of the ascending values to each of them."""
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half = np.diff(values)[:, None] / 2
    middles = (values[1:] + values[:-1])[:, None] / 2
    cells = (half * weights * function(middles + half * nodes)).sum(axis=1)
    return np.concatenate([[0.0], np.cumsum(cells)])


def _entry_value(
    winning: Callable[[NDArray[Any]], NDArray[Any]], values: NDArray[Any], reserve: float
) -> float:
    """The least value e with e G(e) >= reserve: whoever has it wins only against nobody, at the reserve."""
    from scipy.optimize import brentq

    def excess(value: float) -> float:
        return float(value * winning(np.asarray(value)) - reserve)

    low, high = float(values[0]), float(values[-1])
    if excess(low) >= 0:
        return low
    while excess(high) < 0:
        high *= 2
    return float(brentq(excess, low, high, xtol=1e-14 * high, rtol=1e-14))
