"""Expected revenue of a closed rule when all values come independently from one law with a density."""

from __future__ import annotations

from functools import singledispatch
from itertools import pairwise, permutations

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.auctions.second_price import SecondPrice
from mechanisms.conversation import DirectLottery, DirectMechanism
from mechanisms.distributions import ContinuousDistribution
from mechanisms.quadrature import between_cuts
from mechanisms.robust.highest_bidder import MarkovLottery

Rule = DirectMechanism | DirectLottery
"""A mechanism with a closed rule."""

POINTS = 6
"""Nodes between two cuts."""
MOST_BIDDERS = 3
"""The ordered quadrature grows like a power of the number of bidders."""


@singledispatch
def expected_revenue(mechanism: Rule, law: ContinuousDistribution, bidders: int) -> float:
    """The expected revenue from truthful bidders with independent values from `law`.

    By Gauss and Legendre's rule over ordered profiles of quantiles, cut at the breakpoints of the mechanism
    and the law: to about 1e-5 of the scale where quantiles are steep at the ends. Raises ValueError for more
    than 3 bidders, except for second price auctions and rules that look at the two highest bids, which
    need one integral and two.
    """
    if bidders > MOST_BIDDERS:
        raise ValueError(f"bidders must be at most {MOST_BIDDERS} for {mechanism.name}, got {bidders}")
    cuts = np.unique(law.cdf(np.append(law.breakpoints(), mechanism.breakpoints)))
    quantiles, weights = _ordered(bidders, cuts)
    values = law.quantile(quantiles)
    return sum(
        float(weights @ mechanism.outcome(values[:, order]).revenue)
        for order in map(list, permutations(range(bidders)))
    )


@expected_revenue.register
def _second_price(mechanism: SecondPrice, law: ContinuousDistribution, bidders: int) -> float:
    """r Pr[highest >= r] + the integral above r of Pr[second > y]."""
    from scipy.integrate import quad

    reserve, n = mechanism.reserve, bidders
    lowest, highest = law.support
    start = max(reserve, lowest)

    def second_exceeds(price: float) -> float:
        below = float(law.cdf(price))
        return 1 - below**n - n * (1 - below) * below ** (n - 1)

    knots = np.unique(np.clip(law.breakpoints(), start, max(start, highest)))
    above = sum(quad(second_exceeds, a, b)[0] for a, b in pairwise([start, *knots]) if b > a)
    if np.isinf(highest):
        above += quad(second_exceeds, max(start, knots[-1]), np.inf)[0]
    return start * float(1 - law.cdf(start) ** n) + above


@expected_revenue.register
def _markov_lottery(mechanism: MarkovLottery, law: ContinuousDistribution, bidders: int) -> float:
    """Over the two highest quantiles, of joint density n (n − 1) u_2^(n − 2)."""
    if bidders != mechanism.bidders:
        raise ValueError(f"bidders must be {mechanism.bidders}, as the mechanism's, not {bidders}")
    cuts = np.unique(law.cdf(np.append(law.breakpoints(), mechanism.breakpoints)))
    quantiles, weights = _ordered(2, cuts)
    weights = weights * bidders * (bidders - 1) * quantiles[:, 1] ** (bidders - 2)
    highest, second = law.quantile(quantiles).T
    return float(weights @ mechanism.revenue_from(highest, second))


def _ordered(bidders: int, cuts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nodes (N, n) with u_1 > … > u_n in (0, 1), and weights (N,), which sum to 1/n!."""
    nodes, weights = np.ones((1, 0)), np.ones(1)
    for _ in range(bidders):
        top = nodes[:, -1:] if nodes.shape[1] else np.ones((1, 1))
        ends = np.concatenate([np.zeros_like(top), np.minimum(cuts, top), top], axis=1)
        own, parts = between_cuts(ends, POINTS)
        nodes = np.concatenate([np.repeat(nodes, own.shape[1], axis=0), own.reshape(-1, 1)], axis=1)
        weights = (weights[:, None] * parts).ravel()
        nodes, weights = nodes[weights > 0], weights[weights > 0]
    return nodes, weights
