"""What mechanisms for risk-averse buyers cost: designs, optima of small instances, exact utilities."""

from __future__ import annotations

import numpy as np

from mechanisms.risk_averse import (
    OnePass,
    design_one_pass,
    design_order_oblivious_prices,
    design_risk_averse_buyers,
    optimal_bic_utility,
)
from mechanisms.utilities import CARA, Power
from tests.benchmarks.measure import Figure, seconds


def buyers(n, types):
    """Values 1 … types, with probabilities that differ, and aversions that rise."""
    rng = np.random.default_rng(n)
    values = [np.arange(1.0, types + 1)] * n
    return values, list(rng.dirichlet(np.ones(types), n)), [CARA(0.1 * (i + 1)) for i in range(n)]


def figures():
    """Yield the figures one by one."""
    yield from designs()
    yield from optima()
    yield exact_utility()


def designs():
    """Whole designs with their certificates."""
    values, probabilities, attitudes = buyers(5, 8)
    prices = np.linspace(0.8, 8, 10)
    for oversell in (False, True):
        design = design_one_pass(
            values, probabilities, 2, Power(0.5), attitudes, prices, oversell=oversell
        )
        words = ", overselling" if oversell else ""
        yield Figure(
            f"one pass of 5 buyers, 8 values, 10 prices, 2 units{words}", design.seconds, "seconds", 1,
            f"certified {design.certificate:.1%}, c = {design.factor:.3f}",
        )
    neutral = {}
    spent = seconds(lambda: neutral.update(
        design=design_risk_averse_buyers(values, probabilities, 2, attitudes, prices)
    ))
    yield Figure(
        "Appendix D of the same buyers", spent, "seconds", 1, f"certified {neutral['design'].certificate:.1%}"
    )
    row = [np.arange(1.0, 6.0)] * 3
    chances = [[np.full(5, 0.2)] * 3] * 3
    matrix = design_order_oblivious_prices([row] * 3, chances, CARA(0.3), np.arange(1.0, 6.0))
    yield Figure(
        "order-oblivious prices of 3 buyers and 3 items, 5 prices", matrix.seconds, "seconds", None,
        f"certified {matrix.certificate:.1%}",
    )


def optima():
    """The best BIC mechanisms of small instances; any other way of solving them has more variables."""
    values, probabilities, attitudes = buyers(3, 3)
    for units in (1, 2, 3):
        arguments = (values, probabilities, units, CARA(0.5), attitudes, np.arange(0.5, 3.5, 0.5))
        spent = seconds(lambda arguments=arguments: optimal_bic_utility(*arguments))
        yield Figure(
            f"best BIC mechanism of 3 buyers, 3 values, 6 prices, {units} units", spent, "seconds", 2
        )


def exact_utility():
    """One pass of a line of buyers."""
    n, m = 40, 20
    rng = np.random.default_rng(0)
    mechanism = OnePass([[float(m)]] * n, np.arange(1.0, m + 1), rng.dirichlet(np.ones(m), (n, 1)) * 0.3, 8)
    spent = seconds(lambda: mechanism.expected_utility([[1.0]] * n, CARA(0.1)))
    return Figure("exact utility of one pass, 40 buyers, 20 prices, 8 units", spent, "seconds", None)
