"""Files of anybody's, read within bounds: no pipes or devices, nothing too large, short quotations."""

from __future__ import annotations

import stat
from pathlib import Path

LONGEST_FAULT = 1_000
"""Characters of a message on a file: what it quotes may be of any length."""


class NotReadableError(ValueError):
    """What a path names is no plain file, or is too large."""


def content_of(path: Path, most: int) -> bytes:
    """The bytes of a plain file, `most` at most.

    Raises NotReadableError for a folder, pipe or device and for a larger file; OSError as the system does.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise NotReadableError("is a folder")
    if not stat.S_ISREG(mode):
        raise NotReadableError("is no file but a pipe, a socket or a device")
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise NotReadableError(f"holds more than {most:,} bytes")
    return content


def in_short(words: str, most: int = LONGEST_FAULT) -> str:
    """Words that anybody can read.

    >>> in_short("abcdefgh", 3)
    'abc … (5 characters more)'
    """
    more = len(words) - most
    return words if more <= 0 else f"{words[:most]} … ({more:,} characters more)"
