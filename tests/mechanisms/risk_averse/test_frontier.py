"""The frontier of mean against risk, and the best single price against enumeration."""

import numpy as np
import pytest

from mechanisms.risk_averse.frontier import best_single_price, risk_frontier
from mechanisms.utilities import CARA, Linear
from tests.mechanisms.risk_averse.cases import enumerated_utility, instance


@pytest.mark.parametrize("seed", range(14))
def test_best_single_price_against_all(seed):
    values, probabilities, units, utility = instance(seed)
    found = best_single_price(values, probabilities, units, utility)
    wanted = max(
        enumerated_utility([price] * len(values), values, probabilities, units, utility)
        for price in np.concatenate(values) if price > 0
    )
    assert found.value == pytest.approx(wanted, abs=1e-10)
    assert found.value <= found.upper_bound


def test_each_seller_prefers_her_own_prices():
    """A seller's design is worth at least as much to her as any other's: small instances are searched."""
    values, probabilities = [[1.0, 2.0, 6.0]] * 4, [[0.4, 0.4, 0.2]] * 4
    utilities = [Linear(), CARA(0.2), CARA(1.0), CARA(3.0)]
    points = risk_frontier(values, probabilities, 2, utilities)
    for own in points:
        assert own.law.expected_utility(own.utility) == pytest.approx(own.design.value, abs=1e-12)
        for other in points:
            assert own.design.value >= other.law.expected_utility(own.utility) - 1e-12
    means = [point.law.mean for point in points]
    assert means[0] == max(means)
    assert points[-1].law.standard_deviation < points[0].law.standard_deviation
    for point in points:
        assert point.certainty_equivalent <= point.law.mean + 1e-12
