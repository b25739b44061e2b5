"""Where things are in the folder of a sweep.

```
plan.json                              what is run, its hash, and what made it; written first, never changed
manifest.json                          status and times of day
results/point=00003/task-0000042.parquet    a row of figures; together one partitioned Parquet data set
failures/task-0000017.json             seed and traceback of a task that failed
index.parquet                          a row for each task: its status, and its error if it failed
records/task-0000042/                  all records, on request
```
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

PLAN = "plan.json"
INDEX = "index.parquet"
_TASK = re.compile(r"task-(\d{7})\.(?:parquet|json)")


def result_path(folder: Path, point: int, task: int) -> Path:
    """Where the row of a task is."""
    return folder / "results" / f"point={point:05d}" / f"task-{task:07d}.parquet"


def failure_path(folder: Path, task: int) -> Path:
    """Where the failure of a task is."""
    return folder / "failures" / f"task-{task:07d}.json"


def records_path(folder: Path, task: int) -> Path:
    """Where the records of a task are, if they are kept."""
    return folder / "records" / f"task-{task:07d}"


def results_in(folder: Path) -> dict[int, Path]:
    """The files of finished tasks, by number."""
    return _numbered((folder / "results").glob("point=*/task-*.parquet"))


def failures_in(folder: Path) -> dict[int, Path]:
    """The files of failed tasks, by number."""
    return _numbered((folder / "failures").glob("task-*.json"))


def _numbered(paths: Iterable[Path]) -> dict[int, Path]:
    found = [(match, path) for path in paths if (match := _TASK.fullmatch(path.name))]
    return dict(sorted((int(match[1]), path) for match, path in found))


def is_sweep(folder: str | Path) -> bool:
    """Whether a folder is that of a sweep."""
    return (Path(folder) / PLAN).is_file()
