"""Equilibrium bids against closed forms, against every deviation, and against revenue equivalence.

Closed forms: Krishna, Auction Theory, sections 2.3, 2.5 and 3.2; uniform order statistics.
"""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom

from mechanisms.auctions import AllPay, AscendingClock, Discriminatory, FirstPrice, SecondPrice, UniformPrice
from mechanisms.distributions import Discrete, Exponential, LogNormal, PiecewiseUniform, PowerLaw, Uniform

UNIT = np.linspace(0.001, 1, 400)
HISTOGRAM = PiecewiseUniform([0.0, 1.0, 2.0, 3.0, 5.0, 9.0], [0.1, 0.3, 0.0, 0.4, 0.2])
PRIORS = [Uniform(0, 1), Uniform(2, 5), PowerLaw(3.0), Exponential(0.5), LogNormal(0.0, 0.8), HISTOGRAM]


@pytest.mark.parametrize("n", [2, 5, 60])
class TestUniformClosedForms:
    def test_first_price(self, n):
        bids = FirstPrice().equilibrium_bids(UNIT, n, Uniform(0, 1))
        np.testing.assert_allclose(bids, UNIT * (n - 1) / n, atol=1e-6)

    @pytest.mark.parametrize("reserve", [0.05, 0.3])
    def test_first_price_with_a_reserve(self, n, reserve):
        bids = FirstPrice(reserve).equilibrium_bids(UNIT, n, Uniform(0, 1))
        enters = reserve <= UNIT
        assert (bids[~enters] == -np.inf).all()
        value = UNIT[enters]
        closed = value * (n - 1) / n + reserve / n * (reserve / value) ** (n - 1)
        np.testing.assert_allclose(bids[enters], closed, atol=3e-6)

    def test_all_pay(self, n):
        bids = AllPay().equilibrium_bids(UNIT, n, Uniform(0, 1))
        np.testing.assert_allclose(bids, UNIT**n * (n - 1) / n, atol=1e-6)

    def test_all_pay_with_a_least_bid(self, n):
        """Who enters has v^n >= r, and bids r + (n-1)/n (v^n - r)."""
        bids = AllPay(0.3).equilibrium_bids(UNIT, n, Uniform(0, 1))
        enters = UNIT**n >= 0.3
        assert (bids[~enters] == -np.inf).all()
        np.testing.assert_allclose(bids[enters], 0.3 + (n - 1) / n * (UNIT[enters] ** n - 0.3), atol=1e-6)


def test_first_price_on_a_power_law():
    """With F = v^a the highest of n - 1 rivals has v^(a(n-1)): bids are a(n-1) / (a(n-1) + 1) of values."""
    for exponent, n in ((0.5, 4), (3.0, 3)):
        power = exponent * (n - 1)
        bids = FirstPrice().equilibrium_bids(UNIT, n, PowerLaw(exponent))
        np.testing.assert_allclose(bids, UNIT * power / (power + 1), atol=2e-6)


def test_discriminatory_bids_as_many_rivals_as_units_short():
    """Two units, three buyers, uniform: E[lower of two rivals | it is below v] by direct integration.

    Its distribution function is 2v - v^2, so the mean below v is (v^2 - 2v^3/3) / (2v - v^2).
    """
    bids = Discriminatory(2).equilibrium_bids(UNIT, 3, Uniform(0, 1))
    np.testing.assert_allclose(bids, (UNIT**2 - 2 * UNIT**3 / 3) / (2 * UNIT - UNIT**2), atol=1e-6)


def test_with_enough_units_everyone_bids_the_least():
    values = np.array([0.1, 0.3, 0.9])
    expected = [-np.inf, 0.3, 0.3]
    for auction, n in ((FirstPrice(0.3), 1), (AllPay(0.3), 1), (Discriminatory(4, 0.3), 4)):
        np.testing.assert_array_equal(auction.equilibrium_bids(values, n, Uniform(0, 1)), expected)


def win_probability(prior, value, n, supply):
    """Pr[fewer than `supply` of n - 1 rivals are above the value]."""
    return binom.cdf(supply - 1, n - 1, 1 - prior.cdf(value))


@pytest.mark.parametrize("prior", PRIORS, ids=repr)
@pytest.mark.parametrize(
    "auction",
    [FirstPrice(), FirstPrice(2.2), Discriminatory(2, 1.0), AllPay(), AllPay(0.4)],
    ids=repr,
)
@pytest.mark.parametrize("n", [3, 8])
def test_no_deviation_gains(prior, auction, n):
    """To bid as another type does, or not at all, never beats one's own bid; nor does bidding above all."""
    types = prior.quantile(np.linspace(0.003, 0.997, 120))
    bids = auction.equilibrium_bids(types, n, prior)
    enters = np.isfinite(bids)
    bid = np.where(enters, bids, 0.0)
    chance = np.where(enters, win_probability(prior, types, n, getattr(auction, "supply", 1)), 0.0)
    paid = bid if isinstance(auction, AllPay) else chance * bid
    payoff = types[:, None] * chance - paid  # [own type, type imitated]
    own = np.diagonal(payoff)
    assert (own >= payoff.max(axis=1) - 1e-5 * types.max()).all()
    assert (own >= -1e-6).all()
    assert (np.diff(bid) >= -1e-12).all()
    assert (bid <= types).all()


