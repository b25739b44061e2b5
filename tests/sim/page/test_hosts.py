"""The page in a real Chromium: wherever it listens, it cannot be told to read files."""

from tests.sim.page.conftest import SMALL, serving


def test_files_cannot_be_named_on_the_page(window):
    no_file_can_be_named(window())


def test_nor_where_other_machines_may_see_it(window, tmp_path):
    with serving(tmp_path, *SMALL, "--host", "0.0.0.0") as started:
        no_file_can_be_named(window(address=started.address.replace("localhost", "127.0.0.1")))
        assert "Traceback" not in started.errors()


def no_file_can_be_named(page):
    assert [page.field(name).count() for name in ("bids", "trace", "buyers")] == [0, 0, 1]
    page.field("buyers").fill("25")
    page.reset()
    page.drawn(0)
    page.step()
    page.page.get_by_text("What the parameters mean").click()
    page.page.get_by_text("same seed, same run").wait_for()
    assert page.page.get_by_text("(set when the page is started)").count() == 2
