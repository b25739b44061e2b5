"""A server in a process of its own and a real Chromium, both cut off from the world outside."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from tests.sim.command import ROOT

SMALL = ("--set", "buyers=40", "--set", "rate=0.3")
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

# Put into the server's process before anything else: whoever is called but this machine is noted and refused.
CUT_OFF = """
import os, socket
def _refusing(call):
    def checked(self, address, *rest):
        host = address[0] if isinstance(address, tuple) else ""
        if host not in ("", "127.0.0.1", "::1", "localhost"):
            with open(os.environ["CALLS_OUTSIDE"], "a") as file:
                print(address, file=file)
            raise OSError(f"refused: {address}")
        return call(self, address, *rest)
    return checked
socket.socket.connect = _refusing(socket.socket.connect)
socket.socket.connect_ex = _refusing(socket.socket.connect_ex)
_resolve = socket.getaddrinfo
def getaddrinfo(host, *rest, **more):
    if host not in (None, "", b"", "127.0.0.1", "::1", "localhost", "0.0.0.0"):
        with open(os.environ["CALLS_OUTSIDE"], "a") as file:
            print(host, file=file)
        raise socket.gaierror(f"refused: {host}")
    return _resolve(host, *rest, **more)
socket.getaddrinfo = getaddrinfo
"""


def required():
    """Whether a missing browser is a failure."""
    return bool(os.environ.get("BAZAAR_REQUIRE_BROWSER"))


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window; whatever is not on this machine has no address."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        reason = "no browser: tests of the page in Chromium are left out (install chromium and playwright)"
        pytest.fail(reason) if required() else pytest.skip(reason)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()


@contextmanager
def serving(folder, *arguments, command=("-m", "scenarios", "watch", "--no-browser", "--port", "0")):
    """A server in `folder`: its address, process, and calls to the world outside."""
    (folder / "cut_off").mkdir(exist_ok=True)
    (folder / "cut_off" / "sitecustomize.py").write_text(CUT_OFF)
    paths = os.pathsep.join([str(folder / "cut_off"), str(ROOT)])
    calls = folder / "calls.txt"
    variables = os.environ | {"PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", "CALLS_OUTSIDE": str(calls)}
    with (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, *command, *arguments],
            cwd=folder,
            env=variables,
            text=True,
            stdout=subprocess.PIPE,
            stderr=errors,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
    try:
        line = process.stdout.readline()
        found = re.search(r"http://\S+:\d+", line)
        assert found, (folder / "errors.txt").read_text()
        yield SimpleNamespace(
            address=found[0],
            process=process,
            folder=folder,
            errors=lambda: (folder / "errors.txt").read_text(),
            calls=lambda: calls.read_text().splitlines() if calls.exists() else [],
        )
    finally:
        process.kill()
        process.wait(timeout=60)
        process.stdout.close()


@pytest.fixture(scope="session")
def server(browser, tmp_path_factory):
    """One server for all tests, of a small town unless the address names something else."""
    with serving(tmp_path_factory.mktemp("page"), *SMALL) as started:
        yield started


@pytest.fixture(scope="session")
def context(browser):
    """Where windows are opened, so that the front end is read and compiled once."""
    shared = browser.new_context(viewport={"width": 1500, "height": 1250})
    yield shared
    shared.close()


@pytest.fixture
def window(server, context):
    """Open a window, in a session of its own, on a scenario with some settings, or on another server."""
    opened = []

    def open_window(scenario=None, address=server.address, **settings):
        told = urlencode({"scenario": scenario, **settings}) if scenario else ""
        opened.append(Window(context, address, f"/?{told}" if told else "/"))
        return opened[-1]

    yield open_window
    for each in opened:
        each.page.close()


class Window:
    """A page as its reader sees it. The class of each picture says of which step it is."""

    def __init__(self, context, address, place="/"):
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.outside, self.failed, self.wrong = [], [], []
        self.page.on("request", lambda request: self._note(request, address))
        self.page.on("requestfailed", lambda request: self.failed.append(request.url))
        self.page.on("response", lambda got: got.status >= 400 and self.failed.append(got.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.goto(address + place)
        self.button("Step").wait_for()
        self.drawn(0)

    def _note(self, request, address):
        if not request.url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:")):
            self.outside.append(request.url)

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def disabled(self, name):
        """Wait until a button cannot be pressed."""
        self.page.locator("button:disabled", has_text=name).wait_for()

    def field(self, name):
        return self.page.get_by_label(name, exact=True)

    def slider(self, name):
        return self.page.get_by_role("slider", name=name, exact=True)

    def choose(self, name, value):
        """Choose a value from a list."""
        self.page.locator(f'.v-select:has(label:text-is("{name}")) .v-select__slot').click()
        self.page.get_by_role("option", name=value, exact=True).click()

    @property
    def time(self):
        words = self.page.locator(".clock").inner_text()
        return float(re.match(r"Time (\S+) of", words)[1])

    @property
    def standing(self):
        return self.page.locator(".standing").inner_text()

    def wait_for(self, words, timeout=60_000):
        """Until the standing holds these words."""
        self.page.locator(".standing", has_text=words).wait_for(timeout=timeout)

    def reached(self, time, timeout=60_000):
        """Until the clock shows this time or a later one."""
        shows = "time => parseFloat(document.querySelector('.clock').innerText.slice(5)) >= time"
        self.page.wait_for_function(shows, arg=time, timeout=timeout)

    def plays_on(self, time):
        """Until the clock shows this time; quick clicks may end in a pause, and Play is pressed once more."""
        from playwright.sync_api import TimeoutError as TooLate

        for _ in range(12):
            try:
                return self.reached(time, timeout=5000)
            except TooLate:
                if self.button("play").count():
                    self.button("play").click()
        return self.reached(time)

    def drawn(self, step):
        """Wait until all pictures are of this step, and can be seen."""
        self.page.wait_for_function(
            """step => {
                const seen = [...document.querySelectorAll('.panel .shown')];
                return seen.length && seen.every(each => each.classList.contains(`step-${step}`)
                    && (each.tagName != 'IMG' || each.complete && each.naturalWidth));
            }""",
            arg=step,
        )

    def step(self, steps=1):
        """Press Step, and wait until so many steps are drawn."""
        before = self.page.locator(".panel .shown").first.get_attribute("class")
        self.button("Step").click()
        self.drawn(int(re.search(r"step-(\d+)", before)[1]) + steps)

    def reset(self):
        self.button("Reset").click()

    def settled(self):
        """The time at which the run stands still: it is the same for three seconds."""
        before = None
        while before != (before := self.time):
            self.page.wait_for_timeout(3000)
        return before

    def image(self, name):
        """The text of a panel's picture, both layers, and its width on the screen in pixels."""
        return self.page.evaluate(
            """name => {
                const layers = [...document.querySelectorAll(`.panel-${name} .layer`)];
                return [layers.map(each => each.innerHTML).join(''), layers[0].clientWidth];
            }""",
            name,
        )

    def images(self):
        return {name: self.image(name)[0] for name in FIGURES}

    def table(self, name):
        return self.page.locator(f".panel-{name} .table").inner_text()


FIGURES = ("town", "race", "bids", "benchmark", "prices")

SCREENSHOTS = Path(os.environ.get("BAZAAR_SCREENSHOTS", ROOT / "build" / "screenshots"))
