"""The matrix that an audit opens with: a line for each mechanism, a column for each notion, 80 signs wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_letters
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 80
SIGNS = "+ holds   - fails   ? no gain found, not everything tried   blank: not about it"


def sign(verdict: str) -> str:
    """One sign for a verdict.

    >>> sign("holds"), sign("fails"), sign("no gain above 0.1 found")
    ('+', '-', '?')
    """
    return {"holds": "+", "fails": "-"}.get(verdict, "?")


def matrix(frame: pd.DataFrame) -> str:
    """What an audit found, its notions in the order of the frame, as text that fits WIDTH columns."""
    notions = list(dict.fromkeys(frame["notion"]))
    heads = dict(zip(notions, ascii_letters, strict=False))
    room = WIDTH - 2 * len(notions)
    found: dict[str, dict[str, str]] = {}
    for line in frame.to_dict("records"):
        found.setdefault(str(line["mechanism"]), {})[heads[line["notion"]]] = sign(str(line["verdict"]))
    width = min(room, max(map(len, found)))
    lines = [f"{'':{width}} {' '.join(heads.values())}"]
    for name, signs in found.items():
        cells = " ".join(signs.get(head, " ") for head in heads.values())
        lines.append(f"{_cut(name, width):{width}} {cells}".rstrip())
    legend = [f"{head}  {notion.partition(' (')[0]}" for notion, head in heads.items()]
    return "\n".join([*lines, "", *_columns(legend), "", SIGNS])


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 1]}…"


def _columns(entries: Sequence[str]) -> Iterator[str]:
    """The entries in two columns."""
    half = (len(entries) + 1) // 2
    for left, right in zip(entries[:half], [*entries[half:], ""], strict=False):
        yield f"{left:40}{right}".rstrip()
