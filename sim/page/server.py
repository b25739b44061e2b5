"""The server behind the page: one process, on loopback unless told otherwise, ended by Ctrl-C.

It answers the windows of its own page alone, see `sim.page.gate`.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import threading
import warnings
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import metadata
from typing import TYPE_CHECKING, Any

from sim.page.gate import Gate, names_for

if TYPE_CHECKING:
    from sim.runs.registry import ScenarioFile

EXTRA = "solara-assets"
PATIENCE = 2.0
"""Seconds that steps at work are waited for when the server ends."""
_SHOWN = 60
_SETTINGS = {
    "SOLARA_APP": "sim.page.app",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_CHECK_HOOKS": "off",
    "SOLARA_MODE": "production",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_TITLE": "Bazaar",
    "SOLARA_KERNEL_CULL_TIMEOUT": "2m",
}


class WatchError(ValueError):
    """The page cannot be shown; the message says why and what to do."""


def require_extra() -> None:
    """Raise WatchError unless everything that the page needs is installed."""
    try:
        metadata.version(EXTRA)
    except metadata.PackageNotFoundError:
        raise WatchError("the page is not installed; pip install 'bazaar-auctions[page]' adds it") from None


def watch(
    entry: ScenarioFile,
    parameters: Any = None,
    seed: int = 0,
    host: str = "127.0.0.1",
    port: int = 8765,
    browser: bool = True,
    say: Callable[[str], Any] = print,
    scenarios: Mapping[str, ScenarioFile] | None = None,
) -> None:
    """Serve the page of a scenario until Ctrl-C, and open it in a browser.

    `scenarios` are others that a window's address may name, or its reader choose from a menu.
    `port` 0 takes any free port. `say` is called with the page's address. Parameters that may name a file
    keep the values that they have here. Raises WatchError if the page is not installed, and if host and port
    cannot be used; ValueError if the scenario has no page.
    """
    from sim.page.show import require_page

    with _quiet_end():
        require_extra()
        require_page(entry, parameters, seed)
        listening = bind(host, port)
        os.environ.update(_SETTINGS)
        warnings.filterwarnings("ignore", module="solara")
        import uvicorn

        _exhibit(entry, parameters, seed, scenarios or {})
        gated = _gated(host, listening)
        config = uvicorn.Config(gated, log_level="error", timeout_graceful_shutdown=1, lifespan="on")
        address = f"http://{_shown(host)}:{listening.getsockname()[1]}"
        say(f"{entry.name} is at {address}; Ctrl-C ends it.")
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        uvicorn.Server(config).run(sockets=[listening])


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there; WatchError if that cannot be."""
    if not host.strip():
        raise WatchError("--host is empty text; it must be an address or a name of this machine, "
                         "such as 127.0.0.1, or 0.0.0.0 to let other machines in")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, ValueError, TypeError) as error:    # the latter two for what is no name at all
        listening.close()
        raise WatchError(
            f"port {port} on {host[:_SHOWN]} cannot be used ({getattr(error, 'strerror', None) or error}); "
            "choose another with --port, or let --port 0 find a free one"
        ) from None
    return listening


def _gated(host: str, listening: socket.socket) -> Gate:
    """The page's application, behind its gate."""
    from solara.server import settings
    from solara.server.starlette import app

    shared = not ipaddress.ip_address(listening.getsockname()[0]).is_loopback
    return Gate(app, names_for(host, shared), settings.assets.proxy_cache_dir)


def _exhibit(
    entry: ScenarioFile, parameters: Any, seed: int, scenarios: Mapping[str, ScenarioFile]
) -> None:
    """Hand the scenarios to the page."""
    from sim.page.exhibit import EXHIBIT

    EXHIBIT.entry, EXHIBIT.parameters, EXHIBIT.seed = entry, parameters, seed
    EXHIBIT.scenarios = scenarios


def _shown(host: str) -> str:
    name = "localhost" if host in ("0.0.0.0", "::") else host
    return f"[{name}]" if ":" in name else name


@contextmanager
def _quiet_end() -> Iterator[None]:
    """Ctrl-C ends the server without a traceback, and nothing plays on, not even a step without end."""
    from sim.page.show import close_all

    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        if not close_all(PATIENCE):
            sys.stdout.flush()
            os._exit(0)    # a thread cannot be ended otherwise