@pytest.mark.parametrize("prior", PRIORS, ids=repr)
def test_first_price_bid_is_the_mean_of_the_highest_rival(prior):
    """E[max(highest rival, r) | all rivals below v], by adaptive quadrature over quantiles."""
    n, reserve = 4, prior.quantile(0.2)
    value = float(prior.quantile(0.83))
    level, floor = float(prior.cdf(value)), float(prior.cdf(reserve))

    def weighted(u):
        return prior.quantile(u) * (n - 1) * u ** (n - 2)

    above = quad(weighted, floor, level, limit=400, points=[0.4, 0.8])[0]  # the histogram's kinks
    expected = (reserve * floor ** (n - 1) + above) / level ** (n - 1)
    bid = FirstPrice(float(reserve)).equilibrium_bids(np.array(value), n, prior)
    assert bid == pytest.approx(expected, abs=1e-5 * value)


@pytest.mark.parametrize("reserve", [0.0, 0.5])
def test_revenue_equivalence(reserve):
    """Auctions that sell to the same types earn the same; (n-1)/(n+1) without a reserve, uniform values.

    With reserve r: (n-1)/(n+1) + r^n (1 - 2n r/(n+1)). The all-pay auction excludes the same types when its
    least bid is r F(r)^(n-1). Within 4.5 standard errors.
    """
    n, prior = 4, Uniform(0, 1)
    closed = (n - 1) / (n + 1) + reserve**n * (1 - 2 * n * reserve / (n + 1))
    values = np.random.default_rng(12).random((200_000, n))
    auctions = (SecondPrice(reserve), FirstPrice(reserve), AllPay(reserve**n))
    for auction in auctions:
        revenue = auction.outcome(auction.equilibrium_bids(values, n, prior)).revenue
        error = revenue.std() / np.sqrt(len(revenue))
        assert abs(revenue.mean() - closed) <= 4.5 * error


def test_revenue_equivalence_of_several_units():
    """Two units, five uniform values: the third highest is 1/2 on average, paid twice."""
    values = np.random.default_rng(13).random((100_000, 5))
    for auction in (UniformPrice(2), Discriminatory(2)):
        revenue = auction.outcome(auction.equilibrium_bids(values, 5, Uniform(0, 1))).revenue
        assert abs(revenue.mean() - 1.0) <= 4.5 * revenue.std() / np.sqrt(len(revenue))


def test_truth_is_the_equilibrium_of_second_price_rules():
    values = np.array([0.2, 0.9])
    for auction in (SecondPrice(0.5), AscendingClock(), UniformPrice(2)):
        np.testing.assert_array_equal(auction.equilibrium_bids(values, 3, Uniform(0, 1)), values)


@pytest.mark.parametrize("auction", [FirstPrice(), FirstPrice(0.5), Discriminatory(3), AllPay(0.1)], ids=repr)
@pytest.mark.parametrize("prior", PRIORS, ids=repr)
def test_bids_rise_and_stay_sane_with_very_many_bidders(prior, auction):
    values = np.concatenate([prior.quantile(np.linspace(0, 1 - 1e-9, 500)), [1e6]])
    bids = auction.equilibrium_bids(values, 5000, prior)
    entered = np.isfinite(bids)
    assert (np.diff(bids[entered]) >= -1e-9).all()
    assert (bids[entered] <= values[entered]).all()
    assert entered[-1]


def test_values_off_the_support():
    bids = FirstPrice(1.0).equilibrium_bids(np.array([0.5, 1.5, 2.0, 3.0, 9.0]), 3, Uniform(2, 3))
    np.testing.assert_allclose(bids, [-np.inf, 1.5, 2.0, 2 + 2 / 3, 2 + 2 / 3], atol=1e-9)
    above = FirstPrice(5.0).equilibrium_bids(np.array([3.0, 6.0]), 3, Uniform(2, 3))
    np.testing.assert_array_equal(above, [-np.inf, 5.0])
    assert AllPay(5.0).equilibrium_bids(np.array([3.0, 6.0]), 3, Uniform(2, 3))[1] == 5.0


def test_bad_priors_and_numbers_are_named():
    values = np.array([0.5])
    for auction in (FirstPrice(), AllPay(), Discriminatory(2)):
        with pytest.raises(NotImplementedError, match="prior must be continuous"):
            auction.equilibrium_bids(values, 3, Discrete([0.0, 1.0], [0.5, 0.5]))
        with pytest.raises(TypeError, match="prior must be a distribution of one value"):
            auction.equilibrium_bids(values, 3, None)
        with pytest.raises(ValueError, match="n must be at least 1, got 0"):
            auction.equilibrium_bids(values, 0, Uniform(0, 1))
