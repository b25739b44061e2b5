"""Task: one run of a sweep, from its parameters to its row of figures, in whatever process it is done."""

from __future__ import annotations

import shutil
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sim.records import OutputError, Records
from sim.records.manifest import Manifest
from sim.runs.scenario import make_parameters
from sim.sweep.measures import measures_of
from sim.sweep.origin import OriginError, differences, origin_of
from sim.sweep.plan import Task


@dataclass(frozen=True)
class TaskResult:
    """What came of a task: its row of figures, or why there is none.

    fatal
        Whether all tasks would fail like this, so that the sweep must stop.
    """

    row: Mapping[str, float] | None = None
    error: str = ""
    fatal: bool = False


def run_task(task: Task, origin: Mapping[str, str], keep: str | None = None) -> TaskResult:
    """Run a task; whatever goes wrong in it is in the answer, with its traceback.

    `origin` is what made the other tasks; another version or other code here is fatal, and so are records
    that cannot be written. They are kept in the folder `keep`, unless it is None.
    """
    try:
        _check_origin(task, origin)
        return TaskResult(row=_figures(task, keep))
    except (OriginError, OutputError) as error:
        return TaskResult(error=str(error), fatal=True)
    except BaseException:  # noqa: BLE001 — a scenario is anybody's code, and may end the process too
        return TaskResult(error=traceback.format_exc())


_origins: dict[str, dict[str, str]] = {}


def _check_origin(task: Task, origin: Mapping[str, str]) -> None:
    """OriginError unless this process has what made the other tasks; looked at once for each scenario."""
    here = _origins.setdefault(str(task.entry.path), {})
    if not here:
        here.update(origin_of(task.entry))
    if here != dict(origin):
        raise OriginError(
            f"a worker has other versions than the sweep ({differences(origin, here)}); "
            "install the same there, or start a sweep in a new folder"
        )


def _figures(task: Task, keep: str | None) -> dict[str, float]:
    from sim.runs.run import play_until  # heavy: whoever hands out tasks does not need it

    scenario = task.entry.load()
    parameters = make_parameters(scenario.Parameters, task.parameters)
    told = parameters.model_dump(mode="json")
    draft = None if keep is None else _draft(Path(keep))
    records = Records(draft, manifest=Manifest(task.entry.name, told, task.seed))
    run = scenario.build(parameters, task.seed, records)
    status = play_until(run, parameters.until)
    if status != "complete":
        raise RuntimeError(f"the run was {status}")
    row = measures_of(scenario, run.records, parameters)
    if draft is not None and keep is not None:
        _put_into_place(draft, Path(keep))
    return row


def _draft(keep: Path) -> Path:
    """A folder of nobody else's beside the one where the records are to be."""
    draft = keep.with_name(f"{keep.name}.{uuid.uuid4().hex}.tmp")
    try:
        draft.mkdir(parents=True)
    except OSError as error:
        what = "name a folder in which you may write"
        raise OutputError(f"{draft} cannot be made ({error.strerror}); {what}") from None
    return draft


def _put_into_place(draft: Path, keep: Path) -> None:
    """Give the folder its name; one that is there already holds the same, from another attempt."""
    if keep.exists():
        shutil.rmtree(draft)
    else:
        draft.rename(keep)
