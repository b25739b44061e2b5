"""Nature's side of the saddle points of the robust paper's Theorems 2.3.2 and 3.3.1."""

import math

import numpy as np
import pytest

from mechanisms import MinimaxRegretPricing, RandomReserveAuctions, nature_auction, nature_pricing
from mechanisms.robust import (
    BundlePrices,
    auction_saddle_point,
    grid_regret,
    least_regret_against,
    nature_on_grid,
    pricing_saddle_point,
)
from mechanisms.robust.regret_nature import SHARE

UPPER, COST = (1.0, 2.0), (0.1, 0.5)
STAKE = 2.4
SIZE = 40_000


def uniform_shares(size=20_001):
    """Quantiles of s at the middles of equal parts of probability: a fine rule for expectations."""
    return SHARE.quantile((np.arange(size) + 0.5) / size)


def test_distribution_function_is_the_papers():
    """(2.10): min_j (1 − (v̄_j − c_j)/(e (v_j − c_j)))⁺ below v̄, 0 below c + (v̄ − c)/e, and 1 at v̄."""
    nature, rng = nature_pricing(UPPER, COST), np.random.default_rng(0)
    values = COST + rng.random((500, 2)) * (np.array(UPPER) - COST)
    shares = (values - COST) / (np.array(UPPER) - COST)
    expected = np.maximum(1 - 1 / (math.e * shares), 0).min(axis=-1)
    np.testing.assert_allclose(nature.cdf(values), expected, atol=1e-12)
    assert nature.cdf(UPPER) == 1
    assert nature.cdf([1.0, 2.0 - 1e-9]) == pytest.approx(1 - 1 / math.e)
    assert nature.cdf([1.0, 0.5 + 1.5 / math.e - 1e-9]) == 0
    np.testing.assert_allclose(nature.mean, np.add(COST, np.subtract(UPPER, COST) * 2 / math.e))


def test_samples_have_the_mean_and_the_distribution_function():
    """(2.10), within five standard errors of a million; values are comonotone, and exact where they begin."""
    nature, size = nature_pricing(UPPER, COST), 1_000_000
    values = nature.sample(np.random.default_rng(1), size)
    assert values.shape == (size, 2)
    assert nature.sample(np.random.default_rng(1), (4, 5)).shape == (4, 5, 2)
    wide = np.subtract(UPPER, COST)
    error = 5 * values.std(axis=0) / math.sqrt(size)
    assert (np.abs(values.mean(axis=0) - (COST + wide * 2 / math.e)) <= error).all()
    for bound in ([0.5, 1.4], [0.9, 1.9], [1.0, 1.5]):
        chance = 1 - 1 / (math.e * ((np.array(bound) - COST) / wide).min())
        share = (values <= bound).all(axis=1).mean()
        assert share == pytest.approx(chance, abs=5 * math.sqrt(chance * (1 - chance) / size))
    assert (values == UPPER).all(axis=1).mean() == pytest.approx(1 / math.e, abs=2.5 / math.sqrt(size))
    assert (values.max(axis=0) == UPPER).all()
    shares = (values[:, 0] - COST[0]) / wide[0]
    assert shares.min() == pytest.approx(1 / math.e, rel=1e-4)
    assert shares[values[:, 0] < UPPER[0]].max() == pytest.approx(1, abs=1e-4)  # no gap below the atom
    assert (np.diff(values[np.argsort(values[:, 0])], axis=0) >= 0).all()


def test_among_bidders_one_has_values_and_the_others_none():
    """(3.6), within five standard errors."""
    nature = nature_auction(UPPER, 3)
    values = nature.sample(np.random.default_rng(2), SIZE)
    assert values.shape == (SIZE, 3, 2)
    assert ((values > 0).all(axis=2).sum(axis=1) == 1).all()
    assert ((values > 0).any(axis=2).sum(axis=1) == 1).all()
    np.testing.assert_allclose(values.mean(axis=0), nature.mean, atol=5 / math.sqrt(SIZE))
    for bound in (np.full((3, 2), 0.7), [[1.0, 2.0], [0.0, 0.0], [0.5, 1.5]], np.zeros((3, 2))):
        share = (values <= bound).all(axis=(1, 2)).mean()
        assert share == pytest.approx(nature.cdf(bound), abs=5 * 0.5 / math.sqrt(SIZE))
    assert nature.cdf(np.tile(UPPER, (3, 1))) == 1
    assert nature.cdf([[1.0, 2.0], [1.0, 2.0], [1.0, -0.1]]) == 0


def test_the_optimal_mechanisms_are_best_replies_and_so_is_nature():
    """(2.11), (3.7): under nature the regret is the optimum; posted prices for bundles have no less."""
    values = nature_pricing(UPPER, COST).at(uniform_shares())
    limit = STAKE / math.e
    np.testing.assert_allclose(MinimaxRegretPricing(UPPER, COST).regret_at(values), limit, rtol=1e-12)
    drawn = nature_auction(UPPER, 4).sample(np.random.default_rng(3), 1_000)
    np.testing.assert_allclose(RandomReserveAuctions(UPPER, 4).regret_at(drawn), 3 / math.e, rtol=1e-12)
    rng = np.random.default_rng(4)
    surplus = (values - COST).sum(axis=1).mean()
    assert surplus == pytest.approx(2 * STAKE / math.e, rel=3e-4)  # E s = 2/e
    for _ in range(40):
        met = BundlePrices(tuple(np.append(0.0, rng.random(3) * [2.2, 1.1, 3.3]))).outcome(values)
        profit = (met.payments - met.allocation @ np.array(COST)).mean()
        assert surplus - profit >= limit * (1 - 3e-4)


