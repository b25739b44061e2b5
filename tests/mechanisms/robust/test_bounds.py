"""Bounds on every mechanism under the Markov set, both checked without the programs that made them."""

import functools

import numpy as np
import pytest
from scipy.optimize import brentq, linprog
from scipy.special import lambertw

from mechanisms.robust import (
    CellMechanism,
    CellNature,
    FaceNature,
    HighestBidderLottery,
    HighestBidderNature,
    MarkovSet,
    RandomReserveLottery,
    markov_bounds,
    worst_case_revenue,
)
from mechanisms.robust.markov import lottery_constants
from tests.mechanisms.robust.programs import all_profiles, gains_of_lies, least_revenue

MEANS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9)
KNOWN = {  # B3, rounded outwards
    0.05: (0.01714, 0.01719), 0.1: (0.03981, 0.03997), 0.25: (0.12734, 0.12798),
    0.5: (0.32811, 0.32927), 0.75: (0.60142, 0.60538), 0.9: (0.81772, 0.82122),
}

coarse = functools.lru_cache(functools.partial(markov_bounds, 2, steps=16))


@pytest.mark.parametrize("mean", MEANS)
def test_bounds_for_two_bidders_are_consistent(mean):
    """Between r and the closed form, and overlapping B3's intervals, each of which holds the optimum."""
    bounds, closed = coarse(mean), markov_bounds(2, mean, steps=0)
    assert closed.lower <= bounds.lower <= bounds.upper <= closed.upper
    assert bounds.lower <= KNOWN[mean][1] + 1e-5
    assert bounds.upper >= KNOWN[mean][0] - 1e-5


@pytest.mark.parametrize("mean", [1e-5, *(
    pytest.param(mean, marks=pytest.mark.slow) for mean in (1e-4, 0.001, 0.005, 0.02, *MEANS, 0.99, 0.9999)
)])
def test_the_gap_is_at_most_1_2_percent(mean):
    """At all means for which there are programs; within 0.5 % from 0.001. Overflows would be errors here."""
    bounds, closed = markov_bounds(2, mean), markov_bounds(2, mean, steps=0)
    assert bounds.certificate >= 1 - (0.012 if mean < 0.001 else 0.005)
    assert closed.lower <= bounds.lower <= bounds.upper <= closed.upper
    assert isinstance(bounds.mechanism, CellMechanism)


@pytest.mark.parametrize(
    "mean", [1e-100, 1e-20, 1e-8, 0.99e-5, 0.99991, 1 - 1e-8, 1 - 1e-12, np.nextafter(1, 0)]
)
def test_where_cells_do_not_help_the_closed_forms_stand(mean):
    """Within 2.2 % of each other, and closer the lower the mean, about (1 − ln 2)/ln(1/μ)."""
    for bidders in (2, 3, 50):
        bounds = markov_bounds(bidders, mean)
        assert bounds == markov_bounds(bidders, mean, steps=0)
        assert 0 < bounds.lower <= bounds.upper <= mean
        assert bidders > 2 or bounds.certificate >= 1 - min(0.022, 0.31 / np.log(1 / mean) + 1e-8)


def test_means_that_are_too_low_for_floats_are_refused():
    with pytest.raises(ValueError, match="mean must be >= 1e-100, not 1e-101"):
        markov_bounds(2, 1e-101)


def test_the_gap_at_one_half_is_small_already_on_few_cells():
    assert coarse(0.5).certificate >= 0.99


@pytest.mark.parametrize("mean", [0.1, 0.5])
def test_the_mechanism_is_honest_on_random_reports(mean):
    """Ex-post IC, IR and feasible: at random reports, at nodes, and where both report the same."""
    mechanism, rng = coarse(mean).mechanism, np.random.default_rng(2)
    assert isinstance(mechanism, CellMechanism)
    values = rng.random((20_000, 2)) ** rng.integers(1, 5, (20_000, 1))
    values[:4000] = rng.choice(mechanism.nodes, (4000, 2))
    values[4000:6000, 1] = values[4000:6000, 0]
    outcome = mechanism.outcome(values)
    assert (outcome.allocation >= 0).all()
    assert outcome.allocation.sum(axis=1).max() <= 1 + 1e-12
    assert (values * outcome.allocation - outcome.payments).min() >= -1e-12
    for bidder in (0, 1):
        for lies in (rng.random(20_000), rng.choice(mechanism.nodes, 20_000), values[:, 1 - bidder]):
            assert gains_of_lies(mechanism, values, lies, bidder).max() <= 1e-12
    lottery = mechanism.lottery(values)
    np.testing.assert_allclose(lottery.mean().payments, outcome.payments, atol=1e-12)
    assert (lottery.outcomes.payments <= lottery.outcomes.allocation * values[:, None] + 1e-12).all()


@pytest.mark.parametrize("mean", [0.1, 0.5])
def test_nature_on_a_finer_grid_does_not_break_the_lower_bound(mean):
    """Values between the nodes, and just below them; it comes close, so the bound is tight."""
    bounds = coarse(mean)
    nodes = np.array(bounds.mechanism.nodes)
    values = np.unique(np.concatenate([nodes, nodes * (1 - 1e-9), (nodes[1:] + nodes[:-1]) / 2,
                                       np.linspace(0, 1, 40)]))
    profiles = all_profiles(values, 2)
    worst = least_revenue(bounds.mechanism.outcome(profiles).revenue, profiles, mean)
    assert worst >= bounds.lower - 1e-8
    assert worst <= bounds.lower * 1.002


def revenue_against_cells(nature, points=12):
    """The integral of the highest virtual value, by a fine rule from the density's definition alone."""
    places, parts = np.polynomial.legendre.leggauss(points)
    low, high = nature.nodes[:-1, None], nature.nodes[1:, None]
    x = (low + high) / 2 + (high - low) / 2 * places
    cell = np.repeat(np.arange(len(x)), points)
    x, weight = x.ravel(), ((high - low) / 2 * parts).ravel()
    density = nature.weights[np.ix_(cell, cell)] / np.outer(x, x) ** 2
    line = nature.lines[cell] / x**2
    above = np.zeros_like(density)  # the mass of v_1 above x, by exact integrals over cells
    inner = -np.diff(1 / nature.nodes)
    for k in range(len(nature.nodes) - 1):
        own = cell == k
        rest = (1 / x[own] - 1 / nature.nodes[k + 1])[:, None] * nature.weights[k, cell][None]
        rest += (nature.weights[k + 1 :, :] * inner[k + 1 :, None]).sum(axis=0)[cell][None]
        above[own] = rest / x[None] ** 2
    first = density * x[:, None] - above - line[None]
    best = np.maximum(np.maximum(first, first.T), 0)
    return float(weight @ best @ weight + 2 * weight @ line + nature.corner)


@pytest.mark.parametrize("mean", [0.1, 0.5])
def test_the_upper_bound_is_what_the_virtual_values_allow(mean):
    nature = coarse(mean).nature
    assert isinstance(nature, CellNature)
    assert nature.mean >= mean - 1e-12
    assert nature.upper_bound == pytest.approx(revenue_against_cells(nature), rel=2e-4)
    sample = nature.sample(np.random.default_rng(0), 100_000)
    assert sample.mean(axis=0) == pytest.approx([nature.mean] * 2, abs=0.006)
    for rule in (coarse(mean).mechanism, HighestBidderLottery(2, mean), RandomReserveLottery(2, mean)):
        revenue = rule.outcome(sample).revenue
        assert revenue.mean() <= nature.upper_bound + 4 * revenue.std() / np.sqrt(len(sample))
        assert revenue.mean() >= rule_secures(rule, mean) - 4 * revenue.std() / np.sqrt(len(sample))


def rule_secures(rule, mean):
    return coarse(mean).lower if isinstance(rule, CellMechanism) else rule.worst_case_revenue


@pytest.mark.parametrize(("bidders", "mean"), [(2, 0.2), (2, 0.7), (3, 0.5)])
def test_the_faces_bound_holds_on_discretised_faces(bidders, mean):
    """B2: against the nature put on a fine grid, the best rule by a program earns close to I/(I + t).

    Rounding every value of the nature down to a geometric grid can only help a seller little; the program
    is over ex-post IC and IR rules on that grid, and knows nothing of virtual values.
    """
    nature = FaceNature(bidders, mean)
    steps = 24 if bidders == 2 else 7
    grid = np.geomspace(1 / (1 + nature.t), 1, steps + 1)
    inside = -np.diff(1 / grid)  # mass of v⁻² on each cell, put at its lower end
    law = np.append(inside, 1.0)
    table = law
    for _ in range(bidders - 1):
        table = np.multiply.outer(table, law)
    ones = sum((np.indices(table.shape) == steps)[i].astype(int) for i in range(bidders))
    table = np.where(ones <= 1, table, 0.0)
    table /= table.sum()
    ratio = grid[1] / grid[0]
    best = best_revenue(grid, table)
    assert best <= nature.upper_bound * ratio
    assert best == pytest.approx(nature.upper_bound, rel=1e-7)


