"""Random small instances, and expectations by plain enumeration of all type profiles."""

import itertools
import math

import numpy as np

from mechanisms.utilities import CARA, CRRA, Capped, Linear, PiecewiseLinear, Power

UTILITIES = (
    CARA(0.3),
    CRRA(0.5),
    Capped(6.0),
    CARA(1.5),
    Power(0.3),
    PiecewiseLinear([(0, 0), (3, 3), (9, 5)]),
    Linear(),
)
FACTOR = 1 - 1 / math.e


def instance(seed, most_buyers=3, most_values=3):
    """Values, probabilities, units and utility; values are whole, odd, or a rare jackpot."""
    rng = np.random.default_rng([seed, 99])
    n = int(rng.integers(2, most_buyers + 1))
    units = int(rng.integers(1, n + 1))
    values, probabilities = zip(*(buyer(rng, most_values) for _ in range(n)), strict=True)
    return list(values), list(probabilities), units, UTILITIES[seed % len(UTILITIES)]


def buyer(rng, most_values):
    """One buyer's values and probabilities."""
    kind = rng.random()
    if kind < 0.2:
        return np.array([1.0, 40.0]), np.array([0.97, 0.03])
    size = int(rng.integers(2, most_values + 1))
    values = rng.choice(np.arange(13.0), size, replace=False) if kind < 0.7 else 10 * rng.random(size)
    return values, rng.dirichlet(np.ones(size))


def profiles(values, probabilities):
    """All type profiles with their probabilities."""
    for types in itertools.product(*(range(len(v)) for v in values)):
        chance = math.prod(float(p[t]) for p, t in zip(probabilities, types, strict=True))
        yield [float(v[t]) for v, t in zip(values, types, strict=True)], chance


def line_revenue(prices, types, units, order):
    """What is earned from these types, offered these prices in this order."""
    revenue, left = 0.0, units
    for i in order:
        if left and types[i] >= prices[i]:
            revenue, left = revenue + prices[i], left - 1
    return revenue


def enumerated_utility(prices, values, probabilities, units, utility, order=None):
    """E[U(revenue)] of sequential prices; in decreasing order unless another is given."""
    order = sorted(range(len(prices)), key=lambda i: -prices[i]) if order is None else order
    return sum(
        chance * float(utility(line_revenue(prices, types, units, order)))
        for types, chance in profiles(values, probabilities)
    )


def enumerated_top_utility(prices, masses, units, utility):
    """E[U_k] of independent variables, by all their outcomes; `masses` has shape (n, m)."""
    columns = [[*row, 1 - sum(row)] for row in masses]
    total = 0.0
    for outcome in itertools.product(range(len(prices) + 1), repeat=len(columns)):
        chance = math.prod(column[o] for column, o in zip(columns, outcome, strict=True))
        amounts = sorted(([*prices, 0.0][o] for o in outcome), reverse=True)
        total += chance * float(utility(sum(amounts[:units])))
    return total


def random_masses(rng, n, m, most=1.0):
    """Masses of n independent variables over m prices, each positive with probability at most `most`."""
    return rng.dirichlet(np.ones(m + 1), size=n)[:, :m] * most
