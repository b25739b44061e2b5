"""The numbers of Theorems 1.5.2 and 1.5.3, against the paper's formulas and against search."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import lambertw

from mechanisms.auctions import SecondPrice
from mechanisms.robust import (
    HighestBidderLottery,
    extra_bidders,
    markov_bounds,
    optimal_reserve,
    second_price_worst_case,
)
from mechanisms.robust.markov import lottery_constants

MARKETS = [(n, mean) for n in (2, 3, 7, 40) for mean in (0.01, 0.2, 0.5, 0.625, 0.9, 0.999)]


@pytest.mark.parametrize(("bidders", "mean"), MARKETS)
def test_constants_are_those_of_the_lambert_function(bidders, mean):
    """Theorem 1.5.3 as printed: σ* = −1/(W₋₁(−μ I e^−I) + 1), r = e^(I − 1 − 1/σ*)."""
    constants = lottery_constants(bidders, mean)
    sigma = -1 / (lambertw(-mean * bidders * math.exp(-bidders), -1).real + 1)
    assert constants.sigma == pytest.approx(sigma, rel=1e-9)
    assert constants.value == pytest.approx(math.exp(bidders - 1 - 1 / sigma), rel=1e-9)
    assert constants.shortfall == pytest.approx(mean - constants.value, rel=1e-9)


@pytest.mark.parametrize("bidders", [800, 10**6, 10**12])
def test_many_bidders_do_not_underflow(bidders):
    """B5: with z = 1/σ* + 1 − I, z − ln(1 + z/I) = −ln μ; I (μ − r) tends to μ ln(1/μ) (proof of 1.5.10)."""
    constants = lottery_constants(bidders, 0.5)
    assert bidders * constants.shortfall == pytest.approx(0.5 * math.log(2), rel=3 / bidders)
    z = bidders * constants.shortfall / (0.5 - constants.shortfall)
    assert z - math.log1p(z / bidders) == pytest.approx(math.log(2), rel=1e-14)
    assert 1 / constants.sigma - bidders == pytest.approx(z - 1, abs=1e-15 * bidders)
    assert constants.value == pytest.approx(0.5 * bidders / (bidders + z), rel=1e-15)


@pytest.mark.parametrize(("bidders", "mean"), MARKETS)
def test_no_reserve_secures_more_than_the_optimal_one(bidders, mean):
    """Theorem 1.5.2, against all reserves on a fine grid."""
    best = optimal_reserve(bidders, mean)
    secured = [second_price_worst_case(bidders, mean, r).revenue for r in np.linspace(0, 1, 1001)]
    assert second_price_worst_case(bidders, mean, best.reserve).revenue == pytest.approx(best.revenue)
    assert max(secured) <= best.revenue + 1e-12
    assert max(secured) >= best.revenue - bidders * 1e-5


@pytest.mark.parametrize(("bidders", "mean"), MARKETS)
def test_extra_bidders_are_the_least_that_do(bidders, mean):
    """Δ(I) by counting up; small means need too many to count."""
    wanted = lottery_constants(bidders, mean).value
    extra = extra_bidders(bidders, mean)
    assert extra >= 1
    assert optimal_reserve(bidders + extra, mean).revenue >= wanted
    assert optimal_reserve(bidders + extra - 1, mean).revenue < wanted


def test_extra_bidders_have_no_bound():
    """Proposition 1.5.10, and B5: Δ(I)/I tends to (1 − μ)/(μ ln(1/μ)) − 1, which is .4427 for μ = ½."""
    for mean in (0.3, 0.5, 0.8):
        limit = (1 - mean) / (mean * math.log(1 / mean)) - 1
        assert extra_bidders(10**7, mean) / 10**7 == pytest.approx(limit, abs=1e-5)
        for n in (100, 10**4, 10**7):  # (n μ − 1)/(n − 1) >= r, with r = I μ/(I + z)
            z = brentq(lambda z, n=n, mean=mean: z - math.log1p(z / n) + math.log(mean), 1e-9, 9, xtol=1e-15)
            assert extra_bidders(n, mean) == math.ceil((n * (1 - mean) + z) / (mean * z)) - n
    assert extra_bidders(10**7, 0.5) / 10**7 == pytest.approx(0.4427, abs=5e-5)
    counts = [extra_bidders(n, 0.5) for n in (2, 10, 100, 1000)]
    assert counts == sorted(counts)


def test_second_price_is_arbitrarily_worse_for_small_means():
    """Theorem 1.5.5: its share of what the lottery secures tends to 0 with μ."""
    for bidders in (2, 5):
        shares = [
            optimal_reserve(bidders, mean).revenue / lottery_constants(bidders, mean).value
            for mean in (1e-1, 1e-2, 1e-4, 1e-6)
        ]
        assert shares == sorted(shares, reverse=True)
        assert shares[-1] < 1e-4


@pytest.mark.parametrize("mean", [0.2, 0.5, 0.9])
def test_second_price_without_reserve_is_asymptotically_optimal(mean):
    """Proposition 1.5.8: within ε of μ, which nothing exceeds, for all I >= I_ε of its proof."""
    for epsilon in (0.1, 0.01, 0.001):
        enough = math.ceil((1 - mean + epsilon) / epsilon)
        for bidders in (max(enough, 2), 3 * enough, 10 * enough):
            assert second_price_worst_case(bidders, mean, 0.0).revenue >= mean - epsilon - 1e-12
            assert markov_bounds(bidders, mean, steps=0).upper <= mean + 1e-12


def test_the_lottery_tends_to_second_price():
    """Proposition 1.5.9: uniformly in the values, allocation and payments, as the bidders become many."""
    rng = np.random.default_rng(1)
    distances = []
    for bidders in (10, 100, 1000, 10_000):
        values = np.sort(rng.random((200, bidders)) ** rng.integers(1, 9, (200, 1)), axis=1)
        ours, vickrey = HighestBidderLottery(bidders, 0.5).outcome(values), SecondPrice().outcome(values)
        distances.append(max(np.abs(ours.allocation - vickrey.allocation).max(),
                             np.abs(ours.payments - vickrey.payments).max()))
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-2


@pytest.mark.parametrize("bidders", [3, 10, 100, 10_000])
@pytest.mark.parametrize("mean", [0.2, 0.5, 0.9])
def test_how_far_the_lottery_is_from_second_price(bidders, mean):
    """Proposition 1.5.9 at every I: the greatest distances, by (1.12) and (1.13), and where they are.

    Who wins below r wins with (I − 1) σ* = 1 − σ* ln(1/r) in place of 1. Payments differ by σ* (x − r)⁺ less
    y σ* ln(1/r): most at (1, 0, …) or (1, …, 1) or (r, …, r).
    """
    z = brentq(lambda z: z - math.log1p(z / bidders) + math.log(mean), 1e-12, 50, xtol=1e-15)
    sigma, r = 1 / (bidders + z - 1), mean * bidders / (bidders + z)
    missing = sigma * math.log(1 / r)
    lottery, vickrey = HighestBidderLottery(bidders, mean), SecondPrice()

    def apart(values):
        ours, theirs = lottery.outcome(values), vickrey.outcome(values)
        won, paid = ours.allocation - theirs.allocation, ours.payments - theirs.payments
        return np.abs(won).max(), np.abs(paid).max()

    low = np.zeros((1, bidders))
    low[0, 0] = r / 2
    assert apart(low) == (pytest.approx(missing, rel=1e-9), 0)
    high = np.zeros((1, bidders))
    high[0, 0] = 1
    assert apart(high) == (pytest.approx(0, abs=1e-12), pytest.approx(sigma * (1 - r), rel=1e-9))
    for value in (r, 1.0):
        both = np.zeros((1, bidders))
        both[0, :2] = value
        chance = sigma * (bidders - r / value)
        expected = (1 - chance, value * missing - sigma * (value - r))
        assert apart(both) == tuple(pytest.approx(abs(each), rel=1e-9, abs=1e-14) for each in expected)
    rng = np.random.default_rng(1)
    chance, paid = apart(rng.random((200, bidders)) ** rng.integers(1, 99, (200, 1)))
    assert chance <= missing + 1e-12
    assert paid <= max(sigma * (1 - r), abs(missing - sigma * (1 - r)), r * missing) + 1e-12


@pytest.mark.parametrize("function", [optimal_reserve, extra_bidders, HighestBidderLottery, markov_bounds])
@pytest.mark.parametrize(
    ("bidders", "mean", "error", "words"),
    [
        (1, 0.5, ValueError, "bidders must be at least 2, got 1"),
        (2.0, 0.5, TypeError, "bidders must be an integer"),
        (2, 0.0, ValueError, r"mean must be > 0 and < 1, not 0\.0"),
        (2, 1, ValueError, r"mean must be > 0 and < 1, not 1\.0"),
        (2, float("nan"), ValueError, "mean must be finite"),
        (2, "half", TypeError, "mean must be a real number"),
    ],
)
def test_markets_that_are_refused(function, bidders, mean, error, words):
    with pytest.raises(error, match=words):
        function(bidders, mean)
