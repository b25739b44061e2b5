"""Ratios against a plain reference measured in the same run: steadier than times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import simpy


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, the ratio, and what it should be at most, or at least."""

    name: str
    ratio: float
    unit: str
    at_most: float | None
    remark: str = ""
    at_least: float | None = None

    @property
    def goal(self) -> str:
        """The limit in words, nothing where there is none."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return "" if self.at_most is None else f"<= {self.at_most:g}"

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        if not self.goal:
            return ""
        low, high = self.at_least, self.at_most
        met = (low is None or self.ratio >= low) and (high is None or self.ratio <= high)
        return "met" if met else "missed"


def seconds(work: Callable[[], object]) -> float:
    """Time of one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bare_timeout(count: int = 60_000) -> float:
    """Seconds of one bare SimPy timeout in a process: the unit of the market's figures."""
    env = simpy.Environment()

    def sleeper():
        for _ in range(count):
            yield env.timeout(1)

    env.process(sleeper())
    return seconds(env.run) / count


def against_timeout(cost: Callable[[], float], repeats: int = 7) -> float:
    """Median ratio of `cost()`, seconds for one piece of work, to a bare timeout just before and after."""
    ratios = []
    for _ in range(repeats):
        before, spent, after = bare_timeout(), cost(), bare_timeout()
        ratios.append(2 * spent / (before + after))
    return statistics.median(ratios)


def against(work: Callable[[], object], reference: Callable[[], object], repeats: int = 5) -> float:
    """Median ratio of the times of two pieces of work, run in turn."""
    work(), reference()
    return statistics.median(seconds(work) / seconds(reference) for _ in range(repeats))
