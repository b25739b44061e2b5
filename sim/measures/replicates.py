"""Replicates: the same experiment with seeds of their own, on all cores, and intervals across them.

What is learned in one run is one draw, however long the run: what comes later depends on what came before,
and no cut of the path into batches tells how another run would have ended. So the run is repeated, and a
figure of a run is one observation.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from sim.draws import Stream
from sim.measures.batch_means import Estimate, batch_means
from sim.measures.shares import bounded

Measures = Mapping[str, float]
"""The figures of one run, by name."""
NAME = "replicates.json"


def replicate_seeds(seed: int, runs: int) -> list[int]:
    """The seeds of so many runs: `seed` itself, then such as follow from it."""
    others = Stream(seed, "replicates").generator().integers(2**62, size=max(0, runs - 1))
    return [seed, *others.tolist()]


def replicate(
    measure: Callable[[int], Measures], seeds: Sequence[int], workers: int | None = None
) -> list[Measures]:
    """What `measure` returns for each seed, in their order, whatever the number of processes.

    `measure` must be a function of a module, or a `partial` of one, so that another process can call it. By
    default there are as many processes as cores that this one may use; with one, all is done here.
    """
    processes = min(len(seeds), os.cpu_count() or 1 if workers is None else workers)
    if processes <= 1:
        return _told(map(measure, seeds), len(seeds))
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return _told(pool.map(measure, seeds), len(seeds))


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _told(found: object, runs: int) -> list[Measures]:
    """All that is found, with a line about how far it is, where there is a terminal to show it on."""
    listed: list[Measures] = []
    for one in found:  # type: ignore[attr-defined]
        listed.append(one)
        if sys.stderr.isatty():
            end = "\n" if len(listed) == runs else ""
            sys.stderr.write(f"\rreplicates: {len(listed)} of {runs} runs{end}")
            sys.stderr.flush()
    return listed


def replicates_of(
    tables: object,
    own: Measures,
    measure: Callable[[int], Measures],
    seed: int,
    runs: int,
    workers: int | None = None,
) -> list[Measures]:
    """The figures of a recorded run, `own`, and those of its replicates: `runs` runs in all.

    They are kept in a file in the run's folder, if it has one, so that they are computed once.
    """
    folder = getattr(tables, "directory", None)
    path = None if folder is None else Path(folder) / NAME
    seeds = replicate_seeds(seed, runs)[1:]
    others = _remembered(path, seeds, own)
    if others is None:
        others = replicate(measure, seeds, workers)
        if path is not None and others:
            _remember(path, seeds, others)
    return [own, *others]


def _remembered(path: Path | None, seeds: Sequence[int], own: Measures) -> list[Measures] | None:
    """The figures in the file, if they are those of these seeds."""
    if path is None or not path.is_file():
        return None
    try:
        kept = {int(seed): found for seed, found in json.loads(path.read_text(encoding="utf-8")).items()}
        return [{name: float(kept[seed][name]) for name in own} for seed in seeds]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def _remember(path: Path, seeds: Sequence[int], found: Sequence[Measures]) -> None:
    kept = {str(seed): dict(one) for seed, one in zip(seeds, found, strict=True)}
    try:
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    except OSError:
        return  # they are computed again next time


def across(runs: Sequence[Measures]) -> dict[str, Estimate]:
    """The mean of each figure over the runs, with Student's interval; of one run there is none."""
    return {name: estimate_of([run[name] for run in runs]) for name in runs[0]}


def shares_across(runs: Sequence[Measures]) -> dict[str, Estimate]:
    """The same for shares between 0 and 1: the interval stays there, and has a width where all agree."""
    return {
        name: estimate if math.isnan(estimate.half_width) else bounded(estimate, len(runs))
        for name, estimate in across(runs).items()
    }


def estimate_of(values: Sequence[float]) -> Estimate:
    """The mean of independent values, and Student's interval; NaN of half-width where there is one."""
    if len(values) < 2:
        return Estimate(float(np.mean(values)) if values else math.nan, math.nan, 1)
    return batch_means(values, batches=len(values))
