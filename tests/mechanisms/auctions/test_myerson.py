"""Myerson's auction against linear programs, the enumeration of profiles and deviations, and closed forms."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest

from mechanisms.auctions.myerson import MyersonAuction, monopoly_price, optimal_revenue
from mechanisms.distributions import (
    Discrete,
    EqualRevenue,
    Exponential,
    LogNormal,
    PiecewiseUniform,
    Uniform,
    expected_second_highest,
)
from mechanisms.questions import AskValue

NONE = -np.inf


def random_priors(rng, sizes):
    """Independent random finite priors; small integer values, so that virtual values tie and need ironing."""
    return tuple(
        Discrete(np.sort(rng.choice(8, size, replace=False)), rng.dirichlet(np.full(size, 0.8)))
        for size in sizes
    )


def enumeration(priors):
    """All type profiles `(P, n)` of independent finite priors, as indices and values, with probabilities."""
    places = np.array(list(product(*(range(prior.values.size) for prior in priors))))
    values = np.stack([prior.values[places[:, i]] for i, prior in enumerate(priors)], axis=-1)
    masses = np.prod([prior.probabilities[places[:, i]] for i, prior in enumerate(priors)], axis=0)
    return places, values, masses


def optimum_by_linear_program(priors, units, dominant):
    """Most revenue of any randomised mechanism: DSIC and ex-post IR, or BIC and interim IR.

    Variables are the allocation x and the payment p of each buyer at each profile. A row for each buyer, type
    and report (None: stay away), and with `dominant` for each profile of the others, says that truth is no
    worse; without, the rows are averaged over the others.
    """
    from scipy.optimize import linprog

    places, values, masses = enumeration(priors)
    count, n = places.shape
    index = {tuple(place): t for t, place in enumerate(places.tolist())}
    rows = []
    for i, prior in enumerate(priors):
        others = [range(p.values.size) for j, p in enumerate(priors) if j != i]
        for own, report in product(range(prior.values.size), [None, *range(prior.values.size)]):
            group = []
            for rest in product(*others):
                true, row = index[(*rest[:i], own, *rest[i:])], np.zeros((2, count, n))
                row[:, true, i] += -values[true, i], 1
                if report is not None:
                    lie = index[(*rest[:i], report, *rest[i:])]
                    row[:, lie, i] += values[true, i], -1
                weight = np.prod([p.probabilities[k] for p, k in zip(
                    [p for j, p in enumerate(priors) if j != i], rest, strict=True)])
                group.append(row.ravel() if dominant else weight * row.ravel())
            rows += group if dominant else [sum(group)]
    supply = np.zeros((count, 2, count, n))
    supply[np.arange(count), 0, np.arange(count)] = 1
    limits = np.concatenate([np.zeros(len(rows)), np.full(count, units)])
    revenue = np.stack([np.zeros((count, n)), np.repeat(masses[:, None], n, axis=1)])
    bounds = [(0, 1)] * (count * n) + [(None, None)] * (count * n)
    rows = np.vstack([*rows, supply.reshape(count, -1)])
    solution = linprog(-revenue.ravel(), A_ub=rows, b_ub=limits, bounds=bounds)
    assert solution.status == 0
    return -solution.fun


INSTANCES = [((3,), 1), ((3, 2), 1), ((3, 3), 1), ((4, 3), 1), ((2, 2, 2), 1), ((2, 3, 2), 2), ((3, 3), 2)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("sizes", "units"), INSTANCES)
def test_revenue_is_the_linear_programs_optimum(sizes, units, seed):
    priors = random_priors(np.random.default_rng([seed, *sizes]), sizes)
    revenue = optimal_revenue(priors, units=units)
    assert optimum_by_linear_program(priors, units, dominant=True) == pytest.approx(revenue, abs=1e-7)
    assert optimum_by_linear_program(priors, units, dominant=False) == pytest.approx(revenue, abs=1e-7)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("sizes", "units"), INSTANCES)
def test_the_auction_earns_the_optimal_revenue(sizes, units, seed):
    priors = random_priors(np.random.default_rng([seed, *sizes]), sizes)
    _, values, masses = enumeration(priors)
    earned = masses @ MyersonAuction(priors, units).outcome(values).revenue
    assert earned == pytest.approx(optimal_revenue(priors, units=units), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("n", "units"), [(1, 1), (2, 1), (3, 1), (3, 2), (4, 3), (2, 3)])
def test_one_prior_for_all(n, units, seed):
    """The closed form for buyers alike, the recursion over buyers and the enumeration of profiles agree."""
    (prior,) = random_priors(np.random.default_rng([seed, n]), (4,))
    _, values, masses = enumeration((prior,) * n)
    together = MyersonAuction(prior, units).outcome(values)
    singly = MyersonAuction((prior,) * n, units).outcome(values)
    np.testing.assert_array_equal(together.allocation, singly.allocation)
    np.testing.assert_array_equal(together.payments, singly.payments)
    assert masses @ together.revenue == pytest.approx(optimal_revenue(prior, n, units), rel=1e-10)
    assert optimal_revenue((prior,) * n, units=units) == pytest.approx(
        optimal_revenue(prior, n, units), rel=1e-10
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("units", [1, 2])
def test_truth_is_dominant_and_never_loses(seed, units):
    """Every buyer, every value and report on and off the grid, every profile of the others."""
    rng = np.random.default_rng([seed, units])
    priors = random_priors(rng, (3, 2, 3)) if seed % 2 else random_priors(rng, (4,)) * 3
    auction = MyersonAuction(priors if seed % 2 else priors[0], units)
    grid = np.array([NONE, *np.arange(0, 9, 0.5)])
    for i in range(3):
        others = np.array(list(product(grid[::3], repeat=2)))
        reports = np.insert(np.repeat(others[:, None], grid.size, axis=1), i, grid, axis=-1)
        result = auction.outcome(reports)
        got, paid = result.allocation[..., i], result.payments[..., i]
        assert (np.diff(got, axis=1) >= 0).all()
        gains = grid[1:, None, None] * got - paid  # by value, profile of the others, report
        truthful = gains[np.arange(grid.size - 1), :, np.arange(1, grid.size)]
        assert (truthful >= 0).all()
        assert (truthful[..., None] >= gains).all()


@pytest.mark.parametrize("prior", [Uniform(0, 1), PiecewiseUniform([0, 1, 4], [0.7, 0.3])])
def test_truth_is_dominant_for_continuous_priors(prior):
    rng = np.random.default_rng(5)
    grid = np.linspace(0, 1.25 * prior.support[1], 101)
    auction = MyersonAuction(prior)
    for others in rng.choice(grid, (20, 2)):
        for i in range(3):
            result = auction.outcome(np.insert(np.repeat(others[None], grid.size, axis=0), i, grid, axis=-1))
            gains = grid[:, None] * result.allocation[:, i] - result.payments[:, i]
            assert (np.diagonal(gains) >= 0).all()
            assert (np.diagonal(gains)[:, None] >= gains - 1e-12).all()


def test_uniform_is_second_price_with_reserve_one_half():
    reports = np.random.default_rng(1).random((500, 3))
    result = MyersonAuction(Uniform(0, 1)).outcome(reports)
    ranked = np.sort(reports, axis=-1)
    sold = ranked[:, -1] >= 0.5
    np.testing.assert_array_equal(result.allocation.argmax(axis=-1)[sold], reports.argmax(axis=-1)[sold])
    np.testing.assert_array_equal(result.allocation.sum(axis=-1), sold)
    np.testing.assert_allclose(result.revenue, np.where(sold, np.maximum(ranked[:, -2], 0.5), 0), rtol=1e-12)


def test_asymmetric_uniform_buyers_by_hand():
    """Myerson's bias: v₁ from U[0, 1], v₂ from U[0, 2]; buyer 1 wins when 2v₁ − 1 >= max(0, 2v₂ − 2)."""
    auction = MyersonAuction([Uniform(0, 1), Uniform(0, 2)])
    result = auction.outcome(np.array([[0.75, 1.2], [0.75, 1.3], [0.4, 0.9], [0.4, 1.0]]))
    np.testing.assert_array_equal(result.allocation, [[1, 0], [0, 1], [0, 0], [0, 1]])
    np.testing.assert_allclose(result.payments, [[0.7, 0], [0, 1.25], [0, 0], [0, 1.0]], atol=1e-7)


