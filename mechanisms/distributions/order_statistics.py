"""Expected order statistics of n independent values: the yardsticks of efficient auctions."""

from __future__ import annotations

from operator import index

from mechanisms._validation import FloatArray
from mechanisms.distributions.base import Distribution


def expected_order_statistic(distribution: Distribution, k: int, n: int) -> float:
    """Mean of the k-th highest of n independent values, 1 <= k <= n.

    The k-th highest is at most v when fewer than k values exceed v. That has the probability
    I_F(v)(n - k + 1, k), with I the regularised incomplete beta function. Raises TypeError unless k and n
    are integers, and ValueError if they are out of range.
    """
    from scipy.special import betainc

    k, n = index(k), index(n)
    if n < 1:
        raise ValueError(f"n must be >= 1, not {n}")
    if not 1 <= k <= n:
        raise ValueError(f"k must be between 1 and n = {n}, not {k}")

    def at_most(share: FloatArray) -> FloatArray:
        return betainc(n - k + 1, k, share)

    return distribution.distorted_mean(at_most)


def expected_maximum(distribution: Distribution, n: int) -> float:
    """Mean of the highest of n independent values: the welfare of an efficient sale of one unit."""
    return expected_order_statistic(distribution, 1, n)


def expected_second_highest(distribution: Distribution, n: int) -> float:
    """Mean of the second highest of n >= 2 values: the revenue of a second-price auction without reserve."""
    return expected_order_statistic(distribution, 2, n)
