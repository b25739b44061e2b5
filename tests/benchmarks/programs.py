"""What linear programs cost, against scipy.optimize.linprog with the same solver."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import eye_array, kron, vstack

from mechanisms.programs import maximise
from tests.benchmarks.measure import Figure, against


def random_programs(count, rows, variables, seed=0):
    """Objectives, matrices and limits; 0 is feasible, and variables lie between -5 and 5."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=variables), rng.normal(size=(rows, variables)), rng.random(rows))
        for _ in range(count)
    ]


def assignment(size, seed=0):
    """Which of `size` goods goes to which of as many buyers: objective, sparse rows, limits."""
    rng = np.random.default_rng(seed)
    one = np.ones((1, size))
    rows = vstack([kron(eye_array(size), one), kron(one, eye_array(size))], format="csr")
    return rng.random(size**2), rows, np.ones(2 * size)


def ours(programs, bounds=(-5.0, 5.0)):
    """Solved here, with a bound each."""
    return [maximise(c, (rows, limits), bounds=bounds).upper_bound for c, rows, limits in programs]


def theirs(programs, bounds=(-5.0, 5.0)):
    """Solved by SciPy."""
    return [linprog(-c, A_ub=rows, b_ub=limits, bounds=bounds).fun for c, rows, limits in programs]


def figures():
    """Yield the figures one by one."""
    for rows, variables in ((10, 8), (60, 30), (300, 150)):
        programs = random_programs(10, rows, variables)
        yield Figure(
            f"linear programs of {variables} variables, {rows} dense rows",
            against(lambda programs=programs: ours(programs), lambda programs=programs: theirs(programs)),
            "times SciPy", 1.0,
        )
    sparse, unbounded = [assignment(100)], (0.0, math.inf)
    yield Figure(
        "assignment of 100 goods, 10,000 variables, sparse",
        against(lambda: ours(sparse, unbounded), lambda: theirs(sparse, unbounded)), "times SciPy", 1.0,
    )
