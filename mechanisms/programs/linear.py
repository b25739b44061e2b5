"""Linear and integer programs; the bound on a linear one rests on weak duality, not on the solver's word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, number_in
from mechanisms.programs.duality import weak_duality
from mechanisms.programs.highs import solve
from mechanisms.programs.program import Program, ProgramError, Rows, checked_program


@dataclass(frozen=True, eq=False)
class Solution:
    """The best point found of a program over m variables.

    x, value
        The point, shape (m,), and the objective there.
    upper_bound
        A bound on the optimum: by weak duality from the multipliers, or an integer program's proved bound.
    at_most_multipliers, equal_multipliers
        What the optimum gains a unit of each row's right-hand side; those of `at_most` are at least 0. None
        for integer programs.
    status
        "optimal", or "time limit".
    """

    x: FloatArray
    value: float
    upper_bound: float
    at_most_multipliers: FloatArray | None
    equal_multipliers: FloatArray | None
    status: str


def maximise(
    objective: ArrayLike,
    at_most: Rows | None = None,
    equal: Rows | None = None,
    bounds: tuple[ArrayLike, ArrayLike] = (0.0, np.inf),
    integral: ArrayLike | None = None,
    seconds: float | None = None,
) -> Solution:
    """Maximise `objective` · x over A x <= b (`at_most`), A x = b (`equal`), lower <= x <= upper (`bounds`).

    objective
        Shape (m,).
    at_most, equal
        A, shape (rows, m), dense or of scipy.sparse, and b, shape (rows,); or None.
    bounds
        Numbers, or arrays of shape (m,); they may be infinite.
    integral
        Mask, shape (m,): which variables are whole numbers.
    seconds
        Time limit: the best feasible point found by then is returned.

    Rows hold up to 1e-9 of their largest entry. Raises TypeError or ValueError for bad input, ProgramError
    for an infeasible or unbounded program, and where no feasible point is found in time.

    >>> maximise([3.0, 2.0], at_most=([[1.0, 1.0], [1.0, 0.0]], [4.0, 2.0])).value
    10.0
    """
    program = checked_program(objective, at_most, equal, bounds, integral)
    if seconds is not None:
        seconds = number_in("seconds", seconds, above=0.0)
    solution_of = _integer_solution if program.integral.any() else _linear_solution
    return solution_of(program, seconds)


def _linear_solution(program: Program, seconds: float | None) -> Solution:
    """The optimum of a linear program, its multipliers, and the bound that they give."""
    answer, k = solve(program, seconds), program.inequalities
    x = np.clip(answer.x, program.lower, program.upper)
    y = np.concatenate([np.maximum(answer.multipliers[:k], 0.0), answer.multipliers[k:]])
    bound = weak_duality(program.objective, program.matrix, program.limits, y, program.lower, program.upper)
    return Solution(x, float(program.objective @ x), bound, y[:k], y[k:], answer.status)


def _integer_solution(program: Program, seconds: float | None) -> Solution:
    """The best point of an integer program: its integers exact, the rest solved again around them."""
    answer = solve(program, seconds)
    try:
        x = _linear_solution(program.with_integers(answer.x), None).x
    except ProgramError as error:
        raise ProgramError(
            "the solver's integers hold up to its tolerance only: rounded, they leave no feasible point; "
            "scale the program better"
        ) from error
    return Solution(x, float(program.objective @ x), answer.tree_bound, None, None, answer.status)
