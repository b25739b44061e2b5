"""Exact play of the whole house agrees with the mechanisms' own exact utilities and revenues."""

import pytest

from agents.play.exact import expected_outcome
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.risk_averse import (
    EsoFutoAuction,
    InsuredSale,
    Rounds,
    design_one_pass,
    design_risk_averse_buyers,
)
from mechanisms.utilities import Capped
from tests.mechanisms.risk_averse.small_markets import market


def played(mechanism, priors, utility):
    """E[U(revenue)] and E[revenue] in exact play."""
    outcome = expected_outcome(mechanism, JointDistribution.product(priors))
    revenues = outcome.leaves.payments.sum(axis=1)
    return float(outcome.leaves.probability @ utility(revenues)), outcome.revenue


@pytest.mark.parametrize("seed", range(3))
def test_exact_play(seed):
    m = market(seed, types=2, prices=4)
    priors = [Discrete(v, f) for v, f in zip(m.values, m.probabilities, strict=True)]
    design = design_one_pass(*m.arguments, steps=5)
    assert played(design.mechanism, priors, m.utility)[0] == pytest.approx(design.expected_utility, abs=1e-12)
    rounds = Rounds(m.values, m.prices, design.lotteries, m.units)
    exact = rounds.expected_utility(m.probabilities, m.utility)
    assert played(rounds, priors, m.utility)[0] == pytest.approx(exact, abs=1e-12)
    neutral = design_risk_averse_buyers(m.values, m.probabilities, m.units, m.buyer_utilities, m.prices)
    revenue = neutral.expected_revenue
    assert played(neutral.mechanism, priors, m.utility)[1] == pytest.approx(revenue, abs=1e-9)
    eso_futo = EsoFutoAuction(priors, m.units)
    certain = float(m.utility(eso_futo.revenue))
    assert played(eso_futo, priors, m.utility)[0] == pytest.approx(certain, abs=1e-9)


def test_example_1():
    priors = [Discrete([0.0, 1.0], [0.9, 0.1])] * 2
    assert played(InsuredSale(1.0, 0.1), priors, Capped(0.1))[0] == pytest.approx(0.1, abs=1e-12)
    walking = InsuredSale(1.0, 0.1, walk_away=True)
    assert played(walking, priors, Capped(0.1))[0] == pytest.approx(0.01, abs=1e-12)
