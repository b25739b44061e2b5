"""Photographs of the page for the README and the documentation, taken in Chromium: `make pictures`.

Needs Chromium and the extra `dev`. Seeds and steps are fixed, so that the same code takes the same pictures.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIZE = {"width": 1500, "height": 2200}


@contextmanager
def watched(browser: Any, scenario: str, steps: int, *settings: str) -> Iterator[Any]:
    """A window of the scenario's page after so many steps."""
    command = [sys.executable, "-m", "scenarios", "watch", scenario, "--no-browser", "--port", "0", *settings]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            found = re.search(r"http://[\w.]+:\d+", server.stdout.readline() if server.stdout else "")
            if found is None:
                raise RuntimeError(f"the page of {scenario} did not start")
            page = browser.new_page(viewport=SIZE)
            page.goto(found[0])
            for step in range(1, steps + 1):
                page.get_by_role("button", name="Step", exact=True).click()
                page.locator(f".lie-picture.step-{step}").wait_for()
            page.wait_for_timeout(1000)
            yield page
            page.close()
        finally:
            server.terminate()


def choose(page: Any, name: str, value: str) -> None:
    """Choose from a list."""
    page.locator(f'.v-select:has(label:text-is("{name}")) .v-select__slot').click()
    page.get_by_role("option", name=value, exact=True).click()
    page.wait_for_timeout(1000)


def the_page(browser: Any, path: Path) -> None:
    """The whole page of the town market."""
    with watched(browser, "town_market", 25) as page:
        page.screenshot(path=path, clip={"x": 0, "y": 0, "width": SIZE["width"], "height": 1500})


def the_lie(browser: Any, path: Path) -> None:
    """First price in equilibrium: the conversation, and what a lie would have brought the winner."""
    with watched(browser, "town_market", 25) as page:
        choose(page, "seller", "1: first price")
        page.locator(".inspector").screenshot(path=path)


def the_conversation(browser: Any, path: Path) -> None:
    """The ascending clock, round by round."""
    with watched(browser, "town_market", 25) as page:
        choose(page, "seller", "3: ascending clock")
        page.locator(".panel-conversation").screenshot(path=path)


def lighten(path: Path) -> None:
    """Keep 256 colours, which halves the file and is not seen."""
    from PIL import Image

    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


PICTURES = {"page": the_page, "lie": the_lie, "conversation": the_conversation}


def main(folder: Path) -> None:
    """Take all pictures anew."""
    folder.mkdir(parents=True, exist_ok=True)
    path = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, take in PICTURES.items():
            take(browser, folder / f"{name}.png")
            lighten(folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"))
