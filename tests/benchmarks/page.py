"""What a rendered step of the page costs, in seconds: the step, every figure and table, the widgets.

Measured with the widgets of the real page, without a browser; processor time of this process, so that other
work on the machine counts less.
"""

from __future__ import annotations

import os
import statistics
import time
import warnings

from tests.benchmarks.measure import Figure
from tests.sim.command import ROOT

BUYERS, STEPS, LIMIT = 1_000, 8, 0.5


def rendered_step(buyers):
    """Seconds of one press of Step on the page of the main scenario, median of some after the first."""
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
    spent = []
    for _ in range(STEPS):
        start = time.process_time()
        step.click()
        spent.append(time.process_time() - start)
    context.close()
    return statistics.median(spent)


def figures():
    """Yield the figure."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield Figure(f"page, rendered step, {BUYERS:,} buyers", rendered_step(BUYERS), "s", LIMIT)
