"""Play in a real Chromium: one loop steps, at the speed that was chosen, and lets the page be drawn."""

import time

from tests.sim.page.conftest import SMALL, serving

SLOW = '''
import sys, time
from pathlib import Path
from matplotlib.figure import Figure
from scenarios.town_market import Parameters, build
from sim.page.server import watch
from sim.runs.registry import ScenarioFile

def long_in_the_drawing(market):
    """It takes its time."""
    time.sleep(0.6)
    return Figure()

PANELS = (long_in_the_drawing,)
this = sys.modules[__name__]
parameters = Parameters(buyers=40, rate=0.3)
watch(ScenarioFile("slow", Path(__file__), lambda: this), parameters, port=0, browser=False)
'''

NOTED = '''
import time
from pathlib import Path
from types import SimpleNamespace
from mesa.visualization import solara_viz
from scenarios import town_market
from sim.page.server import watch
from sim.runs.registry import ScenarioFile

def sleep(seconds):
    """Between two steps of Mesa's loop."""
    with open("slept.txt", "a") as file:
        print(seconds, file=file)
    time.sleep(seconds)

solara_viz.time = SimpleNamespace(sleep=sleep)
parameters = town_market.Parameters(buyers=40, rate=0.3)
noted = ScenarioFile("noted", Path(town_market.__file__), lambda: town_market)
watch(noted, parameters, port=0, browser=False)
'''


def test_play_and_pause(window):
    page = window()
    page.button("▶").click()
    page.reached(3)
    page.button("❚❚").click()
    page.button("▶").wait_for()
    stopped = page.settled()
    assert stopped >= 3
    page.step()
    assert page.time == stopped + 1


QUICK_CLICKS = "(button, n) => [...Array(n).keys()].forEach(k => setTimeout(() => button.click(), 60 * k))"


def test_quick_clicks_do_not_play_faster(window, tmp_path):
    """With 0.2 s between steps one loop makes at most five a second, however often Play was pressed.

    What is seen comes later than it is made, never sooner: so the count is from the first click on. Each
    click may add a step; a sixth a second leaves room for that.
    """
    with serving(tmp_path, *SMALL) as started:
        page = window(address=started.address)
        start = time.monotonic()
        page.button("▶").evaluate(QUICK_CLICKS, 5)
        page.plays_on(1)
        page.page.wait_for_timeout(7000)
        assert page.time <= 6 * (time.monotonic() - start)
        assert "Traceback" not in started.errors()


def test_clicks_do_not_stop_a_page_that_takes_longer_to_draw_than_to_step(window, tmp_path):
    """Of two loops the older draws what the newer steps: it must come to an end while that one plays."""
    (tmp_path / "slow.py").write_text(SLOW)
    with serving(tmp_path, command=["slow.py"]) as started:
        page = window(address=started.address)
        page.button("▶").evaluate(QUICK_CLICKS, 3)
        page.plays_on(6)
        assert (page.wrong, started.errors()) == ([], "")


def test_speed_can_be_chosen(window, tmp_path):
    """Half a second between two steps, or next to nothing; render interval: three steps at once."""
    (tmp_path / "noted.py").write_text(NOTED)
    with serving(tmp_path, command=["noted.py"]) as started:
        page = window(address=started.address)
        for key, seconds in (("End", "0.5"), ("Home", "0.001")):
            page.slider("Play Interval (ms)").press(key)
            page.button("▶").click()
            page.reached(page.time + 2)
            page.button("❚❚").click()
            page.settled()
            assert (tmp_path / "slept.txt").read_text().split()[-1] == seconds
    page = window()
    page.slider("Render Interval (steps)").press("ArrowRight")
    page.reset()
    page.drawn(0)
    page.step(steps=3)
    assert page.time == 3
