"""A sweep from start to end: its folder, its workers, what is still missing, and its frame."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sim.measures.replicates import cores
from sim.records import IncompleteRunWarning, RecordsError
from sim.records.sweep_places import results_in
from sim.records.sweep_reading import frame_of, incomplete, read_row
from sim.runs.files import checked_file
from sim.runs.registry import ScenarioFile, file_entry
from sim.sweep.children import Processes
from sim.sweep.clusters import DaskProcesses
from sim.sweep.folder import Folder, open_again, open_new
from sim.sweep.origin import files_of, origin_of
from sim.sweep.plan import SweepPlan, Task, make_plan
from sim.sweep.working import work_through

if TYPE_CHECKING:
    import pandas


def run(
    scenario: ModuleType | ScenarioFile | str | Path,
    out: str | Path,
    *,
    settings: Mapping[str, Any] | None = None,
    axes: Mapping[str, Sequence[Any]] | None = None,
    seeds: int | Sequence[int] = 10,
    vs: tuple[str, Any, Any] | None = None,
    measures: Sequence[str] = (),
    records: bool = False,
    workers: int | None = None,
    dask: str | None = None,
    executor: Executor | None = None,
    limit: float | None = None,
    resume: bool = False,
) -> pandas.DataFrame:
    """Sweep a scenario, keep everything in the folder `out`, and return its frame (see `sim.load`).

    scenario
        Its module, or the path of its file.
    settings, axes, seeds, vs, measures, records
        The plan; see `make_plan`.
    workers, dask, executor, limit
        Who works, and how long a task may take; see `workers_for`.
    resume
        Run only what is missing in the folder of the same plan; what failed before is tried again.

    Warns with IncompleteRunWarning if tasks failed. Raises PlanError and ParameterError for a plan that
    cannot be carried out, OutputError for a folder that cannot be used, StoppedError if no worker can work.
    """
    plan = make_plan(_entry(scenario), settings, axes, seeds, vs, measures, records)
    with workers_for(workers, dask, executor, limit) as (at_work, count):
        carry_out(plan, out, at_work, count, resume)
    frame = frame_of(out)
    if lacking := incomplete(frame):
        warnings.warn(f"the sweep in {out} is incomplete: {lacking}", IncompleteRunWarning, stacklevel=2)
    return frame


def _entry(scenario: ModuleType | ScenarioFile | str | Path) -> ScenarioFile:
    """The scenario by what other processes can import."""
    if isinstance(scenario, ScenarioFile):
        return scenario
    if not isinstance(scenario, ModuleType):
        return file_entry(checked_file(str(scenario)))
    path = Path(str(scenario.__file__)).resolve()
    if "." not in scenario.__name__:
        return file_entry(path)
    return ScenarioFile(path.stem, path, partial(importlib.import_module, scenario.__name__))


@contextmanager
def workers_for(
    workers: int | None = None,
    dask: str | None = None,
    executor: Executor | None = None,
    limit: float | None = None,
) -> Iterator[tuple[Executor, Callable[[], int]]]:
    """An executor, and how many workers it has now.

    By default so many processes, one for each CPU; with `dask` the cluster at that address, or a `local`
    one; or any `concurrent.futures.Executor`, which is left open, for which `workers` says how many it has.
    `limit` is the time limit of a task in seconds, which an executor of one's own must set itself. Raises
    ValueError for what does not go together, ClusterError if a cluster does not answer.
    """
    if executor is not None and (dask is not None or limit is not None):
        raise ValueError("executor is given; then it is no Dask address, and sets the time limit itself")
    count = cores() if workers is None else workers
    if executor is not None:
        yield executor, lambda: count
        return
    made = Processes(count, limit) if dask is None else DaskProcesses(dask, count, limit)
    try:
        yield made, lambda: made.workers
    finally:
        made.shutdown(wait=True, cancel_futures=True)


def carry_out(
    plan: SweepPlan,
    out: str | Path,
    executor: Executor,
    workers: Callable[[], int],
    resume: bool = False,
    progress: Callable[[int, int], Callable[[int], Any]] = lambda done, total: lambda _: None,
) -> int:
    """Run what the folder does not hold yet; return how many tasks failed for good.

    `progress` is told how many tasks are done of how many, and returns what is called with each 1 more.
    Ctrl-C raises KeyboardInterrupt, with the folder in good order; so does any error.
    """
    origin = origin_of(plan.entry)
    folder = (open_again if resume else open_new)(out, plan, {**origin, **files_of(plan)})
    try:
        tasks = _missing(plan, folder)
        total = len(plan.points) * len(plan.seeds)
        failed = work_through(tasks, executor, workers, folder, origin, progress(total - len(tasks), total))
    except KeyboardInterrupt:
        folder.finish("interrupted")
        raise
    except BaseException:
        folder.give_up()
        raise
    folder.finish("failed" if failed else "complete")
    return failed


def _missing(plan: SweepPlan, folder: Folder) -> list[Task]:
    """The tasks without a result that can be read."""
    done = {number for number, path in results_in(folder.path).items() if _can_be_read(path)}
    return [task for task in plan.tasks() if task.number not in done]


def _can_be_read(path: Path) -> bool:
    try:
        read_row(path)
    except RecordsError:
        path.unlink()
        return False
    return True


