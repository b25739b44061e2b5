"""The bar in a real Chromium: play, pause, keys, speed, back in time, address, and presentation."""

import re

QUICK_CLICKS = "(button, n) => [...Array(n).keys()].forEach(k => setTimeout(() => button.click(), 60 * k))"
BAR = "(box => [box.top, box.left])(document.querySelector('.bar').getBoundingClientRect())"


def test_play_and_pause(window):
    page = window()
    page.button("play").click()
    page.reached(3)
    page.button("pause").click()
    page.button("play").wait_for()
    page.page.wait_for_timeout(500)
    stopped = page.time
    assert stopped >= 3
    page.step()
    assert page.time == stopped + 1
    page.button("play").evaluate(QUICK_CLICKS, 3)
    page.plays_on(stopped + 3)
    assert page.wrong == []


def test_keys_press_the_buttons_and_the_bar_stays_in_sight(window):
    page = window()
    press = page.page.keyboard.press
    for step in (1, 2, 3):
        press("ArrowRight")
        page.drawn(step)
    press("ArrowLeft")
    page.drawn(2)
    assert page.time == 2
    press("Space")
    page.reached(4)
    press("Space")
    page.button("play").wait_for()
    page.page.mouse.wheel(0, 900)
    page.page.wait_for_timeout(300)
    assert page.page.evaluate("window.scrollY") > 100
    assert page.page.evaluate(BAR) == [0, 0]
    press("r")
    page.drawn(0)
    assert page.time == 0
    page.field("seed").fill("7")
    page.field("seed").press("r")  # typed, not pressed
    page.field("seed").press("Tab")
    page.page.locator(".told", has_text="seed is 7r").wait_for()


def test_to_the_end_and_any_time_before(window):
    page = window("town_market", buyers=40, rate=0.3, until=60)
    page.page.keyboard.press("e")
    page.wait_for("The run is over")
    page.disabled("▶")
    slider = page.slider("step")
    assert slider.get_attribute("aria-valuenow") == "60"
    slider.press("ArrowLeft")
    page.drawn(59)
    slider.press("Home")
    page.drawn(0)


def test_a_changed_parameter_is_told_at_once_and_the_address_follows(window):
    page = window()
    page.field("rate").fill("5000")
    page.field("rate").press("Tab")
    page.page.locator(".told.fault", has_text="rate is 5000; it must be a number above 0").wait_for()
    page.field("rate").fill("0.4")
    page.field("rate").press("Tab")
    page.page.locator(".told", has_text="From the next reset: rate 0.4").wait_for()
    assert page.time == 0
    page.field("seed").fill("9")
    page.reset()
    page.wait_for("seed 9")
    page.page.wait_for_function("location.search.includes('seed=9') && location.search.includes('rate=0.4')")
    assert page.page.locator(".told").inner_text() == ""
    page.step()
    before = page.images()
    page.page.reload()
    page.button("Step").wait_for()
    page.drawn(0)
    page.step()
    assert "seed 9" in page.standing
    assert page.images() == before


def test_presented_is_one_panel_without_settings(window):
    page = window()
    shown = page.page.locator(".panel:visible")
    many = shown.count()
    wide = shown.first.bounding_box()["width"]
    page.page.keyboard.press("f")
    page.page.locator(".presenting").wait_for()
    assert (many > 3, shown.count()) == (True, 1)
    assert shown.first.bounding_box()["width"] > 1.5 * wide
    assert not page.page.locator(".settings").is_visible()
    first = shown.first.locator("h2").inner_text()
    page.page.keyboard.press("n")
    page.page.wait_for_function("first => document.querySelector('.panel h2').innerText != first", arg=first)
    page.page.keyboard.press("f")
    page.page.locator(".settings").wait_for()


def test_theory_can_be_hidden(window):
    page = window()
    page.step()
    before = page.image("race")
    page.page.keyboard.press("t")
    page.page.locator(".panel-benchmark").wait_for(state="detached")
    assert page.image("race") != before
    page.page.keyboard.press("t")
    page.page.locator(".panel-benchmark").wait_for()
    assert page.image("race") == before


def test_two_settings_stand_side_by_side_on_one_clock(window):
    page = window("town_market", buyers=40, rate=0.3, until=40, vs="comeback=0.9")
    assert page.page.locator(".half").count() == 2
    for step in range(1, 3):
        page.button("Step").click()
        page.drawn(step)
    page.page.keyboard.press("e")
    page.wait_for("The run is over")
    told = page.table("difference")
    assert re.search(r"all sellers\s+[+-]\d", told)
    assert " to " in told


def test_another_scenario_is_chosen_from_the_menu(window):
    page = window()
    page.choose("scenario", "second_visit")
    page.page.get_by_role("heading", name="second visit").wait_for()
    page.button("Step").click()
    page.page.locator(".panel-report .printed").wait_for()
    assert page.page.evaluate("location.search").startswith("?scenario=second_visit")


def test_narrow_windows_hold_all_of_it(window):
    """Nothing is wider than the window, at 960 and at 800."""
    page = window()
    page.step()
    for width in (960, 800):
        page.page.set_viewport_size({"width": width, "height": 700})
        page.page.wait_for_timeout(300)
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
        for name in ("Reset", "Step", "To the end"):
            assert page.button(name).is_visible()
