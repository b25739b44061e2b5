"""Records read back: the parts of each table as one pandas frame, and whether the run ended."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.bounded import in_short
from sim.records import manifest
from sim.records.errors import IncompleteRunWarning, RecordsError
from sim.records.messages import as_read, with_answers
from sim.records.schema import Table, dictionary, restore
from sim.records.sweep_places import is_sweep
from sim.records.sweep_reading import frame_of, incomplete

if TYPE_CHECKING:
    import pandas
    import pyarrow


def part_path(directory: Path, table: str, number: int) -> Path:
    """Return where part `number` of a table is."""
    return directory / table / f"part-{number:05d}.parquet"


def count_parts(directory: Path, table: str) -> int:
    """Return how many parts of a table are there, without a gap."""
    number = 0
    while part_path(directory, table, number).exists():
        number += 1
    return number


def read_parts(
    directory: Path, schema: Table, count: int, rows: int | None = None
) -> list[pyarrow.Table]:
    """Return the first `count` parts of a table, no more than `rows` rows.

    Raises RecordsError if one cannot be read, or is damaged: pages have checksums.
    """
    parts: list[pyarrow.Table] = []
    for number in range(count):
        path = part_path(directory, schema.name, number)
        left = None if rows is None else max(0, rows - sum(part.num_rows for part in parts))
        try:
            parts.append(_read_part(path, schema).slice(0, left))
        except Exception as error:  # damaged files raise many errors
            raise RecordsError(f"{path} cannot be read ({in_short(repr(error), 500)})") from error
    return parts


def _read_part(path: Path, schema: Table) -> pyarrow.Table:
    """The rows of one part; raises if it is damaged or of another table."""
    import pyarrow.parquet

    if not path.is_file():
        raise ValueError("it is no file")
    with pyarrow.parquet.ParquetFile(path, page_checksum_verification=True) as file:
        part = file.read()
    part.validate(full=True)
    if tuple(part.column_names) != schema.names:
        raise ValueError(f"its columns are {', '.join(part.column_names)}")
    for column, kind in zip(schema.columns, part.schema.types, strict=True):
        wanted = "dictionary<values=string" if column.is_category else _ARROW.get(column.dtype, column.dtype)
        if not str(kind).startswith(wanted):
            raise ValueError(f"its column {column.name} is of type {kind}")
    return part


_ARROW = {"float64": "double", "float32": "float"}


def frame(schema: Table, parts: Sequence[pyarrow.Table]) -> pandas.DataFrame:
    """Return the parts, in order, as one frame: numbers and categories, no object columns."""
    import numpy as np
    import pandas
    import pyarrow

    parts = [part for part in parts if part.num_rows]
    if not parts:
        empty = {column.name: pandas.Categorical([], pandas.Index([], dtype="str")) if column.is_category
                 else np.empty(0, column.storage) for column in schema.columns}
        return pandas.DataFrame(empty)
    whole = pyarrow.concat_tables(parts).unify_dictionaries().to_pandas()
    for column in schema.columns:
        if column.is_category:
            whole[column.name] = whole[column.name].cat.remove_unused_categories()
    return whole


class RecordedRun(Mapping[str, "pandas.DataFrame"]):
    """The tables of a recorded run by name; a table is read when it is first asked for.

    `manifest` says what made them, `complete` whether the run ended as planned, and `message` why not.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        self.manifest = _manifest(self.directory)
        self._schemas = {table.name: table for table in _schemas(self.directory, self.manifest)}
        self._parts = {name: count_parts(self.directory, name) for name in self._schemas}
        self._killed = self.manifest["status"] == "running"
        self._rows: dict[str, int] = self.manifest.get("rows", {})
        self._frames: dict[str, pandas.DataFrame] = {}
        self.message = self._what_is_missing()
        self.complete = not self.message

    def __getitem__(self, table: str) -> pandas.DataFrame:
        if table not in self._schemas:
            raise KeyError(f"no table {table!r} in {self.directory}; there are {', '.join(self._schemas)}")
        if table not in self._frames:
            self._frames[table] = with_answers(self._schemas[table], self._stored(table), self._stored)
        return self._frames[table]

    def _stored(self, table: str) -> pandas.DataFrame:
        return self._of_auctions_there(table, self._on_disk(table))

    def _on_disk(self, table: str) -> pandas.DataFrame:
        schema, rows = self._schemas[table], self._rows.get(table)
        parts = read_parts(self.directory, schema, self._parts[table], rows)
        try:
            return frame(schema, parts)
        except Exception as error:  # damaged files raise many errors
            fault = in_short(repr(error), 500)
            raise RecordsError(f"{table} of {self.directory} cannot be read ({fault})") from error

    def _of_auctions_there(self, table: str, rows: pandas.DataFrame) -> pandas.DataFrame:
        """The rows without those of auctions that were under way when the run was killed."""
        if not self._killed or table == "auctions" or "auction" not in rows or "auctions" not in self:
            return rows
        known = rows["auction"].isin(self._on_disk("auctions")["auction"]) | (rows["auction"] < 0)
        return rows[known].reset_index(drop=True)

    def __iter__(self) -> Iterator[str]:
        return iter(self._schemas)

    def __len__(self) -> int:
        return len(self._schemas)

    def describe(self) -> pandas.DataFrame:
        """Return the data dictionary: each column of each table, with its unit and meaning."""
        return dictionary([as_read(table) for table in self._schemas.values()])

    def __repr__(self) -> str:
        return f"RecordedRun({str(self.directory)!r}, {self.message or 'complete'})"

    def _what_is_missing(self) -> str:
        """Return why the run is incomplete, or an empty string."""
        status = self.manifest["status"]
        if status == "running":
            return (f"the run in {self.directory} is incomplete: it is still running or was killed; what was "
                    "written since all tables were last brought up to date is left out")
        if status != "complete":
            return f"the run in {self.directory} is incomplete: it was {status} before its end"
        expected = self.manifest.get("parts", {})
        lost = [name for name, count in expected.items() if self._parts.get(name, 0) < count]
        if lost:
            return f"the run in {self.directory} is incomplete: parts of {', '.join(lost)} are gone"
        return ""


