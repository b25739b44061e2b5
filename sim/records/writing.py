"""The records of a run: tables in memory, streamed for long runs to closed Parquet parts.

A part is written under another name and renamed into place, and when one table has a full part all tables
write what they have. Then the manifest says how many rows of each belong together: those up to the last mark,
which whoever writes sets when no auction is half written (`Records.mark`). So a run that is killed loses what
came after that, in all tables alike.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.records.buffer import TableBuffer
from sim.records.errors import OutputError
from sim.records.manifest import Manifest
from sim.records.messages import with_answers
from sim.records.reading import frame, part_path, read_parts
from sim.records.schema import SCHEMAS, Table, describe

if TYPE_CHECKING:
    import pandas
    import pyarrow


class Records:
    """The tables of a run.

    With a `directory` (see `prepare_directory`), a table's rows are written as a closed part before
    they are more than `part_rows`, and freed; without, all stay in memory. `manifest` says what made
    them and is written beside them. A scenario's own tables are given in `tables`. Raises ValueError if
    part_rows is below 1 or two tables have one name.
    """

    def __init__(self, directory: str | Path | None = None, part_rows: int = 100_000,
                 tables: Sequence[Table] = SCHEMAS, manifest: Manifest | None = None) -> None:
        if part_rows < 1:
            raise ValueError(f"part_rows is {part_rows}; it must be at least 1")
        names = [table.name for table in tables]
        if len(set(names)) < len(names):
            raise ValueError(f"tables are {', '.join(names)}; each name must be there only once")
        self.directory = None if directory is None else Path(directory)
        self.manifest = Manifest("", {}, 0) if manifest is None else manifest
        self.manifest.tables = describe(tables)
        self.manifest.parts = dict.fromkeys(names, 0)
        self.manifest.rows = dict.fromkeys(names, 0)
        self._marked: dict[str, int] = {}
        self._part_rows = part_rows
        self._tables = {table.name: self._buffer(table) for table in tables}
        self._write_manifest()

    def add(self, table: Table) -> None:
        """Add a scenario's own table to an open run. Raises ValueError if there is one of its name."""
        if table.name in self._tables:
            raise ValueError(f"there is a table {table.name!r} already; each name must be there only once")
        self._tables[table.name] = self._buffer(table)
        self.manifest.tables |= describe([table])
        self.manifest.parts[table.name] = self.manifest.rows[table.name] = 0
        self._write_manifest()

    def _buffer(self, table: Table) -> TableBuffer:
        return TableBuffer(table, self._part_rows, None if self.directory is None else self._write_parts)

    def __getitem__(self, table: str) -> TableBuffer:
        """Return the handle of a table, for appending without looking it up each time."""
        try:
            return self._tables[table]
        except KeyError:
            raise KeyError(f"no table {table!r}; there are {', '.join(self._tables)}") from None

    def __contains__(self, table: object) -> bool:
        return table in self._tables

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the tables hold now."""
        return sum(buffer.nbytes for buffer in self._tables.values())

    def append(self, table: str, **columns: Any) -> None:
        """Append rows to a table by name; see `TableBuffer.append`."""
        self[table].append(**columns)

    def frame(self, table: str) -> pandas.DataFrame:
        """Return one table as a frame, its rows in the order written, from disk and memory."""
        return with_answers(self[table].schema, self._stored(table), self._stored)

    def _stored(self, table: str) -> pandas.DataFrame:
        buffer = self[table]
        return frame(buffer.schema, [*self._parts_on_disk(table), buffer.in_memory()])

    def recent(self, table: str, row: int) -> pandas.DataFrame:
        """Return the rows of one table from number `row` on, as far as they are still in memory."""
        buffer = self[table]
        return with_answers(buffer.schema, frame(buffer.schema, [buffer.since(row)]), self._at_hand)

    def _at_hand(self, table: str) -> pandas.DataFrame:
        """What belongs to messages in memory: their prices are there too, the kinds of questions all."""
        if table == "questions":
            return self._stored(table)
        buffer = self[table]
        return frame(buffer.schema, [buffer.in_memory()])

    def frames(self) -> dict[str, pandas.DataFrame]:
        """Return each table as a frame; see `frame`."""
        return {name: self.frame(name) for name in self._tables}

    def write_csv(self, directory: str | Path) -> None:
        """Write each table as `<table>.csv` into the folder, which is made if it is not there."""
        write_csv(self.frames(), directory)

    def mark(self) -> None:
        """Note that the rows of all tables belong together now."""
        if self.directory is not None:
            self._marked = self._counts()

    def _counts(self) -> dict[str, int]:
        return {name: len(buffer) for name, buffer in self._tables.items()}

    def close(self, status: str = "complete") -> None:
        """Write what is left and the manifest's final state; closing again does nothing.

        `status` is "complete", "interrupted" or "failed"; it is "failed" too if not all can be written, which
        raises OutputError. Rows appended later raise ValueError.
        """
        if self.manifest.status != "running":
            return
        self.manifest.finish(status)
        try:
            for buffer in self._tables.values():
                buffer.seal()
                if self.directory is not None:
                    self._write_part(buffer)
        except OutputError:
            self.manifest.finish("failed")
            raise
        else:
            self.manifest.rows = self._counts()
        finally:
            self._write_manifest()

    def _parts_on_disk(self, table: str) -> list[pyarrow.Table]:
        return [] if self.directory is None else read_parts(
            self.directory, self[table].schema, self.manifest.parts[table])

    def _write_parts(self, full: TableBuffer) -> None:
        """A part is full: write what every table has, so that a kill costs all tables the same time."""
        for buffer in self._tables.values():
            if buffer is not full:
                buffer.cut()
            self._write_part(buffer)
        self.manifest.rows = {**self._counts(), **self._marked}
        self._write_manifest()

    def _write_part(self, buffer: TableBuffer) -> None:
        """Write the closed rows of a table as its next part, and free them."""
        rows = buffer.closed()
        if self.directory is None or not rows.num_rows:
            return
        import pyarrow.parquet

        table = buffer.schema.name
        target = part_path(self.directory, table, self.manifest.parts[table])
        draft = target.with_name(target.name + ".tmp")
        try:
            target.parent.mkdir(exist_ok=True)
            how = {"compression": "zstd", "write_page_checksum": True, **encodings(buffer.schema)}
            pyarrow.parquet.write_table(rows, draft, **how)
            os.replace(draft, target)
        except OSError as error:
            _remove(draft)    # a full disk has room for the manifest then
            raise OutputError(f"{target} cannot be written ({error}); free some space, "
                              "or name a folder in which you may write") from error
        self.manifest.parts[table] += 1
        buffer.drop_closed()

    def _write_manifest(self) -> None:
        if self.directory is None:
            return
        try:
            self.manifest.write(self.directory)
        except OSError as error:
            raise OutputError(f"the manifest cannot be written to {self.directory} ({error}); "
                              "name a folder in which you may write") from error


def _remove(draft: Path) -> None:
    with suppress(OSError):
        draft.unlink(missing_ok=True)


def encodings(table: Table) -> dict[str, Any]:
    """How Parquet encodes each column: no dictionaries of floats, and times as streams of bytes.

    Amounts hardly ever come again, so that a dictionary of them is given up on the way. Times rise slowly:
    their first bytes are alike, and compress well if they stand together.
    """
    floats = [column for column in table.columns if column.dtype.startswith("float")]
    times = {column.name: "BYTE_STREAM_SPLIT" for column in floats if column.unit == "time"}
    whole = [column.name for column in table.columns if column not in floats]
    return {"use_dictionary": whole, "column_encoding": times or None}


def write_csv(frames: Mapping[str, pandas.DataFrame], directory: str | Path) -> None:
    """Write each frame as `<table>.csv` into the folder, which is made if it is not there.

    Raises OutputError if the folder cannot be written.
    """
    folder = Path(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in frames.items():
            rows.to_csv(folder / f"{name}.csv", index=False)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({error}); "
                          "name a folder in which you may write") from error
