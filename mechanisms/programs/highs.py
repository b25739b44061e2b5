"""A checked program given to HiGHS, scaled by powers of two, and the answer in the program's own units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.programs.program import Program, ProgramError

OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "parallel": "off",  # one core a program: whoever has many runs them side by side
    "primal_feasibility_tolerance": 1e-10,
    "small_matrix_value": 1e-12,  # entries below it count as 0
    "mip_feasibility_tolerance": 1e-9,  # of whole numbers
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 1e-9,
}
"""HiGHS's options. Tolerances are absolute, on rows of ordinary size."""

INTERIOR: dict[str, Any] = {"solver": "ipm", "run_crossover": "off", "primal_feasibility_tolerance": 1e-9}
"""What is changed for a point amid the optima."""
RETRIES: tuple[dict[str, Any], ...] = (
    {"presolve": "off"},
    {"simplex_strategy": 4, "mip_feasibility_tolerance": 1e-7},  # 4: the primal simplex method
)
"""What is changed, one after the other, while HiGHS does not decide."""
ORDINARY = 128.0
"""Rows whose largest entry lies between 1 / ORDINARY and ORDINARY are not scaled."""
FINEST = 1e-10
"""HiGHS has no finer tolerances; the objective is scaled up instead."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What HiGHS says: the point (m,), multipliers (rows,), the bound of a search tree, and a status."""

    x: FloatArray
    multipliers: FloatArray
    tree_bound: float
    status: str


def solve(program: Program, seconds: float | None, tolerance: float, interior: bool = False) -> Answer:
    """The optimum, or the best feasible point within `seconds`; ProgramError if there is none.

    `tolerance` is by how much reduced costs may be wrong, as a part of the objective's largest entry.
    """
    finer = 2.0 ** math.ceil(math.log2(max(FINEST / tolerance, 1.0)))
    cost_scale = finer * float(_to_unit(np.abs(program.objective).max()))
    row_scales = _row_scales(program.matrix)
    limits: dict[str, Any] = {
        "dual_feasibility_tolerance": max(tolerance, FINEST),
        "time_limit": np.inf if seconds is None else seconds,
    }
    solver, status = _run(_model(program, cost_scale, row_scales), limits | (INTERIOR if interior else {}))
    found = solver.getSolution()
    multipliers = -np.array(found.row_dual) * row_scales / cost_scale
    bound = -float(solver.getInfo().mip_dual_bound) / cost_scale
    return Answer(np.array(found.col_value), multipliers, bound, status)


def _run(model: Any, limits: dict[str, Any]) -> tuple[Any, str]:
    """HiGHS when it has run, and "optimal" or "time limit"; ProgramError for anything else."""
    from highspy import Highs, HighsModelStatus, SolutionStatus

    undecided = (
        HighsModelStatus.kUnboundedOrInfeasible, HighsModelStatus.kUnknown, HighsModelStatus.kSolveError,
        HighsModelStatus.kNotset,
    )
    solver = Highs()
    for options in (OPTIONS | limits, *RETRIES):
        for name, value in options.items():
            solver.setOptionValue(name, value)
        solver.passModel(model)
        solver.run()
        status = solver.getModelStatus()
        if status not in undecided:
            break
    if status in (HighsModelStatus.kOptimal, HighsModelStatus.kModelEmpty):
        return solver, "optimal"
    if status != HighsModelStatus.kTimeLimit:
        raise ProgramError(f"the program has no optimum: {solver.modelStatusToString(status).lower()}")
    if solver.getInfo().primal_solution_status != SolutionStatus.kSolutionStatusFeasible:
        raise ProgramError(f"no feasible point was found within {limits['time_limit']} seconds")
    return solver, "time limit"


def _model(program: Program, cost_scale: float, row_scales: FloatArray) -> Any:
    """The program as HiGHS takes it: a minimisation, scaled."""
    from highspy import HighsLp, HighsVarType, MatrixFormat

    matrix, limits = program.matrix, program.limits * row_scales
    model = HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = -program.objective * cost_scale
    model.col_lower_, model.col_upper_ = program.lower, program.upper
    model.row_lower_ = np.where(np.arange(limits.size) < program.inequalities, -np.inf, limits)
    model.row_upper_ = limits
    model.a_matrix_.format_ = MatrixFormat.kRowwise
    model.a_matrix_.num_row_, model.a_matrix_.num_col_ = matrix.shape
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data * np.repeat(row_scales, np.diff(matrix.indptr))
    if program.integral.any():
        kinds = (HighsVarType.kContinuous, HighsVarType.kInteger)
        model.integrality_ = [kinds[whole] for whole in program.integral.tolist()]
    return model


def _row_scales(matrix: Any) -> FloatArray:
    """For each row 1, or a power of two that brings its largest entry into 1 .. 2 if that is not ordinary."""
    sizes = np.zeros(matrix.shape[0])
    np.maximum.at(sizes, np.repeat(np.arange(len(sizes)), np.diff(matrix.indptr)), np.abs(matrix.data))
    return np.where((sizes >= 1 / ORDINARY) & (sizes <= ORDINARY), 1.0, _to_unit(sizes))


def _to_unit(sizes: FloatArray | np.floating[Any]) -> FloatArray:
    """Powers of two, which lose no digits, that bring sizes into 1 .. 2; 1 for 0."""
    return np.where(np.equal(sizes, 0), 1.0, np.exp2(1.0 - np.frexp(sizes)[1]))