def test_ironed_types_tie_and_the_lowest_index_wins():
    """Even odds of 1, 2, 2.2, 5: virtual values −2, 1.6, −0.6, 5, of which 1.6 and −0.6 are pooled at 0.5.

    The first buyer wins that tie with 2 and pays 2; the second has to beat it, with 5.
    """
    auction = MyersonAuction(Discrete([1, 2, 2.2, 5], [0.25] * 4))
    np.testing.assert_allclose(auction.virtual_values(np.array([1, 2, 2.2, 5])), [-2, 0.5, 0.5, 5])
    result = auction.outcome(np.array([[2, 2.2], [2.2, 5], [5, 2.2], [5, 5], [1, 2]]))
    np.testing.assert_array_equal(result.allocation, [[1, 0], [0, 1], [1, 0], [1, 0], [0, 1]])
    np.testing.assert_array_equal(result.payments, [[2, 0], [0, 5], [2, 0], [5, 0], [0, 2]])


def test_rounding_does_not_decide_between_unlike_buyers():
    """Both have the value 0.3 and the virtual value 0.3, but the second by the sum 0.1 + 0.2 > 0.3."""
    priors = [Discrete([0.1, 0.3], [0.5, 0.5]), Discrete([0.1, 0.1 + 0.2], [0.5, 0.5])]
    result = MyersonAuction(priors).outcome(np.array([0.3, 0.1 + 0.2]))
    np.testing.assert_array_equal(result.allocation, [1, 0])


