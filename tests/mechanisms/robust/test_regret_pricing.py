"""Chapter 2 of the robust paper: regret 1/e and 1/2 of the range, and what the proofs say on the way."""

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad

from agents.strategies.base import Truthful
from mechanisms import DeterministicRegretPricing, MinimaxRegretPricing
from mechanisms.distributions import Discrete, Uniform
from mechanisms.engine import walk
from mechanisms.menus import Menu, best_purchase
from mechanisms.robust import BundlePrices, LogarithmicPrice, RandomPostedPrices, bundle_regret, split_prices
from sim.conformance.distribution import DistributionConformance
from sim.conformance.mechanism import MechanismConformance
from sim.conformance.players import InstantPathPlayer, party_of

RANGES = (
    ((1.0,), (0.0,)),
    ((1.0, 2.0), (0.0, 0.5)),
    ((1.0, 2.0, 0.5), (0.25, 0.0, 0.4)),
)


def random_values(upper, size, seed=0):
    return np.random.default_rng(seed).random((size, len(upper))) * upper


def stake(upper, cost):
    return float(np.maximum(np.subtract(upper, cost), 0).sum())


@pytest.mark.parametrize(("upper", "cost"), RANGES)
def test_regret_is_an_eth_of_the_range_and_no_more(upper, cost):
    """Lemma 2.3.1: at most 1/e of the range, and exactly that where every share is at least 1/e."""
    pricing = MinimaxRegretPricing(upper, cost)
    limit = stake(upper, cost) / math.e
    assert pricing.regret == pytest.approx(limit, rel=1e-15)
    regret = pricing.regret_at(random_values(upper, 20_000))
    assert regret.max() <= limit * (1 + 1e-12)
    share = 1 / math.e + random_values(np.ones(len(upper)), 1_000) * (1 - 1 / math.e)
    np.testing.assert_allclose(pricing.regret_at(cost + share * np.subtract(upper, cost)), limit, rtol=1e-12)


@pytest.mark.parametrize(("upper", "cost"), RANGES)
@pytest.mark.parametrize("kind", [MinimaxRegretPricing, DeterministicRegretPricing])
def test_truth_is_best_and_costs_nothing(kind, upper, cost):
    """(IC) and (IR), among random values and the corners of the box."""
    corners = list(itertools.product(*((0.0, top) for top in upper)))
    values = np.concatenate([random_values(upper, 300), corners])
    outcome = kind(upper, cost).outcome(values)
    utility = values @ outcome.allocation.T - outcome.payments  # [truth, report]
    assert (utility <= np.diag(utility)[:, None] + 1e-12).all()
    assert (np.diag(utility) >= -1e-12).all()
    assert ((outcome.allocation >= 0) & (outcome.allocation <= 1)).all()


@pytest.mark.parametrize(("upper", "cost"), [(1.0, 0.0), (2.0, 0.7)])
@pytest.mark.parametrize("share", [0.1, 0.36, 0.4, 0.8, 1.0])
def test_payment_is_the_envelope_integral_and_the_mean_posted_price(upper, cost, share):
    """Proposition 2.2.1 (ii), and the law of (2.13): m(v) = q(v) v − ∫ q, and = ∫ p dQ over p <= v."""
    pricing, value = MinimaxRegretPricing(upper, cost), cost + share * (upper - cost)
    (law,) = pricing.price_laws
    outcome = pricing.outcome([value])
    kink = [law.support[0]]

    def won(x):
        return float(pricing.outcome([x]).allocation[0])

    area = quad(won, 0, value, points=kink if kink[0] < value else None)[0]
    assert outcome.payments == pytest.approx(won(value) * value - area, abs=1e-8)
    low = law.support[0]
    mean = quad(lambda p: p * float(law.pdf(p)), low, value)[0] if value > low else 0.0
    assert outcome.payments == pytest.approx(mean, abs=1e-8)
    assert outcome.allocation[0] == pytest.approx(float(law.cdf(value)), abs=1e-12)


