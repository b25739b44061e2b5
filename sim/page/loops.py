"""Play loops: of the threads that Mesa starts to play a page, the newest alone steps its show, not too fast.

Mesa's loop sleeps between two steps in a thread of its own, and when it wakes, and the page is playing, it
steps whatever show there is; if it was paused in its sleep, as often as Step would. So it would play on after
a reset or a pause, and beside the new loop after a quick pause and play.

Who changes what a page shows draws it, unless another thread is drawing already: that one then draws again
before it lets anything be seen. A loop that steps faster than another thread draws would keep it at that
without end, and the page would stand still. So a loop waits until what is being drawn is drawn.
"""

from __future__ import annotations

import sys
import threading
import weakref
from types import FrameType

PATIENCE = 10.0
"""Seconds that a loop waits for a drawing; one that failed never ends."""


class PlayLoops:
    """The loops that have stepped one show. Those that ran when it was made belong to a former one."""

    def __init__(self) -> None:
        self._drawn = threading.Event()
        self._drawn.set()
        running = filter(_is_play_loop, threading.enumerate())
        self._ended: weakref.WeakSet[threading.Thread] = weakref.WeakSet(running)
        self._newest: threading.Thread | None = None

    def begin_drawing(self) -> None:
        """Let the loops wait, at most for `PATIENCE`."""
        self._drawn.clear()

    def end_drawing(self) -> None:
        """Let the loops go on."""
        self._drawn.set()

    def wait(self) -> None:
        """Hold the calling thread, if it is a play loop, while the show is being drawn."""
        if _is_play_loop(threading.current_thread()):
            self._drawn.wait(PATIENCE)

    def admit(self) -> None:
        """End the calling thread if it is a play loop, and paused or not the newest; others pass.

        To be called by the show's `step`, which the loop calls. Raises Solara's CancelledError, at which the
        thread ends without a word.
        """
        thread = threading.current_thread()
        if not _is_play_loop(thread):
            return
        if thread in self._ended or _paused(sys._getframe(2)):
            from solara.util import CancelledError

            raise CancelledError
        if self._newest is not None and self._newest is not thread:
            self._ended.add(self._newest)
        self._newest = thread


def _paused(caller: FrameType) -> bool:
    """Whether Mesa's loop that steps here, in `caller`, is paused; its variable `playing` knows."""
    playing = caller.f_locals.get("playing")
    return playing is not None and not playing.value


def _is_play_loop(thread: threading.Thread) -> bool:
    """Solara runs tasks in plain threads, and answers buttons in the workers of anyio."""
    return type(thread) is threading.Thread
