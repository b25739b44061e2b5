"""What docs/theory/robust.md and regret.md say besides the statements that other tests hold.

Figures are computed here and looked for in the pages' sentences, so that a page cannot keep an old one.
"""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from mechanisms.auctions import SecondPrice
from mechanisms.distributions import Uniform
from mechanisms.robust import (
    FaceNature,
    HighestBidderLottery,
    HighestBidderNature,
    RandomReserveLottery,
    bundle_pricing_game,
    correlation,
    expected_revenue,
    grid_regret,
    learn_game,
    markov_bounds,
    nature_pricing,
    pricing_game,
    regret_matching_plus,
)
from mechanisms.robust.markov import lottery_constants
from mechanisms.robust.regret_nature import SHARE

PAGES = Path(__file__).parents[3] / "docs" / "theory"
MARKETS = [(2, 0.5), (2, 0.1), (3, 0.5), (10, 0.8)]


def says(page, sentence):
    """Whether the page has these words, however its lines are broken."""
    return " ".join(sentence.split()) in " ".join((PAGES / f"{page}.md").read_text(encoding="utf-8").split())


def short(number, digits):
    """A number below 1 as the pages write it."""
    return f"{number:.{digits}f}".removeprefix("0")


def share_of(number, digits=1):
    """A share in per cent."""
    return f"{100 * number:.{digits}f} %".removeprefix("0")


@pytest.mark.parametrize(("bidders", "mean"), MARKETS)
def test_what_both_rules_earn(bidders, mean):
    """The reserves' law sums to 1; revenue from the two highest bids, in closed form."""
    rng, constants = np.random.default_rng(bidders), lottery_constants(bidders, mean)
    sigma, r = constants.sigma, constants.value
    assert (bidders - 1) * sigma + sigma * math.log(1 / r) == pytest.approx(1)
    y, x = np.sort(rng.random((500, 2)) ** 3, axis=1).T
    rise = np.log(np.maximum(y, r) / r)
    auction = y * ((bidders - 1) * sigma + sigma * rise) + sigma * np.maximum(x - np.maximum(y, r), 0)
    lottery = sigma * np.maximum(x - r, 0) + (bidders - 1) * sigma * y
    bids = np.concatenate([[x, y], np.zeros((bidders - 2, 500))]).T
    np.testing.assert_allclose(RandomReserveLottery(bidders, mean).outcome(bids).revenue, auction, atol=1e-12)
    np.testing.assert_allclose(HighestBidderLottery(bidders, mean).outcome(bids).revenue, lottery, atol=1e-12)


@pytest.mark.parametrize(("bidders", "mean"), MARKETS)
def test_both_rules_meet_their_worst_case_at_the_same_atoms(bidders, mean):
    """One has r (1 + ln(1/r)), all others r: the means are μ, and both rules earn r."""
    constants = lottery_constants(bidders, mean)
    sigma, r = constants.sigma, constants.value
    values = np.full((bidders, bidders), r) + np.eye(bidders) * r * math.log(1 / r)
    np.testing.assert_allclose(values.mean(axis=0), mean)
    for rule in (HighestBidderLottery(bidders, mean), RandomReserveLottery(bidders, mean)):
        revenue = rule.outcome(values).revenue
        np.testing.assert_allclose(revenue, r)
        np.testing.assert_allclose(revenue, sigma * (values.sum(axis=1) - r))


def test_figures_of_a_uniform_town():
    town = Uniform(0, 1)
    earned = [short(expected_revenue(rule, town, 2), 4)
              for rule in (HighestBidderLottery(2, 0.5), SecondPrice(), RandomReserveLottery(2, 0.5))]
    assert says("robust", "uniform town: lottery {}, Vickrey {}, random reserve {}.".format(*earned))


@pytest.mark.parametrize("bidders", [2, 3, 7])
def test_means_of_the_faces(bidders):
    """Masses and means by integrals over one coordinate; the mean falls from 1 to 0 in t."""
    for mean in (1e-3, 0.2, 0.6, 0.999):
        t = FaceNature(bidders, mean).t
        s, c = 1 / (1 + t), 1 / (t**bidders + bidders * t ** (bidders - 1))
        inside, first = quad(lambda v: v**-2, s, 1)[0], quad(lambda v: 1 / v, s, 1)[0]
        assert inside == pytest.approx(t)
        assert c * (inside**bidders + bidders * inside ** (bidders - 1)) == pytest.approx(1)
        rest = inside ** (bidders - 2)
        of_one = rest * inside * first + rest * inside + (bidders - 1) * rest * first
        assert c * of_one == pytest.approx(mean)
    ts = [FaceNature(bidders, mean).t for mean in np.linspace(1e-4, 1 - 1e-4, 50)]
    assert (np.diff(ts) < 0).all()


def test_the_closed_form_bound_is_the_least_of_three():
    """I/(I + t), r (2 − r) and μ."""
    for bidders in (2, 3, 10, 200):
        for mean in np.linspace(0.02, 0.98, 25).tolist():
            bounds = markov_bounds(bidders, mean, steps=0)
            faces, pair = FaceNature(bidders, mean), HighestBidderNature(bidders, mean)
            assert bounds.upper == min(faces.upper_bound, pair.upper_bound, mean)
            assert pair.upper_bound == pytest.approx(bounds.lower * (2 - bounds.lower))


def test_shares_that_are_certain():
    """At the worst mean, found by search: rounded down."""
    worst = []
    for bidders in (2, 3):
        def certain(mean, bidders=bidders):
            return markov_bounds(bidders, mean, steps=0).certificate

        found = minimize_scalar(certain, bounds=(0.01, 0.99), method="bounded")
        assert found.fun <= min(map(certain, np.linspace(0.01, 0.99, 40))) + 1e-9
        worst.append(share_of(math.floor(1000 * found.fun) / 1000))
    assert says("robust", "at least {} (I = 2) and {} (I = 3) of what any mechanism can".format(*worst))


