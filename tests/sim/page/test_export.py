"""A picture saved from the page in a real Chromium: as SVG, as PNG, and its data; and the page on paper."""

import io
from xml.etree import ElementTree

import pandas
import pytest

from tests.sim.page.drawing.svg import SVG


def saved(page, panel, kind):
    """The file that the panel's menu gives, and its name."""
    page.page.locator(f".panel-{panel} .export summary").click()
    with page.page.expect_download() as download:
        page.page.locator(f".panel-{panel} .export button", has_text=kind).click()
    return download.value.path().read_bytes(), download.value.suggested_filename


def test_a_picture_is_saved_as_svg_png_and_data(window):
    from PIL import Image

    page = window()
    page.step(1)
    page.step(1)
    file, name = saved(page, "race", "SVG")
    tree = ElementTree.fromstring(file)
    assert name == "race-step-2.svg"
    assert b"var(" not in file
    said = [each.text for each in tree.iter(SVG + "text")]
    shown = page.page.locator(".panel-race .layer text").all_text_contents()
    assert {"simulated time", "optimal (mean)"} <= set(said) == set(shown)
    file, _ = saved(page, "race", "PNG")
    image = Image.open(io.BytesIO(file)).convert("RGB")
    assert image.size == (3 * float(tree.get("width")), 3 * float(tree.get("height")))
    assert image.getpixel((1, 1)) == (255, 255, 255)
    assert len(image.getcolors(1 << 24)) > 50
    file, name = saved(page, "race", "CSV")
    table = pandas.read_csv(io.BytesIO(file))
    assert name == "race-step-2.csv"
    assert table["time"].tolist() == [0, 1, 2]
    again, _ = saved(page, "race", "CSV")
    assert again == file
    assert page.wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_are_all_panels_in_black_on_white(window, scheme):
    page = window()
    page.step()
    page.page.emulate_media(media="print", color_scheme=scheme)
    looks = page.page.evaluate("""[...document.querySelectorAll('.panel')].map(each => [
        each.getBoundingClientRect().height > 40, getComputedStyle(each).backgroundColor])""")
    assert len(looks) >= 7
    assert set(map(tuple, looks)) == {(True, "rgb(255, 255, 255)")}
    assert not page.page.locator(".v-navigation-drawer").is_visible()
    assert not page.page.locator(".export summary").first.is_visible()


def test_dark_pages_have_dark_panels_and_bright_words(window):
    page = window()
    page.page.emulate_media(color_scheme="dark")
    page.page.reload()
    page.page.locator(".panel-race .layer text").first.wait_for()
    paper = page.page.locator(".panel-race").evaluate("each => getComputedStyle(each).backgroundColor")
    words = page.page.locator(".panel-race .layer text").first.evaluate("each => getComputedStyle(each).fill")
    assert (paper, words) == ("rgb(30, 30, 30)", "rgb(237, 237, 237)")
