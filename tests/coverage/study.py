"""The coverage of every interval that a scenario's report prints, over many seeds.

The figures are found in what `report` returns (`sim.measures.comparison.figures_in`), so that a scenario that
prints another figure is judged by it without further ado. The truth is theory's figure where the scenario
says one; elsewhere the mean over all the other seeds, whose own error widens the interval in quadrature.
What is drawn once and for all (a town, a sample) stays as it is, where the scenario can hold it.
"""

from __future__ import annotations

import importlib
import inspect
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from unittest.mock import patch

import numpy as np

from sim.measures.comparison import Figure, figures_in
from sim.runs.report import summary
from sim.runs.run import play_until

NOMINAL, LEAST = 0.95, 0.90
Key = tuple[str, str]
"""Row and column."""


@dataclass(frozen=True)
class Case:
    """A scenario as it is studied: parameters other than the default, and how many seeds."""

    scenario: str
    settings: Mapping[str, object] = field(default_factory=dict)
    seeds: int = 40

    @property
    def told(self) -> str:
        """The settings, as they are typed in."""
        return " ".join(f"{name}={value}" for name, value in self.settings.items())


@dataclass(frozen=True)
class Coverage:
    """What was found of one figure: how many intervals, how many cover, against what, and how wide they are.

    too_narrow
        The spread of the means over seeds, over that which the intervals imply.
    """

    row: str
    column: str
    intervals: int
    covered: int
    truth: str
    too_narrow: float


def reported(case: Case, seed: int) -> dict[Key, Figure]:
    """The figures of the report of one run, by row and column."""
    module = importlib.import_module(f"scenarios.{case.scenario}")
    parameters = module.Parameters(**case.settings)
    held = {"town": 0} if "town" in inspect.signature(module.build).parameters else {}
    market = module.build(parameters, seed, **held)
    play_until(market, parameters.until)
    if hasattr(market, "close"):
        market.close()
    manifest = {
        "scenario": case.scenario,
        "seed": seed,
        "parameters": parameters.model_dump(mode="json"),
        "notes": [],
    }
    with patch("sim.measures.replicates.cores", return_value=1):
        lines = getattr(module, "report", summary)(market.records.frames(), manifest)
    return {(row, column): one for row, column, one in figures_in(lines)}


def study(case: Case, first: int = 1) -> list[Coverage]:
    """The coverage of each figure of a case, over its seeds."""
    found: dict[Key, list[Figure]] = defaultdict(list)
    for seed in range(first, first + case.seeds):
        for key, one in reported(case, seed).items():
            found[key].append(one)
    return list(judged(found))


def judged(found: Mapping[Key, Sequence[Figure]]) -> Iterator[Coverage]:
    """The coverage of each figure, from its values over the seeds; those without an interval are left out."""
    for (row, column), figures in found.items():
        told = [one for one in figures if not math.isnan(one.estimate.half_width)]
        if len(told) < 2:
            continue
        known = all(math.isfinite(one.theory) and not one.target for one in told)
        if known and len({round(one.theory, 9) for one in told}) == 1:
            covers = [covered_by_theory(one) for one in told]
        else:
            known, covers = False, covered_by_others(told)
        means = np.array([one.estimate.mean for one in told])
        widths = np.array([one.estimate.half_width for one in told])
        implied = float(np.sqrt(np.mean(widths**2))) / 2
        varies = implied > 1e-12 * float(np.abs(means).max())  # beyond rounding
        ratio = float(means.std(ddof=1)) / implied if varies else math.nan
        yield Coverage(row, column, len(told), sum(covers), "theory" if known else "other seeds", ratio)


def covered_by_theory(one: Figure) -> bool:
    """Whether the interval holds theory's figure, up to rounding."""
    slack = 1e-9 * max(1.0, abs(one.theory))
    return bool(one.estimate.low - slack <= one.theory <= one.estimate.high + slack)


def covered_by_others(told: Sequence[Figure]) -> list[bool]:
    """Whether each interval holds the mean over all other seeds, whose error is added to it in quadrature."""
    means = np.array([one.estimate.mean for one in told])
    covers = []
    for k, one in enumerate(told):
        others = np.delete(means, k)
        truth = float(others.mean())
        error = 2 * float(others.std(ddof=1)) / math.sqrt(len(others)) if len(others) > 1 else 0.0
        below, above = one.estimate.errors
        reach = below if truth < one.estimate.mean else above
        slack = 1e-9 * max(1.0, abs(truth))
        covers.append(bool(abs(truth - one.estimate.mean) <= math.hypot(reach, error) + slack))
    return covers


@dataclass(frozen=True)
class Line:
    """The coverage of all figures of a column of a case, taken together, and that of the worst of them."""

    case: Case
    column: str
    rows: int
    intervals: int
    covered: int
    worst: Coverage
    spread: float
    truth: str

    @property
    def share(self) -> float:
        """The share of the intervals that cover."""
        return self.covered / self.intervals

    @property
    def fails(self) -> bool:
        """Whether it is below LEAST, together, or so far below in one row that it can be no accident."""
        return self.share < LEAST or chance_of(self.worst) < 1e-3


def chance_of(one: Coverage) -> float:
    """The probability that so few intervals cover, or fewer, if they cover with probability LEAST."""
    from scipy.stats import binom

    return float(binom.cdf(one.covered, one.intervals, LEAST))


def lines_of(case: Case, found: Sequence[Coverage]) -> list[Line]:
    """One line for each column, in the order of the report."""
    columns: dict[str, list[Coverage]] = defaultdict(list)
    for one in found:
        columns[one.column].append(one)
    lines = []
    for column, rows in columns.items():
        counts = sum(one.intervals for one in rows), sum(one.covered for one in rows)
        worst = min(rows, key=lambda one: one.covered / one.intervals)
        truth = " and ".join(sorted({one.truth for one in rows}))
        spread = max((one.too_narrow for one in rows if not math.isnan(one.too_narrow)), default=math.nan)
        lines.append(Line(case, column, len(rows), *counts, worst, spread, truth))
    return lines
