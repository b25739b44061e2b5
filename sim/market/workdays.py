"""Workdays: a run of computations, one in each unit of simulated time, whose results go into the records."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

from sim.records import Records, Table

Task = Callable[[], None]


class Workdays:
    """Tasks that are done one a day, in order, at the times 0, 1, 2, …; a run for `sim.runs.run.play_until`.

    tasks
        By name. Each writes its results into the records; how long it took goes into the manifest.
    tables
        Added to the records.
    """

    tick = 1.0

    def __init__(self, tasks: Mapping[str, Task], records: Records, tables: tuple[Table, ...] = ()) -> None:
        self.records = records
        for table in tables:
            records.add(table)
        self._tasks = list(tasks.items())
        self._done = 0
        self.now = 0.0

    def advance_to(self, until: float) -> None:
        """Do what falls before `until`; ValueError if that is not finite."""
        if not math.isfinite(until):
            raise ValueError(f"until must be finite, got {until}")
        while self._done < min(len(self._tasks), until):
            name, task = self._tasks[self._done]
            start = time.perf_counter()
            task()
            self.records.manifest.timings[name] = time.perf_counter() - start
            self._done += 1
        self.now = max(self.now, until)

    def flush(self) -> None:
        """Nothing to do: rows are written as they are computed."""

    def finish(self, status: str = "complete") -> None:
        """End the run, and close its records."""
        self.records.close(status)
