"""The calendar hands out arrivals in order of time, whatever the length of a day."""

import heapq
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.market.calendar_queue import CalendarQueue

times = st.one_of(
    st.floats(0, 1e3), st.sampled_from([0.0, 0.5, 1.0, 1e300, math.inf]), st.integers(0, 9).map(float)
)
arrivals = st.tuples(times, st.integers(0, 5))
days = st.sampled_from([1e-3, 0.1, 0.3, 1.0, 7.0, 1e4])


@given(st.lists(arrivals), days)
def test_arrivals_come_in_order_of_time_and_then_of_number(known, day):
    calendar = CalendarQueue(known, day)
    assert [calendar.pop() for _ in known] == sorted(known)
    assert calendar.first_time == math.inf


@given(st.lists(arrivals), st.lists(st.one_of(st.none(), arrivals)), days)
def test_it_is_a_priority_queue_whatever_is_entered_meanwhile(known, moves, day):
    # None takes the first out; anything else is entered, be it on a day that is over. A heap is the model.
    calendar, heap = CalendarQueue(known, day), sorted(known)
    for arrival in moves:
        if arrival is not None:
            calendar.add(arrival)
            heapq.heappush(heap, arrival)
        elif heap:
            assert calendar.pop() == heapq.heappop(heap)
        assert calendar.first_time == (heap[0][0] if heap else math.inf)


def test_nobody_comes_out_of_an_empty_calendar():
    calendar = CalendarQueue([], 1.0)
    assert calendar.first_time == math.inf
    with pytest.raises(IndexError):
        calendar.pop()


@pytest.mark.parametrize("day", [0.0, -1.0, math.inf, math.nan])
def test_a_day_has_a_length(day):
    with pytest.raises(ValueError, match=f"day must be finite and above 0, got {day}"):
        CalendarQueue([], day)
