"""Names: what a message says of a name that is unknown, and how things are named with their parameters."""

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


def as_set(thing: object, longest: int = 300) -> str:
    """A mechanism, strategy or utility with its parameters, on one line; its name if it does not tell them.

    >>> as_set(slice(1, 2)), as_set(object())
    ('slice(1, 2, None)', 'object')
    """
    text = " ".join(repr(thing).split())
    if " at 0x" in text:
        return str(getattr(thing, "name", type(thing).__name__))
    return text if len(text) <= longest else text[:longest] + " …"


def counted(number: int, what: str, many: str = "") -> str:
    """A number of things in words; `many` is the plural where it does not end in s alone.

    >>> counted(1, "buyer"), counted(2400, "buyer"), counted(0, "entry", "entries")
    ('1 buyer', '2,400 buyers', '0 entries')
    """
    return f"{number:,} {what if number == 1 else many or what + 's'}"