@pytest.mark.parametrize(("upper", "cost"), RANGES)
def test_fee_and_price_have_the_same_mean(upper, cost):
    """Charging only for what she gets changes nothing in expectation, and no branch then costs its worth."""
    values = random_values(upper, 200)
    reports = values[:, None] if len(upper) > 1 else values
    expected = MinimaxRegretPricing(upper, cost).outcome(values)
    for charge in ("always", "winner"):
        lottery = MinimaxRegretPricing(upper, cost, charge).lottery(reports)
        mean = lottery.mean()
        np.testing.assert_allclose(mean.allocation.reshape(values.shape), expected.allocation, atol=1e-12)
        np.testing.assert_allclose(mean.payments[:, 0], expected.payments, atol=1e-12)
        np.testing.assert_allclose(lottery.probabilities.sum(axis=-1), 1)
        assert (lottery.probabilities >= 0).all()
    got = lottery.outcomes.allocation.reshape(200, len(upper) + 1, len(upper))
    worth = (got * values[:, None]).sum(axis=-1)
    assert (lottery.outcomes.payments[..., 0] <= worth + 1e-12).all()


def test_posted_prices_drawn_do_what_the_rule_does_on_average():
    """Within five standard errors: (2.3) as item prices among which the buyer chooses."""
    ranges = (1.0, 2.0), (0.1, 0.5)
    mechanism, rule = RandomPostedPrices.of_least_regret(*ranges), MinimaxRegretPricing(*ranges)
    prices = mechanism.sample_prices(np.random.default_rng(3), 40_000)
    for values in ([0.9, 1.9], [0.5, 1.2], [0.3, 2.0]):
        takes = np.asarray(values) >= prices
        paid = np.where(takes, prices, 0).sum(axis=-1)
        expected = rule.outcome(values)
        assert paid.mean() == pytest.approx(float(expected.payments), abs=5 * paid.std() / 200)
        np.testing.assert_allclose(takes.mean(axis=0), expected.allocation, atol=5 * 0.5 / 200)
        first = BundlePrices.separate(prices[0]).outcome(values)
        np.testing.assert_array_equal(first.allocation, takes[0])
        assert first.payments == pytest.approx(paid[0])


@pytest.mark.parametrize(("upper", "cost"), RANGES)
def test_sure_prices_have_half_the_range_as_regret(upper, cost):
    """Lemma 2.4.4 and Remark 2.4.3: ½ of the range, and for each bundle values that come to it."""
    pricing, half = DeterministicRegretPricing(upper, cost), stake(upper, cost) / 2
    assert pricing.regret == pytest.approx(half)
    np.testing.assert_allclose(pricing.prices, np.add(upper, cost) / 2)
    posted = BundlePrices.separate(pricing.prices)
    assert bundle_regret(posted.prices, upper, cost) == pytest.approx(half, abs=1e-9)
    assert pricing.regret_at(random_values(upper, 5_000)).max() <= half + 1e-12
    for bundle in itertools.product((False, True), repeat=len(upper)):
        below = np.where(bundle, upper, pricing.prices * (1 - 1e-9))
        assert pricing.regret_at(below) == pytest.approx(half, rel=1e-7)


@pytest.mark.parametrize(("upper", "cost"), RANGES)
def test_no_prices_for_bundles_have_less_regret(upper, cost):
    """Theorem 2.4.1 (Lemma 2.4.5), on random prices near the optimum and far from it."""
    rng = np.random.default_rng(11)
    optimal = np.array(BundlePrices.separate(np.add(upper, cost) / 2).prices)
    half = stake(upper, cost) / 2
    for spread in (0.02, 0.2, 1.0, 1.0):
        prices = np.maximum(optimal + rng.uniform(-spread, spread, optimal.size), 0)
        prices[0] = 0
        assert bundle_regret(prices, upper, cost) >= half - 1e-9
    rough = np.maximum(optimal * rng.uniform(0.5, 1.5, optimal.size), 0)
    met = BundlePrices(rough).outcome(random_values(upper, 4_000))
    regret = (np.maximum(random_values(upper, 4_000) - cost, 0).sum(axis=1)
              - met.payments + met.allocation @ np.array(cost))
    assert regret.max() <= bundle_regret(rough, upper, cost) + 1e-9


