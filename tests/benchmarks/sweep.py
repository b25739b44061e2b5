"""What a sweep gains from two cores: 64 tasks of half a second; only on a machine that does nothing else."""

from __future__ import annotations

import tempfile
from concurrent.futures import wait
from pathlib import Path

from sim.sweep import make_plan
from sim.sweep.sweeping import carry_out, workers_for
from tests.benchmarks.measure import Figure, seconds
from tests.sim.sweep.toys import toy

TASKS, LASTS = 64, 0.5


def sweep_seconds(workers, dask=None):
    """Time of the sweep, its folder included, once the workers have started."""
    plan = make_plan(toy(), {"lasts": LASTS}, seeds=TASKS)
    with tempfile.TemporaryDirectory() as folder, workers_for(workers, dask) as (executor, count):
        wait([executor.submit(pow, 2, 2) for _ in range(4 * workers)])
        return seconds(lambda: carry_out(plan, Path(folder) / "out", executor, count))


def figures():
    """Yield the figures one by one."""
    one, two, on_dask = sweep_seconds(1), sweep_seconds(2), sweep_seconds(2, "local")
    remark = f"{one:.1f} s and {two:.1f} s"
    yield Figure(f"{TASKS} tasks of {LASTS} s, two workers", one / two, "times as fast as one", None, remark)
    yield Figure("the same on a local Dask cluster of two", on_dask / two, "times local", 1.1)
    yield Figure("one worker, beside the work itself", one / (TASKS * LASTS), "times", None)
