"""Natures in the market: seated against one seller, drawn profile by profile if they learn, and told."""

import numpy as np
import pytest
from scipy import stats

from agents.nature import (
    Adversary,
    Duel,
    DuelNature,
    LearnedOffer,
    LearningNature,
    WithOrdinaryTrade,
    WorstCaseNature,
)
from agents.nature.adversary import regret
from agents.seller import SellerPlan
from agents.strategies import Truthful
from mechanisms.auctions import AscendingClock, FirstPrice, SecondPrice
from mechanisms.distributions import IndependentPrior, Uniform
from mechanisms.robust import (
    DeterministicRegretPricing,
    HighestBidderLottery,
    HighestBidderNature,
    MarkovSet,
    MinimaxRegretPricing,
    Moment,
    RandomReserveLottery,
    hedge,
    pricing_game,
    regret_matching_plus,
    reserve_game,
    second_price_nature,
    second_price_worst_case,
)
from mechanisms.robust.markov import lottery_constants
from sim.market.market import Market
from sim.market.panel import Panel
from sim.market.plays import PlayRecorder
from sim.measures.batch_means import batch_means
from tests.sim.market.markets import frames_of, group


def market(mechanism, nature, ahead=True, by_market=False):
    """Truthful bidders at one seller, whose values nature picks."""
    panel = Panel(prior=None if by_market else nature, ahead=ahead)
    drawn = nature if by_market else Uniform(0, 1)
    return Market(group(Truthful(), nature.n), [SellerPlan(mechanism, window=0.5)], [panel], drawn)


def values_of(frames, n):
    return frames["messages"]["value"].to_numpy().reshape(-1, n)


class Alternating(Adversary):
    """Picks 0 and 1 in turn, and keeps what it is told."""

    def __init__(self):
        self.heard = []

    n = 2
    uniforms_per_profile = 1

    def told(self, profile, revenue):
        self.heard.append((profile.tolist(), revenue))

    def _from_uniforms(self, u):
        return np.full((*u.shape[:-1], 2), float(len(self.heard) % 2))


@pytest.mark.parametrize("by_market", [False, True], ids=["panel's", "market's"])
@pytest.mark.parametrize("mechanism", [SecondPrice(), AscendingClock()], ids=lambda m: m.name)
def test_who_learns_draws_one_profile_at_a_time_and_is_told(mechanism, by_market):
    nature = Alternating()
    frames = frames_of(market(mechanism, nature, by_market=by_market), 20.7)
    met = [profile for profile, _ in nature.heard]
    assert met == [[float(k % 2)] * 2 for k in range(21)]
    assert [money for _, money in nature.heard] == frames["auctions"]["revenue"].tolist()
    assert nature.opponent == mechanism


def test_a_nature_plays_against_one_seller():
    nature = Alternating()
    market(SecondPrice(), nature)
    with pytest.raises(ValueError, match="plays against one seller, already against SecondPrice"):
        market(FirstPrice(), nature)


@pytest.mark.parametrize("ahead", [True, False], ids=["ahead", "sessions"])
@pytest.mark.parametrize("reserve", [0.0, 0.1, 0.2, 0.45])
def test_best_response_brings_the_worst_case(reserve, ahead):
    """Propositions 1.5.5 to 1.5.7: in the market too, within the interval of its auctions."""
    nature = WorstCaseNature(MarkovSet(3, 0.3))
    frames = frames_of(market(SecondPrice(reserve), nature, ahead), 1500)
    found = batch_means(frames["auctions"]["revenue"].to_numpy())
    worst = second_price_worst_case(3, 0.3, reserve).revenue
    assert nature.worst.revenue == pytest.approx(worst, abs=1e-6)
    assert abs(found.mean - worst) <= 1.5 * found.half_width + 1e-6
    values = values_of(frames, 3)
    atoms = {tuple(profile) for profile in nature.worst.distribution.profiles.tolist()}
    assert {tuple(profile) for profile in values.tolist()} <= atoms
    assert values.mean() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(("mechanism", "nature", "worst"), [
    (SecondPrice(0.2), second_price_nature(2, 5 / 8, 0.2), 1 / 4),  # Q⁽¹⁾: (Iμ − 1)/(I − 1)
    (SecondPrice(0.4), second_price_nature(2, 5 / 8, 0.4), 0.8 * 0.225 / 0.6),  # Q⁽²⁾: I r (μ − r)/(1 − r)
    (SecondPrice(0.55), second_price_nature(2, 5 / 8, 0.55), 0.075 / 0.45),  # Q⁽³⁾: (μ − r)/(1 − r)
    (HighestBidderLottery(2, 0.5), HighestBidderNature(2, 0.5), lottery_constants(2, 0.5).value),
    (RandomReserveLottery(2, 0.5), HighestBidderNature(2, 0.5), lottery_constants(2, 0.5).value),
], ids=["Q1", "Q2", "Q3", "lottery", "random reserve"])
def test_extremal_distributions_are_fixed_natures(mechanism, nature, worst):
    """Propositions 1.5.5 to 1.5.7, Theorem 1.5.3: simulated revenue is the closed form's, in its interval."""
    frames = frames_of(market(mechanism, nature), 3000)
    revenue = batch_means(frames["auctions"]["revenue"].to_numpy())
    assert abs(revenue.mean - worst) <= 1.5 * revenue.half_width + 1e-5


