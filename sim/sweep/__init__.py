"""Sweeps: a scenario at many points and seeds, on all cores or a cluster, kept task by task.

`run` sweeps and returns a frame; `sim.load` reads the frame of a sweep's folder again.
"""

from __future__ import annotations

from mechanisms._exports import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "sim.sweep.children": ("Processes",),
        "sim.sweep.clusters": ("DaskProcesses",),
        "sim.sweep.plan": ("SweepPlan", "make_plan"),
        "sim.sweep.report": ("report",),
        "sim.sweep.sweeping": ("carry_out", "run"),
    },
)
