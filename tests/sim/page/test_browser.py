"""The page in a real Chromium: every button does what it says, and nothing comes from outside."""

import os
import signal

import pytest

from scenarios.__main__ import scenario_files
from sim.records import IncompleteRunWarning, RecordedRun, load
from tests.sim.command import bazaar
from tests.sim.page.conftest import FIGURES, SCREENSHOTS, SMALL, serving

__all__ = ["bazaar"]

SECONDS_OF_PLAY = float(os.environ.get("BAZAAR_PLAY_SECONDS", "1"))
SIDE_BY_SIDE = ("coffee_shop", "neighbours")
"""Scenarios whose pages differ the most."""
OTHERS = sorted({path.stem for path in scenario_files()}.difference(SIDE_BY_SIDE))


def saved(window, server):
    """Press Save: the records of the folder that the page names."""
    window.button("Save records").click()
    words = window.page.locator(".saved").inner_text()
    return RecordedRun(server.folder / words.removeprefix("Saved in ").strip())


def test_the_page_is_complete_without_the_world_outside(window, server):
    page = window()
    for name in FIGURES:
        assert page.image(name)[1] > 300, name
    page.step()
    page.page.get_by_text("What the parameters mean").click()
    page.page.get_by_text("same seed, same run").wait_for()
    fonts = page.page.evaluate("Array.from(document.fonts).filter(f => f.status == 'error').length")
    assert (page.outside, page.failed, page.wrong, fonts) == ([], [], [], 0)
    assert server.calls() == []


def test_step_moves_the_clock_and_every_figure(window):
    page = window()
    before = page.images()
    assert (page.time, "Nothing was sold yet" in page.table("transactions")) == (0, True)
    page.step()
    page.step()
    assert page.time == 2
    after = page.images()
    assert [name for name in FIGURES if after[name] == before[name]] == []
    assert "Nothing was sold yet" not in page.table("transactions")
    assert "auction" in page.page.locator(".auction-told").inner_text()


def test_reset_begins_anew(window):
    page = window()
    fresh = page.images()
    page.step()
    page.step()
    assert page.images() != fresh
    page.reset()
    page.drawn(0)
    page.wait_for("Time 0 of")
    page.page.get_by_text("Nothing was sold yet.").wait_for()
    assert page.images() == fresh


def test_reset_while_playing_lets_the_run_be_played_again(window):
    page = window()
    page.button("play").click()
    page.reached(2)
    page.reset()
    page.button("play").wait_for()
    page.wait_for("Time 0 of")
    page.page.wait_for_timeout(500)  # the loop, asleep for 0.2 s when Reset was pressed, has woken since
    assert page.time == 0
    page.step()
    assert page.time == 1


def test_changed_parameters_make_another_run(window, server):
    page = window()
    page.field("buyers").fill("25")
    page.field("until").fill("30")
    page.field("seed").fill("7")
    page.slider("sellers").press("ArrowLeft")
    page.slider("comeback").press("ArrowRight")
    page.choose("strategy", "truthful")
    page.reset()
    page.wait_for("Time 0 of 30")
    page.step()
    assert "seed 7" in page.standing
    manifest = saved(page, server).manifest
    assert manifest["seed"] == 7
    told = manifest["parameters"]
    assert (told["buyers"], told["until"], told["sellers"]) == (25, 30, 5)
    assert (told["comeback"], told["strategy"]) == (pytest.approx(0.55), "truthful")


def test_what_colour_means_can_be_chosen(window):
    page = window()
    page.step()
    before = page.image("town")
    shown = {before[0]}
    for colouring in ("wealth", "knowledge", "strategy"):
        source = page.image("town")[0]
        page.choose("buyers' colour", colouring)
        changed = """source => [...document.querySelectorAll('.panel-town .layer')].map(
            each => each.innerHTML).join('') != source"""
        page.page.wait_for_function(changed, arg=source)
        page.drawn(1)
        shown.add(page.image("town")[0])
    assert page.image("town") == before
    assert len(shown) == 3