def one_high(bids, n):
    """Profiles (b, n, n): each bidder in turn has the first value, all others the second."""
    profiles = np.repeat(np.repeat(bids[:, 1][:, None, None], n, axis=1), n, axis=2)
    profiles[:, np.arange(n), np.arange(n)] = bids[:, 0][:, None]
    return profiles


def reserve_duel(rounds=20):
    game = reserve_game(2, 0.5, 20)
    columns = len(game.nature_actions)
    nature = hedge(columns, game.range, game.moment)
    return Duel(game, regret_matching_plus(21), nature, rounds), one_high(game.nature_actions, 2)


@pytest.mark.parametrize("mechanism", [SecondPrice(0.2), HighestBidderLottery(2, 0.5)], ids=lambda m: m.name)
def test_a_nature_who_learns_under_a_mean_finds_the_worst_case(mechanism):
    """Hedge tilted onto the mean: what it plays in the end costs the seller all but a few hundredths."""
    game = reserve_game(2, 0.5, 20)
    profiles = one_high(game.nature_actions, 2)
    nature = LearningNature(profiles, hedge(len(profiles), 1.0, game.moment))
    first = nature.mixture
    frames_of(market(mechanism, nature), 1500)
    bids = game.nature_actions.mean(axis=1)
    assert nature.mixture @ bids >= 0.5 - 1e-9
    least = game.least(-nature.hurts)
    assert -nature.hurts @ nature.mixture == pytest.approx(least, abs=0.01)
    assert -nature.hurts @ first > least + 0.003


def test_a_nature_who_learns_regret():
    """Sure prices in the middle of each range lose half of it; random ones 1/e, wherever nature goes."""
    levels = np.linspace(0, 1, 41)
    profiles = np.stack(np.meshgrid(levels, levels, indexing="ij"), axis=-1).reshape(-1, 1, 1, 2)
    for mechanism, least in ((DeterministicRegretPricing((1.0, 1.0), 0.0), 1.0),
                             (MinimaxRegretPricing((1.0, 1.0), 0.0), 2 / np.e)):
        nature = LearningNature(profiles, regret_matching_plus(len(profiles)), regret)
        frames_of(market(mechanism, nature), 300)
        assert nature.hurts @ nature.mixture == pytest.approx(least, abs=0.06)


