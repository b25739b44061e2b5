"""The page in a real Chromium: every button does what it says, and nothing comes from outside."""

import os
import signal
import time

import pytest

from scenarios.__main__ import scenario_files
from sim.records import IncompleteRunWarning, RecordedRun, load
from tests.sim.command import bazaar
from tests.sim.page.conftest import FIGURES, SCREENSHOTS, SMALL, serving

__all__ = ["bazaar"]

SECONDS_OF_PLAY = float(os.environ.get("BAZAAR_PLAY_SECONDS", "3"))
PLAYED_LONG = ("coffee_shop", "learn_first_price", "neighbours", "town_market")
"""Scenarios that are played for so long, because their screenshots are for a class; others a moment."""
PAGELESS = ("few_tickets", "lottery_tickets", "second_visit")
WITH_A_PAGE = sorted({path.stem for path in scenario_files()}.difference(PAGELESS))


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
    assert "auction" in page.table("conversation")


def test_play_and_pause(window):
    page = window()
    page.button("▶").click()
    page.wait_for("Time 3 of")
    page.button("❚❚").click()
    page.button("▶").wait_for()
    time.sleep(1)
    stopped = page.time
    time.sleep(1)
    assert page.time == stopped >= 3


def test_reset_begins_anew(window):
    page = window()
    fresh = page.images()
    page.step()
    page.step()
    assert page.images() != fresh
    page.reset()
    page.wait_for("Time 0 of")
    page.page.get_by_text("Nothing was sold yet").wait_for()
    assert page.images() == fresh


def test_reset_while_playing_lets_the_run_be_played_again(window):
    page = window()
    page.button("▶").click()
    page.wait_for("Time 2 of")
    page.reset()
    page.button("▶").wait_for()
    page.wait_for("Time 0 of")
    time.sleep(1)  # the play loop, asleep for 0.2 s when Reset was pressed, has woken by now
    assert page.time == 0
    page.step()
    assert page.time == 1


def test_changed_parameters_make_another_run(window, server):
    page = window()
    page.field("buyers").fill("25")
    page.field("until").fill("30")
    page.field("seed").fill("7")
    page.page.get_by_role("slider", name="sellers").press("ArrowLeft")
    page.reset()
    page.wait_for("Time 0 of 30")
    page.step()
    assert "seed 7" in page.standing
    manifest = saved(page, server).manifest
    assert manifest["seed"] == 7
    told = manifest["parameters"]
    assert (told["buyers"], told["until"], told["sellers"]) == (25, 30, 5)


def test_what_colour_means_can_be_chosen(window):
    page = window()
    page.step()
    before = page.image("town")
    page.page.locator(".panel-town .v-select__slot").click()
    page.page.get_by_role("option", name="wealth").click()
    page.page.wait_for_timeout(1500)
    assert page.image("town") != before


def test_saved_records_are_those_of_a_run_without_the_page(window, server, bazaar, tmp_path):
    page = window()
    page.field("until").fill("3")
    page.reset()
    page.wait_for("Time 0 of 3")
    page.button("▶").click()
    page.wait_for("The run is over")
    folder = saved(page, server).directory
    assert bazaar("run", *SMALL, "--until", "3", "--out", str(tmp_path / "plain")).code == 0
    plain = sorted((tmp_path / "plain").rglob("*.parquet"))
    assert len(plain) >= 5
    for file in plain:
        assert (folder / file.relative_to(tmp_path / "plain")).read_bytes() == file.read_bytes(), file
    assert load(folder).complete


def test_saving_in_the_middle(window, server):
    page = window()
    page.step()
    run = saved(page, server)
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
    other.step()
    assert (one.time, other.time) == (3, 1)
    assert "seed 0" in one.standing


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("rate", "5000", "rate is 5000; it must be a number above 0 and at most 1,000"),
        ("buyers", "many", "buyers is many; it must be an integer"),
        ("seed", "-1", "seed is -1; it must be an integer of at least 0"),
    ],
)
def test_bad_input_is_told_on_the_page(window, field, typed, said):
    page = window()
    right = page.field(field).input_value()
    page.field(field).fill(typed)
    page.reset()
    page.wait_for(said)
    page.field(field).fill(right)
    page.reset()
    page.wait_for("Time 0 of")
    page.step()
    assert page.time == 1


def test_a_browser_that_goes_away_while_playing(window, server):
    page = window()
    page.button("▶").click()
    page.wait_for("Time 1 of")
    page.context.close()
    again = window()
    again.step()
    assert again.time == 1
    assert "Traceback" not in server.errors()


@pytest.mark.parametrize("playing", [False, True], ids=["idle", "playing"])
def test_interruption_ends_the_server_cleanly(window, tmp_path, playing):
    with serving(tmp_path, *SMALL) as started:
        page = window(started.address)
        if playing:
            page.button("▶").click()
            page.wait_for("Time 1 of")
        started.process.send_signal(signal.SIGINT)
        assert started.process.wait(timeout=60) == 0
        assert started.errors() == ""


@pytest.mark.parametrize("scenario", WITH_A_PAGE)
def test_each_scenario_plays_and_is_photographed(window, tmp_path, scenario):
    """The screenshots are for people to look at; the test holds that the page plays on without a fault."""
    with serving(tmp_path, scenario) as started:
        page = window(started.address)
        page.page.set_viewport_size({"width": 1500, "height": 1720})
        page.button("▶").click()
        page.page.wait_for_function("!document.querySelector('.clock').innerText.startsWith('Time 0 of')")
        seconds = SECONDS_OF_PLAY if scenario in PLAYED_LONG else min(3.0, SECONDS_OF_PLAY)
        page.page.wait_for_timeout(1000 * seconds)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.page.screenshot(path=SCREENSHOTS / f"{scenario}.png", animations="disabled")
        narrowest = "Math.min(...[...document.querySelectorAll('.panel img')].map(each => each.clientWidth))"
        assert page.page.evaluate(narrowest) > 250
        assert page.time > 0
        assert page.page.locator(".fault").count() == 0
        assert "Traceback" not in started.errors()