@pytest.mark.parametrize(("upper", "cost"), RANGES)
def test_sure_prices_cost_a_factor_of_half_e(upper, cost):
    """Corollary 2.4.1."""
    ratio = DeterministicRegretPricing(upper, cost).regret / MinimaxRegretPricing(upper, cost).regret
    assert ratio == pytest.approx(math.e / 2)


@pytest.mark.parametrize("kind", [MinimaxRegretPricing, DeterministicRegretPricing])
def test_items_whose_cost_reaches_the_bound_are_not_sold(kind):
    """Remark 2.3.1."""
    both, alone = kind((1.0, 2.0, 3.0), (0.2, 2.0, 4.0)), kind(1.0, 0.2)
    assert both.regret == pytest.approx(alone.regret)
    values = np.vstack([random_values((1.0, 2.0, 3.0), 50), [1.0, 2.0, 3.0]])  # the top: value = cost
    outcome, expected = both.outcome(values), alone.outcome(values[:, :1])
    np.testing.assert_allclose(outcome.allocation, expected.allocation * [1.0, 0.0, 0.0])
    np.testing.assert_allclose(outcome.payments, expected.payments)
    assert both.regret_at([1.0, 2.0, 3.0]) == pytest.approx(both.regret)


def test_markups_come_to_nothing_where_several_bundles_may_be_bought():
    """Remark 2.4.4: with `split_prices` a buyer of one bundle does as well as one who may buy several."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        prices = np.append(0.0, rng.integers(0, 9, 7) / 4)
        split = split_prices(prices)
        assert (split <= prices).all()
        np.testing.assert_array_equal(split_prices(split), split)
        values = rng.integers(0, 9, 3) / 4
        posted = BundlePrices(split)
        bought = best_purchase(Menu(posted.bundles[1:].astype(float), prices[1:]), values, 3)
        one = posted.outcome(values)
        assert values @ one.allocation - one.payments == pytest.approx(bought.utility)
    for upper, cost in RANGES:  # "the optimal mechanism does not capitalize on" markups
        optimal = BundlePrices.separate(DeterministicRegretPricing(upper, cost).prices).prices
        np.testing.assert_allclose(split_prices(optimal), optimal)


def test_the_buyer_takes_the_bundle_of_figure_2_1():
    """Figure 2.1: both items when their values reach the bundle's price and each the discount price."""
    posted = BundlePrices((0.0, 0.6, 0.5, 0.8))  # nothing, second, first, both
    values = random_values((1.0, 1.0), 2_000, seed=2)
    first, second = values.T
    both = (first + second >= 0.8) & (first >= 0.8 - 0.6) & (second >= 0.8 - 0.5)
    np.testing.assert_array_equal(posted.outcome(values).allocation.all(axis=1), both)
    only_first = (first >= 0.5) & (second < 0.8 - 0.5)
    np.testing.assert_array_equal(posted.choice(values) == 2, only_first)


def test_ties_go_to_the_dearest_bundle():
    posted = BundlePrices((0.0, 1.0, 1.0, 2.0))
    assert posted.choice([1.0, 1.0]) == 3
    assert posted.choice([1.0, 0.5]) == 2
    assert posted.choice([0.5, 0.5]) == 0
    assert BundlePrices((0.0, math.inf, 1.0, math.inf)).choice([2.0, 9.0]) == 2


@pytest.mark.parametrize("kind", [MinimaxRegretPricing, DeterministicRegretPricing])
def test_one_item_is_priced_in_conversation(kind):
    """The conversation's mean is the rule, also where reports have no axis for items."""
    pricing = kind(2.0, 0.5)
    for value in (0.3, 1.1, 1.25, 1.9, 2.0):
        ends = list(walk(pricing, 1, lambda path, value=value: InstantPathPlayer(
            party_of(pricing, np.array([value]), [Truthful()]), np.random.default_rng(0), path)))
        expected = pricing.outcome([value])
        got = sum(player.path.probability * end.allocation for player, end in ends)
        paid = sum(player.path.probability * end.payments for player, end in ends)
        assert got.shape == paid.shape == (1,)
        assert got[0] == pytest.approx(float(expected.allocation[0]), abs=1e-12)
        assert paid[0] == pytest.approx(float(expected.payments), abs=1e-12)


class OneBuyer(MechanismConformance):
    def sizes(self, mechanism):
        return range(1, 2)


