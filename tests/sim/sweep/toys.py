"""A scenario for sweeps that costs nothing, and can be told to fail, to hang, or to be killed."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from pathlib import Path

from sim.runs.registry import ScenarioFile, file_entry

TOY = Path(__file__).with_name("toy_of_a_sweep.py").resolve()


def toy() -> ScenarioFile:
    """The scenario."""
    return file_entry(TOY)


class AtOnce(Executor):
    """An executor that does everything at once, in this process."""

    def submit(self, work, /, *arguments, **named):
        future = Future()
        try:
            future.set_result(work(*arguments, **named))
        except Exception as error:  # noqa: BLE001 — as executors do
            future.set_exception(error)
        return future


def content(folder: Path) -> dict[str, bytes]:
    """All files of a sweep by their names, but for manifests, which tell times of day."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }
