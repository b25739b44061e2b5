"""Calendar queue: who is to come when, in order of time; the cost does not grow with how many are to come.

A calendar queue (Brown, "Calendar queues", Communications of the ACM 31, 1988): time is cut into days. Those
who come on a later day wait on its page in no order; only today's stand in a heap.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable

Arrival = tuple[float, int]
"""A time of at least 0, and the number of the buyer who comes then."""

_LAST_DAY = 1e15
"""All later days are one: their numbers would be no exact integers."""


class CalendarQueue:
    """Arrivals by time; those at the same time by the number of the buyer.

    Parameters
    ----------
    arrivals
        Those known at the start.
    day
        Length of a day, above 0: best so long that some hundred come in it. Bears on the cost alone.
    """

    def __init__(self, arrivals: Iterable[Arrival], day: float) -> None:
        if not (math.isfinite(day) and day > 0):
            raise ValueError(f"day must be finite and above 0, got {day}")
        self._length = day
        self._day = -1
        self._today: list[Arrival] = []
        self._pages: dict[int, list[Arrival]] = {}
        self._days: list[int] = []
        for arrival in arrivals:
            self.add(arrival)

    def add(self, arrival: Arrival) -> None:
        """Enter one more arrival."""
        day = int(min(arrival[0] / self._length, _LAST_DAY))
        if day <= self._day:
            heapq.heappush(self._today, arrival)
        elif day in self._pages:
            self._pages[day].append(arrival)
        else:
            self._pages[day] = [arrival]
            heapq.heappush(self._days, day)

    @property
    def first_time(self) -> float:
        """When the first comes; infinite if nobody is to come."""
        if not self._today and not self._turn_page():
            return math.inf
        return self._today[0][0]

    def pop(self) -> Arrival:
        """Strike out the first arrival and return it; IndexError if nobody is to come."""
        if not self._today:
            self._turn_page()
        return heapq.heappop(self._today)

    def _turn_page(self) -> bool:
        """Make the next day on which anybody comes today; False if there is none."""
        if not self._days:
            return False
        self._day = heapq.heappop(self._days)
        self._today = self._pages.pop(self._day)
        heapq.heapify(self._today)
        return True