def test_saved_records_are_those_of_a_run_without_the_page(window, server, bazaar, tmp_path):
    page = window()
    page.field("until").fill("6")
    page.reset()
    page.wait_for("Time 0 of 6")
    page.button("play").click()
    page.wait_for("The run is over")
    folder = saved(page, server).directory
    assert bazaar("run", *SMALL, "--until", "6", "--out", str(tmp_path / "plain")).code == 0
    plain = sorted((tmp_path / "plain").rglob("*.parquet"))
    assert len(plain) >= 5
    for file in plain:
        assert (folder / file.relative_to(tmp_path / "plain")).read_bytes() == file.read_bytes(), file
    records = load(folder)
    assert records.complete
    assert len(records["transactions"]) > 12
    rows = page.table("transactions").splitlines()[1:]
    last = records["transactions"].sort_values("time", kind="stable").tail(12).iloc[::-1]
    assert [row.split("\t")[0] for row in rows] == [f"{time:.2f}" for time in last["time"]]
    assert [row.split("\t")[5] for row in rows] == [f"{paid:,.2f}" for paid in last["payment"]]
    page.disabled("▶")
    page.reset()
    page.drawn(0)
    page.step()
    assert page.time == 1


def test_saving_in_the_middle(window, server):
    page = window()
    page.step()
    run = saved(page, server)
    button, words = page.button("Save records").bounding_box(), page.page.locator(".saved").bounding_box()
    assert words["y"] >= button["y"] + button["height"]
    with pytest.warns(IncompleteRunWarning, match="interrupted"):
        assert len(load(run.directory)["auctions"])
    page.step()
    assert page.time == 2


def test_windows_do_not_disturb_each_other(window):
    one, other = window(), window()
    untouched = other.images()
    one.step()
    one.step()
    assert (one.time, other.time) == (2, 0)
    assert other.images() == untouched
    other.step()
    one.step()
    assert (one.time, other.time) == (3, 1)
    other.field("seed").fill("5")
    other.reset()
    other.wait_for("seed 5")
    other.drawn(0)
    other.step()
    assert (one.time, other.time) == (3, 1)
    assert "seed 0" in one.standing


def test_bad_input_is_told_on_the_page(window):
    """What is said of other input is in `test_show`."""
    page = window()
    page.field("rate").fill("5000")
    page.reset()
    page.wait_for("rate is 5000; it must be a number above 0 and at most 1,000")
    page.disabled("Save records")
    page.field("rate").fill("0.3")
    page.reset()
    page.wait_for("Time 0 of")
    page.step()
    assert page.time == 1


def test_a_browser_that_goes_away_while_playing(window, server):
    page = window()
    page.button("play").click()
    page.reached(1)
    page.page.close()
    again = window()
    again.step()
    assert again.time == 1
    assert "Traceback" not in server.errors()


def test_interruption_ends_the_server_cleanly_though_somebody_plays(window, tmp_path):
    with serving(tmp_path, *SMALL) as started:
        page = window(address=started.address)
        page.button("play").click()
        page.reached(1)
        started.process.send_signal(signal.SIGINT)
        assert started.process.wait(timeout=60) == 0
        assert started.errors() == ""


LAPTOP, PROJECTOR = {"width": 1280, "height": 720}, {"width": 1920, "height": 1080}


def photograph(page, name, size):
    """As much of the page as there is, as wide as a screen."""
    page.page.set_viewport_size(size)
    page.page.wait_for_timeout(500)
    whole = page.page.evaluate("document.querySelector('.board').getBoundingClientRect().height + 100")
    page.page.set_viewport_size({**size, "height": max(size["height"], int(whole))})
    page.page.wait_for_timeout(500)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.page.screenshot(path=SCREENSHOTS / f"{name}-{size['width']}.png", animations="disabled")


@pytest.mark.parametrize(
    "scenarios",
    [SIDE_BY_SIDE, *(pytest.param((name,), marks=pytest.mark.slow) for name in OTHERS)],
    ids=["side by side", *OTHERS],
)
def test_scenarios_play_side_by_side_and_are_photographed(window, server, scenarios):
    """The screenshots are for people to look at; the test holds that each page plays on without a fault.

    That every scenario's page does, but for the browser, is held by `test_every_page`.
    """
    pages = {name: window(name) for name in scenarios}
    for page in pages.values():
        page.page.set_viewport_size(LAPTOP)
        page.button("play").click()
    for page in pages.values():
        page.reached(0.1)
    page.page.wait_for_timeout(1000 * SECONDS_OF_PLAY)
    found = {}
    for page in pages.values():
        page.reached(page.time + 0.1)
        page.button("pause").click()
    for name, page in pages.items():
        for size in (LAPTOP, PROJECTOR):
            photograph(page, name, size)
        pictures = "[...document.querySelectorAll('.panel .shown')].map(each => each.clientWidth)"
        wide = min(page.page.evaluate(pictures)) > 250
        found[name] = (wide, page.page.locator(".fault").all_inner_texts(), page.wrong)
    assert found == dict.fromkeys(scenarios, (True, [], []))
    assert "Traceback" not in server.errors()
