"""Progress of whatever may take more than a moment, on the error stream, where there is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def working(at_what: str) -> Iterator[Callable[[str], Any]]:
    """Show what is being done and for how long; what is yielded changes the words.

    It is gone when it is done.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    with _bar(SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()) as bar:
        task = bar.add_task(at_what, total=None)
        yield lambda words: bar.update(task, description=words)


@contextmanager
def over_time(until: float) -> Iterator[Callable[[float], Any]]:
    """A bar over simulated time; what is yielded is told the time."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    clock = TextColumn("time {task.completed:,.1f} of {task.total:,.1f}")
    with _bar(clock, BarColumn(), TaskProgressColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task("", total=until)
        yield lambda now: bar.update(task, completed=now)


@contextmanager
def through() -> Iterator[Callable[[str, float], Any]]:
    """A bar over a list of things; what is yielded is told the present one, and the part that is done."""
    if not sys.stderr.isatty():
        yield lambda words, part: None
        return
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    words = TextColumn("{task.description}", markup=False)
    with _bar(BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), words) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda words, part: bar.update(task, description=words, completed=part)


def _bar(*columns: Any) -> Any:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True), transient=True)
