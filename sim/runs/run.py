"""A run from start to end: its folder, its market, its clock, and an end in good order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.play.asking import in_words
from sim.market.market import Market
from sim.measures.benchmarks import record_benchmarks
from sim.records import Records, fresh_directory, prepare_directory
from sim.records.manifest import NAME, Manifest
from sim.runs.scenario import Parameters, Run, Scenario

A_LOOK = 0.05
"""Seconds of computing between two looks at how far a run is, about."""


def set_up(name: str, scenario: Scenario, parameters: Parameters, seed: int, out: str | None) -> Run:
    """Build the run of a scenario, with records in the folder `out`, or in a fresh one under runs/.

    If it cannot be built, the folder is left as it was; with the records so far if there are parts of them on
    the disk. Raises OutputError, and what `build` raises.
    """
    fresh = out is None or not Path(out).exists()
    folder = fresh_directory(name, seed) if out is None else prepare_directory(out)
    records = Records(folder, manifest=Manifest(name, parameters.model_dump(mode="json"), seed))
    try:
        return scenario.build(parameters, seed, records)
    except BaseException as error:
        if any(records.manifest.parts.values()):
            records.close("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
        else:
            (folder / NAME).unlink()
            if fresh:
                folder.rmdir()
        raise


def play_until(market: Run, until: float, advanced: Callable[[float], Any] = lambda _: None) -> str:
    """Run up to `until` and close its records; return "complete" or "interrupted".

    `advanced` is called with the time after some ticks of the market, as many as take about `A_LOOK` seconds;
    Ctrl-C stops the run then, and a second one at once. After any error the records are closed as failed.
    """
    try:
        with _interruption() as interrupted:
            ticks, stride = 0, 1
            while market.now < until and not interrupted.is_set():
                ticks += stride
                began = time.perf_counter()
                market.advance_to(min(ticks * market.tick, until))
                advanced(market.now)
                stride = 2 * stride if time.perf_counter() - began < A_LOOK else max(1, stride // 2)
        status = "interrupted" if interrupted.is_set() else "complete"
        market.flush()
        if isinstance(market, Market):
            record_benchmarks(market)
        market.finish(status)
    except KeyboardInterrupt:
        market.records.close("interrupted")
        raise
    except BaseException as error:
        market.records.close("failed")
        if isinstance(error, Exception):
            raise
        raise RuntimeError(f"the scenario's code would have ended the program: {in_words(error)}") from error
    return status


@contextmanager
def _interruption() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one does what Ctrl-C did before."""
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    listens = threading.current_thread() is threading.main_thread() and before is not signal.SIG_IGN

    def ask(number: int, place: Any) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    if listens:
        signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        if listens:
            signal.signal(signal.SIGINT, before)
