"""The page in a real Chromium: wherever it listens, it cannot be told to read files."""

import pytest

from tests.sim.page.conftest import SMALL, serving


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"], ids=["own", "all"])
def test_files_cannot_be_named_on_the_page(window, tmp_path, host):
    with serving(tmp_path, *SMALL, "--host", host) as started:
        page = window(started.address.replace("localhost", "127.0.0.1"))
        assert [page.field(name).count() for name in ("bids", "trace", "buyers")] == [0, 0, 1]
        page.field("buyers").fill("25")
        page.reset()
        page.drawn(0)
        page.step()
        page.page.get_by_text("What the parameters mean").click()
        page.page.get_by_text("same seed, same run").wait_for()
        assert page.page.get_by_text("(set when the page is started)").count() == 2
        assert "Traceback" not in started.errors()
