"""Patience: a limit on the time that anybody's code may take, kept by an alarm of the operating system.

An alarm interrupts Python between two steps, in the main thread of a process: not within one long call of a
library, and not in other threads. It goes off again and again, so that who catches it is interrupted anew.
What is decided by the clock on the wall can differ from run to run.
"""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN = 0.05    # seconds


class TooSlowError(BaseException):
    """The time is over; no subclass of Exception, which strategies may catch."""


def check_limit(seconds: float | None) -> None:
    """Raise ValueError for a limit that is no time above 0, or where there are no alarms."""
    if seconds is None:
        return
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"answer_limit must be finite and above 0 seconds, got {seconds}")
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        raise ValueError("answer_limit can be set in the main thread of a process on Unix only")


@contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """Raise TooSlowError in here after so many seconds; None sets no limit."""
    if seconds is None:
        yield
        return

    def ring(number: int, place: FrameType | None) -> None:
        raise TooSlowError(f"no answer within {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
