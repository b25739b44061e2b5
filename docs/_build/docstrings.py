"""Docstrings as the site shows them: examples as blocks of code, names and what they mean as lists of terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import griffe

_NAMES = re.compile(r"[a-z_]\w*(?:, [a-z_]\w*)*")
"""A line of names alone: what is indented below it tells what they mean."""


def marked_up(text: str) -> str:
    """The text with examples between fences, and with terms; sections under dashes are left as they are."""
    lines = text.splitlines()
    in_sections = any("----" in line for line in lines)
    return "\n".join(_with_fences(lines if in_sections else list(_with_terms(lines))))


def _with_fences(lines: list[str]) -> Iterator[str]:
    inside = False
    for line in lines:
        starts, ends = not inside and line.lstrip().startswith(">>> "), inside and not line.strip()
        if starts:
            yield "```pycon"
        if ends:
            yield "```"
        inside = (inside or starts) and not ends
        yield line if inside or "`" in line else line.replace("][", "]\\[")  # x[i][j] is no link
    if inside:
        yield "```"


def _with_terms(lines: list[str]) -> Iterator[str]:
    term = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if _NAMES.fullmatch(line) and following.startswith("    "):
            term = True
            yield from ("", ", ".join(f"`{name}`" for name in line.split(", ")))
        else:
            yield f":   {line[4:]}" if term else line
            term = False


class Marked(griffe.Extension):
    """Marks up every docstring before it is parsed."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for everything that has a docstring."""
        if obj.docstring is not None:
            obj.docstring.value = marked_up(obj.docstring.value)
