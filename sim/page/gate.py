"""Gate: what stands before the page's server, and lets in its own windows only.

A page on another web site can send requests to this machine, and open websockets to it; a browser always
says in the Origin from where. A foreign name can be made to lead to this machine's address (DNS rebinding); a
browser then says that name as the Host. So the gate wants a Host that is this server, and an Origin, where
there is one and at every websocket, that is the same. Answers cannot be framed by others.

The front end comes from the files that are installed, and nothing else does: Solara's own helper fetches what
it does not find, and removes a folder that it is asked for.
"""

from __future__ import annotations

import ipaddress
import posixpath
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

FRONT_END = "/_solara/cdn"
_HEADERS = [(b"content-security-policy", b"frame-ancestors 'none'"), (b"x-content-type-options", b"nosniff")]


@dataclass(frozen=True)
class Names:
    """The names by which this server may be called.

    `named` are host names in small letters. `addresses` says whether any address does too, as where all of
    this machine's are listened at; else only those of the machine itself do.
    """

    named: frozenset[str]
    addresses: bool = False

    def allow(self, host: str | None) -> bool:
        """Whether a host, without port and brackets, is this server; None is not."""
        if not host:
            return False
        if host.lower().rstrip(".") in self.named:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return self.addresses or address.is_loopback


def names_for(host: str, shared: bool) -> Names:
    """The names of a server that listens at `host`; `shared` if other machines may reach it."""
    own = {socket.gethostname(), f"{socket.gethostname()}.local"} if shared else set()
    return Names(frozenset(name.lower() for name in {"localhost", host, *own}), addresses=shared)


def is_own(host: str, origins: Iterable[str], names: Names, websocket: bool) -> bool:
    """Whether a request with this Host and these Origins comes from the page itself.

    >>> own = Names(frozenset({"localhost"}))
    >>> is_own("localhost:8765", ["http://localhost:8765"], own, True)
    True
    >>> is_own("localhost:8765", ["http://evil.example"], own, True), is_own("evil.example", [], own, False)
    (False, False)
    """
    told = list(origins)
    if not names.allow(_split(f"//{host}").hostname) or len(told) > 1 or (websocket and not told):
        return False
    return all(_is_same(origin, host) for origin in told)


def _split(address: str) -> Any:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _is_same(origin: str, host: str) -> bool:
    told = _split(origin)
    return told.scheme in ("http", "https") and told.netloc.lower() == host.lower()


def installed_file(path: str, folder: Path) -> bool:
    """Whether a request's path under `FRONT_END` names a file that is there."""
    told = path.removeprefix(f"{FRONT_END}/")
    plain = told and "\\" not in told and "\0" not in told and posixpath.normpath(told) == told
    if not plain or told.startswith(".."):
        return False
    place = told if "/" in told else f"{told}/__main.js"    # as Solara keeps a package's main file
    try:
        return (folder / place).is_file()
    except OSError:
        return False


class Gate:
    """An ASGI application that hands on to another what comes from the page itself.

    names
        By which it is called.
    front_end
        The folder of the installed front end.
    """

    def __init__(self, behind: Application, names: Names, front_end: Path) -> None:
        self._behind = behind
        self._names = names
        self._front_end = front_end

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request or websocket."""
        kind = scope["type"]
        if kind == "lifespan":
            return await self._behind(scope, receive, send)
        if not is_own(*_said(scope), self._names, kind == "websocket"):
            return await _refuse(scope, receive, send, 403, b"This page answers its own windows only.")
        if kind == "http" and posixpath.normpath(scope["path"]).startswith(FRONT_END):
            if scope["method"] not in ("GET", "HEAD"):
                return await _refuse(scope, receive, send, 405, b"These files can be read only.")
            if not installed_file(scope["path"], self._front_end):
                return await _refuse(scope, receive, send, 404, b"There is no such file.")
        await self._behind(scope, receive, _with_headers(send))


def _said(scope: Message) -> tuple[str, list[str]]:
    """The Host, empty unless it is said once, and the Origins."""
    hosts, origins = (
        [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted]
        for wanted in (b"host", b"origin")
    )
    return (hosts[0] if len(hosts) == 1 else "", origins)


async def _refuse(scope: Message, receive: Receive, send: Send, status: int, words: bytes) -> None:
    if scope["type"] == "websocket":
        await receive()
        return await send({"type": "websocket.close", "code": 1008})
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words})


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return sending
