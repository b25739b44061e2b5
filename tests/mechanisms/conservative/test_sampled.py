"""Auctions that learn from reports: dominance, what the raw estimate cannot do, estimates in closed form."""

from itertools import product
from math import comb

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from mechanisms.auctions import SecondPrice
from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.conservative.estimates import ExponentialFit, RawFrequencies, Smoothed, UniformFit
from mechanisms.conservative.sampled import BaligaVohraAuction, SegalAuction, SingleSampleAuction
from mechanisms.distributions import Discrete, Exponential, JointDistribution, Uniform
from mechanisms.engine import play, walk
from sim.conformance.mechanism import MechanismConformance

ESTIMATES = [RawFrequencies(), Smoothed(), Smoothed(0.7), ExponentialFit(), UniformFit()]


class TestConformance(MechanismConformance):
    ties_to_lowest = False  # a personal reserve may shut out the lower index
    instances = (
        SegalAuction(),
        SegalAuction(supply=2, estimate=RawFrequencies()),
        BaligaVohraAuction(),
        BaligaVohraAuction(supply=2, estimate=ExponentialFit()),
        SingleSampleAuction(),
        SingleSampleAuction(sampled=1),
    )


class Bids:
    """Sealed bids, and a given path of chance."""

    def __init__(self, bids, path):
        self.bids, self.path = np.array(bids, dtype=float), path

    def ask(self, question):
        from mechanisms.questions import Replies

        return Replies(self.bids, np.isfinite(self.bids))

    def chance(self, question):
        return self.path.take(question.probabilities)


def mean(mechanism, bids):
    """Expected allocation and payments over all chance moves."""
    allocation, payments = np.zeros(len(bids)), np.zeros(len(bids))
    for player, end in walk(mechanism, len(bids), lambda path: Bids(bids, path)):
        allocation += player.path.probability * end.allocation
        payments += player.path.probability * end.payments
    return allocation, payments


@pytest.mark.parametrize("estimate", ESTIMATES)
@pytest.mark.parametrize("supply", [1, 2])
def test_truth_is_dominant(estimate, supply):
    mechanisms = [SegalAuction(supply, estimate), BaligaVohraAuction(supply, estimate), SingleSampleAuction()]
    for mechanism in mechanisms:
        for others in product([0, 1.5, 3], repeat=2):
            for true, lie in product([0, 1, 1.5, 2, 3, 4], repeat=2):
                honest, lying = (mean(mechanism, [others[0], bid, others[1]]) for bid in (true, lie))
                gain = true * honest[0][1] - honest[1][1]
                assert gain >= max(true * lying[0][1] - lying[1][1], 0) - 1e-12


def test_for_one_good_the_raw_estimate_never_binds():
    bids = np.random.default_rng(1).integers(0, 9, (400, 5)).astype(float)
    segal, vickrey = SegalAuction(estimate=RawFrequencies()).outcome(bids), SecondPrice().outcome(bids)
    np.testing.assert_array_equal(segal.payments, vickrey.payments)
    np.testing.assert_array_equal(segal.allocation, vickrey.allocation)
    for profile in bids[:20]:
        _, paid = mean(BaligaVohraAuction(estimate=RawFrequencies()), profile)
        np.testing.assert_allclose(paid, SecondPrice().outcome(profile).payments, atol=1e-12)


def test_smoothed_and_parametric_estimates_bind():
    bids = np.array([1.0, 9.0, 1.0, 1.2])
    for estimate in (Smoothed(0.8), UniformFit()):
        sample = np.delete(bids, 1)
        reserve = estimate.reserve(sample)
        assert SegalAuction(estimate=estimate).outcome(bids).payments[1] == max(1.2, reserve)
    assert SegalAuction(estimate=ExponentialFit()).outcome(np.array([4.0, 9.0, 0.0])).payments[1] == 4.0
    assert SegalAuction(estimate=Smoothed(4.0)).outcome(np.array([4.0, 9.0, 4.0])).payments[1] == 4.0


def test_with_several_units_the_raw_estimate_binds():
    """Three units for four: the others of buyer 0 are 1, 6, 5; the best price for them is 5."""
    end = SegalAuction(supply=3, estimate=RawFrequencies()).outcome(np.array([7.0, 1.0, 6.0, 5.0]))
    np.testing.assert_array_equal(end.payments, [5, 0, 5, 0])
    np.testing.assert_array_equal(end.allocation, [1, 0, 1, 0])


def test_a_fixed_split_prices_each_half_by_the_other():
    auction = BaligaVohraAuction(supply=4, estimate=RawFrequencies(), split=(False, False, True, True))
    _, paid = mean(auction, [5.0, 3.0, 4.0, 1.0])
    np.testing.assert_array_equal(paid, [4, 0, 3, 0])


def test_all_halves_are_equally_likely():
    paths = list(walk(BaligaVohraAuction(), 5, lambda path: Bids([1.0] * 5, path)))
    assert len(paths) == comb(5, 2)
    np.testing.assert_allclose([player.path.probability for player, _ in paths], 1 / comb(5, 2))


