"""Border's inequalities: the program of interim lotteries has the optimum over all profiles by them."""

import itertools

import numpy as np
import pytest

from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.distributions import Discrete
from mechanisms.risk_averse import TooLargeError, design_risk_averse_buyers, optimal_bic_revenue
from mechanisms.risk_averse.border import border_revenue, border_rows
from mechanisms.risk_averse.known_buyers import Buyers
from mechanisms.utilities import Linear
from tests.mechanisms.risk_averse.small_markets import market


def arguments(m):
    return m.values, m.probabilities, m.units, m.buyer_utilities, m.prices


@pytest.mark.parametrize("rationality", ["interim", "ex post"])
@pytest.mark.parametrize("seed", range(16))
def test_the_same_optimum_as_over_all_profiles(seed, rationality):
    """Table 1's "1 [Alaei]": two programs of different variables."""
    m = market(seed)
    assert border_revenue(*arguments(m), rationality) == pytest.approx(
        optimal_bic_revenue(*arguments(m), rationality), abs=1e-7
    )


def test_without_the_inequalities_more_is_promised_than_can_be_kept():
    promised = [
        design_risk_averse_buyers(*arguments(market(seed))).lp_revenue
        / border_revenue(*arguments(market(seed)))
        for seed in range(8)
    ]
    assert min(promised) >= 1 - 1e-9
    assert max(promised) > 1.02


@pytest.mark.parametrize("seed", range(6))
def test_buyers_without_fear_are_myersons(seed):
    m = market(seed)
    grid = np.arange(0.0, 10.0)
    found = border_revenue(m.values, m.probabilities, m.units, Linear(), grid)
    priors = [Discrete(*pair) for pair in zip(m.values, m.probabilities, strict=True)]
    assert found == pytest.approx(optimal_revenue(priors, units=m.units), abs=1e-7)


def test_each_limit_is_the_mean_of_what_can_be_served():
    """E[min(k, number of buyers whose type is in the set)], by listing all profiles."""
    m = market(3)
    buyers = Buyers.checked(*(m.values, m.probabilities, m.buyer_utilities, m.prices))
    rows, limits = border_rows(buyers, 1)
    counts = [len(own) for own in m.values]
    sets = list(itertools.product([0, 1], repeat=sum(counts)))[1:]
    starts = np.cumsum([0, *counts])[:-1]
    for place in range(0, len(sets), 7):
        mean = 0.0
        for types in itertools.product(*map(range, counts)):
            chance = np.prod([f[t] for f, t in zip(m.probabilities, types, strict=True)])
            members = sum(sets[place][start + t] for start, t in zip(starts, types, strict=True))
            mean += chance * min(1, members)
        assert limits[place] == pytest.approx(mean, abs=1e-12)
    assert rows.shape == (len(sets), sum(counts) * 2 * m.prices.size)


def test_too_many_types_are_refused():
    with pytest.raises(TooLargeError, match="values are 15 types, more than the 14"):
        border_revenue([np.arange(5.0)] * 3, [np.full(5, 0.2)] * 3, 1, Linear(), [1.0])
