"""The best DSIC mechanism of a matrix: against Myerson on U(v) (R5), and all pairs of price functions."""

import itertools

import numpy as np
import pytest

from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.distributions import Discrete
from mechanisms.risk_averse import optimal_dsic_utility, optimal_matrix
from mechanisms.utilities import Linear
from tests.mechanisms.risk_averse.matrices import matrix_market
from tests.mechanisms.risk_averse.small_markets import SELLERS


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (1, 2)])
@pytest.mark.parametrize("case", range(5))
def test_one_row_or_one_column_is_one_unit(shape, case):
    """At most one is served: the optimum is Myerson's on the values U(v) (R5)."""
    market, utility = matrix_market(np.random.default_rng([1, case]), *shape, types=3), SELLERS[case]
    cells = itertools.product(*map(range, shape))
    priors = [Discrete(utility(market.values[i][j]), market.probabilities[i][j]) for i, j in cells]
    best = optimal_matrix(market.values, market.probabilities, utility)
    assert best.utility == pytest.approx(optimal_revenue(priors), abs=1e-8)
    assert best.upper_bound == pytest.approx(best.utility, abs=1e-8)


def best_pair_of_price_functions(first, second, utility):
    """Two cells that never exclude each other: each price is a function of the other's value, or never."""
    (v, f), (w, g) = first, second
    best = 0.0
    for p in itertools.product([*v, np.inf], repeat=len(w)):
        for q in itertools.product([*w, np.inf], repeat=len(v)):
            total = 0.0
            for s, t in itertools.product(range(len(v)), range(len(w))):
                money = (p[t] if v[s] >= p[t] else 0.0) + (q[s] if w[t] >= q[s] else 0.0)
                total += f[s] * g[t] * float(utility(money))
            best = max(best, total)
    return best


@pytest.mark.parametrize("case", range(5))
def test_a_diagonal_by_listing(case):
    market, utility = matrix_market(np.random.default_rng([2, case]), 2, 2), SELLERS[case]
    for i in range(2):
        market.values[i][1 - i], market.probabilities[i][1 - i] = np.array([0.0]), np.array([1.0])
    cells = [(market.values[i][i], market.probabilities[i][i]) for i in range(2)]
    best = optimal_matrix(market.values, market.probabilities, utility).utility
    assert best == pytest.approx(best_pair_of_price_functions(*cells, utility), abs=1e-8)
    two_units = optimal_dsic_utility([v for v, _ in cells], [f for _, f in cells], 2, utility)
    assert best == pytest.approx(two_units, abs=1e-8)


@pytest.mark.parametrize("case", range(5))
def test_masses_are_those_of_a_feasible_mechanism(case):
    """At most min(n, m) sales in expectation; for a neutral seller the masses earn the optimum."""
    market = matrix_market(np.random.default_rng([3, case]), 2, 2)
    best = optimal_matrix(market.values, market.probabilities, Linear())
    assert sum(best.masses.values()) <= 2 + 1e-9
    assert sum(price * mass for price, mass in best.masses.items()) == pytest.approx(best.utility, abs=1e-8)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"values must be a matrix of vectors, not rows of \[1, 2\]"):
        optimal_matrix([[[1.0]], [[1.0], [1.0]]], [[[1.0]], [[1.0], [1.0]]], Linear())
    with pytest.raises(ValueError, match="utility must be concave"):
        optimal_matrix([[[1.0]]], [[[1.0]]], np.square)
    big = [[np.arange(4.0)] * 3] * 3
    with pytest.raises(ValueError, match=r"pairs of .* more than .* design_order_oblivious_prices"):
        optimal_matrix(big, [[np.full(4, 0.25)] * 3] * 3, Linear())
