"""The path of play of those who learn: what each group bids by type, written down at even intervals."""

from __future__ import annotations

from collections.abc import Sequence

import simpy

from agents.population import Group
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
        self._looks = 0
        if self._groups:
            self._wait()

    def _wait(self) -> None:
        self._looks += 1
        self._env.timeout(self._looks * self._every - self._env.now).callbacks.append(self._look)

    def _look(self, _: simpy.Event) -> None:
        now = self._env.now
        for number, strategy in self._groups:
            policy = strategy.policy()
            if policy is not None:
                name = self._table.code("strategy", strategy.name)
                columns = (policy.types, policy.bids, policy.deviation)
                self._table.extend((now, number, name, *columns), len(policy.types))
        self._wait()
