"""A checked program given to HiGHS, scaled by powers of two, and the answer in the program's own units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.programs.program import Program, ProgramError

OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,  # the same path on any machine, and safe in forked processes
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "small_matrix_value": 1e-12,  # entries below it count as 0
    "mip_rel_gap": 0.0,
}
"""HiGHS's options. Tolerances are absolute, on rows and an objective whose largest entry is in 1 .. 2."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What HiGHS says: the point (m,), multipliers (rows,), the bound of a search tree, and a status."""

    x: FloatArray
    multipliers: FloatArray
    tree_bound: float
    status: str


def solve(program: Program, seconds: float | None) -> Answer:
    """The optimum, or the best feasible point within `seconds`; ProgramError if there is none."""
    cost_scale = float(_to_unit(np.abs(program.objective).max()))
    row_scales = _to_unit(_row_sizes(program.matrix))
    solver, status = _run(_model(program, cost_scale, row_scales), seconds)
    found = solver.getSolution()
    multipliers = -np.array(found.row_dual) * row_scales / cost_scale
    bound = -float(solver.getInfo().mip_dual_bound) / cost_scale
    return Answer(np.array(found.col_value), multipliers, bound, status)


def _run(model: Any, seconds: float | None) -> tuple[Any, str]:
    """HiGHS when it has run, and "optimal" or "time limit"; ProgramError for anything else.

    What presolve leaves open (infeasible or unbounded) is decided without it.
    """
    from highspy import Highs, HighsModelStatus, SolutionStatus

    solver = Highs()
    for name, value in OPTIONS.items() if seconds is None else [*OPTIONS.items(), ("time_limit", seconds)]:
        solver.setOptionValue(name, value)
    solver.passModel(model)
    solver.run()
    status = solver.getModelStatus()
    if status in (HighsModelStatus.kUnboundedOrInfeasible, HighsModelStatus.kUnknown):
        solver.setOptionValue("presolve", "off")
        solver.run()
        status = solver.getModelStatus()
    words = solver.modelStatusToString(status).lower()
    if status == HighsModelStatus.kTimeLimit:
        feasible = solver.getInfo().primal_solution_status == SolutionStatus.kSolutionStatusFeasible
        if not feasible:
            raise ProgramError(f"no feasible point of the program was found within {seconds} seconds")
        return solver, "time limit"
    if status not in (HighsModelStatus.kOptimal, HighsModelStatus.kModelEmpty):
        raise ProgramError(f"the program has no optimum: {words}")
    return solver, "optimal"


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


def _row_sizes(matrix: Any) -> FloatArray:
    """The largest entry of each row, in size; 0 for an empty row."""
    sizes = np.zeros(matrix.shape[0])
    np.maximum.at(sizes, np.repeat(np.arange(len(sizes)), np.diff(matrix.indptr)), np.abs(matrix.data))
    return sizes


def _to_unit(sizes: FloatArray | np.floating[Any]) -> FloatArray:
    """Powers of two, which lose no digits, that bring sizes into 1 .. 2; 1 for 0."""
    return np.where(np.asarray(sizes) > 0, np.exp2(1.0 - np.frexp(sizes)[1]), 1.0)
