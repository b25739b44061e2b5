"""The optimal highest-bidder-lottery and the random reserve that dominates it."""

import numpy as np
import pytest

from mechanisms.distributions import PowerLaw, Uniform
from mechanisms.robust import (
    HighestBidderLottery,
    RandomReserveLottery,
    envelope_payments,
    expected_revenue,
)
from sim.conformance.mechanism import MechanismConformance
from tests.mechanisms.robust.programs import all_profiles, gains_of_lies, least_revenue

MARKETS = [(2, 0.5), (2, 0.9), (3, 0.2), (6, 0.6)]
RULES = [
    rule(*market)
    for market in MARKETS
    for rule in (
        HighestBidderLottery,
        lambda n, mean: HighestBidderLottery(n, mean, charge="winner"),
        RandomReserveLottery,
    )
]


def profiles_of(rule, size=2000, seed=0):
    """Random profiles; some tie, some have values at r, 0 or 1."""
    rng = np.random.default_rng(seed)
    values = rng.random((size, rule.bidders))
    special = rng.choice([0.0, 1.0, rule.worst_case_revenue], values.shape)
    values = np.where(rng.random(values.shape) < 0.2, special, values)
    values[::7, 1] = values[::7, 0]
    return values, rng


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_truth_is_dominant_and_never_loses(rule):
    """Ex-post IC and IR in expectation over the rule's own draw (Proposition 1.2.2 (i), Lemma 1.7.9)."""
    values, rng = profiles_of(rule)
    outcome = rule.outcome(values)
    assert (outcome.allocation >= 0).all()
    assert (outcome.allocation.sum(axis=1) <= 1 + 1e-12).all()
    assert (values * outcome.allocation - outcome.payments >= -1e-12).all()
    for bidder in (0, 1):
        for lies in (rng.random(len(values)), values[:, 1 - bidder], np.ones(len(values))):
            assert gains_of_lies(rule, values, lies, bidder).max() <= 1e-12


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_payments_are_those_of_the_envelope(rule):
    """(1.13), by quadrature of the chances to win."""
    for values in profiles_of(rule, 60)[0]:
        np.testing.assert_allclose(envelope_payments(rule, values), rule.outcome(values).payments, atol=1e-12)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_the_plane_of_the_dual_lies_below_the_revenue(rule):
    """(1.8) with σ* and λ* = −σ* r: revenue >= σ* (Σ v − r) everywhere, so r is secured (Lemma 1.7.10)."""
    values, _ = profiles_of(rule)
    plane = rule.sigma * (values.sum(axis=1) - rule.worst_case_revenue)
    assert (rule.outcome(values).revenue >= plane - 1e-12).all()
    assert rule.bidders * rule.sigma * rule.mean - rule.sigma * rule.worst_case_revenue == pytest.approx(
        rule.worst_case_revenue
    )


@pytest.mark.parametrize("rule", [r for r in RULES if r.bidders <= 3], ids=repr)
def test_nature_on_a_grid_finds_nothing_worse(rule):
    """An independent program over all distributions on a grid that holds r."""
    values = np.unique([*np.linspace(0, 1, 9 if rule.bidders == 3 else 21), rule.worst_case_revenue])
    profiles = all_profiles(values, rule.bidders)
    worst = least_revenue(rule.outcome(profiles).revenue, profiles, rule.mean)
    assert worst == pytest.approx(rule.worst_case_revenue, abs=1e-7)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_allocation_and_payment_are_drawn_together(rule):
    """The lottery's branches are outcomes: one unit at most, paid by whoever pays, and of the right mean."""
    values, _ = profiles_of(rule, 300)
    lottery, mean = rule.lottery(values), rule.outcome(values)
    np.testing.assert_allclose(lottery.probabilities.sum(axis=-1), 1, atol=1e-12)
    np.testing.assert_allclose(lottery.mean().allocation, mean.allocation, atol=1e-12)
    np.testing.assert_allclose(lottery.mean().payments, mean.payments, atol=1e-12)
    goods, paid = lottery.outcomes.allocation, lottery.outcomes.payments
    assert set(np.unique(goods)) <= {0.0, 1.0}
    if rule.ex_post_ir:
        assert (paid <= goods * values[:, None, :] + 1e-12).all()


def test_losers_pay_only_where_everybody_is_charged():
    values = np.array([[0.9, 0.6, 0.2]])
    always = HighestBidderLottery(3, 0.5).lottery(values)
    winner = HighestBidderLottery(3, 0.5, charge="winner").lottery(values)
    assert not HighestBidderLottery(3, 0.5).ex_post_ir
    np.testing.assert_array_equal(always.outcomes.payments[0, 0], always.outcomes.payments[0, 1])
    assert not winner.outcomes.payments[0, 1].any()
    assert winner.outcomes.payments[0, 0, 0] > always.outcomes.payments[0, 0, 0]


