"""Registry: the scenarios that the entry point names, found by name and read without being imported."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType

from mechanisms.names import nearest
from sim.runs.files import FileError, checked_file, import_file, names_file, read_tree


class UnknownScenarioError(ValueError):
    """There is no scenario of this name."""


@dataclass(frozen=True)
class ScenarioFile:
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


class Registry(Mapping[str, ScenarioFile]):
    """The scenarios by name, in the order of their names; `default` names the main one."""

    def __init__(self, entries: Iterable[ScenarioFile], default: str) -> None:
        self._entries = {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)}
        self.default = default

    def __getitem__(self, name: str) -> ScenarioFile:
        if name not in self._entries:
            raise UnknownScenarioError(f"there is no scenario {name!r}; {nearest(name, self._entries)}")
        return self._entries[name]

    def find(self, named: str) -> ScenarioFile:
        """The scenario of this name, or the one in the file of this path.

        Raises UnknownScenarioError for an unknown name, FileError for a file that cannot be used.
        """
        if not names_file(named):
            return self[named]
        path = checked_file(named)
        own = self._entries.get(path.stem)
        if own is None:
            return file_entry(path)
        if own.path.resolve() != path:
            raise FileError(f"{named} has the name of Bazaar's own scenario {path.stem}; rename the file")
        return own

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def file_entry(path: Path) -> ScenarioFile:
    """The scenario in a file; FileError, here or when it is loaded, if it is none."""
    read_tree(path)
    return ScenarioFile(path.stem, path, partial(_scenario_in, path))


def _scenario_in(path: Path) -> ModuleType:
    from sim.runs.scenario import Parameters  # heavy: only what runs a scenario needs it

    module = import_file(path)
    kind = getattr(module, "Parameters", None)
    lacks = []
    if not (isinstance(kind, type) and issubclass(kind, Parameters)):
        lacks.append("no class Parameters that derives from sim.Parameters")
    if not callable(getattr(module, "build", None)):
        lacks.append("no function build(parameters, seed, records)")
    if lacks:
        raise FileError(f"{path} is no scenario: it has {' and '.join(lacks)}")
    return module
