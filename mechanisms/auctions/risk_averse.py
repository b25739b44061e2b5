"""Symmetric equilibria of pay-as-bid auctions among risk-averse bidders (Krishna, Auction Theory, sec. 4.1).

n bidders have independent values with the continuous distribution F, want one of k units each, and share a
utility u. With G(v) the probability that a value v is among the k highest, bids solve
b'(v) = g(v)/G(v) u(v - b)/u'(v - b) from b = v at the least value that enters. Two families of utilities make
it linear:

- power, u(x) = x^r (constant relative risk aversion): as if G were G^(1/r), so
  b(v) = v - (integral of G^(1/r) up to v) / G(v)^(1/r) (Cox, Smith and Walker 1982);
- exponential, u(x) = (1 - e^(-a x))/a (constant absolute risk aversion): the equation is linear in e^(a b),
  the mean of e^(a Y) given Y < v, with Y the k-th highest rival value, or the reserve if that is higher.

Averse to risk, bidders bid more: they pay to make winning surer. In second price truth stays dominant, so
that first price earns more (Holt 1980; Krishna, Proposition 4.1).
"""

from __future__ import annotations

from functools import lru_cache, singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.equilibrium import NEGLIGIBLE, BidSchedule, Contest, pay_as_bid
from mechanisms.utilities import CARA, CRRA, Linear, Power, Utility

LARGEST_EXPONENT = 600.0
"""Absolute risk aversion times the range of values: beyond, exponentials overflow."""


@singledispatch
def risk_averse_schedule(utility: Utility, prior: Any, n: int, supply: int, reserve: float) -> BidSchedule:
    """Bids where the `supply` highest of n bidders of this utility win and pay their bids.

    For utilities `Linear`, `Power`, `CRRA` and `CARA`; NotImplementedError for others. Raises as `Contest`
    does, and ValueError for a risk aversion so great that exponentials overflow.
    """
    raise NotImplementedError(
        f"utility must be Linear, Power, CRRA or CARA for an equilibrium in closed form, got {utility!r}"
    )


@risk_averse_schedule.register
def _neutral(utility: Linear, prior: Any, n: int, supply: int, reserve: float) -> BidSchedule:
    return pay_as_bid(prior, n, supply, reserve)


@risk_averse_schedule.register
def _power(utility: Power, prior: Any, n: int, supply: int, reserve: float) -> BidSchedule:
    return _power_bids(prior, n, supply, reserve, utility.exponent)


@risk_averse_schedule.register
def _crra(utility: CRRA, prior: Any, n: int, supply: int, reserve: float) -> BidSchedule:
    return _power_bids(prior, n, supply, reserve, 1 - utility.risk_aversion)


@risk_averse_schedule.register
def _cara(utility: CARA, prior: Any, n: int, supply: int, reserve: float) -> BidSchedule:
    return _exponential_bids(prior, n, supply, reserve, utility.risk_aversion)


@lru_cache(maxsize=256)
def _power_bids(prior: Any, n: int, supply: int, reserve: float, exponent: float) -> BidSchedule:
    contest = Contest(prior, n, supply)
    if n <= supply:
        return pay_as_bid(prior, n, supply, reserve)

    def chance(values: NDArray[Any]) -> NDArray[Any]:
        return contest.win_probability(values) ** (1 / exponent)

    values = contest.grid(reserve)
    with np.errstate(divide="ignore", invalid="ignore"):
        bids = values - contest.cumulated(chance, values) / chance(values)
    return _schedule(values, bids, chance(values), reserve)


@lru_cache(maxsize=256)
def _exponential_bids(prior: Any, n: int, supply: int, reserve: float, aversion: float) -> BidSchedule:
    contest = Contest(prior, n, supply)
    if n <= supply:
        return pay_as_bid(prior, n, supply, reserve)
    values = contest.grid(reserve)
    top = values[-1]
    if not aversion * (top - values[0]) <= LARGEST_EXPONENT:
        raise ValueError(
            f"risk_aversion must be at most {LARGEST_EXPONENT:g} over the range of values, "
            f"{top - values[0]:g}, got {aversion!r}"
        )

    def weighted(values: NDArray[Any]) -> NDArray[Any]:
        return np.exp(aversion * (values - top)) * contest.win_probability(values)

    chance = contest.win_probability(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        shortfall = contest.cumulated(weighted, values) * np.exp(aversion * (top - values)) / chance
        bids = values + np.log1p(-np.minimum(aversion * shortfall, 1)) / aversion
    return _schedule(values, bids, chance, reserve)


def _schedule(
    values: NDArray[Any], bids: NDArray[Any], chance: NDArray[Any], reserve: float
) -> BidSchedule:
    """The schedule where there is a chance to win; the least value that enters bids itself."""
    bids[0] = values[0]
    known = chance >= NEGLIGIBLE
    known[0] = True
    return BidSchedule(reserve, values[known], np.maximum(bids[known], reserve))


def expected_highest_bid(schedule: BidSchedule, prior: Any, n: int, points: int = 1 << 16) -> float:
    """Expected revenue of a first-price auction where n bidders with values from `prior` bid by `schedule`.

    The mean over quantiles of the highest value (midpoint rule); 0 where nobody enters.
    """
    levels = (np.arange(points) + 0.5) / points
    bids = schedule(prior.quantile(levels ** (1 / n)))
    return float(np.where(np.isfinite(bids), bids, 0.0).mean())