@pytest.mark.parametrize(
    "mean", [0.5, *(pytest.param(mean, marks=pytest.mark.slow) for mean in (0.05, 0.1, 0.25, 0.75, 0.9))]
)
def test_the_table_of_bounds(mean):
    """Bounds are rounded outwards, r down; the last digit may move with the solver."""
    page = (PAGES / "robust.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| {short(mean, 2).rstrip('0')} |"))
    r, lower, upper, faces = (float(cell) for cell in row.strip("| ").split("|")[1:])
    bounds, closed = markov_bounds(2, mean), markov_bounds(2, mean, steps=0)
    assert r <= closed.lower < r + 1e-5
    assert faces - 1e-5 < FaceNature(2, mean).upper_bound <= faces
    assert lower <= bounds.lower + 1e-5 <= lower + 3e-5
    assert upper - 3e-5 <= bounds.upper - 1e-5 <= upper


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 100, 1000])
def test_the_two_sides_of_z_n(steps):
    """Nature's Pr[s >= j/n] = k/j leaves z against any price; the seller's prices lose z at most."""
    harmonic = np.append(0.0, np.cumsum(1 / np.arange(1, steps + 1)))
    losses = np.arange(steps + 1) / steps * (harmonic[-1] - harmonic)
    k, z = int(losses.argmax()), losses.max()
    assert grid_regret(1.0, 0.0, steps) == pytest.approx(z)
    shares = np.arange(steps + 1)
    reached = np.where(shares > k, k / np.maximum(shares, 1), 1.0)
    nature = reached - np.append(reached[1:], 0.0)
    seller = np.where(shares > k, 1 / np.maximum(shares, 1), 0.0)
    seller[k] = 1 - seller.sum()
    for mixture in (nature, seller):
        assert mixture.min() >= -1e-15
        assert mixture.sum() == pytest.approx(1)
    assert nature @ shares / steps == pytest.approx(k / steps * (1 + harmonic[-1] - harmonic[k]))
    game = pricing_game(1.0, 0.0, steps)
    assert -game.guarantee(seller) == pytest.approx(z)
    assert -(game.payoffs @ nature).max() == pytest.approx(z)


def test_figures_of_a_hundred_steps():
    below, above = (-pricing_game(1.0, 0.0, 100, attained).value()[0] for attained in (True, False))
    assert says("regret", f"The two bracket 1/e: {short(below, 5)} and {short(above, 5)} at n = 100.")


def test_a_price_for_both_against_independent_values():
    """Each share is s of (2.10): Pr[s >= x] = 1/(e x). The chance that two of them reach p, by quadrature."""
    def chance(price):
        inner = quad(lambda s: float(SHARE.sale_probability(price - s)) / (math.e * s**2), 1 / math.e, 1,
                     points=[price - 1 / math.e], limit=200)[0]
        return inner + float(SHARE.sale_probability(price - 1)) / math.e

    draws = nature_pricing(1.0).sample(np.random.default_rng(1), (400_000, 2))[..., 0]
    assert np.mean(draws.sum(axis=1) >= 1.3) == pytest.approx(chance(1.3), abs=0.003)
    figures = [short(number, 3) for number in (chance(1.3), 1.3 * chance(1.3), 2 / math.e)]
    assert says("regret", "sells with probability {} and earns {}, more than the 2/e = {} that nature can "
                          "afford".format(*figures))
    assert SHARE.mean == pytest.approx(2 / math.e)
    assert 1.3 * chance(1.3) > 2 / math.e


def test_separate_prices_see_only_each_items_distribution():
    """Nature's values, paired anew in any way, leave the seller the same against every pair of prices."""
    rng = np.random.default_rng(2)
    separate, both = (bundle_pricing_game((1.0, 1.0), 0.0, 5, bundle) for bundle in (False, True))
    pairs = rng.integers(0, 6, (40, 2))
    mixtures = []
    for second in (pairs[:, 1], rng.permutation(pairs[:, 1]), np.sort(pairs[:, 1])):
        mixtures.append(np.bincount(pairs[:, 0] * 6 + second, minlength=36) / 40)
    for game, same in ((separate, True), (both, False)):
        left = np.array([game.payoffs @ mixture for mixture in mixtures])
        assert np.allclose(left, left[0], atol=1e-12) == same


@pytest.mark.parametrize("steps", [8, 10])
def test_learned_play_with_a_price_for_both_ends_correlated(steps):
    """Correlations around .85, from nothing."""
    game = bundle_pricing_game((1.0, 1.0), (0.0, 0.0), steps)
    rows, columns = game.payoffs.shape
    end = learn_game(game, regret_matching_plus(rows), regret_matching_plus(columns), 0.02)
    assert correlation(game.nature_actions, end.nature) == pytest.approx(0.85, abs=0.05)


def test_the_mass_below_r():
    constants = lottery_constants(2, 0.5)
    r, mass = short(constants.value, 4), short(constants.sigma, 3)
    assert says("regret", f"(I = 2, μ = ½: r = {r}, mass {mass})")


@pytest.mark.parametrize(("bidders", "mean"), MARKETS)
def test_extreme_mixes_of_reserves(bidders, mean):
    """F(x) = σ* (I − r/x)⁺ has no reserve below r/I, and reaches (I − 1) σ* at r."""
    constants = lottery_constants(bidders, mean)
    sigma, r = constants.sigma, constants.value
    assert sigma * (bidders - r / (r / bidders)) == pytest.approx(0)
    assert sigma * (bidders - r / r) == pytest.approx((bidders - 1) * sigma)
