"""Upper bounds as they come out of the designs, never raised to the value: above every exact optimum.

A bound that were too low would show: as below the optimum, or as a certificate above 1.
"""

from functools import cache

import numpy as np
import pytest

from mechanisms.risk_averse import (
    best_single_price,
    design_history_prices,
    design_one_pass,
    design_order_oblivious_prices,
    design_sequential_prices,
    myerson_revenue_law,
    optimal_bic_utility,
    optimal_dsic_mechanism,
    optimal_dsic_utility,
    optimal_matrix,
    theorem_one_prices,
)
from mechanisms.risk_averse.buyers import buyers
from mechanisms.utilities import CARA
from tests.mechanisms.risk_averse.cases import instance
from tests.mechanisms.risk_averse.small_markets import market

ROUNDING = 1e-9

DESIGNS = {
    "best": design_sequential_prices,
    "starts": lambda *case: design_sequential_prices(*case, method="starts"),
    "ascent": lambda *case: design_sequential_prices(*case, method="ascent"),
    "greedy": lambda *case: design_sequential_prices(*case, method="greedy"),
    "profiles": lambda *case: design_sequential_prices(*case, profiles=100),
    "history": design_history_prices,
    "single price": best_single_price,
    "Theorem 1": lambda *case: theorem_one_prices(*case, 0.5, 0.5, seconds=0.1),
}
"""Everything that comes with a bound on the best dominant-strategy mechanism."""


@cache
def optimum_of(seed):
    """The best dominant-strategy mechanism's utility."""
    return optimal_dsic_utility(*instance(seed))


@pytest.mark.parametrize("name", DESIGNS)
def test_every_bound_is_above_the_dominant_strategy_optimum(name):
    for seed in range(200, 230):
        optimum, design = optimum_of(seed), DESIGNS[name](*instance(seed))
        assert design.upper_bound >= optimum * (1 - ROUNDING), seed
        assert design.value <= optimum * (1 + ROUNDING), seed


@pytest.mark.parametrize("method", ["best", "greedy"])
@pytest.mark.parametrize("seed", range(12))
def test_the_bound_is_above_all_that_is_known_of_larger_instances(seed, method):
    """Where the optimum is out of reach: prices by history and Myerson's auction are mechanisms as well."""
    rng = np.random.default_rng([seed, 4])
    n, units = int(rng.integers(8, 20)), int(rng.integers(1, 6))
    values = [np.sort(rng.choice(np.arange(1.0, 21.0), 5, replace=False)) for _ in range(n)]
    case = (values, list(rng.dirichlet(np.ones(5), size=n)), units, instance(seed)[3])
    design = design_sequential_prices(*case, method=method)
    auction = myerson_revenue_law(buyers(*case[:2]), units).expected_utility(case[3])
    known = max(design.value, design_history_prices(*case).value, auction)
    assert design.upper_bound >= known * (1 - ROUNDING)


@pytest.mark.parametrize("seed", range(10))
def test_the_optimum_and_its_bound_meet(seed):
    """The optimum's own program: its bound is nowhere below what it found, but for rounding."""
    design = optimal_dsic_mechanism(*instance(300 + seed))
    assert 1 - 1e-6 <= design.certificate <= 1 + ROUNDING


@pytest.mark.parametrize("oversell", [False, True])
def test_one_pass_is_bounded_by_more_than_any_mechanism_brings(oversell):
    for seed in range(40, 52):
        m = market(seed)
        design, optimum = design_one_pass(*m.arguments, oversell=oversell), optimal_bic_utility(*m.arguments)
        assert design.upper_bound >= optimum * (1 - ROUNDING), seed
        assert design.certificate <= 1 + ROUNDING, seed


@pytest.mark.parametrize("seed", range(6))
def test_order_oblivious_prices_are_bounded_by_more_than_the_optimum_of_the_matrix(seed):
    rng = np.random.default_rng([seed, 6])
    grid = np.arange(1.0, 7.0)
    values = [[np.sort(rng.choice(grid, 2, replace=False)) for _ in range(2)] for _ in range(2)]
    chances = [[rng.dirichlet(np.ones(2)) for _ in range(2)] for _ in range(2)]
    design = design_order_oblivious_prices(values, chances, CARA(0.3), grid)
    optimum = optimal_matrix(values, chances, CARA(0.3)).utility
    assert design.upper_bound >= optimum * (1 - ROUNDING)
    assert design.certificate <= 1 + ROUNDING