class TestMinimaxRegretPricing(OneBuyer):
    instances = (
        MinimaxRegretPricing((12.0, 14.0), (1.0, 3.0)),
        MinimaxRegretPricing((12.0, 12.0), 0.0, "winner"),
    )


class TestDeterministicRegretPricing(OneBuyer):
    instances = (DeterministicRegretPricing((12.0, 14.0), (1.0, 15.0)),)


class TestBundlePrices(OneBuyer):
    instances = (BundlePrices((0.0, 3.0, 4.0, 6.0)), BundlePrices((0.0, math.inf, math.inf, math.inf)))


class TestRandomPostedPrices(OneBuyer):
    instances = (
        RandomPostedPrices.of_least_regret((12.0, 14.0), (1.0, 15.0)),
        RandomPostedPrices((Discrete([3.0, 8.0], [0.5, 0.5]), None)),
        RandomPostedPrices((Uniform(0.0, 9.0),)),
    )


class TestLogarithmicPrice(DistributionConformance):
    instances = (LogarithmicPrice(1.0), LogarithmicPrice(3.0, 0.5))


POSTED = RandomPostedPrices.of_least_regret


@pytest.mark.parametrize("kind", [MinimaxRegretPricing, DeterministicRegretPricing, POSTED])
def test_bad_ranges_are_named(kind):
    with pytest.raises(ValueError, match="upper must be above 0, not 0"):
        kind((1.0, 0.0))
    with pytest.raises(ValueError, match="upper must be finite, not inf"):
        kind((1.0, math.inf))
    with pytest.raises(TypeError, match="upper must hold real numbers"):
        kind(("one",))
    with pytest.raises(ValueError, match="cost must be at least 0, not -1"):
        kind((1.0, 1.0), (0.0, -1.0))
    with pytest.raises(ValueError, match="cost must be one for each of 2 items, not 3"):
        kind((1.0, 1.0), (0.0, 0.0, 0.0))
    if kind is POSTED:
        with pytest.raises(ValueError, match="bundles are of at most 16 items, not 17"):
            kind((1.0,) * 17)
    else:
        assert kind((1.0,) * 40).outcome(np.ones(40)).allocation.all()


@pytest.mark.parametrize("kind", [MinimaxRegretPricing, DeterministicRegretPricing])
def test_bad_values_are_named(kind):
    pricing = kind((1.0, 2.0))
    with pytest.raises(ValueError, match=r"values must be from 0 to upper\[1\] = 2.0, not 2.5"):
        pricing.outcome([[0.5, 0.5], [0.5, 2.5]])
    with pytest.raises(ValueError, match=r"values must be from 0 to upper\[0\] = 1.0, not nan"):
        pricing.outcome([math.nan, 0.5])
    with pytest.raises(ValueError, match="last axis of 2 items"):
        pricing.outcome([0.5, 0.5, 0.5])
    with pytest.raises(ValueError, match="one buyer at a time can be sold to, not 3"):
        pricing.lottery(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="charge must be one of always, winner, not 'never'"):
        MinimaxRegretPricing(1.0, 0.0, "never")


def test_bad_laws_of_prices_are_named():
    with pytest.raises(ValueError, match="laws must hold one for each item, got none"):
        RandomPostedPrices(())
    with pytest.raises(TypeError, match=r"laws\[1\] must be a Distribution or None, got 2.0"):
        RandomPostedPrices((None, 2.0))
    with pytest.raises(ValueError, match=r"laws\[0\] must be of prices of at least 0, got -1"):
        RandomPostedPrices((Uniform(-1.0, 1.0),))


def test_bad_bundle_prices_are_named():
    with pytest.raises(ValueError, match=r"prices\[0\], for nothing, must be 0, not 1"):
        BundlePrices((1.0, 2.0))
    with pytest.raises(ValueError, match="must be a vector of 2\\^items numbers"):
        BundlePrices((0.0, 2.0, 3.0))
    with pytest.raises(ValueError, match="prices must be at least 0, not -2"):
        BundlePrices((0.0, -2.0))
    with pytest.raises(ValueError, match="prices must be 2\\^items = 4 numbers, not 2"):
        bundle_regret((0.0, 1.0), (1.0, 1.0))
