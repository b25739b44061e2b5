"""Working through the tasks of a sweep on any executor.

A task counts when its result is on disk, and is tried three times before it counts as failed.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from pathlib import Path
from typing import Any

from sim.records.sweep_places import records_path
from sim.sweep.folder import Folder
from sim.sweep.plan import Task
from sim.sweep.task import TaskResult, run_task

ATTEMPTS = 3
AHEAD = 2
"""Tasks in the hands of the executor, for each of its workers: one is done, one waits."""


class StoppedError(ValueError):
    """No task can be done any more; the message says why."""


def work_through(
    tasks: Iterable[Task],
    executor: Executor,
    workers: Callable[[], int],
    folder: Folder,
    origin: Mapping[str, str],
    advanced: Callable[[int], Any] = lambda _: None,
) -> int:
    """Run the tasks and write what comes of them; return how many failed for good.

    `advanced` is called with 1 for each task that has come to an end. Raises StoppedError if the executor is
    lost or a worker cannot do any task, OutputError if the folder cannot be written.
    """
    waiting, attempts, failed = deque(tasks), Counter[int](), 0
    running: dict[Future[TaskResult], Task] = {}
    while waiting or running:
        while waiting and len(running) < AHEAD * workers():
            task = waiting.popleft()
            running[_submitted(executor, task, folder.path, origin)] = task
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            task, answer = running.pop(future), _answer(future)
            if answer.row is not None:
                folder.write_row(task, answer.row)
                advanced(1)
                continue
            attempts[task.number] += 1
            if attempts[task.number] < ATTEMPTS:
                waiting.appendleft(task)
                continue
            folder.write_failure(task, answer.error)
            failed += 1
            advanced(1)
    return failed


def _submitted(executor: Executor, task: Task, folder: Path, origin: Mapping[str, str]) -> Future[TaskResult]:
    keep = str(records_path(folder.resolve(), task.number)) if task.records else None
    try:
        return executor.submit(run_task, task, origin, keep)
    except (BrokenExecutor, RuntimeError) as error:
        raise StoppedError(f"the workers are gone ({error})") from error


def _answer(future: Future[TaskResult]) -> TaskResult:
    """What came of a task, or why nothing did."""
    try:
        answer = future.result()
    except CancelledError as error:
        raise StoppedError("the workers are gone: the cluster has dropped what it was to do") from error
    except BrokenExecutor as error:
        raise StoppedError(f"the workers are gone ({error})") from error
    except Exception as error:  # noqa: BLE001 — the process that did it was killed, or ran out of time
        return TaskResult(error=f"{type(error).__name__}: {error}")
    if answer.fatal:
        raise StoppedError(answer.error)
    return answer