def best_revenue(grid, table, everywhere=True):
    """Optimal expected revenue over ex-post IC and IR rules for a finite prior, by its virtual values.

    At most one good is given at every profile of the grid, or only at those that have mass.
    """
    n, k = table.ndim, len(grid)
    cost = np.zeros((n, *table.shape))
    for i in range(n):
        mass = np.moveaxis(table, i, 0)
        above = mass[::-1].cumsum(axis=0)[::-1] - mass
        gaps = np.append(np.diff(grid), 0.0).reshape(-1, *[1] * (n - 1))
        cost[i] = np.moveaxis(mass * grid.reshape(-1, *[1] * (n - 1)) - above * gaps, 0, i)
    size = table.size
    one_good = np.tile(np.eye(size)[np.full(size, everywhere) | (table.ravel() > 0)], n)
    places = np.arange(n * size).reshape(n, *table.shape)
    pairs = np.concatenate([
        np.stack([np.moveaxis(places[i], i, 0)[:-1].ravel(), np.moveaxis(places[i], i, 0)[1:].ravel()], 1)
        for i in range(n)
    ])
    monotone = np.zeros((len(pairs), n * size))
    monotone[np.arange(len(pairs)), pairs[:, 0]] = 1
    monotone[np.arange(len(pairs)), pairs[:, 1]] = -1
    limits = np.append(np.ones(len(one_good)), np.zeros(len(pairs)))
    found = linprog(-cost.ravel(), A_ub=np.vstack([one_good, monotone]), b_ub=limits, bounds=(0, 1),
                    method="highs")
    assert found.status == 0
    assert k == table.shape[0]
    return -found.fun


@pytest.mark.parametrize(("bidders", "mean"), [(2, 0.1), (2, 0.5), (2, 0.8), (3, 0.5)])
def test_the_twice_bound_is_the_best_rule_against_the_discretised_pair(bidders, mean):
    """Lemma 1.7.15: against the limit α_0 no ex-post IC and IR rule earns more than r (2 − r).

    One bidder, each as likely, has the equal revenue law on [r, 1], rounded down to a grid; all others are ε
    below r. The program over rules on the grid knows nothing of the lemma. It attains the bound if it may
    give several goods where the nature has no mass; else it earns less.
    """
    nature = HighestBidderNature(bidders, mean)
    r = -bidders * mean / lambertw(-bidders * mean * np.exp(-bidders), -1).real  # Theorem 1.5.3
    steps, epsilon = 24 if bidders == 2 else 7, 1e-9
    high = np.geomspace(r, 1, steps + 1)
    law = np.append(-np.diff(r / high), r)
    table = np.zeros((steps + 2,) * bidders)
    for i in range(bidders):
        np.moveaxis(table, i, 0)[(slice(1, None), *[0] * (bidders - 1))] = law / bidders
    assert table.sum() == pytest.approx(1, abs=1e-12)
    grid = np.append(r * (1 - epsilon), high)
    assert best_revenue(grid, table, everywhere=False) == pytest.approx(nature.upper_bound, rel=1e-7)
    assert r - 1e-7 <= best_revenue(grid, table) < nature.upper_bound


@pytest.mark.parametrize("bidders", [2, 3, 5])
def test_the_optimum_is_at_most_twice_what_the_lottery_secures(bidders):
    """Theorem 1.5.4, through Lemma 1.7.15; the upper bound is the least of μ, r (2 − r) and I/(I + t)."""
    for mean in np.linspace(0.01, 0.99, 25):
        bounds = markov_bounds(bidders, float(mean), steps=0)
        assert bounds.lower == lottery_constants(bidders, float(mean)).value
        assert bounds.lower >= bounds.upper / 2
        assert bounds.upper <= bounds.lower * (2 - bounds.lower) + 1e-15
        t = brentq(lambda t, mean=mean: ((t + bidders - 1) * np.log1p(t) + t) / (t**2 + bidders * t) - mean,
                   1e-9, 1e9)
        least = min(mean, bounds.lower * (2 - bounds.lower), bidders / (bidders + t))
        assert bounds.upper == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize(("bidders", "share"), [(2, 0.941), (3, 0.832)])
def test_how_good_the_lottery_is_for_certain(bidders, share):
    """B2: at least 94.1 % and 83.2 % of the optimum, at the worst mean."""
    means = np.linspace(0.01, 0.99, 99).tolist()
    worst = min(markov_bounds(bidders, mean, steps=0).certificate for mean in means)
    assert worst == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize(("bidders", "mean"), [(2, 0.1), (2, 0.9), (4, 0.5)])
