"""Play loops: of the threads that Mesa starts to play a page, the newest alone steps its show, not too fast.

Mesa's loop sleeps between two steps in a thread of its own, and when it wakes, and the page is playing, it
steps whatever show there is. So it would play on after a reset, and beside the new loop after a quick pause
and play.

Who changes what a page shows draws it, unless another thread is drawing already: that one then draws again
before it lets anything be seen. A loop that steps faster than another thread draws would keep it at that
without end, and the page would stand still. So a loop waits until what is being drawn is drawn.
"""

from __future__ import annotations

import threading
import weakref

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
        """End the calling thread if it is a play loop and not the newest; others pass.

        Raises Solara's CancelledError, at which its thread ends without a word.
        """
        thread = threading.current_thread()
        if not _is_play_loop(thread) or thread is self._newest:
            return
        if thread in self._ended:
            from solara.util import CancelledError

            raise CancelledError
        if self._newest is not None:
            self._ended.add(self._newest)
        self._newest = thread


def _is_play_loop(thread: threading.Thread) -> bool:
    """Solara runs tasks in plain threads, and answers buttons in the workers of anyio."""
    return type(thread) is threading.Thread
