"""Eső and Futó's auction (R5): constant revenue, BIC, interim IR, not dominant, best for who is averse."""

import itertools

import numpy as np
import pytest

from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.distributions import Discrete, Uniform
from mechanisms.risk_averse import EsoFutoAuction, optimal_bic_utility
from mechanisms.utilities import Linear
from tests.mechanisms.risk_averse.ends import profiles
from tests.mechanisms.risk_averse.small_markets import SELLERS, market


def auction(seed):
    m = market(seed, most_buyers=4)
    priors = [Discrete(v, f) for v, f in zip(m.values, m.probabilities, strict=True)]
    return m, EsoFutoAuction(priors, m.units)


@pytest.mark.parametrize("seed", range(15))
def test_revenue_is_myersons_at_every_profile(seed):
    m, mechanism = auction(seed)
    reports = np.array([profile for profile, _ in profiles(m.values, m.probabilities)])
    outcome = mechanism.outcome(reports)
    np.testing.assert_allclose(outcome.revenue, mechanism.revenue, atol=1e-9)
    assert mechanism.revenue == pytest.approx(optimal_revenue(mechanism.priors, units=m.units), abs=1e-9)
    assert outcome.allocation.sum(axis=-1).max() <= m.units


@pytest.mark.parametrize("seed", range(15))
def test_bayesian_incentive_compatible_and_interim_rational_for_neutral_buyers(seed):
    """Σ over the others' types of v a − t, for every buyer, type and report, by listing."""
    m, mechanism = auction(seed)
    for i in range(m.n):
        others = [(v if j != i else [0.0], f if j != i else [1.0])
                  for j, (v, f) in enumerate(zip(m.values, m.probabilities, strict=True))]
        rest = list(profiles([v for v, _ in others], [f for _, f in others]))
        interim = np.zeros((len(m.values[i]), 2))
        for (t, report), (profile, chance) in itertools.product(enumerate(m.values[i]), rest):
            reports = profile.copy()
            reports[i] = report
            outcome = mechanism.outcome(reports)
            interim[t] += chance * np.array([outcome.allocation[i], outcome.payments[i]])
        payoffs = m.values[i][:, None] * interim[:, 0] - interim[:, 1]
        truth = np.diag(payoffs)
        assert (truth >= payoffs.max(axis=1) - 1e-9).all()
        assert (truth >= -1e-9).all()


def test_not_dominant_and_not_ex_post_rational():
    """Two buyers with values 0 and 1: who is low is paid, or pays, by what the other says."""
    fair = Discrete([0.0, 1.0], [0.5, 0.5])
    mechanism = EsoFutoAuction([fair, fair])
    payments = mechanism.outcome(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])).payments
    np.testing.assert_allclose(payments.sum(axis=1), 0.75)
    assert payments[0, 0] > 0  # a loser of value 0 pays where the other is low too
    # the other being high, the second buyer loses the tie to the lowest index, and would rather have said 0
    high = mechanism.outcome(np.array([1.0, 1.0]))
    low = mechanism.outcome(np.array([1.0, 0.0]))
    gains = [float(o.allocation[1] * 1.0 - o.payments[1]) for o in (high, low)]
    assert gains[1] > gains[0] + 1e-3


@pytest.mark.parametrize("seed", range(6))
def test_no_better_for_an_averse_seller_without_transfers(seed):
    """Its utility is U(Myerson's revenue), above any BIC mechanism's by Jensen: none earns more."""
    m, mechanism = auction(seed)
    for utility in SELLERS:
        if m.n <= 3:
            best = optimal_bic_utility(m.values, m.probabilities, m.units, utility, Linear(), m.prices)
            assert float(utility(mechanism.revenue)) >= best - 1e-8


def test_absentees_and_reports_between_types():
    mechanism = EsoFutoAuction([Discrete([1.0, 2.0], [0.5, 0.5])] * 3)
    alone = mechanism.outcome(np.array([-np.inf, 2.0, 0.5]))
    assert alone.payments[[0, 2]].tolist() == [0.0, 0.0]
    assert alone.payments[1] == pytest.approx(mechanism.interim_payments[1][1])
    between, on = (mechanism.outcome(np.array([1.7, first, 1.0])) for first in (1.2, 1.0))
    np.testing.assert_array_equal(between.payments, on.payments)


def test_bad_input_is_named():
    fair = Discrete([0.0, 1.0], [0.5, 0.5])
    with pytest.raises(TypeError, match=r"priors\[1\] must be a Discrete"):
        EsoFutoAuction([fair, Uniform(0, 1)])
    with pytest.raises(ValueError, match="priors must be at least two"):
        EsoFutoAuction([fair])
    with pytest.raises(ValueError, match="units must be at least 1"):
        EsoFutoAuction([fair, fair], 0)
    with pytest.raises(ValueError, match="profiles, more than"):
        EsoFutoAuction([Discrete(np.arange(20.0), np.full(20, 0.05))] * 5)
    with pytest.raises(ValueError, match="reports must be 2 numbers each"):
        EsoFutoAuction([fair, fair]).outcome(np.zeros(3))
    assert EsoFutoAuction([fair, fair]) != EsoFutoAuction([fair, fair], 2)
