"""Registry: the scenarios that the entry point hands down, found by name and read without being imported."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType


class UnknownScenarioError(ValueError):
    """There is no scenario of this name."""


@dataclass(frozen=True)
class Entry:
    """One scenario: its name, its file, and how to import it (see `sim.runs.scenario.Scenario`)."""

    name: str
    path: Path
    load: Callable[[], ModuleType]

    @cached_property
    def story(self) -> str:
        """The docstring of the file, which is read but not run."""
        return ast.get_docstring(ast.parse(self.path.read_text(encoding="utf-8"))) or ""

    @property
    def summary(self) -> str:
        """The first line of the story."""
        return self.story.partition("\n")[0]


class Registry(Mapping[str, Entry]):
    """The scenarios by name, in the order of their names; `default` names the main one."""

    def __init__(self, entries: Iterable[Entry], default: str) -> None:
        self._entries = {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)}
        self.default = default

    def __getitem__(self, name: str) -> Entry:
        if name not in self._entries:
            raise UnknownScenarioError(f"there is no scenario {name!r}; {nearest(name, self._entries)}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


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