@pytest.mark.parametrize(("bidders", "mean"), MARKETS)
def test_the_random_reserve_earns_more_by_exactly_as_much(bidders, mean):
    """B1: σ* (r + y (ln(y/r) − 1)) where the second bid y exceeds r, else nothing."""
    lottery, auction = HighestBidderLottery(bidders, mean), RandomReserveLottery(bidders, mean)
    values, _ = profiles_of(lottery)
    second, r = np.sort(values, axis=1)[:, -2], lottery.worst_case_revenue
    more = np.where(second > r, lottery.sigma * (r + second * (np.log(np.maximum(second, r) / r) - 1)), 0.0)
    assert (more >= 0).all()
    np.testing.assert_allclose(
        auction.outcome(values).revenue - lottery.outcome(values).revenue, more, atol=1e-12
    )


def test_the_random_reserve_is_a_second_price_auction_with_that_reserve():
    """Reserves drawn from its law give the outcome, within four standard errors."""
    auction = RandomReserveLottery(2, 0.5)
    reserves = auction.sample_reserves(np.random.default_rng(5), 200_000)
    assert np.mean(reserves == 0) == pytest.approx(0.466, abs=0.005)  # the atom for I = 2, μ = ½
    assert auction.sigma == pytest.approx(0.466, abs=5e-4)
    positive = reserves[reserves > 0]
    assert positive.min() >= auction.worst_case_revenue
    assert positive.max() <= 1
    for price in (0.4, 0.7):
        assert np.mean(reserves <= price) == pytest.approx(float(auction.reserve_cdf(price)), abs=0.005)
    for x, y in ((0.9, 0.6), (0.5, 0.1), (0.3, 0.2), (1.0, 1.0)):
        paid = np.where(reserves <= x, np.maximum(reserves, y), 0.0)
        expected = auction.outcome(np.array([x, y]))
        assert expected.revenue == pytest.approx(paid.mean(), abs=4 * paid.std() / np.sqrt(paid.size))
        assert expected.allocation[0] == pytest.approx(np.mean(reserves <= x), abs=0.005)


def test_revenue_in_a_uniform_town():
    """B1's figures for I = 2, μ = ½: .3228, and .3423 with the random reserve."""
    town = Uniform(0, 1)
    assert expected_revenue(HighestBidderLottery(2, 0.5), town, 2) == pytest.approx(0.3228, abs=5e-5)
    assert expected_revenue(RandomReserveLottery(2, 0.5), town, 2) == pytest.approx(0.3423, abs=5e-5)


@pytest.mark.parametrize("bidders", [2, 3])
def test_revenue_from_the_two_highest_is_that_from_all(bidders):
    """The integral over order statistics against the one over all profiles, and a sample of ten bidders."""
    for rule in (HighestBidderLottery(bidders, 0.4), RandomReserveLottery(bidders, 0.4)):
        for law in (Uniform(0, 1), PowerLaw(2)):
            everything = expected_revenue.dispatch(object)(rule, law, bidders)
            assert expected_revenue(rule, law, bidders) == pytest.approx(everything, abs=1e-5)
    rule = RandomReserveLottery(10, 0.5)
    revenue = rule.outcome(np.random.default_rng(12).random((50_000, 10))).revenue
    assert expected_revenue(rule, Uniform(0, 1), 10) == pytest.approx(
        revenue.mean(), abs=4 * revenue.std() / np.sqrt(revenue.size)
    )


def test_bidders_who_do_not_come_count_as_nothing():
    lottery = HighestBidderLottery(3, 0.5)
    alone = lottery.outcome(np.array([-np.inf, 0.8, -np.inf]))
    np.testing.assert_allclose(alone.payments, lottery.outcome(np.array([0.0, 0.8, 0.0])).payments)
    assert lottery.outcome(np.full(3, -np.inf)).revenue == 0


@pytest.mark.parametrize("bid", [1.01, -0.01, np.nan, np.inf])
def test_bids_out_of_range(bid):
    for rule in (HighestBidderLottery(2, 0.5), RandomReserveLottery(2, 0.5)):
        with pytest.raises(ValueError, match="reports must be"):
            rule.outcome(np.array([[0.5, 0.5], [0.5, bid]]))


def test_overbidding_in_a_market_counts_as_the_highest_bid():
    for rule in (HighestBidderLottery(2, 0.5), RandomReserveLottery(2, 0.5)):
        over, most = (rule.lottery(np.array([0.5, bid])).mean() for bid in (7.0, 1.0))
        np.testing.assert_array_equal(over.payments, most.payments)
        for bid in (-1.0, np.nan):
            with pytest.raises(ValueError, match="reports must be"):
                rule.lottery(np.array([0.5, bid]))


def test_charges_that_do_not_exist():
    with pytest.raises(ValueError, match="charge must be one of 'always', 'winner', got 'loser'"):
        HighestBidderLottery(2, 0.5, charge="loser")


class UnitValues(MechanismConformance):
    """Values are in [0, 1], of as many bidders as the rule is for."""

    def sizes(self, mechanism):
        return (mechanism.bidders,)

    def draw_values(self, mechanism, rng, shape):
        return rng.integers(0, 9, shape) / 8


class TestHighestBidderLottery(UnitValues):
    instances = (
        HighestBidderLottery(2, 0.5),
        HighestBidderLottery(3, 0.5),
        HighestBidderLottery(3, 0.5, charge="winner"),
    )

    ties_to_lowest = False  # allocations are drawn


class TestRandomReserveLottery(UnitValues):
    instances = (RandomReserveLottery(2, 0.5), RandomReserveLottery(3, 0.25))

    ties_to_lowest = False
