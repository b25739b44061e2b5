"""Ironed virtual values against closed forms and the concave majorant, computed from its definition."""

from __future__ import annotations

import numpy as np
import pytest

from mechanisms.auctions.virtual_values import ironed_virtual_value, share_ties
from mechanisms.distributions import (
    Discrete,
    EqualRevenue,
    Exponential,
    FromScipy,
    LogNormal,
    PiecewiseUniform,
    PowerLaw,
    Uniform,
)


def majorant_slopes(quantiles, revenues):
    """Slopes of the least concave majorant on each interval: the best chord over it, by trying all pairs."""
    m = len(quantiles)
    hull = np.array(revenues, dtype=float)
    for a in range(m):
        for b in range(a + 1, m):
            inside = slice(a, b + 1)
            share = (quantiles[inside] - quantiles[a]) / (quantiles[b] - quantiles[a])
            hull[inside] = np.maximum(hull[inside], revenues[a] + share * (revenues[b] - revenues[a]))
    return np.diff(hull) / np.diff(quantiles)


def random_discrete(rng, size):
    values = np.sort(rng.choice(np.arange(20), size, replace=False)).astype(float)
    return Discrete(values, rng.dirichlet(np.full(size, 0.7)))


@pytest.mark.parametrize("seed", range(40))
def test_finite_prior_is_the_slope_of_the_majorant(seed):
    rng = np.random.default_rng(seed)
    prior = random_discrete(rng, int(rng.integers(1, 8)))
    tails = np.cumsum(prior.probabilities[::-1])
    quantiles = np.append(0.0, tails)
    revenues = np.append(0.0, tails * prior.values[::-1])
    expected = majorant_slopes(quantiles, revenues)[::-1]
    np.testing.assert_allclose(ironed_virtual_value(prior)(prior.values), expected, rtol=1e-8, atol=1e-8)


