"""Sweeps read back: a frame with a row for each task, and what was planned."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.records.errors import RecordsError
from sim.records.manifest import NAME as MANIFEST
from sim.records.sweep_places import PLAN, failures_in, results_in

if TYPE_CHECKING:
    import pandas


MOST_TASKS = 1_000_000
"""Of one plan."""


def points_of(axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """The product of axes, the last one fastest.

    >>> points_of({"a": [1, 2], "b": ["x"]})
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'x'}]
    """
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def plan_hash(described: Mapping[str, Any]) -> str:
    """The SHA-256 of what a plan says, in hexadecimal.

    >>> plan_hash({"seeds": [0], "axes": []}) == plan_hash({"axes": [], "seeds": [0]})
    True
    """
    text = json.dumps(described, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Recorded:
    """What the folder of a sweep says of its plan.

    described
        What was planned; see `SweepPlan.described`.
    hash
        Recorded before the first task was run.
    changed
        Whether the plan that is there now has another hash.
    origin
        What made it: versions, and a digest of the code.
    manifest
        Status and times; empty if it is damaged.
    """

    described: dict[str, Any]
    hash: str
    changed: bool
    origin: dict[str, str]
    manifest: dict[str, Any]

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The values of the swept parameters."""
        return dict(self.described["axes"])

    @property
    def points(self) -> list[dict[str, Any]]:
        """The swept parameters at each point."""
        return points_of(self.axes)


def read_recorded(directory: str | Path) -> Recorded:
    """What the folder says of its plan; RecordsError if it is not the folder of a sweep."""
    path = Path(directory) / PLAN
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        described, recorded, origin = found["plan"], str(found["hash"]), dict(found["origin"])
        changed = plan_hash(described) != recorded
        for name, values in described["axes"]:
            str(name), list(values)
        seeds = len(list(described["seeds"]))
        described["measures"], described["versus"]
        if seeds * math.prod(len(values) for _, values in described["axes"]) > MOST_TASKS:
            raise ValueError(f"it has more than {MOST_TASKS:,} tasks")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RecordsError(f"{path} is not the plan of a sweep ({type(error).__name__})") from None
    manifest = _manifest(Path(directory))
    changed = changed or manifest.get("plan", recorded) != recorded
    return Recorded(described, recorded, changed, origin, manifest)


def _manifest(directory: Path) -> dict[str, Any]:
    try:
        found = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def index_of(directory: str | Path) -> pandas.DataFrame:
    """A row for each planned task: task, point, seed, its parameters as text, status, and error if it failed.

    `status` is "done", "failed" or "missing".
    """
    import pandas

    directory = Path(directory)
    recorded = read_recorded(directory)
    points, seeds = recorded.points, recorded.described["seeds"]
    done, failed = results_in(directory), failures_in(directory)
    rows = []
    for task, (point, seed) in enumerate((point, seed) for point in range(len(points)) for seed in seeds):
        status = "done" if task in done else "failed" if task in failed else "missing"
        error = _error(failed[task]) if status == "failed" else ""
        rows.append((task, point, seed, json.dumps(points[point]), status, error))
    return pandas.DataFrame(rows, columns=["task", "point", "seed", "parameters", "status", "error"])


def _error(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{path} cannot be read"


def read_row(path: Path) -> dict[str, Any]:
    """The row of a finished task; RecordsError if it cannot be read."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            (row,) = file.read().to_pylist()
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise RecordsError(f"{path} cannot be read ({error}); bazaar sweep --resume runs it again") from None
    return dict(row)


def frame_of(directory: str | Path) -> pandas.DataFrame:
    """A row for each planned task: task, point, seed, the swept parameters, status, and its figures.

    Figures are NaN where a task has not finished, or does not have them. Raises RecordsError.
    """
    import pandas

    directory = Path(directory)
    recorded, index = read_recorded(directory), index_of(directory)
    frame = index[["task", "point", "seed"]].copy()
    points = recorded.points
    for name in recorded.axes:
        frame[name] = [_cell(points[point][name]) for point in index["point"]]
    frame["status"] = index["status"]
    rows = [read_row(path) for path in results_in(directory).values()]
    figures = pandas.DataFrame(rows, columns=_columns(rows)).drop(columns="seed")
    return frame.merge(figures, on="task", how="left")


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    """All names in the order in which they first come; those of later points go to the end."""
    return list(dict.fromkeys(["task", "seed", *(name for row in rows for name in row)]))


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | str) else json.dumps(value)


def incomplete(frame: pandas.DataFrame) -> str:
    """How many tasks failed or are missing, in words; empty if none."""
    counts = frame["status"].value_counts()
    words = {"failed": "tasks failed", "missing": "tasks are missing"}
    return " and ".join(f"{counts[one]:,} {word}" for one, word in words.items() if counts.get(one, 0))
