"""Seller and nature learn zero-sum games from nothing, and end at the theorems' values."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import brentq, linprog

from mechanisms.programs import maximise
from mechanisms.robust import (
    LogarithmicPrice,
    Moment,
    ZeroSumGame,
    best_responder,
    bundle_pricing_game,
    correlation,
    grid_regret,
    hedge,
    learn_game,
    play_zero_sum,
    pricing_game,
    regret_matching_plus,
    reserve_game,
)
from mechanisms.robust.learned_play import logit_mixture, tilted
from mechanisms.robust.zero_sum import least_mixture


def lottery(bidders, mean):
    """σ* and r of Theorem 1.5.3: r = I μ / y with y − ln y = I − ln(I μ), y > 1, and 1/σ* = y − 1."""
    y = brentq(lambda y: y - math.log(y) - bidders + math.log(bidders * mean), 1.0, 100.0)
    return 1 / (y - 1), bidders * mean / y


def random_game(seed, moment=True):
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(2, 7, 2)
    function = rng.random(columns)
    least = float(function.mean() + 0.5 * (function.max() - function.mean()))
    return ZeroSumGame(rng.normal(size=(rows, columns)), np.arange(rows), np.arange(columns),
                       Moment(function, least) if moment else None)


@pytest.mark.parametrize("seed", range(12))
def test_best_replies_under_a_moment_are_optimal(seed):
    """Against a linear program over all mixtures of nature, written down here."""
    game, rng = random_game(seed), np.random.default_rng([1, seed])
    payoffs = np.round(rng.normal(size=game.payoffs.shape[1]), 1)
    mixture = least_mixture(payoffs, game.moment)
    assert mixture.sum() == pytest.approx(1)
    assert (mixture >= 0).all()
    assert mixture @ game.moment.function >= game.moment.least - 1e-12
    found = linprog(payoffs, A_ub=-game.moment.function[None], b_ub=[-game.moment.least],
                    A_eq=np.ones((1, payoffs.size)), b_eq=[1.0])
    assert mixture @ payoffs == pytest.approx(found.fun, abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_tilted_mixtures_maximise_scores_and_entropy(seed):
    """Hedge's step under a moment: no mixture that meets it has more of scores · y + H(y)."""
    game, rng = random_game(seed), np.random.default_rng([2, seed])
    scores = rng.normal(size=game.payoffs.shape[1]) * 3
    mixture, tilt = tilted(scores, game.moment)
    assert tilt >= 0
    assert mixture @ game.moment.function >= game.moment.least - 1e-10

    def worth(y):
        return scores @ y - (y * np.log(np.maximum(y, 1e-300))).sum()

    vertices = [least_mixture(rng.normal(size=scores.size), game.moment) for _ in range(200)]
    for other in vertices:
        for share in (1e-3, 0.1, 0.5):
            assert worth(mixture) >= worth((1 - share) * mixture + share * other) - 1e-9
    free, none = tilted(scores, None)
    np.testing.assert_allclose(free, logit_mixture(scores))
    assert none == 0


