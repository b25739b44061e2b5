"""Names in pictures: how wide they are, shortened where they are long, moved apart where they overlap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

TYPE, SMALL = 12.5, 11.5
"""Height of type in pixels of the picture: names, and numbers at ticks."""
LONGEST = 28
"""Characters of a name beside a line."""
_NARROW, _SLIM, _WIDE = "iljI.,:;'|!", "ftr()[] /-\"", "mwMW@%—…"
_EM = {**dict.fromkeys(_NARROW, 0.33), **dict.fromkeys(_SLIM, 0.41), **dict.fromkeys(_WIDE, 0.98)}
_CAPITAL, _OTHER = 0.72, 0.63


def width_of(text: str, size: float = TYPE) -> float:
    """About how many pixels wide a line of text is in a plain typeface, rather too many than too few.

    >>> width_of("ill") < width_of("oak") < width_of("MOW")
    True
    """
    return size * sum(_EM.get(letter, _CAPITAL if letter.isupper() else _OTHER) for letter in text)


def short(name: str, longest: int = LONGEST) -> str:
    """A name that is not too long to stand beside a line.

    >>> short("first price: regret matching"), short("first price with a reserve: gradient")
    ('first price: regret matching', 'first price with a reserve:…')
    """
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"


def widest(names: Iterable[str], size: float = TYPE) -> float:
    """Pixels of the widest of some names, shortened; 0 if there are none."""
    return max((width_of(short(name), size) for name in names), default=0.0)


def spread(heights: list[float], apart: float) -> list[float]:
    """Heights moved as little as a simple rule can, so that neighbours are at least `apart` from each other.

    >>> spread([1.0, 1.0, 5.0], 1.0)
    [0.5, 1.5, 5.0]
    """
    order = sorted(range(len(heights)), key=heights.__getitem__)
    clusters: list[list[Any]] = []  # mean of the wished heights, members
    for index in order:
        clusters.append([heights[index], [index]])
        while len(clusters) > 1 and _reach(clusters[-2], 1, apart) + apart > _reach(clusters[-1], -1, apart):
            mean, members = clusters.pop()
            below, others = clusters[-1]
            size = len(members) + len(others)
            clusters[-1] = [(mean * len(members) + below * len(others)) / size, others + members]
    placed = list(heights)
    for mean, members in clusters:
        for rank, index in enumerate(members):
            placed[index] = mean + apart * (rank - (len(members) - 1) / 2)
    return placed


def _reach(cluster: list[Any], side: int, apart: float) -> float:
    """The highest (side 1) or lowest (side −1) height in a cluster."""
    return float(cluster[0] + side * apart * (len(cluster[1]) - 1) / 2)


def within(heights: list[float], apart: float, low: float, high: float) -> list[float]:
    """Heights that are `apart`, moved no more than it takes to lie between `low` and `high`, if they all can.

    >>> within([-1.5, 0.5, 1.5], 1.0, 0.0, 5.0), within([2.0, 4.5, 5.5], 1.0, 0.0, 5.0)
    ([0.0, 1.0, 2.0], [2.0, 4.0, 5.0])
    """
    order = sorted(range(len(heights)), key=heights.__getitem__)
    placed = list(heights)
    for rank, index in enumerate(order):
        placed[index] = min(placed[index], high - apart * (len(order) - 1 - rank))
    for rank, index in enumerate(order):
        placed[index] = max(placed[index], low + apart * rank)
    return placed


def in_short_lines(name: str, most: int = 16) -> list[str]:
    """A name in lines of at most so many characters, broken between words.

    >>> in_short_lines("second price with a reserve")
    ['second price', 'with a reserve']
    """
    from textwrap import wrap

    return wrap(name, most) or [""]