def test_samples_of_the_faces(bidders, mean):
    """Means, how often somebody has 1, and the distribution function of one value."""
    nature = FaceNature(bidders, mean)
    values = nature.sample(np.random.default_rng(4), 200_000)
    np.testing.assert_allclose(values.mean(axis=0), mean, atol=4 * values.std() / np.sqrt(len(values)))
    assert np.mean(values.max(axis=1) == 1) == pytest.approx(nature.upper_bound, abs=0.005)
    assert (np.sum(values == 1, axis=1) <= 1).all()
    for value in np.linspace(values.min(), 0.99, 7):
        assert np.mean(values[:, 0] <= value) == pytest.approx(float(nature.cdf(value)), abs=0.005)


@pytest.mark.parametrize("epsilon", [0.0, 0.01, 0.05])
def test_the_highest_bidders_nature(epsilon):
    """Theorem 1.7.1: means μ; the lottery earns r in the limit and close to r before it (Lemma 1.7.13)."""
    for bidders, mean in ((2, 0.5), (3, 0.4)):
        nature, rule = HighestBidderNature(bidders, mean, epsilon), HighestBidderLottery(bidders, mean)
        values = nature.sample(np.random.default_rng(6), 100_000)
        np.testing.assert_allclose(values.mean(axis=0), mean, atol=4 * values.std() / np.sqrt(len(values)))
        revenue = rule.outcome(values).revenue
        error = 4 * revenue.std() / np.sqrt(len(values))
        assert revenue.mean() == pytest.approx(rule.worst_case_revenue, abs=error + epsilon)
        second = np.sort(values, axis=1)[:, -2]
        assert (np.abs(second - (nature.price - epsilon / 2)) <= epsilon / 2 + 1e-12).all()


@pytest.mark.parametrize(("bidders", "mean"), [(2, 0.5), (2, 0.2), (3, 0.4), (5, 0.6)])
@pytest.mark.parametrize("epsilon", [0.0, 0.002, 0.01, 0.05])
def test_the_highest_bidders_nature_by_quadrature(bidders, mean, epsilon):
    """Theorem 1.7.1: mass 1 and means of μ, which fix ρ and δ; the law is the theorem's."""
    nature = HighestBidderNature(bidders, mean, epsilon)
    own = (np.arange(400_000) + 0.5) / 400_000
    uniforms = np.full((len(own), 1 + bidders), 0.25)
    uniforms[:, 0], uniforms[:, 1] = 0.0, own     # the first is high
    high = nature.from_uniforms(uniforms)[:, 0]
    r = nature.price
    others = r - epsilon / 2
    assert high.mean() / bidders + (1 - 1 / bidders) * others == pytest.approx(mean, abs=2e-6)
    rho, delta = nature._shares
    assert rho * (1 - r) + delta * r == pytest.approx(1, abs=1e-12)
    for value in np.linspace(r, 1 - 1e-6, 23):
        more = delta * r * max(0.0, value - 1 + epsilon) / epsilon if epsilon else 0.0
        assert np.mean(high <= value) == pytest.approx(rho * (1 - r / value) + more, abs=6e-6)


def test_no_price_to_the_highest_bidder_beats_the_limit():
    """Her value is an equal revenue law: any price p in [r, 1] sells with chance r/p, and earns r."""
    nature = HighestBidderNature(2, 0.5)
    highest = nature.sample(np.random.default_rng(7), 200_000).max(axis=1)
    for price in np.linspace(nature.price, 1, 6):
        assert price * np.mean(highest >= price - 1e-12) == pytest.approx(nature.price, abs=0.005)


def test_cells_agree_with_our_own_worst_case():
    bounds = coarse(0.5)
    worst = worst_case_revenue(bounds.mechanism, MarkovSet(2, 0.5))
    assert not worst.exact
    assert bounds.lower - 1e-8 <= worst.revenue <= bounds.lower * 1.001


def test_what_bounds_refuse():
    with pytest.raises(ValueError, match="steps must be 0 or between 4 and 80, got 3"):
        markov_bounds(2, 0.5, steps=3)
    with pytest.raises(ValueError, match="epsilon must be"):
        HighestBidderNature(2, 0.5, epsilon=0.4)
    nodes = np.array([0, 0.5, 1])
    with pytest.raises(ValueError, match="must give the good to one at most"):
        CellMechanism(nodes, np.full((3, 3), 0.3), np.zeros((2, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="nodes must increase from 0 to 1"):
        CellMechanism(np.array([0.1, 1]), np.zeros((2, 2)), np.zeros((1, 2)), np.zeros(2))
    with pytest.raises(ValueError, match=r"spread must be chances of shape \(2, 3\)"):
        CellMechanism(nodes, np.zeros((3, 3)), np.zeros((3, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="must have mass 1"):
        CellNature(np.array([0.5, 1]), np.ones((1, 1)), np.zeros(1), 0.5)
    with pytest.raises(ValueError, match="2 bidders"):
        coarse(0.5).mechanism.outcome(np.zeros(3))