def test_ironing_by_hand():
    """Values 1, 2, 3 with 1/2, 1/10, 2/5: R is 1.2 at 2/5, 1 at 1/2, 1 at 1; the majorant joins 2/5 and 1."""
    levels = ironed_virtual_value(Discrete([1, 2, 3], [0.5, 0.1, 0.4]))(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(levels, [-1 / 3, -1 / 3, 3.0], rtol=1e-12)
    assert levels[0] == levels[1]


def test_off_the_grid_is_rounded_down():
    curve = ironed_virtual_value(Discrete([0.3, 2, 4], [0.5, 0.5, 0]))
    at = curve(np.array([0.3, 2.0]))
    np.testing.assert_array_equal(
        curve(np.array([-np.inf, 0.29, 0.3 * (1 - 1e-15), 1.99, 2.5, 4.0, 9.0])),
        [-np.inf, -np.inf, at[0], at[0], at[1], at[1], at[1]],
    )


def test_least_report_on_a_grid():
    curve = ironed_virtual_value(Discrete([1, 2, 3], [0.5, 0.1, 0.4]))  # levels -1/3, -1/3, 3
    pooled = curve.levels[0]
    wanted = np.array([-1.0, pooled, 0.0, 3.0, 3.1])
    np.testing.assert_array_equal(curve.least_report(wanted), [1, 1, 3, 3, np.inf])
    np.testing.assert_array_equal(curve.least_report(wanted, above=True), [1, 3, 3, np.inf, np.inf])


REGULAR = [
    (Uniform(0, 1), lambda v: 2 * v - 1),
    (Uniform(1, 3), lambda v: 2 * v - 3),
    (Exponential(0.5), lambda v: v - 2),
    (PowerLaw(2), lambda v: v - (1 - v**2) / (2 * v)),
]


@pytest.mark.parametrize(("prior", "virtual_value"), REGULAR)
def test_regular_continuous_prior_is_the_closed_form(prior, virtual_value):
    curve = ironed_virtual_value(prior)
    values = prior.quantile(np.linspace(0.05, 0.9999, 2001))
    spread = values[-1] - values[0]
    np.testing.assert_allclose(curve(values), virtual_value(values), atol=1e-6 * spread)
    levels = virtual_value(values)
    np.testing.assert_allclose(curve.least_report(levels), values, atol=1e-6 * spread)
    np.testing.assert_allclose(curve.least_report(levels, above=True), values, atol=1e-6 * spread)


def test_any_distribution_with_quantiles_will_do():
    from scipy.stats import uniform

    values = np.linspace(0, 1, 101)
    adapted = ironed_virtual_value(FromScipy(uniform(0, 1)))
    np.testing.assert_allclose(adapted(values), 2 * values - 1, atol=1e-8)


IRREGULAR = [
    PiecewiseUniform([0, 1, 4], [0.7, 0.3]),
    PiecewiseUniform([0, 1, 4, 5], [0.6, 0, 0.4]),
    PiecewiseUniform([1, 2, 5, 6, 7], [0.5, 0.1, 0.35, 0.05]),
]


@pytest.mark.parametrize("prior", IRREGULAR)
def test_irregular_continuous_prior_is_the_slope_of_the_majorant(prior):
    """The chord slopes of R's majorant, R from posted prices and not from quantiles; away from its kinks."""
    prices = np.linspace(*prior.support, 401)[::-1]
    sells = prior.sale_probability(prices)
    keep = np.append(True, np.diff(sells) > 1e-12)  # of equal quantiles the greatest price
    quantiles, revenues = sells[keep], (prices * sells)[keep]
    slopes = majorant_slopes(quantiles, revenues)
    middles = prior.quantile(1 - (quantiles[:-1] + quantiles[1:]) / 2)
    smooth = np.abs(np.diff(slopes, prepend=slopes[0]) - np.diff(slopes, append=slopes[-1])) < 0.02
    curve = ironed_virtual_value(prior)
    assert smooth.mean() > 0.9
    np.testing.assert_allclose(curve(middles)[smooth], slopes[smooth], atol=0.02)


def test_bimodal_textbook_case():
    """Density 0.7 on [0, 1] and 0.1 on [1, 4]: two concave arcs of R, joined by their common tangent.

    For q <= 0.3 the price is 4 − 10q and R = q(4 − 10q), with its maximum at price 2; for q >= 0.3 the price
    is (1 − q)/0.7. The tangent touches at q₁ < q₂ where slopes, 4 − 20q₁ = (1 − 2q₂)/0.7, and intercepts,
    10q₁² = q₂²/0.7, agree.
    """
    ratio = np.sqrt(7.0)  # q₂ = √7 q₁
    q1 = (4 - 1 / 0.7) / (20 - 2 * ratio / 0.7)
    q2 = ratio * q1
    pooled = 4 - 20 * q1
    curve = ironed_virtual_value(PiecewiseUniform([0, 1, 4], [0.7, 0.3]))
    np.testing.assert_allclose(curve(np.array([3.0, 2.0])), [2.0, 0.0], atol=1e-9)
    low, high = (1 - q2) / 0.7, 4 - 10 * q1
    inside = np.linspace(low, high, 12)[1:-1]
    np.testing.assert_allclose(curve(inside), pooled, atol=1e-6)
    assert len(set(curve(inside).tolist())) == 1
    flat = curve(inside)[:1]
    np.testing.assert_allclose(curve.least_report(flat), low, atol=2e-3)
    np.testing.assert_allclose(curve.least_report(flat, above=True), high, atol=2e-3)


def test_equal_revenue_is_flat_at_zero():
    curve = ironed_virtual_value(EqualRevenue(50.0))
    np.testing.assert_array_equal(curve(np.array([1.0, 2.0, 30.0, 49.0])), 0.0)
    assert curve(np.array(50.0)) == pytest.approx(50.0)


VARIED = [Uniform(0, 1), LogNormal(0, 1), *IRREGULAR, random_discrete(np.random.default_rng(0), 6)]


@pytest.mark.parametrize("prior", VARIED)
def test_never_falls_and_inverts(prior):
    curve = ironed_virtual_value(prior)
    lo, hi = prior.quantile(np.array([0.0, 0.9999]))
    reports = np.linspace(lo, 1.5 * hi, 4001)
    levels = curve(reports)
    assert (np.diff(levels) >= 0).all()
    slack = 1e-9 * hi
    assert (curve.least_report(levels) <= reports + slack).all()
    assert (curve.least_report(levels, above=True) >= reports - slack).all()


@pytest.mark.parametrize("slope", [0.0, 0.1, 0.7])
@pytest.mark.parametrize("size", [3, 7, 10, 30])
def test_rounding_does_not_break_the_ties_of_a_straight_revenue_curve(size, slope):
    """Prices slope + 0.3/q make R(q) = 0.3 + slope q: all virtual values but the highest are the slope."""
    quantiles = np.arange(1, size + 1) / size
    curve = ironed_virtual_value(Discrete(slope + 0.3 / quantiles, np.full(size, 1 / size)))
    np.testing.assert_allclose(curve.levels[:-1], slope, rtol=1e-12)
    assert len(set(curve.levels[:-1].tolist())) == 1
    assert curve.least_report(np.array(0.0)) == pytest.approx(slope + 0.3)


def test_levels_that_rounding_sets_apart_are_shared():
    assert 0.1 + 0.2 != 0.3
    grids = ([0.1, 0.3], [0.1, 0.1 + 0.2], [0.1, 0.31])
    curves = share_ties([ironed_virtual_value(Discrete(grid, [0.5, 0.5])) for grid in grids])
    assert curves[0].levels[1] == curves[1].levels[1] < curves[2].levels[1]


@pytest.mark.parametrize("bad", [3.0, "uniform", None])
def test_prior_must_be_a_distribution(bad):
    with pytest.raises(TypeError, match="prior must be a Distribution"):
        ironed_virtual_value(bad)


@pytest.mark.parametrize("bad", [Uniform(-1, 1), Discrete([-2, 1], [0.5, 0.5])])
def test_prior_must_not_be_negative(bad):
    with pytest.raises(ValueError, match="prior must have values of at least 0, got the least value -"):
        ironed_virtual_value(bad)


def test_masses_too_small_to_divide_by_change_nothing():
    """1 and 3, half each: virtual values 1 − 2 and 3."""
    nearly = Discrete([0, 1, 2, 3], [5e-324, 0.5, 1e-310, 0.5])
    sure = Discrete([1, 3], [0.5, 0.5])
    reports = np.array([1.0, 2.0, 3.0])
    for prior in (nearly, sure):
        np.testing.assert_allclose(ironed_virtual_value(prior)(reports), [-1, -1, 3])
