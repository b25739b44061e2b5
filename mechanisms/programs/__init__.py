"""Linear and integer programs with bounds that can be checked, and what comes of an optimisation."""

from mechanisms.programs.design import Design
from mechanisms.programs.linear import ProgramError, Solution, maximise

__all__ = ["Design", "ProgramError", "Solution", "maximise"]