@pytest.mark.parametrize("moment", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_averages_bracket_the_value_and_close_in(seed, moment):
    """The value, by linear program, lies between `guarantee` and `hope` at all times."""
    game = random_game(seed, moment)
    low, high = game.value()
    assert high - low <= 1e-8
    rows, columns = game.payoffs.shape
    natures = (hedge(columns, game.range, game.moment), best_responder(columns, game.moment))
    for nature in natures if moment else (*natures, regret_matching_plus(columns)):
        for now in itertools.islice(play_zero_sum(game, regret_matching_plus(rows), nature), 50):
            assert now.guarantee <= high + 1e-9
            assert now.hope >= low - 1e-9
            assert now.guarantee == pytest.approx(game.guarantee(now.seller), abs=1e-9)
            assert now.hope == pytest.approx(game.hope(now.nature), abs=1e-9)
            if game.moment is not None:
                assert now.nature @ game.moment.function >= game.moment.least - 1e-9
        assert now.gap <= 0.05 * game.range


@pytest.mark.parametrize("learner", ["hedge", "regret matching"])
def test_learners_have_no_regret(learner):
    """Their theorems' bounds, against payoffs that are drawn to hurt: high where little is played."""
    actions, rounds = 8, 2_000
    learns = hedge(actions, 1.0) if learner == "hedge" else regret_matching_plus(actions)
    mixture, total, earned = next(learns), np.zeros(actions), 0.0
    for _ in range(rounds):
        payoffs = (mixture <= np.median(mixture)).astype(float)
        total += payoffs
        earned += float(mixture @ payoffs)
        mixture = learns.send(payoffs)
    root = math.sqrt(math.log(actions) / 8)
    bound = math.sqrt(actions * rounds) if learner != "hedge" else (
        2 * math.sqrt(rounds * math.log(actions) / 2) + root)
    assert total.max() - earned <= bound


def test_values_of_the_pricing_games_bracket_an_eth():
    """At n = 100; the lower one is z_n, the upper one 1/n + max_k (k/n)(H_{n−1} − H_k), by the same proof."""
    below, above = (-pricing_game(1.0, 0.0, 100, attained).value()[0] for attained in (True, False))
    assert below == pytest.approx(grid_regret(1.0, 0.0, 100), abs=1e-9)
    harmonic = np.append(0.0, np.cumsum(1 / np.arange(1, 100)))
    assert above == pytest.approx(0.01 + (np.arange(100) / 100 * (harmonic[99] - harmonic)).max(), abs=1e-9)
    assert below < 1 / math.e < above
    assert above - below < 0.01


@pytest.mark.parametrize("nature", ["regret matching", "hedge", "best response"])
@pytest.mark.parametrize(("upper", "cost"), [(1.0, 0.0), (3.0, 1.0)])
def test_pricing_is_learned_within_a_hundredth_of_the_range(upper, cost, nature):
    """Value 1/e of the range, and the logarithmic law of prices, from nothing."""
    game, stake = pricing_game(upper, cost, 100), upper - cost
    rows, columns = game.payoffs.shape
    answers = {"regret matching": regret_matching_plus(columns), "hedge": hedge(columns, game.range),
               "best response": best_responder(columns)}[nature]
    end = learn_game(game, regret_matching_plus(rows), answers, gap=0.005 * stake)
    assert end.gap <= 0.005 * stake
    assert -end.value == pytest.approx(stake / math.e, abs=0.01 * stake)
    law = LogarithmicPrice(upper, cost)
    assert np.abs(end.seller.cumsum() - law.cdf(game.seller_actions[:, 0])).max() <= 0.12
    assert end.seller @ game.seller_actions[:, 0] == pytest.approx(law.mean, abs=0.02 * stake)
    mean = end.nature @ game.nature_actions[:, 0]
    assert mean == pytest.approx(cost + 2 * stake / math.e, abs=0.03 * stake)


@pytest.mark.parametrize("steps", [8, 10])
def test_a_price_for_both_makes_values_positively_correlated(steps):
    """Every optimal nature has E[v₁ v₂] > E v₁ E v₂ with the bundle, by linear program; without, not so."""
    stake = 2.0
    ends = {}
    for bundle in (False, True):
        game = bundle_pricing_game((1.0, 1.0), (0.0, 0.0), steps, bundle)
        low, high = game.value()
        assert low == pytest.approx(-grid_regret((1.0, 1.0), 0.0, steps), abs=1e-7)
        rows, columns = game.payoffs.shape
        seller, nature = regret_matching_plus(rows), regret_matching_plus(columns)
        ends[bundle] = learn_game(game, seller, nature, 0.01 * stake)
        assert ends[bundle].value == pytest.approx(low, abs=0.01 * stake)
        first, second = game.nature_actions.T
        optimal = {"at_most": (game.payoffs, np.full(rows, high + 1e-7)),
                   "equal": (np.ones((1, columns)), [1.0])}
        least, greatest_mean = (maximise(goal, **optimal).value for goal in (-first * second, first))
        assert (-least > greatest_mean**2 + 0.03) == bundle
    assert correlation(game.nature_actions, ends[True].nature) > 0.7
    assert abs(correlation(game.nature_actions, ends[False].nature)) < 0.2


def test_bundles_with_costs_and_other_widths_have_the_same_value():
    game = bundle_pricing_game((1.0, 2.0), (0.2, 0.5), 6)
    assert game.value()[0] == pytest.approx(-grid_regret((1.0, 2.0), (0.2, 0.5), 6), abs=1e-7)
    sums = game.seller_actions[:, 0] + game.seller_actions[:, 1]
    assert (game.seller_actions[:, 2] > sums + 1e-9).any()  # markups are allowed, and of no use


@pytest.mark.parametrize(("bidders", "mean"), [(2, 0.5), (2, 0.2), (3, 0.5), (6, 0.3)])
def test_values_of_the_reserve_games_bracket_the_lottery(bidders, mean):
    """r of Theorem 1.5.3: random reserves do as well as the best highest-bidder lottery."""
    _, r = lottery(bidders, mean)
    above, below = (reserve_game(bidders, mean, 40, attained).value()[0] for attained in (True, False))
    assert below <= r + 1e-9 <= above + 2e-9
    assert above - below < 0.02


def test_reserves_are_learned_and_none_binds_with_the_atoms_probability():
    """I = 2, μ = ½: value r, and (I − 1) σ* = .466 on reserves that nature's second bid never lets bind."""
    sigma, r = lottery(2, 0.5)
    assert sigma == pytest.approx(0.466, abs=5e-4)
    game = reserve_game(2, 0.5, 40)
    rows, columns = game.payoffs.shape
    end = learn_game(game, regret_matching_plus(rows), hedge(columns, 1.0, game.moment), gap=0.004)
    assert end.value == pytest.approx(r, abs=0.01)
    assert end.seller[game.seller_actions <= r].sum() == pytest.approx(sigma, abs=0.03)
    high = game.seller_actions >= r
    law = sigma * np.log(1 / np.maximum(game.seller_actions, r))
    assert np.abs(end.seller[::-1].cumsum()[::-1] - law)[high].max() <= 0.06
    assert end.nature @ (game.nature_actions[:, 1] >= r - 0.05) >= 0.85


def test_a_little_ordinary_trade_puts_the_atom_at_0():
    """Without it the mass below r lies anywhere; where bidders are sometimes alike, it moves to reserve 0."""
    sigma, _ = lottery(2, 0.5)
    atoms = []
    for ordinary in (0.0, 0.05):
        game = reserve_game(2, 0.5, 10, ordinary=ordinary)
        rows, columns = game.payoffs.shape
        low, high = game.value()
        end = learn_game(game, regret_matching_plus(rows), hedge(columns, 1.0, game.moment), gap=0.001)
        assert low - 0.001 <= end.guarantee <= end.hope <= high + 0.001
        atoms.append(end.seller[0])
    assert atoms[0] < 0.1
    assert atoms[1] == pytest.approx(sigma, abs=0.06)


@pytest.mark.parametrize(("bidders", "mean"), [(2, 0.5), (3, 0.5), (4, 0.1)])
def test_mixes_of_reserves_below_r_are_not_unique(bidders, mean):
    """F(x) between σ (I − r/x)⁺ and (I − 1) σ below r: both, and a mixture of them, guarantee r.

    Laws are put on a grid from above, where nature comes to values from below: no more than a step is lost.
    """
    sigma, r = lottery(bidders, mean)
    steps = 200
    game = reserve_game(bidders, mean, steps, attained=False)
    x = game.seller_actions
    above = sigma * np.log(np.maximum(x, r) / r)
    atom = (bidders - 1) * sigma
    inner = np.maximum(sigma * (bidders - r / np.maximum(x, 1e-9)), 0)
    for share in (0.0, 0.5, 1.0):
        law = np.where(x < r, (1 - share) * atom + share * np.minimum(inner, atom), atom + above)
        mixture = np.diff(law, prepend=0.0)
        assert mixture.sum() == pytest.approx(1)
        assert (mixture >= -1e-12).all()
        assert r - 1 / steps <= game.guarantee(mixture) <= r + 1e-9
    no_reserve = np.where(x == 0, 1.0, 0.0)
    assert game.guarantee(no_reserve) < r - 0.01


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"mean must be .*not 1"):
        reserve_game(2, 1.0, 10)
    with pytest.raises(ValueError, match=r"mean must be .*not 0"):
        reserve_game(2, 0.0, 10)
    with pytest.raises(ValueError, match=r"ordinary must be .*not 1"):
        reserve_game(2, 0.5, 10, ordinary=1.0)
    with pytest.raises(ValueError, match="bidders must be at least 2, got 1"):
        reserve_game(1, 0.5, 10)
    with pytest.raises(ValueError, match="steps must leave at most"):
        reserve_game(2, 0.5, 1_000)
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        pricing_game(1.0, 0.0, 0)
    with pytest.raises(ValueError, match="cost must be below upper"):
        pricing_game(1.0, 1.0, 10)
    with pytest.raises(ValueError, match="upper must be for 2 items, not 3"):
        bundle_pricing_game((1.0, 1.0, 1.0), 0.0, 4)
    with pytest.raises(ValueError, match="gap must be > 0"):
        learn_game(pricing_game(1.0, 0.0, 4), regret_matching_plus(5), regret_matching_plus(5), 0.0)
    with pytest.raises(ValueError, match="no mixture is strictly inside"):
        Moment(np.array([0.1, 0.5]), 0.5)
