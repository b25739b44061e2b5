"""Appendix D: Theorem 4 against the best BIC mechanism, in play, and its two rationalities."""

import math

import numpy as np
import pytest

from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.distributions import Discrete
from mechanisms.risk_averse import SequentialSale, design_risk_averse_buyers, gamma, optimal_bic_revenue
from mechanisms.utilities import CARA, Linear
from tests.mechanisms.risk_averse.ends import ends, expected_by_play, gain_given_others, profiles
from tests.mechanisms.risk_averse.small_markets import market

RATIONALITIES = ("interim", "ex post")


def arguments(m):
    return m.values, m.probabilities, m.units, m.buyer_utilities, m.prices


@pytest.mark.parametrize("rationality", RATIONALITIES)
@pytest.mark.parametrize("seed", range(25))
def test_theorem_4(seed, rationality):
    """γ(k) of the program <= Algorithm 1 <= the best BIC mechanism <= the program; weak duality closes it."""
    m = market(seed)
    design = design_risk_averse_buyers(*arguments(m), rationality)
    best = optimal_bic_revenue(*arguments(m), rationality)
    assert design.expected_revenue >= gamma(m.units) * design.lp_revenue - 1e-7
    assert design.expected_revenue <= best + 1e-7
    assert best <= design.lp_revenue + 1e-7
    assert design.upper_bound == pytest.approx(design.lp_revenue, abs=1e-7)


@pytest.mark.parametrize("rationality", RATIONALITIES)
@pytest.mark.parametrize("seed", range(3))
def test_algorithm_1_in_play(seed, rationality):
    """The stated revenue, truthful given the others' reports, rational, never more than k sold."""
    m = market(seed, prices=4)
    design = design_risk_averse_buyers(*arguments(m), rationality)
    mechanism = design.mechanism
    by_play = expected_by_play(mechanism, m.values, m.probabilities, Linear())
    assert design.expected_revenue == pytest.approx(by_play, abs=1e-9)
    assert gain_given_others(mechanism, m.values, m.buyer_utilities) <= 1e-7
    for profile, _ in profiles(m.values, m.probabilities):
        played = ends(mechanism, profile)
        assert played.allocation.sum(axis=1).max() <= m.units
        payoffs = profile * played.allocation - played.payments
        if rationality == "ex post":
            assert mechanism.ex_post_ir
            assert (payoffs >= -1e-12).all()
        for i, utility in enumerate(m.buyer_utilities):
            assert played.mean(utility(payoffs[:, i])) >= -1e-7


@pytest.mark.parametrize("seed", range(8))
def test_ex_post_rationality_costs_and_neutral_buyers_do_not_mind(seed):
    m = market(seed)
    interim, ex_post = (design_risk_averse_buyers(*arguments(m), each).lp_revenue for each in RATIONALITIES)
    assert ex_post <= interim + 1e-8
    priors = [Discrete(v, f) for v, f in zip(m.values, m.probabilities, strict=True)]
    neutral = optimal_bic_revenue(m.values, m.probabilities, m.units, Linear(), np.arange(10.0))
    assert neutral == pytest.approx(optimal_revenue(priors, units=m.units), abs=1e-8)


def test_charging_without_a_unit_punishes_those_who_claim_little():
    """A cautious buyer: losing money keeps high types from claiming to be low.

    Values 1 and 2 at even odds. With ex-post rationality only lotteries of units deter the high type.
    """
    args = ([[1.0, 2.0]], [[0.5, 0.5]], 1, CARA(2.0), np.linspace(0, 2, 17))
    interim, ex_post = (design_risk_averse_buyers(*args, each).lp_revenue for each in RATIONALITIES)
    assert interim > ex_post + 1e-3
    assert not design_risk_averse_buyers(*args).mechanism.ex_post_ir


def test_the_order_is_decreasing_in_payment_for_each_unit():
    """Three sure buyers at 1, 3 and 2 and one unit: the program sells to the dearest, who is asked first."""
    design = design_risk_averse_buyers([[1.0], [3.0], [2.0]], [[1.0]] * 3, 2, Linear(), [1.0, 2.0, 3.0])
    mechanism = design.mechanism
    sold, paid = mechanism.when_asked([[1.0]] * 3)
    ratios = [paid[i] / sold[i] if sold[i] > 0 else 0.0 for i in mechanism.sequence]
    assert ratios == sorted(ratios, reverse=True)
    assert mechanism.sequence[:2] == (1, 2)
    assert design.expected_revenue == pytest.approx(5.0)


def test_who_pays_without_a_unit_comes_first():
    """An expected payment for no unit is worth infinitely much a unit."""
    sale = SequentialSale([[2.0]] * 2, [2.0], [[[1.0]], [[0.0]]], [[[0.0]], [[0.5]]], (1, 0), 1)
    assert sale.expected_revenue([[1.0]] * 2) == pytest.approx(3.0)
    from mechanisms.risk_averse.sequential_sale import by_payment_per_unit

    assert by_payment_per_unit(sale, [[1.0]] * 2) == (1, 0)


def test_bad_input_is_named():
    good = ([[1.0, 2.0]], [[0.5, 0.5]], 1, Linear(), [1.0])
    with pytest.raises(ValueError, match="rationality must be 'interim' or 'ex post', not 'ex ante'"):
        design_risk_averse_buyers(*good, "ex ante")
    with pytest.raises(ValueError, match="units must be at least 1"):
        design_risk_averse_buyers(*good[:2], 0, *good[3:])
    with pytest.raises(ValueError, match="utility must be concave"):
        design_risk_averse_buyers(*good[:3], np.square, [1.0])
    with pytest.raises(ValueError, match="prices must be at least 0"):
        design_risk_averse_buyers(*good[:4], [-1.0])
    with pytest.raises(ValueError, match="variables, more than"):
        optimal_bic_revenue([np.arange(8.0)] * 6, [np.full(8, 1 / 8)] * 6, 1, Linear(), [1.0])
    tables = {"values": [[1.0]], "prices": [1.0], "sales": [[[0.6]]], "charges": [[[0.5]]]}
    tables |= {"sequence": (0,), "units": 1}
    with pytest.raises(ValueError, match=r"sales\[0\] and charges\[0\] must sum to at most 1 .*, not 1.1"):
        SequentialSale(**tables)
    with pytest.raises(ValueError, match="sequence must hold each of 0 to 0 once"):
        SequentialSale(**{**tables, "charges": [[[0.0]]], "sequence": (1,)})
    with pytest.raises(ValueError, match=r"charges\[0\] must hold probabilities"):
        SequentialSale(**{**tables, "charges": [[[math.nan]]]})
