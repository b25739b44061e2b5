"""Every scenario's page, with the widgets of the real one but no browser: it plays, and no panel fails."""

import pytest

from scenarios.__main__ import FOLDER, scenario_files
from sim.page import panels
from sim.page.exhibit import Exhibit
from sim.runs.registry import ScenarioFile
from tests.sim.page.component import opened, texts

NAMES = sorted(path.stem for path in scenario_files())


@pytest.mark.parametrize("name", NAMES)
def test_it_plays_and_no_panel_fails(name, monkeypatch):
    from importlib import import_module

    failed = []
    monkeypatch.setattr(panels, "in_words", lambda error: str(failed.append(error)))
    entry = ScenarioFile(name, FOLDER / f"{name}.py", lambda: import_module(f"scenarios.{name}"))
    with opened(Exhibit(entry)) as page:
        page.press("Step")
        page.press("Step")
        told = " ".join(texts(page))
        assert ("failed" in told, "stopped" in told, failed) == (False, False, [])
        assert page.pictures