def test_a_duel_is_played_between_auctions_and_its_gap_recorded():
    """Revenue is the game's value within interval and gap, and the gap of the averages falls."""
    duel, profiles = reserve_duel()
    offer = LearnedOffer(duel, [SecondPrice(reserve) for reserve in duel.game.seller_actions])
    one = market(offer, DuelNature(duel, profiles))
    PlayRecorder(one, {0: duel}, 50.0)
    frames = frames_of(one, 400)
    plays, mixtures = frames["plays"], frames["mixtures"]
    assert plays["rounds"].tolist() == [20 + 20 * k for k in range(0, 400, 50)]
    low, high = duel.game.value()
    assert (plays["guarantee"] <= high + 1e-9).all()
    assert (plays["hope"] >= low - 1e-9).all()
    np.testing.assert_allclose(plays["gap"], plays["hope"] - plays["guarantee"])
    assert plays["gap"].iloc[-1] < 0.005 < 0.02 < plays["gap"].iloc[0]
    last = mixtures[mixtures["time"] == plays["time"].iloc[-1]]
    np.testing.assert_allclose(last.groupby("side", observed=True)["probability"].sum(), 1)
    seller = last[last["side"] == "seller"]
    mixture = np.zeros(21)
    mixture[seller["action"]] = seller["probability"]
    assert duel.game.guarantee(mixture) == pytest.approx(plays["guarantee"].iloc[-1], abs=1e-9)
    revenue = batch_means(frames["auctions"]["revenue"].to_numpy()[100:])
    assert abs(revenue.mean - low) <= 1.5 * revenue.half_width + 0.005


def test_profiles_of_an_adversary_follow_its_mixture():
    """Chi-square of the actions, and which of their profiles."""
    duel, profiles = reserve_duel()
    nature = DuelNature(duel, profiles)
    drawn = nature.sample(np.random.default_rng(0), 20_000)
    top, bottom = drawn.max(axis=1), drawn.min(axis=1)
    for bids, chance in zip(duel.game.nature_actions, nature.mixture, strict=True):
        share = ((top == bids[0]) & (bottom == bids[1])).mean()
        assert abs(share - chance) <= 4 * np.sqrt(chance * (1 - chance) / 20_000) + 1e-12
    apart = drawn[top > bottom]
    assert stats.binomtest(int((apart[:, 0] > apart[:, 1]).sum()), len(apart)).pvalue > 1e-4


def test_ordinary_trade_comes_in_between():
    """A share of the profiles is the town's; the adversary learns all the same."""
    alternating, town = Alternating(), IndependentPrior.identical(Uniform(2, 3), 2)
    frames = frames_of(market(SecondPrice(), WithOrdinaryTrade(alternating, 0.3, town)), 1000)
    ordinary = values_of(frames, 2) > 1
    assert (ordinary[:, 0] == ordinary[:, 1]).all()
    assert stats.binomtest(int(ordinary[:, 0].sum()), 1000, 0.3).pvalue > 1e-4
    assert len(alternating.heard) == 1000


def test_what_does_not_fit_is_named():
    duel, profiles = reserve_duel(1)
    with pytest.raises(ValueError, match="offers must be 21, got 2"):
        LearnedOffer(duel, [SecondPrice()] * 2)
    with pytest.raises(ValueError, match="profiles must be of 231 actions, got 3"):
        DuelNature(duel, profiles[:3])
    with pytest.raises(ValueError, match=r"profiles must be finite, of shape \(b, k, n, …\)"):
        LearningNature([[1.0, 2.0]], regret_matching_plus(1))
    with pytest.raises(ValueError, match="learner must mix over 231 actions"):
        LearningNature(profiles, regret_matching_plus(3))
    with pytest.raises(TypeError, match="mechanism must have a closed rule"):
        market(AscendingClock(), LearningNature(profiles, regret_matching_plus(231)))
    with pytest.raises(TypeError, match="ambiguity must be a set of moments"):
        WorstCaseNature(Uniform(0, 1))
    with pytest.raises(ValueError, match="must be seated against a seller"):
        WorstCaseNature(MarkovSet(2, 0.5)).sample(np.random.default_rng(0), 1)
    with pytest.raises(ValueError, match="share must be"):
        WithOrdinaryTrade(Alternating(), 1.0, IndependentPrior.identical(Uniform(0, 1), 2))
    with pytest.raises(ValueError, match="town must draw profiles as"):
        WithOrdinaryTrade(Alternating(), 0.1, IndependentPrior.identical(Uniform(0, 1), 3))
    with pytest.raises(ValueError, match="rounds must be at least 1, got 0"):
        Duel(pricing_game(1.0, 0.0, 4), regret_matching_plus(5), regret_matching_plus(5), 0)
    with pytest.raises(ValueError, match="no mixture is strictly inside"):
        Moment(np.ones(3), 1.0)
