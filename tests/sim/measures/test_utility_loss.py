"""Utility loss against closed forms, and distributions of bids."""

import numpy as np
import pytest

from agents.population import Group, Population
from agents.strategies import Equilibrium, RandomBidder, Shading, Truthful
from mechanisms.auctions import AllPay, FirstPrice, SecondPrice
from mechanisms.distributions import Uniform
from mechanisms.utilities import CARA, Linear
from sim.measures.utility_loss import (
    BidDistribution,
    expected_utility,
    highest_of,
    loss_against,
    utility_losses,
)

PRIOR = Uniform(0, 1)


def people(strategy, n, utility=None):
    return Population([Group(strategy, utility or Linear(), prior=PRIOR)], np.zeros(n, int))


@pytest.mark.parametrize("mechanism", [FirstPrice(), AllPay(), SecondPrice()], ids=repr)
@pytest.mark.parametrize("n", [2, 5])
def test_nothing_to_gain_in_equilibrium(mechanism, n):
    """The known equilibria lose nothing but the quadrature's error, some 1 / points of a win."""
    (loss,) = utility_losses(
        mechanism, people(Equilibrium(), n), PRIOR, buyers=[0], types=16, points=2048, deviations=64
    )
    assert loss.maximum < 3 / 2048


def test_truth_in_first_price_loses_what_the_best_response_brings():
    """n = 2: truth brings 0; against uniform bids the best bid is v/2 and brings v^2 / 4, mean 1/12."""
    (loss,) = utility_losses(FirstPrice(), people(Truthful(), 2), PRIOR, buyers=[0], types=32, points=2048)
    np.testing.assert_allclose(loss.by_type, loss.types**2 / 4, atol=1e-3)
    np.testing.assert_allclose(loss.best_bids, loss.types / 2, atol=1e-2)
    assert loss.mean == pytest.approx(1 / 12, abs=1e-3)


def test_shading_in_second_price_loses_the_forgone_sales():
    """n = 2, both bid v/2: truth against b uniform on [0, 1/2] wins when b < v.

    It brings v^2 for v <= 1/2 and v - 1/4 above; v/2 brings 2 (v (v/2) - v^2 / 8) = 3/4 v^2.
    """
    (loss,) = utility_losses(SecondPrice(), people(Shading(0.5), 2), PRIOR, buyers=[1], types=32, points=2048)
    v = loss.types
    np.testing.assert_allclose(loss.by_type, np.where(v <= 0.5, v**2, v - 0.25) - 0.75 * v**2, atol=2e-3)


def test_a_mixture_is_judged_by_its_mean():
    """A bidder who mixes over k even shares of her value, against the same: her own utility is a mean."""
    (loss,) = utility_losses(
        SecondPrice(), people(RandomBidder(4), 2), PRIOR, buyers=[0], types=8, points=2048
    )
    shares = np.array([1, 3, 5, 7]) / 8

    def won(bid):
        """Expected value less payment of a bid, against v' times a random share, v' uniform."""
        v, low = loss.types[:, None], np.minimum(bid[:, None] / shares, 1)
        return (v * low - shares * low**2 / 2).mean(axis=1)

    own = np.mean([won(share * loss.types) for share in shares], axis=0)
    np.testing.assert_allclose(loss.own, own, atol=2e-3)
    np.testing.assert_allclose(loss.best, won(loss.types), atol=2e-3)


def test_risk_averse_bidders_shade_less():
    """One rival bid, 0 or 1/2 evenly: to win for sure beats half a chance when averse enough."""
    rival = BidDistribution.of(np.array([0.0, 0.5]))
    bids = np.array([0.25, 0.51])
    for utility, better in ((Linear(), 0), (CARA(20.0), 1)):
        felt = expected_utility(FirstPrice(), rival, np.full(2, 0.7), bids, utility)
        wins = np.array([0.5 * utility(0.45), utility(0.19)])
        np.testing.assert_allclose(felt, wins)
        assert felt.argmax() == better


def test_highest_of_independent_bids():
    """Two fair coins: the higher is 1 with probability 3/4."""
    coin = BidDistribution.of(np.array([0.0, 1.0]))
    both = highest_of([coin, coin])
    np.testing.assert_allclose(both.probabilities, [0.25, 0.75])
    np.testing.assert_allclose(BidDistribution.of([2.0, 1.0, 2.0], [0.2, 0.3, 0.5]).probabilities, [0.3, 0.7])


def test_the_loss_of_given_bids():
    """One rival who bids 0.4 for sure: the best bid is just above; a bid of 0.6 pays 0.2 too much."""
    rival = BidDistribution.of(np.array([0.4]))
    loss = loss_against(FirstPrice(), rival, np.array([1.0]), np.array([[0.6]]), np.ones((1, 1)), Linear())
    assert loss.by_type == pytest.approx([0.2], abs=1e-5)


def test_bad_input():
    with pytest.raises(ValueError, match=r"priors must be one, or one for each .* got 3 for 2"):
        utility_losses(FirstPrice(), people(Truthful(), 2), [PRIOR] * 3)
    with pytest.raises(ValueError, match="types, points and deviations must be at least 1, got 0"):
        utility_losses(FirstPrice(), people(Truthful(), 2), PRIOR, types=0)
    with pytest.raises(ValueError, match="bids must hold at least one bid"):
        BidDistribution.of([])
