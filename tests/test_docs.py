"""The site's pages: their Python and their commands run; what they link to is there."""

import re
import sys
from pathlib import Path

import pytest

from tests.blocks import ROOT, blocks_of, clone_in, play_page

DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """An empty folder that stands for a clone; what is written there can be imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield clone_in(tmp_path)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(DOCS / page)])
def test_a_page_does_what_it_shows(page, clone):
    play_page(DOCS / page, clone)


@pytest.mark.parametrize("page", PAGES)
def test_links_to_other_pages_lead_somewhere(page):
    """Pages of scenarios and of the reference are made when the site is built."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)", text):
        place = ((DOCS / page).parent / target).resolve()
        made = place.parent.name in ("scenarios", "reference") and place.parent.parent == Path(DOCS)
        assert made or place.exists(), target
