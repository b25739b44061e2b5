"""The page in a real Chromium keeps calm: nothing jumps, nothing is cut off."""

import pytest

LAPTOP = {"width": 1280, "height": 720}
HALF_A_LINE = 12
"""Pixels."""
WIDER = """[...document.querySelectorAll('.table')].map(each => each.scrollWidth - each.clientWidth)"""

GROWS = pytest.mark.xfail(reason="its figures take their place when the first are there", strict=True)


@pytest.mark.parametrize("scenario", ["neighbours", pytest.param("learn_to_tell", marks=GROWS)])
def test_nothing_jumps_from_start_to_end_and_no_table_is_cut_off(window, scenario):
    page = window(scenario, until=3)
    page.page.set_viewport_size(LAPTOP)
    panels = page.page.locator(".panel")
    before = panels.evaluate_all("all => all.map(each => each.offsetTop)")
    for _ in range(3):
        page.step()
        assert max(page.page.evaluate(WIDER)) == 0
    page.wait_for("The run is over")
    after = panels.evaluate_all("all => all.map(each => each.offsetTop)")
    assert len(after) == len(before)
    assert max(abs(one - other) for one, other in zip(before, after, strict=True)) < HALF_A_LINE
