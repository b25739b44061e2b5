"""The manifest beside a run's records: which scenario, parameters, seed and versions made them.

Times of day stand here and nowhere else, so that the tables of the same seed are equal byte for byte.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

NAME = "manifest.json"
LARGEST = 2**26
"""Bytes of a manifest that are read at most."""
LAYOUT = 2
"""Which tables and columns there are; changes where what reads the records must."""
STATES = ("running", "complete", "interrupted", "failed")
_KINDS = {"scenario": str, "parameters": dict, "status": str, "tables": dict}
_COUNTS = ("parts", "rows")
_LIBRARIES = ("bazaar-auctions", "numpy", "scipy", "pandas", "pyarrow", "simpy", "mesa", "networkx")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries on which a run's bytes depend."""
    return dict(_versions())


@cache
def _versions() -> dict[str, str]:
    """The same, looked up once in a process, which takes longer than a short run."""
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            found[library] = "not installed"
    return found


def cpu_features() -> str:
    """Return the machine and the SIMD features that NumPy found: its exp and log depend on them."""
    import numpy as np

    found = np.show_config(mode="dicts")
    simd = found.get("SIMD Extensions", {}) if isinstance(found, dict) else {}
    return " ".join([platform.machine(), *simd.get("baseline", []), *simd.get("found", [])])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class Manifest:
    """What made a run's records. `parameters` must be plain data that JSON can hold.

    `status` is one of "running", "complete", "interrupted", "failed"; `tables` holds the schemas and
    `parts` how many files each table has, and `rows` how many of its rows belong together with those of the
    others: all of them, unless the run was killed. The records fill them in. `notes` are sentences for the
    reader of the summary, such as what was read from a file of bids. `timings` are the seconds that
    computations took, by name: they differ from run to run, and so have no place in the tables.
    """

    scenario: str
    parameters: Mapping[str, Any]
    seed: int
    notes: list[str] = field(default_factory=list)
    status: str = "running"
    started: str = field(default_factory=_now)
    finished: str | None = None
    versions: dict[str, str] = field(default_factory=versions)
    cpu: str = field(default_factory=cpu_features)
    tables: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    layout: int = LAYOUT

    def write(self, directory: str | Path) -> None:
        """Write `manifest.json` into the folder, at once or not at all. Raises TypeError if not plain."""
        text = json.dumps(asdict(self), indent=2)
        target = Path(directory) / NAME
        draft = target.with_suffix(".json.tmp")
        draft.write_text(text + "\n", encoding="utf-8")
        os.replace(draft, target)

    def finish(self, status: str) -> None:
        """Note the end of the run and its time. Raises ValueError for a status that is no end."""
        if status not in STATES[1:]:
            raise ValueError(f"status is {status!r}; it must be one of {', '.join(STATES[1:])}")
        self.status = status
        self.finished = _now()


def read(directory: str | Path) -> dict[str, Any]:
    """Return the manifest of a run's folder as plain data.

    Raises FileNotFoundError if there is none, ValueError if it is not the manifest of a run.
    """
    path = Path(directory) / NAME
    size = path.stat().st_size
    if not path.is_file():
        raise ValueError(f"{path} is no file")
    if size > LARGEST:
        raise ValueError(f"{path} holds more than {LARGEST:,} bytes")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply") from None
    if not isinstance(found, dict) or any(
        not isinstance(found.get(key), kind) for key, kind in _KINDS.items()
    ):
        raise ValueError(f"{path} is not the manifest of a run")
    if found["status"] not in STATES:
        raise ValueError(f"status is {str(found['status'])[:60]!r}")
    for name in _COUNTS:
        counts = found.get(name, {})
        if not isinstance(counts, dict) or not all(type(n) is int and n >= 0 for n in counts.values()):
            raise ValueError(f"{name} are no counts")
    return found
