"""The page in a real Chromium keeps calm: nothing jumps, nothing is cut off."""

import pytest

LAPTOP = {"width": 1280, "height": 720}
WIDER = """[...document.querySelectorAll('.table')].map(each => each.scrollWidth - each.clientWidth)"""

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
