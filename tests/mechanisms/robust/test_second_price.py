"""Worst cases of second price auctions under the Markov set, against programs that know only the auction."""

import numpy as np
import pytest

from mechanisms.auctions import SecondPrice
from mechanisms.robust import second_price_nature, second_price_plane, second_price_worst_case
from tests.mechanisms.robust.programs import GRID, all_profiles, least_revenue, second_price_revenue

JUST_BELOW = 1e-8
RESERVES = (0.0, 0.05, 0.15, 0.24, 0.3, 0.4, 0.55, 0.7)
MEANS = (0.2, 0.5, 0.625, 0.9)


def values_around(reserve):
    """A coarse grid with the reserve and a value just below it, where the infima are."""
    return np.unique([*GRID, reserve, max(reserve - JUST_BELOW, 0)])


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("reserve", RESERVES)
def test_two_bidders(mean, reserve):
    """Propositions 1.5.5 to 1.5.7, over all distributions on the grid."""
    profiles = all_profiles(values_around(reserve), 2)
    revenue = [second_price_revenue(profile, reserve) for profile in profiles]
    expected = least_revenue(revenue, profiles, mean)
    assert second_price_worst_case(2, mean, reserve).revenue == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("reserve", RESERVES[::2])
def test_three_bidders(reserve):
    profiles = all_profiles(np.unique([*GRID[::2], reserve, max(reserve - JUST_BELOW, 0)]), 3)
    revenue = [second_price_revenue(profile, reserve) for profile in profiles]
    for mean in MEANS:
        expected = least_revenue(revenue, profiles, mean)
        assert second_price_worst_case(3, mean, reserve).revenue == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("bidders", [4, 9, 50])
@pytest.mark.parametrize("reserve", RESERVES)
def test_many_bidders_by_their_two_highest_values(bidders, reserve):
    """Revenue depends on the two highest: all others may as well have the second, and all be alike."""
    values = values_around(reserve)
    pairs = np.array([(x, y) for x in values for y in values if x >= y])
    revenue = [second_price_revenue(pair, reserve) for pair in pairs]
    average = (pairs[:, :1] + (bidders - 1) * pairs[:, 1:]) / bidders
    for mean in MEANS:
        expected = least_revenue(revenue, average, mean)
        assert second_price_worst_case(bidders, mean, reserve).revenue == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("bidders", [4, 9, 50])
@pytest.mark.parametrize("total", [1.2, 1.6, 1.9])
def test_where_the_first_case_ends_for_many_bidders(bidders, total):
    """Around (Iμ − 1)/(I − 1), the end of R₁ where it is below 1/I; `total` is Iμ, between 1 and 2."""
    end = (total - 1) / (bidders - 1)
    for reserve in (end * (1 - 0.5 / bidders), end, (end + 1 / bidders) / 2):
        values = values_around(reserve)
        pairs = np.array([(x, y) for x in values for y in values if x >= y])
        revenue = [second_price_revenue(pair, reserve) for pair in pairs]
        average = (pairs[:, :1] + (bidders - 1) * pairs[:, 1:]) / bidders
        expected = least_revenue(revenue, average, total / bidders)
        found = second_price_worst_case(bidders, total / bidders, reserve).revenue
        assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("bidders", [2, 3, 8])
@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("reserve", RESERVES)
def test_extremal_distributions_have_the_means_and_bring_the_worst(bidders, mean, reserve):
    worst = second_price_worst_case(bidders, mean, reserve)
    for epsilon in (1e-3, 1e-7):
        nature = second_price_nature(bidders, mean, reserve, epsilon)
        np.testing.assert_allclose(nature.mean, mean, atol=1e-12)
        assert ((nature.profiles >= 0) & (nature.profiles <= 1)).all()
        revenue = nature.expectation(SecondPrice(reserve).outcome(nature.profiles).revenue)
        assert revenue >= worst.revenue - 1e-12
        assert revenue <= worst.revenue + 20 * epsilon
        if worst.attained and reserve <= mean:
            assert revenue == pytest.approx(worst.revenue, abs=1e-12)


@pytest.mark.parametrize("bidders", [2, 3, 8])
@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("reserve", RESERVES)
def test_planes_prove_the_worst_cases(bidders, mean, reserve):
    """Proposition 1.5.4, primal = dual: the plane is below the revenue, and as high at the means."""
    sigma, level = second_price_plane(bidders, mean, reserve)
    rng = np.random.default_rng(2)
    values = np.where(rng.random((3000, 1)) < 0.5, rng.random((3000, bidders)), rng.random((3000, 1)))
    values = np.where(rng.random(values.shape) < 0.2, rng.choice([0.0, 1.0, reserve], values.shape), values)
    revenue = SecondPrice(reserve).outcome(values).revenue
    assert sigma >= 0
    assert (revenue >= level + sigma * values.sum(axis=1) - 1e-12).all()
    worst = second_price_worst_case(bidders, mean, reserve).revenue
    assert level + sigma * bidders * mean == pytest.approx(worst, abs=1e-12)


def test_sampled_revenue_agrees_with_the_closed_form():
    """Within four standard errors."""
    for bidders, mean, reserve in ((2, 0.625, 0.2), (2, 0.5, 0.3), (3, 0.5, 0.45)):
        nature = second_price_nature(bidders, mean, reserve)
        revenue = SecondPrice(reserve).outcome(nature.sample(np.random.default_rng(3), 40_000)).revenue
        error = revenue.std() / 200 + 1e-5
        worst = second_price_worst_case(bidders, mean, reserve).revenue
        assert revenue.mean() == pytest.approx(worst, abs=4 * error)


def test_bad_reserves_and_epsilons():
    with pytest.raises(ValueError, match=r"reserve must be >= 0, not -0\.1"):
        second_price_worst_case(2, 0.5, -0.1)
    with pytest.raises(ValueError, match="epsilon must be > 0"):
        second_price_nature(2, 0.5, 0.1, 0)
