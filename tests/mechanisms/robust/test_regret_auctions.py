"""Chapter 3 of the robust paper: separate second price auctions with random reserves."""

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad

from agents.strategies.base import Truthful
from mechanisms import MinimaxRegretPricing, RandomReserveAuctions
from mechanisms.auctions.second_price import SecondPrice
from mechanisms.engine import walk
from mechanisms.robust import HighestBidderLottery, MarkovSet, worst_case_revenue
from sim.conformance.mechanism import MechanismConformance
from sim.conformance.players import InstantPathPlayer, party_of

UPPER = (1.0, 2.0)


def random_values(bidders, size, seed=0):
    """Half of them on a coarse grid, so that bids tie."""
    rng = np.random.default_rng(seed)
    fine, coarse = rng.random((2, size, bidders, 2))
    return np.where(rng.random((size, 1, 1)) < 0.5, fine, np.round(4 * coarse) / 4) * UPPER


@pytest.mark.parametrize("bidders", [2, 3])
def test_rule_is_the_mean_over_the_reserves(bidders):
    """Proposition 3.3.1: (3.3) averaged over ℚ_j, by quadrature, is (3.2)."""
    auctions = RandomReserveAuctions(UPPER, bidders)
    values = random_values(bidders, 6)
    expected = auctions.outcome(values)
    for profile, allocation, payments in zip(values, expected.allocation, expected.payments, strict=True):
        paid = np.zeros(bidders)
        for item, law in enumerate(auctions.reserve_laws):
            knots = np.unique([*law.support, *np.clip(profile[:, item], *law.support)])

            def weighted(reserve, bidder, part, item=item, profile=profile, law=law):
                auction = RandomReserveAuctions(UPPER[item], bidders)
                outcome = auction.outcome_at(profile[:, [item]], [reserve])
                result = outcome.allocation[bidder, 0], outcome.payments[bidder]
                return result[part] * float(law.pdf(reserve))

            for bidder in range(bidders):
                mean = [
                    sum(quad(weighted, *ends, args=(bidder, part))[0] for ends in itertools.pairwise(knots))
                    for part in (0, 1)
                ]
                assert mean[0] == pytest.approx(allocation[bidder, item], abs=1e-7)
                paid[bidder] += mean[1]
        np.testing.assert_allclose(paid, payments, atol=1e-7)


def test_known_reserves_make_second_price_auctions():
    auctions, values = RandomReserveAuctions(UPPER, 3), random_values(3, 50)
    outcome = auctions.outcome_at(values, [0.4, 1.1])
    first, second = SecondPrice(0.4).outcome(values[..., 0]), SecondPrice(1.1).outcome(values[..., 1])
    both = np.stack([first.allocation, second.allocation], axis=-1)
    np.testing.assert_array_equal(outcome.allocation, both)
    np.testing.assert_allclose(outcome.payments, first.payments + second.payments)


@pytest.mark.parametrize("bidders", [2, 3, 5])
def test_regret_is_an_eth_of_the_bounds_however_many_bid(bidders):
    """Proposition 3.3.2, Corollary 3.3.1: at most Σ v̄/e, and that where v >= v̄/e >= all other bids."""
    auctions, limit = RandomReserveAuctions(UPPER, bidders), 3.0 / math.e
    assert auctions.regret == pytest.approx(limit, rel=1e-15)
    assert auctions.regret_at(random_values(bidders, 20_000)).max() <= limit + 1e-12
    rng = np.random.default_rng(4)
    worst = rng.random((500, bidders, 2)) * UPPER / math.e
    highest = rng.integers(0, bidders, (500, 1, 2))
    own = (1 / math.e + rng.random((500, 1, 2)) * (1 - 1 / math.e)) * UPPER
    np.put_along_axis(worst, highest, own, axis=1)
    np.testing.assert_allclose(auctions.regret_at(worst), limit, rtol=1e-12)


@pytest.mark.parametrize("bidders", [2, 3])
def test_truth_is_dominant_and_costs_nothing(bidders):
    """(IC), (IR) and (Inv) of Section 3.2."""
    auctions, rng = RandomReserveAuctions(UPPER, bidders), np.random.default_rng(1)
    values = random_values(bidders, 400)
    honest = auctions.outcome(values)
    assert (honest.allocation.sum(axis=-2) <= 1 + 1e-12).all()
    assert (honest.allocation >= 0).all()
    utility = (honest.allocation * values).sum(axis=-1) - honest.payments
    assert (utility >= -1e-12).all()
    for bidder in range(bidders):
        for _ in range(20):
            reports = values.copy()
            reports[:, bidder] = rng.permutation(values[:, bidder])
            lying = auctions.outcome(reports)
            gained = (lying.allocation * values).sum(axis=-1) - lying.payments
            assert (gained[:, bidder] <= utility[:, bidder] + 1e-12).all()