def test_single_sample_by_loops():
    marginals = [Discrete([0, 1, 3], [0.3, 0.3, 0.4])] * 3
    prior = JointDistribution.product(marginals)
    expected = 0.0
    for profile, chance in zip(prior.profiles(), prior.support_probabilities(), strict=True):
        for sampled in range(3):
            low, high = sorted(np.delete(profile, sampled))
            reserve = profile[sampled]
            expected += chance / 3 * (max(low, reserve) if high >= reserve else 0.0)
    assert expected_outcome(SingleSampleAuction(), prior).revenue == pytest.approx(expected, abs=1e-12)


def revenue_at(quantile, n, points):
    """The single-sample auction's expected revenue from n values, by grids of quantiles that never tie."""
    grids = np.meshgrid(*(quantile((np.arange(points) + (i + 0.5) / n) / points) for i in range(n)))
    return SingleSampleAuction().outcome(np.stack(grids, axis=-1)).revenue.mean()


@pytest.mark.parametrize(("n", "points"), [(2, 400), (3, 50), (4, 18)])
@pytest.mark.parametrize("value", [Uniform(0, 1), Uniform(1, 2), Exponential(1.0)], ids=repr)
def test_single_sample_earns_half_of_its_buyers_share_for_regular_values(value, n, points):
    """Dhangwatnotai, Roughgarden and Yan: (1/2)(n − 1)/n of the optimum for iid regular values, n >= 2."""
    assert revenue_at(value.quantile, n, points) >= (n - 1) / (2 * n) * optimal_revenue(value, n)


def test_single_sample_in_closed_form():
    """Two uniform values: E[r (1 − r)] = 1/6, of an optimum of 5/12."""
    assert revenue_at(Uniform(0, 1).quantile, 2, 400) == pytest.approx(1 / 6, abs=1e-5)
    assert optimal_revenue(Uniform(0, 1), 2) == pytest.approx(5 / 12)


def test_a_quarter_is_all_that_two_buyers_leave_to_a_single_sample():
    """F(v) = v / (1 + v) below h, and the rest at h: revenue curve 1 − q, virtual values −1 and, at h, h.

    With a = 1 / (1 + h) the optimum sells at h alone, h (2a − a²), and the sample earns (1 − a)²/2 + h a².
    """
    h = 99.0
    a = 1 / (1 + h)
    found = revenue_at(lambda u: np.minimum(u / (1 - u), h), 2, 800)
    assert found == pytest.approx((1 - a) ** 2 / 2 + h * a**2, rel=2e-3)
    assert 1 / 4 <= found / (h * (2 * a - a**2)) < 0.26


def test_an_atom_below_the_optimal_price_ruins_a_single_sample():
    """Worth 1 with chance q, else 0: it earns q², of an optimum of 1 − (1 − q)²."""
    prior = [Discrete([0, 1], [0.9, 0.1])] * 2
    found = expected_outcome(SingleSampleAuction(), JointDistribution.product(prior)).revenue
    assert found == pytest.approx(0.1**2)
    assert optimal_revenue(prior) == pytest.approx(1 - 0.9**2)


def test_estimates_in_closed_form():
    assert RawFrequencies().reserve(np.array([5.0, 1.0, 4.0])) == 4.0
    assert ExponentialFit().reserve(np.array([1.0, 3.0])) == 2.0
    assert UniformFit().reserve(np.array([1.0, 3.0])) == 2.25
    assert Smoothed(1.0).reserve(np.array([1.0])) == 1.0  # uniform on 0 … 2
    assert Smoothed().reserve(np.array([3.0, 3.0])) == 3.0


def test_the_bandwidth_is_silvermans():
    """Of 1, 3, 5, 7, whose deviation is √5: a box of half-width h has the deviation h / √3."""
    sample = np.array([1.0, 3.0, 5.0, 7.0])
    width = np.sqrt(3) * 1.06 * np.sqrt(5) * 4**-0.2
    assert Smoothed().reserve(sample) == pytest.approx(Smoothed(width).reserve(sample), rel=1e-12)
    assert Smoothed().reserve(sample) != pytest.approx(Smoothed(width / np.sqrt(3)).reserve(sample))


def test_the_smoothed_reserve_is_the_best_of_a_fine_grid():
    rng = np.random.default_rng(2)
    for _ in range(20):
        sample, width = rng.random(5) * 4, 0.1 + rng.random()
        found = Smoothed(width).reserve(sample)
        prices = np.linspace(0, 6, 6001)

        def revenue(price, sample=sample, width=width):
            return price * np.clip((sample + width - price) / (2 * width), 0, 1).mean()

        assert revenue(found) >= max(map(revenue, prices)) - 1e-12


def test_nobody_bids():
    for mechanism in (SegalAuction(), BaligaVohraAuction(), SingleSampleAuction()):
        allocation, payments = mean(mechanism, [-np.inf] * 3)
        assert not allocation.any()
        assert not payments.any()


def test_bad_parameters():
    with pytest.raises(ValueError, match="supply must be at least 1"):
        SegalAuction(supply=0)
    with pytest.raises(TypeError, match="estimate must be a ReserveEstimate"):
        BaligaVohraAuction(estimate="raw")
    with pytest.raises(ValueError, match="bandwidth must be > 0"):
        Smoothed(0)
    with pytest.raises(ValueError, match="sampled must be at least 0"):
        SingleSampleAuction(-1)
    with pytest.raises(ValueError, match="split must be for 3 buyers"):
        play(BaligaVohraAuction(split=(True,)), 3, Bids([1, 2, 3], None))
