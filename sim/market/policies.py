"""The path of play of those who learn: what each group bids by type, written down at even intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.population import Group
from agents.strategies.base import Strategy
from sim.market.guard import attempt, numbers
from sim.records import Records


class PolicyRecorder:
    """Looks at the groups that learn every `every` units of simulated time, and writes their policies."""

    def __init__(
        self, env: simpy.Environment, records: Records, groups: Sequence[Group], every: float
    ) -> None:
        self._env = env
        self._table = records["policies"]
        self._groups = [
            (g, group.strategy)
            for g, group in enumerate(groups)
            if not group.strategy.memoryless and group.strategy.says_policy
        ]
        self._every = every
        self._notes = records.manifest.notes
        self._faulty: set[int] = set()
        self._looks = 0
        if self._groups:
            self._wait()

    def _wait(self) -> None:
        self._looks += 1
        self._env.timeout(self._looks * self._every - self._env.now).callbacks.append(self._look)

    def _look(self, _: simpy.Event) -> None:
        now = self._env.now
        for number, strategy in self._groups:
            columns, fault = attempt(_columns, strategy)
            if columns is not None:
                name = self._table.code("strategy", strategy.name)
                self._table.extend((now, number, name, *columns), len(columns[0]))
            elif fault is not None and number not in self._faulty:
                self._faulty.add(number)
                self._notes.append(f"the policy of group {number} at time {now:g} is not recorded: {fault}")
        self._wait()


def _columns(strategy: Strategy) -> tuple[NDArray[np.float64], ...] | None:
    """Types, bids and deviations of its policy, shape (types,) each; None if it says none."""
    policy = strategy.policy()
    if policy is None:
        return None
    columns = tuple(numbers(name, getattr(policy, name)) for name in ("types", "bids", "deviation"))
    if len({len(column) for column in columns}) > 1:
        raise ValueError(f"types, bids and deviation must be of one length, got {[*map(len, columns)]}")
    if np.isnan(columns[0]).any():
        raise ValueError("types must not be NaN")
    return columns
