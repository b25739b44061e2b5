"""Equilibria under risk aversion: closed forms, no gain from deviating, revenue in order."""

import numpy as np
import pytest
from scipy.integrate import quad

from mechanisms.auctions import AllPay, Discriminatory, FirstPrice, SecondPrice
from mechanisms.auctions.risk_averse import expected_highest_bid, risk_averse_schedule
from mechanisms.distributions import Exponential, PowerLaw, Uniform
from mechanisms.distributions.order_statistics import expected_second_highest
from mechanisms.utilities import CARA, CRRA, Capped, Linear, Power

VALUES = np.linspace(0, 1, 101)


@pytest.mark.parametrize("n", [2, 3, 6])
@pytest.mark.parametrize("r", [0.25, 0.5, 1.0])
def test_power_utility_with_uniform_values(n, r):
    """lo + (v - lo)(n-1)/(n-1+r) (Cox, Smith and Walker 1988)."""
    bids = FirstPrice().risk_averse_bids(VALUES, n, Uniform(), Power(r))
    np.testing.assert_allclose(bids, VALUES * (n - 1) / (n - 1 + r), atol=2e-7)
    shifted = FirstPrice().risk_averse_bids(2 + 3 * VALUES, n, Uniform(2, 5), CRRA(1 - r))
    np.testing.assert_allclose(shifted, 2 + 3 * VALUES * (n - 1) / (n - 1 + r), atol=1e-6)


@pytest.mark.parametrize("a", [0.1, 1.0, 5.0, 40.0])
def test_constant_absolute_risk_aversion_of_two_with_uniform_values(a):
    """e^(ab) is the mean of e^(aY) for Y uniform on [0, v]: (e^(av) - 1)/(av)."""
    values = VALUES[1:]
    bids = FirstPrice().risk_averse_bids(values, 2, Uniform(), CARA(a))
    np.testing.assert_allclose(bids, np.log(np.expm1(a * values) / (a * values)) / a, atol=1e-6)


def test_reserve_under_constant_absolute_risk_aversion():
    """e^(ab) v = r e^(ar) + integral of e^(ay) from r to v, for two uniform values."""
    a, r = 3.0, 0.4
    values = np.linspace(r, 1, 20)
    expected = np.log((r * np.exp(a * r) + (np.exp(a * values) - np.exp(a * r)) / a) / values) / a
    bids = FirstPrice(r).risk_averse_bids(values, 2, Uniform(), CARA(a))
    np.testing.assert_allclose(bids, expected, atol=1e-6)
    assert FirstPrice(r).risk_averse_bids(np.array([0.39]), 2, Uniform(), CARA(a))[0] == -np.inf


@pytest.mark.parametrize("utility", [Power(0.5), CARA(2.0), Linear()], ids=repr)
@pytest.mark.parametrize("prior", [Uniform(1, 2), PowerLaw(2.0), Exponential(1.0)], ids=repr)
@pytest.mark.parametrize(("n", "supply"), [(2, 1), (4, 1), (4, 2)])
def test_no_type_gains_by_bidding_like_another(utility, prior, n, supply):
    """Imitating w wins with the probability that fewer than k of n - 1 rivals have more than w."""
    from scipy.stats import binom

    values = prior.quantile(np.linspace(0.05, 0.95, 19))
    others = prior.quantile(np.linspace(0.001, 0.999, 999))
    schedule = risk_averse_schedule(utility, prior, n, supply, 0.0)
    chance = binom.cdf(supply - 1, n - 1, 1 - prior.cdf(others))
    own = binom.cdf(supply - 1, n - 1, 1 - prior.cdf(values)) * utility(values - schedule(values))
    imitating = chance * utility(values[:, None] - schedule(others))
    assert (imitating.max(axis=1) <= own + 1e-7 * own.max()).all()


@pytest.mark.parametrize("prior", [Uniform(), PowerLaw(3.0), Exponential(2.0)], ids=repr)
@pytest.mark.parametrize("n", [2, 5])
def test_first_price_earns_more_the_more_averse_they_are(prior, n):
    """Equal to second price for the neutral (revenue equivalence), above it for the averse (Holt 1980)."""
    def revenue(utility):
        return expected_highest_bid(risk_averse_schedule(utility, prior, n, 1, 0.0), prior, n)

    second = expected_second_highest(prior, n)
    assert revenue(Linear()) == pytest.approx(second, rel=1e-4)
    for averse in ([Power(0.8), Power(0.4), Power(0.1)], [CARA(0.5), CARA(2.0), CARA(8.0)]):
        earned = [second, *map(revenue, averse)]
        assert (np.diff(earned) > 1e-3 * second).all()


def test_revenue_by_quadrature():
    """n = 3 uniform with exponent r: (2/(2+r)) times the mean 3/4 of the highest value."""
    schedule = risk_averse_schedule(Power(0.5), Uniform(), 3, 1, 0.0)
    assert expected_highest_bid(schedule, Uniform(), 3) == pytest.approx(0.8 * 0.75, abs=1e-6)
    cara = risk_averse_schedule(CARA(2.0), Uniform(), 2, 1, 0.0)
    exact = quad(lambda v: 2 * v * np.log(np.expm1(2 * v) / (2 * v)) / 2, 1e-12, 1)[0]
    assert expected_highest_bid(cara, Uniform(), 2) == pytest.approx(exact, abs=1e-6)


def test_truth_stays_where_it_is_dominant():
    np.testing.assert_array_equal(SecondPrice(0.5).risk_averse_bids(VALUES, 3, Uniform(), CARA(2.0)), VALUES)


def test_as_many_units_as_bidders():
    bids = Discriminatory(3, 0.25).risk_averse_bids(np.array([0.2, 0.5]), 3, Uniform(), CARA(1.0))
    assert bids.tolist() == [-np.inf, 0.25]


def test_says_what_it_cannot_do():
    with pytest.raises(NotImplementedError, match="all pay"):
        AllPay().risk_averse_bids(VALUES, 2, Uniform(), CARA(1.0))
    with pytest.raises(NotImplementedError, match="Capped"):
        FirstPrice().risk_averse_bids(VALUES, 2, Uniform(), Capped(1.0))
    with pytest.raises(ValueError, match="risk_aversion"):
        FirstPrice().risk_averse_bids(VALUES, 2, Uniform(), CARA(1e6))
