"""Example 1: what an insurer is worth to a seller whose utility is capped, and what it gives up (R5)."""

import math

import numpy as np
import pytest

from mechanisms.risk_averse import InsuredSale, fair_premium, optimal_bic_utility
from mechanisms.utilities import CARA, Capped, Linear
from tests.mechanisms.risk_averse.ends import expected_by_play, gain_given_others

EPSILONS = (0.01, 0.1, 0.3)


def example(epsilon):
    """Two buyers who value a unit at 1 with probability ε, else at 0."""
    return [np.array([0.0, 1.0])] * 2, [np.array([1 - epsilon, epsilon])] * 2


def payoffs(mechanism, epsilon):
    """The insurer's payoffs where the second buyer does not buy, and where she does, with probabilities."""
    payments = mechanism.outcome(np.array([[0.0, 0.0], [0.0, 1.0]])).payments[:, 0]
    return -payments, np.array([1 - epsilon, epsilon])


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_the_papers_numbers(epsilon):
    """ε insured; 2ε² − ε³ by prices of 1 for both; ε² if the insurer may walk away."""
    seller = Capped(epsilon)
    worth = [
        expected_by_play(mechanism, *example(epsilon), seller)
        for mechanism in (InsuredSale(1.0, epsilon), InsuredSale(1.0, epsilon, walk_away=True))
    ]
    assert worth == pytest.approx([epsilon, epsilon**2], abs=1e-12)
    prices = np.linspace(0, 1, 11)
    best = optimal_bic_utility(*example(epsilon), 2, seller, Linear(), prices)
    assert best == pytest.approx(2 * epsilon**2 - epsilon**3, abs=1e-9)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_dominant_and_interim_rational_but_not_ex_post(epsilon):
    mechanism = InsuredSale(1.0, epsilon)
    values, _ = example(epsilon)
    assert gain_given_others(mechanism, values, [Linear(), CARA(2.0)]) <= 0
    insurer, chances = payoffs(mechanism, epsilon)
    assert chances @ insurer == pytest.approx(0, abs=1e-12)
    assert insurer.min() == -epsilon
    assert not mechanism.ex_post_ir
    walks, _ = payoffs(InsuredSale(1.0, epsilon, walk_away=True), epsilon)
    assert walks.min() == 0
    assert InsuredSale(1.0, epsilon, walk_away=True).ex_post_ir


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_an_averse_insurer_pays_less(epsilon):
    """CARA a: −ln(1 − ε(1 − e^(−a)))/a; she is indifferent, and the more averse, the less she pays."""
    premiums = []
    for a in (0.1, 1.0, 5.0):
        premium = fair_premium(CARA(a), 1.0, epsilon)
        assert premium == pytest.approx(-math.log(1 - epsilon * (1 - math.exp(-a))) / a, rel=1e-10)
        insurer, chances = payoffs(InsuredSale(1.0, premium), epsilon)
        assert chances @ CARA(a)(insurer) == pytest.approx(0, abs=1e-12)
        premiums.append(premium)
    assert epsilon > premiums[0] > premiums[1] > premiums[2] > 0
    assert fair_premium(Linear(), 1.0, epsilon) == pytest.approx(epsilon, rel=1e-12)


def test_the_seller_with_an_averse_insurer_gets_her_premium_for_sure():
    epsilon, a = 0.1, 2.0
    premium = fair_premium(CARA(a), 1.0, epsilon)
    mechanism = InsuredSale(1.0, premium)
    assert expected_by_play(mechanism, *example(epsilon), Capped(epsilon)) == pytest.approx(premium)
    assert premium > 2 * epsilon**2 - epsilon**3  # insurance still pays


def test_an_insurer_who_may_decline_and_does_insures_nobody():
    reports = np.array([[-np.inf, 1.0], [-np.inf, 0.0]])
    outcome = InsuredSale(1.0, 0.1, may_decline=True).outcome(reports)
    np.testing.assert_array_equal(outcome.payments, [[0.0, 1.0], [0.0, 0.0]])
    bound = InsuredSale(1.0, 0.1).outcome(reports)
    np.testing.assert_array_equal(bound.payments, [[0.1 - 1.0, 1.0], [0.1, 0.0]])
    assert set(outcome.itemised) == {"price", "premium", "payout"}


def test_nothing_to_pay_is_insured_for_nothing():
    assert fair_premium(Linear(), 0.0, 0.5) == 0


@pytest.mark.parametrize("chance", [0.0, 1.0, -0.1, 1.5])
def test_without_risk_there_is_nothing_to_insure(chance):
    """Example 1's ε is in (0, 1)."""
    with pytest.raises(ValueError, match=rf"chance must be > 0.0 and < 1.0, not {chance}"):
        fair_premium(Linear(), 1.0, chance)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="price must be finite and at least 0"):
        InsuredSale(-1.0, 0.1)
    with pytest.raises(ValueError, match="premium must be finite and at least 0"):
        InsuredSale(1.0, math.nan)
    with pytest.raises(TypeError, match="premium must be a number"):
        InsuredSale(1.0, "0.1")
    with pytest.raises(ValueError, match="reports must be of two buyers"):
        InsuredSale(1.0, 0.1).outcome(np.zeros(3))
    with pytest.raises(TypeError, match="chance must be a real number"):
        fair_premium(Linear(), 1.0, "0.5")