def test_no_bids_and_nobody():
    auction = MyersonAuction(Uniform(0, 1))
    for reports in (np.full(3, NONE), np.zeros(0), np.zeros((4, 0))):
        result = auction.outcome(reports)
        assert result.allocation.shape == result.payments.shape == reports.shape
        assert not result.allocation.any()
        assert not result.payments.any()


def test_reports_off_the_support():
    """Below the support nobody wins; above a continuous one the higher report wins and pays the other."""
    reports = np.array([[1.9, NONE], [1.9, 2.0], [5.0, 6.0], [6.0, 5.0]])
    result = MyersonAuction(Uniform(2, 3)).outcome(reports)
    np.testing.assert_array_equal(result.allocation, [[0, 0], [0, 1], [0, 1], [1, 0]])
    np.testing.assert_allclose(result.payments, [[0, 0], [0, 2], [0, 5], [5, 0]])


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 50, 200])
@pytest.mark.parametrize("units", [1, 3])
def test_uniform_revenue(n, units):
    """phi = 2v − 1: the k-th highest brings 2 Pr[k or more of n values > x], integrated over [1/2, 1]."""
    from scipy.special import betainc

    revenue = 0.0
    for k in range(1, min(units, n) + 1):
        for j in range(k, n + 1):  # integral of C(n, j) s^j (1 − s)^(n − j) over [0, 1/2]
            revenue += 2 * betainc(j + 1, n - j + 1, 0.5) / (n + 1)
    assert optimal_revenue(Uniform(0, 1), n, units) == pytest.approx(revenue, rel=1e-6)


def test_uniform_revenue_of_two():
    assert optimal_revenue(Uniform(0, 1), 2) == pytest.approx(5 / 12, rel=1e-7)


@pytest.mark.parametrize("n", [1, 2, 10, 200])
@pytest.mark.parametrize("high", [1.0, 3.0])
def test_exponential_revenue(n, high):
    """phi = v − 1/rate: the mean excess of the maximum over the reserve, by inclusion and exclusion."""
    from scipy.integrate import quad

    exact = quad(lambda v: -np.expm1(n * np.log1p(-np.exp(-v))), 1, 60, limit=200, points=[3, 6, 10])[0]
    assert optimal_revenue(Exponential(1 / high), n) == pytest.approx(high * exact, rel=1e-6)


@pytest.mark.parametrize("n", [2, 5, 100])
def test_reserve_does_not_bind_above_the_least_virtual_value(n):
    """U[1, 2] has phi >= 0 throughout: the optimal auction is the second price auction without reserve."""
    prior = Uniform(1, 2)
    assert optimal_revenue(prior, n) == pytest.approx(expected_second_highest(prior, n), rel=1e-6)


@pytest.mark.parametrize("n", [1, 2, 10, 100])
def test_equal_revenue_sells_to_the_atom(n):
    """phi is 0 below the cap and the cap at it: revenue is cap (1 − (1 − 1/cap)^n)."""
    assert optimal_revenue(EqualRevenue(50.0), n) == pytest.approx(50 * (1 - 0.98**n), rel=1e-6)


BIMODAL = PiecewiseUniform([0, 1, 4], [0.7, 0.3])


