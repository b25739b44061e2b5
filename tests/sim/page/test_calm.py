"""The page in a real Chromium keeps calm: nothing jumps, nothing is cut off, slow drawing stops no play."""

import pytest

from tests.sim.page.conftest import serving

LAPTOP = {"width": 1280, "height": 720}
WIDER = """[...document.querySelectorAll('.table')].map(each => each.scrollWidth - each.clientWidth)"""
SLOW = '''
import time
from pathlib import Path
from scenarios import town_market
from sim.page import board
from sim.page.server import watch
from sim.runs.registry import ScenarioFile

def slowly(*given):
    time.sleep(0.3)
    return quickly(*given)

quickly, board.panel_content = board.panel_content, slowly
parameters = town_market.Parameters(buyers=40, rate=0.3)
watch(ScenarioFile("slow", Path(__file__), lambda: town_market), parameters, port=0, browser=False)
'''


@pytest.mark.parametrize("scenario", ["neighbours", "learn_to_tell"])
def test_nothing_jumps_from_start_to_end_and_no_table_is_cut_off(window, scenario):
    page = window(scenario, until=3)
    page.page.set_viewport_size(LAPTOP)
    panels = page.page.locator(".panel")
    before = panels.evaluate_all("all => all.map(each => each.offsetTop)")
    for _ in range(3):
        page.step()
        assert page.page.evaluate(WIDER) == [0, 0]
    page.wait_for("The run is over")
    assert panels.evaluate_all("all => all.map(each => each.offsetTop)") == before


def test_play_is_seen_though_drawing_takes_longer_than_the_interval(window, tmp_path):
    """If a button's thread draws, and the loop steps meanwhile, drawing must not begin anew without end."""
    (tmp_path / "slow.py").write_text(SLOW)
    with serving(tmp_path, command=["slow.py"]) as started:
        page = window(address=started.address)
        page.slider("Play Interval (ms)").press("End")
        page.button("▶").click()
        page.reached(1)
        for colouring in ("wealth", "strategy") * 4:
            page.choose("buyers' colour", colouring)
        page.reached(page.time + 3)
        page.button("❚❚").click()
        page.button("▶").wait_for()
        assert "Traceback" not in started.errors()
