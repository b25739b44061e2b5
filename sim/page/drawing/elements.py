"""Elements of SVG as text: tags, numbers rounded to a tenth of a pixel, paths through points."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np


def element(tag: str, content: str = "", /, **attributes: Any) -> str:
    """A tag with its content; `class_` stands for class, `_` for a hyphen; what is None or "" is left out.

    The content is taken as it is: escape what comes from elsewhere, or use `line_of_text`.

    >>> element("g", "…", class_="s0", stroke_width=2.0), element("path", d="M0 0h9", opacity=None)
    ('<g class="s0" stroke-width="2">…</g>', '<path d="M0 0h9"/>')
    """
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_plain(value)}"'
        for name, value in attributes.items()
        if value is not None and value != ""
    )
    return f"<{tag}{told}>{content}</{tag}>" if content else f"<{tag}{told}/>"


def _plain(value: Any) -> str:
    return brief(value) if isinstance(value, float) else escape(str(value))


def brief(number: float) -> str:
    """A number of pixels, to a tenth.

    >>> brief(12.04), brief(0.25), brief(-0.01), brief(3.96)
    ('12', '0.2', '0', '4')
    """
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def line_of_text(text: str, x: float, y: float, **attributes: Any) -> str:
    """A line of text at a place in pixels, escaped."""
    return element("text", escape(text), x=float(x), y=float(y), **attributes)


def tip(text: str) -> str:
    """What is shown when the pointer rests on the element around it; escaped."""
    return element("title", escape(text))


def pixels(x: Any, y: Any) -> list[tuple[str, str]]:
    """Two arrays, shape (n,), as texts, to a tenth of a pixel; what is not finite is the text "nan"."""
    across, down = (np.round(np.asarray(each, dtype=float), 1) + 0.0 for each in (x, y))
    return [(f"{a:g}", f"{b:g}") for a, b in zip(across.tolist(), down.tolist(), strict=True)]


def path_through(x: Any, y: Any) -> str:
    """A path of straight pieces through points, shape (n,) each, broken where one is not finite.

    >>> path_through([0, 1, 2, 3], [5, 6, float("nan"), 8])
    'M0 5L1 6M3 8'
    """
    path, command = [], "M"
    for a, b in pixels(x, y):
        if "nan" in (a, b) or "inf" in a or "inf" in b:
            command = "M"
        else:
            path.append(f"{command}{a} {b}")
            command = "L"
    return "".join(path)


def spots(x: Any, y: Any) -> str:
    """A path of no length at each point, shape (n,) each: with round ends it is a dot.

    >>> spots([0, 1.25], [5, 6])
    'M0 5h0M1.2 6h0'
    """
    return "".join(f"M{a} {b}h0" for a, b in pixels(x, y))


def pieces(begin: Any, end: Any) -> str:
    """A path of straight pieces from each of some points, shape (n, 2), to another.

    >>> pieces([[0, 0]], [[2, 5.5]])
    'M0 0L2 5.5'
    """
    begin, end = (np.asarray(each, dtype=float).reshape(-1, 2) for each in (begin, end))
    pairs = zip(pixels(begin[:, 0], begin[:, 1]), pixels(end[:, 0], end[:, 1]), strict=True)
    return "".join(f"M{a} {b}L{c} {d}" for (a, b), (c, d) in pairs)
