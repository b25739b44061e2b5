"""The law of revenue of Myerson's auction against its rule at every profile."""

import numpy as np
import pytest

from agents import expected_outcome
from mechanisms import Discrete, JointDistribution, MyersonAuction
from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.risk_averse import TooLargeError, myerson_revenue_law
from mechanisms.utilities import CARA


def market(seed):
    """Up to four buyers whose few whole values tie often; some are often absent, with value 0."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    sizes = rng.integers(1, 4, n)
    priors = [
        Discrete(rng.choice(6, size, replace=False) + int(rng.integers(2)), rng.dirichlet(np.ones(size)))
        for size in sizes
    ]
    return priors, int(rng.integers(1, 4))


@pytest.mark.parametrize("seed", range(40))
def test_against_the_rule_at_every_profile(seed):
    priors, units = market(seed)
    exact = expected_outcome(MyersonAuction(tuple(priors), units), JointDistribution.product(priors))
    law, known = myerson_revenue_law(priors, units), exact.revenue_law
    np.testing.assert_allclose(law.amounts, known.amounts, atol=1e-9)
    np.testing.assert_allclose(law.probabilities, known.probabilities, atol=1e-9)


def test_its_mean_is_the_optimal_revenue_and_one_unit_to_alike_buyers_is_second_price():
    """Many buyers, where profiles are too many; and two of value 1 or 2 alike: the lower value, or 1."""
    grid = np.arange(1.0, 31.0)
    rng = np.random.default_rng(0)
    priors = [Discrete(grid, weights) for weights in rng.dirichlet(np.ones(30), 25)]
    law = myerson_revenue_law(priors, 6)
    assert law.probabilities.sum() == pytest.approx(1)
    assert law.mean == pytest.approx(optimal_revenue(priors, units=6), rel=1e-9)
    assert law.certainty_equivalent(CARA(0.1)) < law.mean
    two = myerson_revenue_law([Discrete([1, 2], [0.75, 0.25])] * 2, 1)
    assert two.amounts.tolist() == [1.0, 2.0]


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="units must be at least 1"):
        myerson_revenue_law([Discrete([1.0], [1.0])], 0)
    with pytest.raises(TooLargeError, match="values have no common unit of money"):
        myerson_revenue_law([Discrete([1.0, np.pi, np.sqrt(2)], [0.2, 0.3, 0.5])], 1)