def test_saddle_points_close_in_as_grids_get_finer():
    """Theorems 2.3.2 and 3.3.1: the left side is 1/e of the range, the right side comes to it from below."""
    for saddle_point, arguments, stake in (
        (pricing_saddle_point, (UPPER, COST), STAKE),
        (pricing_saddle_point, ((1.0, 2.0), (0.2, 2.5)), 0.8),
        (auction_saddle_point, (UPPER, 2), 3.0),
        (auction_saddle_point, (1.5, 4), 1.5),
    ):
        gaps = []
        for steps in (20, 40, 80):
            found = saddle_point(*arguments, steps)
            assert found.worst == pytest.approx(stake / math.e, rel=1e-12)
            assert found.least <= found.met + 1e-9
            assert found.met <= found.worst + 1e-9
            gaps.append(found.gap / stake)
        assert gaps[2] < 0.01
        assert gaps[2] < gaps[0]


@pytest.mark.parametrize("steps", [11, 40, 120])
def test_finite_natures_leave_almost_as_much_regret(steps):
    """Lemma 2.3.3: no mechanism has less under ℙ_n than (1/e − e/(n − e)) Σ_{⌊n/e⌋+1}^n 1/k of the range."""
    values, probabilities = nature_on_grid(UPPER, COST, steps)
    assert probabilities.sum() == pytest.approx(1)
    assert (probabilities > 0).all()
    first = int(steps / math.e)
    bound = (1 / math.e - math.e / (steps - math.e)) * (1 / np.arange(first + 1, steps + 1)).sum() * STAKE
    regret = least_regret_against(values, probabilities, UPPER, COST)
    assert bound <= regret <= grid_regret(UPPER, COST, steps) + 1e-9
    if steps == 120:
        assert regret >= 0.98 * STAKE / math.e


@pytest.mark.parametrize("steps", [11, 30, 200])
def test_the_proofs_multipliers_are_feasible_and_worth_the_bound(steps):
    """Lemma 2.3.3's (α_n, γ_n) in (2.8), with the positive part inside the sum over profiles."""
    first = int(steps / math.e)
    k = np.arange(first, steps + 1)
    _, alpha = nature_on_grid(1.0, 0.0, steps)
    weight = (steps - math.e - math.e**2) * steps / (math.e * (steps - math.e))
    gamma = weight / (k[:-1] + 1)  # of the lie k in place of the truth k + 1
    flow = alpha.copy()
    flow[:-1] += gamma
    flow[1:] -= gamma
    assert (flow >= 0).all()
    gained = alpha * k / steps
    kept = gained.copy()
    kept[:-1] -= gamma / steps
    objective = gained.sum() - np.maximum(kept, 0).sum()
    bound = (1 / math.e - math.e / (steps - math.e)) * (1 / k[1:]).sum()
    assert objective == pytest.approx(bound, rel=1e-12)
    assert objective <= grid_regret(1.0, 0.0, steps)


def test_finite_natures_tend_to_the_continuous_one():
    """Lemma 2.3.4: distribution functions meet where the limit's is continuous."""
    values, probabilities = nature_on_grid(UPPER, COST, 20_000)
    nature = nature_pricing(UPPER, COST)
    for bound in ([0.5, 1.4], [0.9, 1.9], [0.99, 1.2], [0.3, 1.9]):
        below = probabilities[(values <= bound).all(axis=1)].sum()
        assert below == pytest.approx(nature.cdf(bound), abs=1e-3)


def test_unsold_items_do_not_move_the_others():
    """Remark 2.3.1."""
    both, alone = nature_pricing((1.0, 2.0), (0.2, 3.0)), nature_pricing(1.0, 0.2)
    np.testing.assert_allclose(both.mean, [float(alone.mean[0]), 2.0])
    assert both.cdf([0.7, 2.0]) == pytest.approx(alone.cdf([0.7]))
    assert both.cdf([0.7, 1.9]) == 0
    values = both.sample(np.random.default_rng(0), 100)
    assert (values <= [1.0, 2.0]).all()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="bidders must be at least 2, got 1"):
        nature_auction(1.0, 1)
    with pytest.raises(ValueError, match="upper must be above 0, not 0"):
        nature_pricing((1.0, 0.0), 0.0)
    with pytest.raises(ValueError, match=r"values must have the shape \(..., 2\), not \(3,\)"):
        nature_pricing(UPPER, COST).cdf([0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="values must not be NaN"):
        nature_pricing(UPPER, COST).cdf([0.1, math.nan])
    with pytest.raises(ValueError, match="steps must be at least 11, got 10"):
        nature_on_grid(UPPER, COST, 10)
    with pytest.raises(ValueError, match="values must be at least the cost"):
        least_regret_against([[0.0, 1.0]], [1.0], UPPER, COST)
