"""Playback: plays the runs of one window on one clock, slowly, quickly, to the end, and back in time.

It steps in a thread of its own while it plays, one loop at most; after each step `seen` is called, which
draws. Two runs that are shown side by side are stepped together. To go back is to play anew from the start:
everything follows from parameters and seed, so the past is what it was.

Who changes what a page shows draws it, unless another thread is drawing already: that one then draws again
before it lets anything be seen. A loop that steps faster than another thread draws would keep it at that
without end, and the page would stand still. So the loop waits until what is being drawn is drawn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.page.show import Show


@dataclass(frozen=True)
class Speed:
    """Seconds from one picture to the next, and whether as much is played between them as time allows."""

    name: str
    pause: float
    hurries: bool = False


SPEEDS = (
    Speed("a step in 3 seconds", 3.0),
    Speed("a step a second", 1.0),
    Speed("2 steps a second", 0.5),
    Speed("5 steps a second", 0.2),
    Speed("20 steps a second", 0.05),
    Speed("every step, as fast as it is drawn", 0.0),
    Speed("to the end", 0.5, hurries=True),
)
"""From slow to fast."""
USUAL, TO_THE_END = 3, len(SPEEDS) - 1

_SHARE = 6.0
"""To the end: a picture takes at most about one part in so many of the time."""
_A_LOOK = 0.05


class Playback:
    """Plays shows on one clock.

    Attributes
    ----------
    shows
        What is played, one or two.
    speed
        Which of `SPEEDS`.
    playing
        Whether a loop is stepping.
    """

    def __init__(self, shows: tuple[Show, ...], seen: Callable[[], None], speed: int = USUAL) -> None:
        self.shows, self.speed = shows, speed
        self._seen = seen
        self._moving = threading.RLock()
        self._loop: threading.Thread | None = None
        self._stop = threading.Event()
        self._wishing = threading.Lock()
        self._wanted: int | None = None
        self._traveller: threading.Thread | None = None

    @property
    def playing(self) -> bool:
        """Whether a loop is stepping."""
        return self._loop is not None

    @property
    def running(self) -> bool:
        """Whether another step is possible."""
        return any(show.running for show in self.shows)

    @property
    def steps(self) -> int:
        """Steps made so far."""
        return max(show.steps for show in self.shows)

    def begin(self, shows: tuple[Show, ...]) -> None:
        """Pause, and show these from now on."""
        self.pause()
        with self._moving:
            former, self.shows = self.shows, shows
        for show in former:
            show.close()
        self._seen()

    def toggle(self) -> None:
        """Pause if it plays; play if it does not, and can."""
        if self.playing:
            self.pause()
        elif self.running:
            self._stop = threading.Event()
            self._loop = threading.Thread(target=self._play, args=(self._stop,), daemon=True)
            self._loop.start()
        self._seen()

    def pause(self) -> None:
        """Let the loop end after its step; none other is begun meanwhile."""
        self._stop.set()
        self._loop = None

    def close(self) -> None:
        """Pause, and let the runs go."""
        self.pause()
        for show in self.shows:
            show.close()

    def step(self) -> None:
        """One step of each show."""
        self._step(1)
        self._seen()

    def go_to(self, step: int) -> None:
        """Show the state after so many steps, soon; of several wishes that come quickly, the last counts."""
        self.pause()
        with self._wishing:
            self._wanted = max(0, step)
            if self._traveller is None:
                self._traveller = threading.Thread(target=self._travel_on, daemon=True)
                self._traveller.start()

    def settle(self) -> None:
        """Wait until nothing moves any more: the way to another time is gone, or the loop has ended."""
        for thread in (self._traveller, self._loop):
            if thread is not None:
                thread.join()

    def _travel_on(self) -> None:
        while True:
            with self._wishing:
                wanted, self._wanted = self._wanted, None
                if wanted is None:
                    self._traveller = None
                    return
            self._travel(wanted)
            self._seen()

    def _travel(self, step: int) -> None:
        with self._moving:
            if step < self.steps:
                former, self.shows = self.shows, tuple(show.anew() for show in self.shows)
                for show in former:
                    show.close()
            self._step(step - self.steps)

    def _step(self, steps: int, look: bool = True) -> None:
        """So many steps of each show, at once."""
        with self._moving:
            for show in self.shows:
                if steps > 0 and show.running:
                    show.step(steps, look)

    def _play(self, stop: threading.Event) -> None:
        """Step, draw, and wait, until it is told to stop or nothing runs any more."""
        drawing = 0.0
        while not stop.is_set() and self.running:
            for show in self.shows:
                show.drawing.wait()
            began = time.monotonic()
            speed = SPEEDS[self.speed]
            if speed.hurries:
                self._hurry(stop, began + max(speed.pause, (_SHARE - 1) * drawing))
            elif not self._tick(stop):
                return
            stepped = time.monotonic()
            if not self.running:
                break
            self._seen()
            drawing = time.monotonic() - stepped
            if not speed.hurries:
                stop.wait(max(0.0, began + speed.pause - time.monotonic()))
        if self._stop is stop:
            self._loop = None
        self._seen()

    def _tick(self, stop: threading.Event) -> bool:
        """One step, unless it was told to stop meanwhile."""
        with self._moving:
            if not stop.is_set():
                self._step(1)
        return not stop.is_set()

    def _hurry(self, stop: threading.Event, until: float) -> None:
        """Play as much as can be played until then, looking up now and then, as a run without a page does."""
        stride = 1
        while self.running and not stop.is_set() and (began := time.monotonic()) < until:
            with self._moving:
                if not stop.is_set():
                    self._step(stride, look=False)
            quick = time.monotonic() - began < _A_LOOK
            stride = 2 * stride if quick else max(1, stride // 2)
        for show in self.shows:
            show.look()
