"""What a rendered step of the page costs: steps a second, bytes sent to the browser, memory over many steps.

Measured with the widgets of the real page, without a browser; processor time of this process, so that other
work on the machine counts less.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.benchmarks.measure import Figure
from tests.sim.command import ROOT

STEPS, LONG, WARM = 8, 300, 150
"""Steps that are timed; steps over which memory is watched, after so many others."""
SIZES = ((300, 10.0), (5_000, 4.0))
"""Buyers, and how many rendered steps a second there should be at least."""
MOST_SENT, MOST_GROWTH = 50.0, 1.0
"""Kilobytes a step with the fewest buyers; megabytes in 1,000 steps."""


@contextmanager
def opened(buyers):
    """The page of the main scenario; yields what presses Step."""
    os.environ["SOLARA_CHECK_HOOKS"] = "off"
    import ipyvuetify
    import solara

    from scenarios import town_market
    from sim.page import app, exhibit
    from sim.runs.registry import ScenarioFile

    file = ROOT / "scenarios" / "town_market.py"
    exhibit.EXHIBIT.entry = ScenarioFile("town_market", file, lambda: town_market)
    exhibit.EXHIBIT.parameters = town_market.Parameters(buyers=buyers)
    _, context = solara.render(solara.AppLayout(children=[app.Page()]), handle_error=False)
    (step,) = (w for w in context.find(ipyvuetify.Btn).widgets if w.children == ["Step"])
    step.click()
    yield step.click
    context.close()


@contextmanager
def counting():
    """Bytes of the state that widgets send: yields a list with their sum."""
    from ipywidgets import Widget

    sent, send = [0], Widget.send_state

    def counted(self, key=None):
        state = self.get_state(key=key)
        sent[0] += len(json.dumps(state, default=lambda raw: "x" * memoryview(raw).nbytes))
        return send(self, key)

    Widget.send_state = counted
    try:
        yield sent
    finally:
        Widget.send_state = send


def rendered_steps(step):
    """Steps a second, median of some."""
    spent = []
    for _ in range(STEPS):
        start = time.process_time()
        step()
        spent.append(time.process_time() - start)
    return 1 / statistics.median(spent)


def kilobytes(step):
    """Sent in a step, on average."""
    with counting() as sent:
        for _ in range(STEPS):
            step()
    return sent[0] / STEPS / 1e3


def resident():
    """Megabytes of memory of this process, garbage apart."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def growth():
    """Megabytes that the page of a small town grows by in 1,000 steps, and its records by."""
    from sim.page import panels
    from tests.sim.page.shows import shown

    show = shown(until="100000", rate="0.1")
    seen = [*panels.figures(show.scene), panels.town_panel("strategy"), *panels.TABLES]

    def after(steps):
        for _ in range(steps):
            show.step()
            for panel in seen:
                panels.panel_content(panel, show.scene)
        tables = show.records.frames().values()
        rows = sum(int(each.memory_usage().sum()) for each in tables) / 1e6
        return np.array([resident(), rows])

    before = after(WARM)
    return (after(LONG) - before) / LONG * 1e3


def goal(met):
    """Of a goal."""
    return "goal met" if met else "goal missed"


def figures():
    """Yield the figures."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for buyers, least in SIZES:
            with opened(buyers) as step:
                rate, sent = rendered_steps(step), kilobytes(step)
            said = f"{goal(rate >= least)}: at least {least:g}"
            yield Figure(f"page, rendered steps, {buyers:,} buyers", rate, "1/s", None, said)
            limit, told = (MOST_SENT, goal(sent <= MOST_SENT)) if buyers == SIZES[0][0] else (None, "")
            yield Figure(f"page, sent in a step, {buyers:,} buyers", sent, "kB", limit, told)
        grown, records = growth()
        told = f"{goal(grown <= MOST_GROWTH)}; the records grow by {records:.1f} MB"
        yield Figure("page, memory, 1,000 steps", grown, "MB", MOST_GROWTH, told)
