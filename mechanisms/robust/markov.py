"""What a seller can secure who knows only the range [0, 1] and the mean of the values (robust paper, 1.5).

I bidders, each of a mean of at least μ, dependent in any way: the Markov ambiguity set (1.6). The optimal
highest-bidder-lottery secures r (Theorem 1.5.3). With y = 1 + 1/σ* it says y − ln y = I − ln(I μ) and
r = I μ / y. Everything is computed from z = y − I, the solution of z − ln(1 + z/I) = −ln μ, which loses no
digits for many bidders, where the Lambert W of the paper underflows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log, log1p, sqrt

from mechanisms._validation import number_in
from mechanisms.conversation import check_count

NEWTON_STEPS = 60
LEAST_MEAN = 1e-100
"""For smaller means products of two revenues leave the range of floats."""


def check_market(bidders: int, mean: float) -> tuple[int, float]:
    """Return both as plain numbers, or raise.

    `bidders` is an integer of at least 2; `mean` inside (0, 1), and not below 1e-100.
    """
    check_count("bidders", bidders, least=2)
    return int(bidders), number_in("mean", number_in("mean", mean, above=0, below=1), at_least=LEAST_MEAN)


@dataclass(frozen=True)
class LotteryConstants:
    """The numbers of Theorem 1.5.3.

    sigma
        σ*, the multiplier of each bidder's mean, in (0, 1/(I − 1)).
    value
        r, the worst-case expected revenue, and the bid from which the chance to win rises.
    shortfall
        μ − r, exact also where both agree in almost all digits.
    """

    sigma: float
    value: float
    shortfall: float


@lru_cache(maxsize=1024)
def lottery_constants(bidders: int, mean: float) -> LotteryConstants:
    """σ*, r and μ − r of the optimal highest-bidder-lottery; errors as `check_market`.

    >>> constants = lottery_constants(2, 0.5)
    >>> round(constants.value, 6), round(1 / constants.sigma, 6)
    (0.317844, 2.146193)
    """
    bidders, mean = check_market(bidders, mean)
    excess = _excess(bidders, mean)
    whole = bidders + excess
    return LotteryConstants(1 / (whole - 1), bidders * mean / whole, mean * excess / whole)


def _excess(bidders: int, mean: float) -> float:
    """The z > 0 with z − ln(1 + z/I) = −ln μ. The left side is convex and Newton's steps fall towards z."""
    target = -log(mean)
    excess = 2 * target + log1p(target) + 1
    for _ in range(NEWTON_STEPS):
        error = excess - log1p(excess / bidders) - target
        step = error / (1 - 1 / (bidders + excess))
        excess -= step
        if abs(step) <= 1e-16 * excess:
            break
    return excess


@dataclass(frozen=True)
class OptimalReserve:
    """The best reserve of a second price auction, and the worst-case expected revenue that it secures."""

    reserve: float
    revenue: float


def optimal_reserve(bidders: int, mean: float) -> OptimalReserve:
    """The best second price auction under the Markov set (Theorem 1.5.2).

    1 − √(1 − μ) while μ <= (2I − 1)/I². For a higher mean every reserve up to 1/I secures the same; the
    answer is then 0, which is also efficient.

    Parameters
    ----------
    bidders
        I, an integer of at least 2.
    mean
        μ in (0, 1): the least mean of each value; values are in [0, 1].

    Raises
    ------
    TypeError, ValueError
        For anything else.

    >>> best = optimal_reserve(2, 0.5)
    >>> round(best.reserve, 6), round(best.revenue, 6)
    (0.292893, 0.171573)
    >>> optimal_reserve(4, 0.5)
    OptimalReserve(reserve=0.0, revenue=0.3333333333333333)
    """
    bidders, mean = check_market(bidders, mean)
    if _reserve_helps(bidders, mean):
        reserve = _best_positive_reserve(mean)
        return OptimalReserve(reserve, bidders * reserve**2)
    return OptimalReserve(0.0, (bidders * mean - 1) / (bidders - 1))


def _reserve_helps(bidders: int, mean: float) -> bool:
    """Whether μ is in M₁ or M₂, not in M₃."""
    return mean * bidders**2 <= 2 * bidders - 1


def _best_positive_reserve(mean: float) -> float:
    """1 − √(1 − μ), without cancellation."""
    return mean / (1 + sqrt(1 - mean))


def extra_bidders(bidders: int, mean: float) -> int:
    """Δ(I): how many more bidders the best second price auction needs to secure what the lottery secures.

    The least Δ for which the best second price auction among I + Δ bidders has a worst-case expected revenue
    of at least r, that of the optimal highest-bidder-lottery among I (Figure 1.5). Δ(I)/I tends to
    (1 − μ)/(μ ln(1/μ)) − 1, sharper than Proposition 1.5.10; proof in docs/theory/robust.md. Errors as
    `optimal_reserve`.

    >>> [extra_bidders(bidders, 0.5) for bidders in (2, 10, 100)]
    [2, 6, 45]
    """
    constants = lottery_constants(*check_market(bidders, mean))
    with_reserve = ceil(constants.value / _best_positive_reserve(mean) ** 2)
    if _reserve_helps(with_reserve, mean):
        return with_reserve - bidders
    return ceil((1 - constants.value) / constants.shortfall) - bidders