def test_one_bid_that_counts_meets_the_posted_price():
    """Where rivals bid nothing, an auction is the pricing of Chapter 2 without costs."""
    value = np.random.default_rng(2).random((100, 2)) * UPPER
    values = np.stack([np.zeros((100, 2)), value, np.zeros((100, 2))], axis=1)
    auction = RandomReserveAuctions(UPPER, 3).outcome(values)
    pricing = MinimaxRegretPricing(UPPER).outcome(value)
    np.testing.assert_allclose(auction.allocation[:, 1], pricing.allocation, atol=1e-12)
    np.testing.assert_allclose(auction.payments[:, 1], pricing.payments, atol=1e-12)


@pytest.mark.parametrize("charge", ["winner", "always"])
def test_lottery_has_the_rule_as_its_mean(charge):
    for upper, values in ((UPPER, random_values(3, 60)), ((2.0,), random_values(3, 60)[..., 1:])):
        auctions = RandomReserveAuctions(upper, 3, charge)
        lottery = auctions.lottery(values if len(upper) > 1 else values[..., 0])
        expected, mean = auctions.outcome(values), lottery.mean()
        np.testing.assert_allclose(mean.allocation.reshape(values.shape), expected.allocation, atol=1e-12)
        np.testing.assert_allclose(mean.payments, expected.payments, atol=1e-12)
        got = lottery.outcomes.allocation.reshape(60, len(upper) + 1, 3, len(upper))
        worth = (got * values[:, None]).sum(axis=-1)
        assert (lottery.outcomes.payments <= worth + 1e-12).all() == (charge == "winner")


class ForItsBidders(MechanismConformance):
    """Of as many bidders as the rule is for."""

    def sizes(self, mechanism):
        return (mechanism.bidders,)


class TestRandomReserveAuctions(ForItsBidders):
    instances = (RandomReserveAuctions((12.0, 14.0), 3), RandomReserveAuctions((12.0, 12.0), 2, "always"))


class TestRandomReserveAuctionsOfOneItem(ForItsBidders):
    """Types are numbers."""

    instances = (RandomReserveAuctions(12.0, 2), RandomReserveAuctions(14.0, 3, "always"))


def test_a_seller_who_knows_the_range_secures_less_than_one_who_knows_the_mean():
    """Of the rules for the highest bidder none secures more than r of Theorem 1.5.3 under the Markov set."""
    secured = worst_case_revenue(RandomReserveAuctions(1.0, 2), MarkovSet(2, 0.6), points=31)
    assert secured.revenue < HighestBidderLottery(2, 0.6).worst_case_revenue


@pytest.mark.parametrize("charge", ["winner", "always"])
def test_one_item_is_auctioned_in_conversation(charge):
    """The conversation's mean is the rule, also where reports have no axis for items."""
    auctions = RandomReserveAuctions(2.0, 3, charge)
    for profile in random_values(3, 12)[..., 1]:
        ends = list(walk(auctions, 3, lambda path, values=profile: InstantPathPlayer(
            party_of(auctions, values, [Truthful()] * 3), np.random.default_rng(0), path)))
        expected = auctions.outcome(profile[:, None])
        got = sum(player.path.probability * end.allocation for player, end in ends)
        paid = sum(player.path.probability * end.payments for player, end in ends)
        np.testing.assert_allclose(got, expected.allocation[:, 0], atol=1e-12)
        np.testing.assert_allclose(paid, expected.payments, atol=1e-12)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="bidders must be at least 2, got 1"):
        RandomReserveAuctions(1.0, 1)
    with pytest.raises(TypeError, match=r"bidders must be an integer, got 2\.0"):
        RandomReserveAuctions(1.0, 2.0)
    with pytest.raises(ValueError, match="upper must be above 0, not -1"):
        RandomReserveAuctions((1.0, -1.0), 2)
    auctions = RandomReserveAuctions(UPPER, 2)
    with pytest.raises(ValueError, match=r"values must be of 2 bidders, in axis -2, got shape \(2,\)"):
        auctions.outcome(np.zeros(2))
    with pytest.raises(ValueError, match="last axis of 2 items, not shape \\(2, 3\\)"):
        auctions.outcome(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"values must be from 0 to upper\[0\] = 1.0, not 1.5"):
        auctions.outcome([[0.5, 1.0], [1.5, 1.0]])
