"""Independent programs for the tests: nature's best reply on a grid, with SciPy and nothing of ours."""

import itertools

import numpy as np
from scipy.optimize import linprog

GRID = np.linspace(0, 1, 21)


def least_revenue(revenue, profiles, mean):
    """The least expected revenue over distributions on the profiles with means of at least `mean`."""
    profiles = np.asarray(profiles, dtype=float)
    found = linprog(
        revenue, A_ub=-profiles.T, b_ub=np.full(profiles.shape[1], -mean),
        A_eq=np.ones((1, len(profiles))), b_eq=[1], method="highs",
    )
    assert found.status == 0
    return found.fun


def all_profiles(values, bidders):
    """Every profile of the grid, shape (P, bidders)."""
    return np.array(list(itertools.product(values, repeat=bidders)))


def second_price_revenue(profile, reserve):
    """The auction's definition, for one profile."""
    ranked = sorted(profile)
    return max(ranked[-2], reserve) if ranked[-1] >= reserve else 0.0


def gains_of_lies(mechanism, values, lies, bidder):
    """How much a bidder gains by each lie, shape (m,): values (m, n), lies (m,)."""
    lied = values.copy()
    lied[:, bidder] = lies
    worth = [
        values[:, bidder] * outcome.allocation[:, bidder] - outcome.payments[:, bidder]
        for outcome in (mechanism.outcome(lied), mechanism.outcome(values))
    ]
    return worth[0] - worth[1]