@pytest.mark.parametrize("prior", [LogNormal(0, 1), LogNormal(2, 0.3), BIMODAL])
def test_one_buyer_pays_the_monopoly_price(prior):
    prices = np.linspace(0, float(prior.quantile(0.999)), 200_001)
    revenues = prices * prior.sale_probability(prices)
    price = monopoly_price(prior)
    assert price * prior.sale_probability(price) == pytest.approx(revenues.max(), rel=1e-6)
    assert optimal_revenue(prior, 1) == pytest.approx(revenues.max(), rel=1e-6)
    result = MyersonAuction(prior).outcome(np.array([[price], [price * (1 - 1e-9)], [2 * price]]))
    np.testing.assert_array_equal(result.allocation[:, 0], [1, 0, 1])
    np.testing.assert_allclose(result.payments[:, 0], [price, 0, price])


@pytest.mark.parametrize("seed", range(20))
def test_monopoly_price_of_a_finite_prior(seed):
    (prior,) = random_priors(np.random.default_rng(seed), (5,))
    revenues = prior.values * prior.sale_probability(prior.values)
    assert monopoly_price(prior) == prior.values[revenues.argmax()]
    assert optimal_revenue(prior, 1) == pytest.approx(revenues.max())


def test_monopoly_price_is_the_smallest_of_several():
    assert monopoly_price(Discrete([1, 2, 3], [1 / 2, 1 / 6, 1 / 3])) == 1.0  # 1, 1 and 1
    assert monopoly_price(Discrete([0.1, 0.2, 0.3], [1 / 2, 1 / 6, 1 / 3])) == 0.1


def test_revenue_of_a_coin():
    """Values 1 and 2, even odds: phi is 0 and 2, and n buyers bring 2 (1 − 2^−n)."""
    for n in range(6):
        assert optimal_revenue(Discrete([1, 2], [0.5, 0.5]), n) == pytest.approx(2 * (1 - 0.5**n))
    with_two_units = 2 * sum(min(k, 2) * comb(5, k) for k in range(6)) / 32
    assert optimal_revenue(Discrete([1, 2], [0.5, 0.5]), 5, units=2) == pytest.approx(with_two_units)


def test_leading_axes():
    reports = np.random.default_rng(2).random((2, 3, 4))
    for auction in (MyersonAuction(Uniform(0, 1), 2), MyersonAuction([Uniform(0, 1 + i) for i in range(4)])):
        together = auction.outcome(reports)
        for place in np.ndindex(2, 3):
            alone = auction.outcome(reports[place])
            np.testing.assert_array_equal(together.allocation[place], alone.allocation)
            np.testing.assert_array_equal(together.payments[place], alone.payments)


def test_is_a_conversation_with_traits():
    auction = MyersonAuction(Uniform(0, 1), units=2)
    assert next(auction.conversation(3)) == AskValue()
    assert auction.units == 2
    assert auction.ex_post_ir
    assert auction.name == "myerson auction"
    assert auction == MyersonAuction(Uniform(0, 1), units=2)
    assert hash(MyersonAuction([Uniform(0, 1)])) == hash(MyersonAuction((Uniform(0, 1),)))


def test_bad_input():
    with pytest.raises(TypeError, match="priors must be a Distribution or a sequence"):
        MyersonAuction(0.5)
    with pytest.raises(TypeError, match="prior must be a Distribution of values, got"):
        MyersonAuction([0.5])
    with pytest.raises(ValueError, match="priors must hold at least one"):
        MyersonAuction([])
    with pytest.raises(ValueError, match="units must be at least 1, got 0"):
        MyersonAuction(Uniform(0, 1), units=0)
    with pytest.raises(ValueError, match="reports must be numbers"):
        MyersonAuction(Uniform(0, 1)).outcome(np.array([0.5, np.nan]))
    with pytest.raises(ValueError, match="the 2 buyers of priors, got shape"):
        MyersonAuction([Uniform(0, 1)] * 2).outcome(np.ones(3))
    with pytest.raises(ValueError, match="n must be given"):
        optimal_revenue(Uniform(0, 1))
    with pytest.raises(ValueError, match="n must be at least 0, got -1"):
        optimal_revenue(Uniform(0, 1), -1)
    with pytest.raises(ValueError, match="n must be the number of priors, 1, got 2"):
        optimal_revenue([Uniform(0, 1)], 2)