def _manifest(directory: Path) -> dict[str, Any]:
    """Return a folder's manifest. Raises RecordsError if it is not the folder of a run."""
    if not directory.is_dir():
        raise RecordsError(f"{directory} is not a folder; name the folder of a run")
    try:
        found = manifest.read(directory)
    except OSError as error:
        raise RecordsError(f"{directory} holds no records: {manifest.NAME} cannot be read "
                           f"({error.strerror}); name the folder of a run") from error
    except ValueError as error:
        fault = in_short(str(error), 500)
        raise RecordsError(f"{directory} holds no records: {manifest.NAME} is damaged ({fault})") from error
    layout = found.get("layout", 1)
    if layout != manifest.LAYOUT:
        raise RecordsError(
            f"{directory} holds records of layout {layout}, but this version of Bazaar reads layout "
            f"{manifest.LAYOUT}: run {found['scenario']} again with the parameters and seed in "
            f"{manifest.NAME}, or read the Parquet files themselves (CHANGELOG.md says what moved)")
    return found


def _schemas(directory: Path, found: dict[str, Any]) -> tuple[Table, ...]:
    """Return the schemas of a manifest's tables. Raises RecordsError if they are no schemas."""
    try:
        for name in found["tables"]:
            if not name.isidentifier():    # it names a folder
                raise ValueError(f"a table is called {name[:60]!r}")
        return restore(found["tables"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        fault = f"its tables are not described ({type(error).__name__}: {error})"
        raise RecordsError(f"{directory} holds no records: {manifest.NAME} is damaged ({fault})") from error


def load(directory: str | Path) -> Any:
    """Return the tables of a run, a mapping from table name to frame; of a sweep's folder, its one frame.

    Warns with IncompleteRunWarning if the run was killed, interrupted or failed, or tasks of the sweep failed
    or are missing; what was written is there. Raises RecordsError for a folder of something else.
    """
    if is_sweep(directory):
        rows = frame_of(directory)
        if lacking := incomplete(rows):
            said = f"the sweep in {directory} is incomplete: {lacking}"
            warnings.warn(said, IncompleteRunWarning, stacklevel=2)
        return rows
    run = RecordedRun(directory)
    if not run.complete:
        warnings.warn(run.message, IncompleteRunWarning, stacklevel=2)
    return run


def _run_in(directory: Path) -> RecordedRun:
    """The run of a folder, not of a sweep's."""
    if is_sweep(directory):
        raise RecordsError(f"{directory} is the folder of a sweep; load gives its frame")
    run: RecordedRun = load(directory)
    return run


def load_many(directories: Iterable[str | Path]) -> dict[str, pandas.DataFrame]:
    """Return the tables of several runs, one below the other, with what made each row in columns.

    The columns are `run`, the folder; `scenario`; `seed`; and each parameter of any of the runs, as
    `set_NAME` where a column or another of these has its name. Parameters that are no number, text or truth
    value stand as text. Numbers such as `auction` begin anew in each run: join on `run` too. Warns with
    IncompleteRunWarning like `load`.

    Raises ValueError if there are no folders or one twice, RecordsError as `load` does.
    """
    import pandas

    folders = [Path(directory) for directory in directories]
    if not folders or len(set(folders)) < len(folders):
        named = ", ".join(map(str, folders)) or "none"
        raise ValueError(f"directories are {named}; there must be at least one, and each only once")
    runs = [_run_in(folder) for folder in folders]
    settings = pandas.DataFrame([_settings(run) for run in runs])
    names = dict.fromkeys(name for run in runs for name in run)
    return {
        name: pandas.concat(
            [_with_settings(run[name], settings, number) for number, run in enumerate(runs) if name in run],
            ignore_index=True,
        )
        for name in names
    }


def _settings(run: RecordedRun) -> dict[str, Any]:
    """What made a run, as plain values."""
    made = {"run": str(run.directory), "scenario": run.manifest["scenario"], "seed": run.manifest.get("seed")}
    for name, value in run.manifest["parameters"].items():
        plain = value is None or isinstance(value, bool | int | float | str)
        made[f"set_{name}" if name in made else name] = value if plain else json.dumps(value)
    return made


def _with_settings(rows: pandas.DataFrame, settings: pandas.DataFrame, number: int) -> pandas.DataFrame:
    """The rows of one run, with its settings behind."""
    import pandas

    own = {f"set_{name}" if name in rows else name: settings[name].iloc[[number] * len(rows)].array
           for name in settings}
    return pandas.concat([rows.reset_index(drop=True), pandas.DataFrame(own)], axis=1)
