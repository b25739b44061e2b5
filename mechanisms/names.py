"""Names: what a message says of a name that is unknown."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """The known names that are most like `name`, or all of them if none is, in words for an error message.

    >>> nearest("selers", ["sellers", "buyers", "until"])
    'the nearest of 3 is sellers'
    >>> nearest("x", ["sellers", "buyers", "until"])
    'there are sellers, buyers, until'
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=3)
    if not close:
        return f"there are {', '.join(names)}"
    return f"the nearest of {len(names)} {'is' if len(close) == 1 else 'are'} {', '.join(close)}"
