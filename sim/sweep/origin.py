"""Origin: what made a sweep's figures: the versions of the libraries, and the code that was run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from sim.records.manifest import versions
from sim.runs.registry import ScenarioFile
from sim.sweep.plan import SweepPlan

_HOUSE = Path(__file__).resolve().parents[2]
_FLOORS = ("mechanisms", "agents", "sim")
_LONGEST_PATH = 1000


class OriginError(ValueError):
    """A task would be run by other code, or other versions, than the rest of its sweep."""


def origin_of(entry: ScenarioFile) -> dict[str, str]:
    """The versions on which figures depend, and a digest of Bazaar's code and the scenario's.

    Of a scenario in a package all files of the package count, of any other its own file alone.
    """
    return {**versions(), "code": _digest(entry)}


def files_of(plan: SweepPlan) -> dict[str, str]:
    """Digests of the files that the plan's parameters name, such as logged bids, by how they are named."""
    values = [*plan.settings.values(), *(value for axis in plan.axes.values() for value in axis)]
    named = [value["file"] if isinstance(value, dict) and "file" in value else value for value in values]
    return {
        f"file {name}": hashlib.sha256(Path(name).read_bytes()).hexdigest()
        for name in named
        if isinstance(name, str) and len(name) < _LONGEST_PATH and Path(name).is_file()
    }


def _digest(entry: ScenarioFile) -> str:
    digest = hashlib.sha256()
    for path in _sources(entry):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources(entry: ScenarioFile) -> Iterator[Path]:
    for floor in _FLOORS:
        yield from sorted((_HOUSE / floor).rglob("*.py"))
    package = (entry.path.parent / "__init__.py").is_file()
    yield from sorted(entry.path.parent.glob("*.py")) if package else [entry.path]


def differences(one: Mapping[str, object], other: Mapping[str, object]) -> str:
    """In words, what two origins or plans have that is not the same: name, what it was, what it is.

    >>> differences({"numpy": "2.1", "code": "a"}, {"numpy": "2.2", "code": "a"})
    'numpy: 2.1 there, 2.2 here'
    """
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return "; ".join(f"{name}: {_short(one, name)} there, {_short(other, name)} here" for name in names)


def _short(told: Mapping[str, object], name: str) -> str:
    text = str(told.get(name, "not told"))
    return text if len(text) <= 60 else f"{text[:24]}…"
