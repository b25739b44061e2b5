"""Drawing: whether a show is being drawn, so that what plays it can wait, see `sim.page.playback`."""

from __future__ import annotations

import threading

PATIENCE = 10.0
"""Seconds that a loop waits for a drawing; one that failed never ends."""


class DrawingTurn:
    """Says when a show is being drawn."""

    def __init__(self) -> None:
        self._drawn = threading.Event()
        self._drawn.set()

    def begin(self) -> None:
        """Let the loop wait, at most for `PATIENCE`."""
        self._drawn.clear()

    def end(self) -> None:
        """Let the loop go on."""
        self._drawn.set()

    def wait(self) -> None:
        """Hold the calling thread while the show is being drawn."""
        self._drawn.wait(PATIENCE)
