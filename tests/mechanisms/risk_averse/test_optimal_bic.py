"""The best BIC mechanism: against Myerson, against a program of other variables, monotone, and its errors."""

import numpy as np
import pytest

from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.distributions import Discrete
from mechanisms.risk_averse import (
    optimal_bic,
    optimal_bic_revenue,
    optimal_bic_utility,
    optimal_dsic_utility,
)
from mechanisms.risk_averse.incentives import gain_from_lying
from mechanisms.risk_averse.known_buyers import Buyers
from mechanisms.utilities import CARA, Capped, Linear
from tests.mechanisms.risk_averse.small_markets import market


@pytest.mark.parametrize("seed", range(8))
def test_neutral_people_get_myersons_auction(seed):
    """Myerson 1981: neither interim rationality nor transfers would bring more than his auction.

    Its payments are sums of steps between values; with integer values an integer grid holds them.
    """
    m = market(seed)
    priors = [Discrete(v, f) for v, f in zip(m.values, m.probabilities, strict=True)]
    best = optimal_bic_utility(m.values, m.probabilities, m.units, Linear(), Linear(), np.arange(10.0))
    assert best == pytest.approx(optimal_revenue(priors, units=m.units), abs=1e-8)


@pytest.mark.parametrize("seed", range(12))
def test_neutral_sellers_need_interim_lotteries_only(seed):
    """Two programs, over sales at profiles and over each buyer's payments at profiles, have one value."""
    m = market(seed)
    best = optimal_bic_utility(m.values, m.probabilities, m.units, Linear(), m.buyer_utilities, m.prices)
    other = optimal_bic_revenue(m.values, m.probabilities, m.units, m.buyer_utilities, m.prices, "ex post")
    assert best == pytest.approx(other, abs=1e-8)


@pytest.mark.parametrize("seed", range(20))
def test_the_optimum_is_certified_and_its_lotteries_are_truthful(seed):
    """Weak duality closes the gap; lotteries are truthful, affordable, and sell at most k on average."""
    m = market(seed)
    best = optimal_bic(*m.arguments)
    assert best.upper_bound == pytest.approx(best.utility, abs=1e-7)
    buyers = Buyers.checked(m.values, m.probabilities, m.buyer_utilities, m.prices)
    sold = 0.0
    for i, table in enumerate(best.lotteries):
        assert gain_from_lying(buyers.surplus[i], table) <= 1e-7
        assert (table[~buyers.affordable[i]] == 0).all()
        sold += m.probabilities[i] @ table.sum(axis=1)
    assert sold <= m.units + 1e-7


@pytest.mark.parametrize("seed", range(10))
def test_no_dsic_mechanism_is_better(seed):
    """A DSIC mechanism with prices at values is BIC whatever the attitudes: another program's optimum."""
    m = market(seed)
    dsic = optimal_dsic_utility(m.values, m.probabilities, m.units, m.utility)
    assert optimal_bic_utility(*m.arguments[:5], np.arange(10.0)) >= dsic - 1e-7


@pytest.mark.parametrize("seed", range(6))
def test_more_units_and_finer_prices_never_hurt(seed):
    m = market(seed)
    best = optimal_bic_utility(*m.arguments)
    more = optimal_bic_utility(m.values, m.probabilities, m.units + 1, *m.arguments[3:])
    finer = optimal_bic_utility(*m.arguments[:5], np.append(m.prices, [1.25, 2.75]))
    assert more >= best - 1e-8
    assert finer >= best - 1e-8


def test_one_cautious_buyer_pays_for_certainty():
    """One buyer of values 1 and 2 at even odds: neutral, she leaves 1, and more the more cautious she is.

    The low type gets a lottery that a cautious high type does not like (Maskin and Riley 1984). 1.5 is all.
    """
    args = ([[1.0, 2.0]], [[0.5, 0.5]], 1, Linear())
    assert optimal_bic_utility(*args, Linear(), [0.0, 1.0, 2.0]) == pytest.approx(1.0)
    cautious = [optimal_bic_utility(*args, CARA(a), np.linspace(0, 2, 9)) for a in (0.01, 1.0, 3.0)]
    assert 1.0 - 1e-9 <= cautious[0] < cautious[1] < cautious[2] <= 1.5


def test_a_capped_seller_of_example_1_without_transfers():
    """Example 1 with ex-post rationality: the utility-optimal DSIC mechanism's 2ε² − ε³ is best."""
    epsilon = 0.1
    two = [np.array([0.0, 1.0])] * 2, [np.array([1 - epsilon, epsilon])] * 2
    best = optimal_bic_utility(*two, 2, Capped(epsilon), Linear(), np.linspace(0, 1, 11))
    assert best == pytest.approx(2 * epsilon**2 - epsilon**3, abs=1e-9)


def test_bad_input_is_named():
    good = ([[1.0, 2.0]], [[0.5, 0.5]], 1, Linear(), Linear(), [1.0])
    bad = {
        0: ([[2.0, 1.0]], r"values\[0\] must be at least 0 and strictly increase"),
        1: ([[0.5, 0.6]], r"probabilities\[0\] must sum to 1"),
        2: (0, "units must be at least 1"),
        3: (np.square, "utility must be concave"),
        4: ([Linear()] * 2, "buyer_utilities must be one, or one for each of 1 buyers, not 2"),
        5: ([-1.0], "prices must be at least 0, not -1"),
    }
    for place, (value, message) in bad.items():
        arguments = list(good)
        arguments[place] = value
        with pytest.raises(ValueError, match=message):
            optimal_bic_utility(*arguments)
    with pytest.raises(ValueError, match="utility must be concave"):
        optimal_bic_utility(*good[:4], np.square, [1.0])
    with pytest.raises(ValueError, match="prices must be finite, not nan"):
        optimal_bic_utility(*good[:5], [np.nan])
    big = [np.arange(5.0)] * 5
    with pytest.raises(ValueError, match=r"pairs of .* more than .* the upper bound of design_one_pass"):
        optimal_bic_utility(big, [np.full(5, 0.2)] * 5, 3, Linear(), Linear(), np.arange(5.0))


def test_buyers_for_whom_losses_are_terrible_can_be_weighed():
    """CARA 8 and 20: losses e^28 and e^70 times as bad as gains are good; nobody gains by a lie all the same.

    And the optimum does not fall with fear, as certainty only gets dearer.
    """
    values, chances = [np.arange(1.0, 5.0)] * 2, [np.full(4, 0.25)] * 2
    prices = np.arange(1, 9) / 2
    found = [optimal_bic(values, chances, 1, CARA(0.5), CARA(fear), prices) for fear in (2.0, 8.0, 20.0)]
    for fear, one in zip((2.0, 8.0, 20.0), found, strict=True):
        assert one.upper_bound == pytest.approx(one.utility, abs=1e-7)
        for lottery in one.lotteries:
            worth = CARA(fear)(values[0][:, None] - prices)
            assert gain_from_lying(worth, lottery) <= 1e-8
    assert found[0].utility < found[1].utility < found[2].utility
