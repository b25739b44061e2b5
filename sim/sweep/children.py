"""Child processes that do work for threads: one that is killed, or stopped at a time limit, costs no other.

The pool of the standard library is lost as a whole when one of its processes dies, and its processes outlive
a parent that is killed. Here each thread has a process of its own, a pipe to it, and a new one when it has
died; a process whose parent has died ends at once. `Processes` is a `concurrent.futures.Executor`.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Processes use the cores; and sums do not depend on how many threads share them."""


class ChildDiedError(RuntimeError):
    """The process that did the work is gone: it was killed, or it ended itself."""


class TimeLimitError(RuntimeError):
    """The work took longer than it may, and was stopped."""


class Child:
    """A process that does one piece of work after another; it is ready when the constructor ends."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 — as long as the process
        paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sim.sweep.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | _ONE_THREAD | {"PYTHONPATH": paths},
            start_new_session=True,  # Ctrl-C is for the parent
        )
        self._late = False
        self._receive()

    @property
    def alive(self) -> bool:
        """Whether it can do more work."""
        return not self._late and self._process.poll() is None

    def call(self, work: Callable[[], T], limit: float | None = None) -> T:
        """What `work` returns there; what it raises is raised here.

        Raises TimeLimitError after so many seconds, ChildDiedError if the process dies; it is no use then.
        """
        message = pickle.dumps(work)
        timer = threading.Timer(limit, self._stop_late) if limit is not None else None
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            self._send(message)
            good, result = self._receive()
        except ChildDiedError:
            if self._late:
                raise TimeLimitError(f"it took longer than the limit of {limit:g} seconds") from None
            raise
        finally:
            if timer is not None:
                timer.cancel()
                timer.join()
        if good:
            return result
        raise result

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()

    def close(self) -> None:
        """End the process, and close the pipes to it, which nobody may be reading."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    def _stop_late(self) -> None:
        self._late = True
        self.kill()

    def _send(self, message: bytes) -> None:
        pipe = self._process.stdin
        try:
            pipe.write(message)  # type: ignore[union-attr]
            pipe.flush()  # type: ignore[union-attr]
        except OSError:
            raise ChildDiedError(self._end()) from None

    def _receive(self) -> Any:
        try:
            return pickle.load(self._process.stdout)  # type: ignore[arg-type]
        except (EOFError, OSError, pickle.UnpicklingError):
            raise ChildDiedError(self._end()) from None

    def _end(self) -> str:
        """How the process ended, in words."""
        self.kill()
        code = self._process.wait()
        if code < 0:
            return f"the process was killed by {signal.Signals(-code).name}"
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 2000))
        said = self._errors.read().decode(errors="replace").strip()
        return f"the process ended with code {code}" + (f": {said}" if said else "")


class Children:
    """A child for each thread that calls, replaced when it has died."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._lock = threading.Lock()
        self._alive: set[Child] = set()
        self._closed = False

    def call(self, work: Callable[[], T], limit: float | None = None) -> T:
        """What the work returns in this thread's child; see `Child.call`."""
        child = self._child()
        try:
            return child.call(work, limit)
        finally:
            if not child.alive:
                self._forget(child)

    def kill(self) -> None:
        """End all children now; what they were doing raises ChildDiedError, and so will more work."""
        with self._lock:
            self._closed = True
            for child in self._alive:
                child.kill()

    def close(self) -> None:
        """Close what is left when no thread calls any more."""
        for child in list(self._alive):
            self._forget(child)

    def _child(self) -> Child:
        child = getattr(self._own, "child", None)
        if child is None or not child.alive:
            if child is not None:
                self._forget(child)
            child = Child()
            with self._lock:
                self._alive.add(child)
                if self._closed:
                    child.kill()
            self._own.child = child
        return child

    def _forget(self, child: Child) -> None:
        with self._lock:
            self._alive.discard(child)
        child.close()


class Processes(Executor):
    """An executor of so many processes: one that dies is replaced, and costs its own work alone.

    What a future raises then is ChildDiedError, and TimeLimitError for work that took longer than `limit`
    seconds. What is submitted, and what it returns, must be picklable. Raises ValueError if workers is
    below 1 or the limit is not above 0.
    """

    def __init__(self, workers: int, limit: float | None = None) -> None:
        if workers < 1:
            raise ValueError(f"workers is {workers}; it must be at least 1")
        if limit is not None and not limit > 0:
            raise ValueError(f"limit is {limit}; it must be above 0")
        self.workers = workers
        self._limit = limit
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="sweep")
        self._children = Children()

    def submit(self, work: Callable[..., T], /, *arguments: Any, **named: Any) -> Future[T]:
        """Do the work in one of the processes."""
        return self._threads.submit(self._children.call, partial(work, *arguments, **named), self._limit)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes when their work is done; with `cancel_futures` at once."""
        self._threads.shutdown(wait=wait and not cancel_futures, cancel_futures=cancel_futures)
        if cancel_futures:
            self._children.kill()
        if wait or cancel_futures:
            self._threads.shutdown(wait=True)
            self._children.close()


_of_this_process = Children()


def call_in_child(work: Callable[[], T], limit: float | None = None) -> T:
    """Do work in a child of the thread that calls, which is kept for more; for workers of a cluster."""
    return _of_this_process.call(work, limit)
