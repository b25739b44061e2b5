"""The folder of a sweep as one process writes it: nothing that is finished is lost, whatever happens.

A file is written under another name, brought to disk, and renamed into place: it is there whole or not at
all. Times of day stand in the manifests only, so that the rest is equal byte for byte.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from sim.records import OutputError, prepare_directory
from sim.records.manifest import NAME as MANIFEST
from sim.records.manifest import cpu_features
from sim.records.sweep_places import INDEX, PLAN, failure_path, is_sweep, result_path
from sim.records.sweep_reading import index_of, plan_hash, read_recorded
from sim.sweep.origin import differences
from sim.sweep.plan import PlanError, SweepPlan, Task


class Folder:
    """A sweep's folder, to be written by this process alone; see `open_new` and `open_again`."""

    def __init__(self, path: Path, plan: str, recorded: str) -> None:
        self.path = path
        self._lock = _locked(path)
        self._manifest = {
            "kind": "sweep",
            "plan": plan,
            "recorded": recorded,
            "status": "running",
            "finished": None,
            "cpu": cpu_features(),
        }
        try:
            self._write_manifest()
        except BaseException:
            self._lock.close()
            raise

    def write_row(self, task: Task, row: Mapping[str, float]) -> None:
        """Bring the figures of a task to disk; then it is finished. Raises OutputError."""
        import pyarrow
        import pyarrow.parquet

        columns: dict[str, Any] = {
            "task": pyarrow.array([task.number], pyarrow.int64()),
            "seed": pyarrow.array([task.seed], pyarrow.int64()),
        }
        columns |= {name: pyarrow.array([figure], pyarrow.float64()) for name, figure in row.items()}
        table = pyarrow.table(columns)
        _put(
            result_path(self.path, task.point, task.number),
            lambda file: pyarrow.parquet.write_table(table, file, compression="none"),
        )
        failure_path(self.path, task.number).unlink(missing_ok=True)

    def write_failure(self, task: Task, error: str) -> None:
        """Note that a task failed for good, with its traceback. Raises OutputError."""
        told = {"task": task.number, "point": task.point, "seed": task.seed, "error": error}
        _put_json(failure_path(self.path, task.number), told)

    def finish(self, status: str) -> None:
        """Write the index and the end, "complete", "failed" or "interrupted"; others may write then."""
        self._manifest |= {"status": status, "finished": _now()}
        with self._lock:
            _put(self.path / INDEX, lambda file: index_of(self.path).to_parquet(file, index=False))
            self._write_manifest()

    def give_up(self) -> None:
        """Say that the sweep failed; if there is no room for a new manifest, in place of the old one."""
        try:
            self.finish("failed")
        except OutputError:
            with suppress(OSError), (self.path / MANIFEST).open("r+b") as file:
                file.write(_as_json(self._manifest))
                file.truncate()

    def _write_manifest(self) -> None:
        _put_json(self.path / MANIFEST, self._manifest)


def open_new(path: str | Path, plan: SweepPlan, origin: Mapping[str, str]) -> Folder:
    """A folder that is new or empty, with the plan and its hash in it. Raises OutputError."""
    folder = prepare_directory(path)
    return _begin(folder, plan, origin)


def _begin(folder: Path, plan: SweepPlan, origin: Mapping[str, str]) -> Folder:
    described = plan.described()
    recorded = plan_hash(described)
    _put_json(folder / PLAN, {"hash": recorded, "plan": described, "origin": dict(origin)})
    return Folder(folder, recorded, _now())


def open_again(path: str | Path, plan: SweepPlan, origin: Mapping[str, str]) -> Folder:
    """The folder of a sweep that was broken off, to go on with it; a new one if there is none.

    Raises PlanError for the folder of another plan, or of the same made by other versions or other code,
    RecordsError for a plan that is damaged, and OutputError for a folder of something else, or one that
    another process is writing to.
    """
    folder = Path(path)
    if not is_sweep(folder):
        _forget_beginning(folder)
        return open_new(folder, plan, origin)
    there, described = read_recorded(folder), plan.described()
    if there.hash != plan_hash(described):
        told = differences(there.described, described)
        raise PlanError(f"{folder} holds another plan ({told}); repeat its plan, or name a new folder")
    if there.origin != dict(origin):
        told = differences(there.origin, origin)
        raise PlanError(
            f"{folder} was begun with other versions ({told}); go on with those, or name a new folder"
        )
    opened = Folder(folder, there.hash, there.manifest.get("recorded") or _written(folder / PLAN))
    _remove_drafts(folder)
    return opened


def _forget_beginning(folder: Path) -> None:
    """Empty a folder in which a sweep was killed before its plan was there."""
    if not folder.is_dir():
        return
    inside = list(folder.iterdir())
    manifest = folder / MANIFEST
    drafts = [one for one in inside if one.name.startswith(PLAN) and one.suffix == ".tmp"]
    if len(inside) == len(drafts) + 1 and manifest.is_file() and not manifest.stat().st_size:
        for one in inside:
            one.unlink()


def _written(path: Path) -> str:
    """When a file was written: the plan's, of a sweep that was killed before its manifest was."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def _remove_drafts(folder: Path) -> None:
    """What processes that were killed had begun to write."""
    for draft in folder.rglob("*.tmp"):
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)


def _locked(folder: Path) -> Any:
    """A hold on the folder, which ends with this process; OutputError if another process has it."""
    held = (folder / PLAN).open("rb")
    try:
        import fcntl
    except ImportError:  # not on Windows: there nobody is kept out
        return held
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise OutputError(f"another process is writing to {folder}; wait for it, or end it") from None
    return held


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _put(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file, bring it to disk, and give it its name; OutputError if there is no room."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); free some space, or see that you may "
            "write there; what is finished is kept, and --resume goes on"
        ) from error


def _put_json(path: Path, told: Mapping[str, Any]) -> None:
    _put(path, lambda file: file.write(_as_json(told)))


def _as_json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, indent=2).encode() + b"\n"
