"""The child's side of `sim.sweep.children`: does what comes in at a pipe, and sends back what came of it."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

IDLE = 120.0
"""Seconds without work after which a child ends: whoever started it may have forgotten it."""


def main() -> None:
    """Work until the parent closes the pipe, or dies; nothing is printed but answers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    work: queue.SimpleQueue[Any] = queue.SimpleQueue()
    import sim.runs.run
    import sim.sweep.task  # noqa: F401 — heavy: before the first time limit begins

    threading.Thread(target=_read, args=(sys.stdin.buffer, work), daemon=True).start()
    _send(answers, None)
    while True:
        try:
            piece = work.get(timeout=IDLE)
        except queue.Empty:
            os._exit(0)
        _send(answers, _done(piece))


def _read(pipe: BinaryIO, work: queue.SimpleQueue[Any]) -> None:
    """Hand over the pieces of work that come in; when there will be no more, end, whatever is being done."""
    while True:
        try:
            work.put(pickle.load(pipe))
        except EOFError:
            os._exit(0)
        except Exception as error:  # noqa: BLE001 — what cannot be read is an answer too
            work.put(error)


def _done(piece: Callable[[], Any] | Exception) -> tuple[bool, Any]:
    """Whether it went well, and what it returned or raised."""
    if isinstance(piece, Exception):
        return False, piece
    try:
        return True, piece()
    except Exception as error:  # noqa: BLE001 — the parent raises it
        return False, error


def _send(pipe: BinaryIO, answer: Any) -> None:
    try:
        message = pickle.dumps(answer)
    except Exception as error:  # noqa: BLE001 — anybody's answer may refuse to be pickled
        message = pickle.dumps((False, TypeError(f"what was returned cannot be pickled: {error}")))
    pipe.write(message)
    pipe.flush()


if __name__ == "__main__":
    main()
