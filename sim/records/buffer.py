"""One table in memory: rows appended to preallocated columns, in chunks that are closed when full."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.records.schema import Column, Table

if TYPE_CHECKING:
    import pyarrow

_CHUNK_ROWS = 8192
_FULL_ENOUGH = 0.9   # a chunk closed with more room than this leaves unused is cut to size


class Labels:
    """The labels of a category column; a label's code is its place in the list, which only grows."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._capacity = int(np.iinfo(column.storage).max) + 1
        self._codes: dict[str, int] = {}
        for label in column.labels:
            self.code(label)

    def code(self, label: str) -> int:
        """Return the label's code, a new one if the label is new.

        Raises TypeError if the label is not a string, ValueError if there are too many labels.
        """
        code = self._codes.get(label)
        if code is not None:
            return code
        if not isinstance(label, str):
            raise TypeError(f"label of {self._column.name} is {label!r}; it must be a string")
        if len(self._codes) == self._capacity:
            raise ValueError(f"{self._column.name} got the label {label!r}, but {self._column.codes} codes "
                             f"allow only {self._capacity} labels")
        self._codes[label] = len(self._codes)
        return self._codes[label]

    def __len__(self) -> int:
        return len(self._codes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)


def _require_range(where: str, entries: npt.NDArray[Any], low: int, high: int) -> None:
    """Raise ValueError if an entry is below `low` or above `high`."""
    if entries.size and (entries.min() < low or entries.max() > high):
        raise ValueError(f"{where} runs from {entries.min()} to {entries.max()}; "
                         f"it must lie in {low} ... {high}")


class TableBuffer:
    """The rows of one table, held in columns.

    `row` and `extend` are the hot path: values by position in the order of the schema, categories as
    codes from `code`. They convert as NumPy assignment does and check nothing else. `append` takes
    names, labels and scalars, and checks them.

    A chunk is closed when it is full: how many rows come at once makes no difference. `on_part`, if given,
    is called with this buffer when another chunk would make more than `part_rows` rows; it is to write and
    `drop_closed` them.
    """

    def __init__(self, schema: Table, part_rows: int,
                 on_part: Callable[[TableBuffer], None] | None = None) -> None:
        self.schema = schema
        self._part_rows = part_rows
        self._chunk_rows = min(_CHUNK_ROWS, part_rows)
        self._on_part = on_part
        self._labels = {column.name: Labels(column) for column in schema.columns if column.is_category}
        self._closed: list[list[npt.NDArray[Any]]] = []
        self._closed_rows = 0
        self._dropped_rows = 0
        self._sealed = False
        self._columns: list[npt.NDArray[Any]] = [np.empty(0, column.storage) for column in schema.columns]
        self._capacity = 0
        self._filled = 0

    def __len__(self) -> int:
        """Return the number of rows appended so far, those already on disk among them."""
        return self._dropped_rows + self._closed_rows + self._filled

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the columns hold now, used or not."""
        closed = sum((column if column.base is None else column.base).nbytes
                     for chunk in self._closed for column in chunk)
        return closed + sum(column.nbytes for column in self._columns)

    def code(self, column: str, label: str) -> int:
        """Return the code of a label of a category column; raises KeyError if there is no such column."""
        return self._labels[column].code(label)

    def row(self, *values: Any) -> None:
        """Append one row of scalars, one for each column in order, categories as codes."""
        at = self._filled
        if at >= self._capacity:
            self._open_chunk()
            at = 0
        for column, value in zip(self._columns, values, strict=True):
            column[at] = value
        self._filled = at + 1

    def extend(self, values: Sequence[Any], rows: int) -> None:
        """Append `rows` rows: for each column in order an array of shape (rows,) or a scalar."""
        start = self._filled
        stop = start + rows
        if stop > self._capacity:
            self._extend_in_parts(values, rows)
            return
        block = slice(start, stop)
        for column, value in zip(self._columns, values, strict=True):
            column[block] = value
        self._filled = stop

    def _extend_in_parts(self, values: Sequence[Any], rows: int) -> None:
        """The same, chunk by chunk."""
        done = 0
        while done < rows:
            if self._filled == self._capacity:
                self._open_chunk()
            part = slice(done, min(rows, done + self._capacity - self._filled))
            some = [value[part] if np.size(value) > 1 else value for value in values]
            self.extend(some, part.stop - part.start)
            done = part.stop

    def append(self, **columns: Any) -> None:
        """Append rows by name: arrays of one shape (rows,), and scalars, which stand for every row.

        Without arrays it is one row. Categories are labels (or a sequence of labels), or codes. Raises
        ValueError for missing or unknown columns, unequal lengths and numbers out of the column's range,
        TypeError for values that are not of the column's kind.
        """
        if columns.keys() != set(self.schema.names):
            missing = [name for name in self.schema.names if name not in columns]
            unknown = [name for name in columns if name not in self.schema.names]
            raise ValueError(f"{self.schema.name} has the columns {', '.join(self.schema.names)}; "
                             f"missing: {', '.join(missing) or 'none'}, "
                             f"unknown: {', '.join(unknown) or 'none'}")
        arrays = [self._checked(column, columns[column.name]) for column in self.schema.columns]
        lengths = {len(array) for array in arrays if array.ndim}
        if len(lengths) > 1:
            raise ValueError(f"columns of {self.schema.name} have lengths {sorted(lengths)}; "
                             "arrays must have one length")
        self.extend(arrays, lengths.pop() if lengths else 1)

    def _checked(self, column: Column, value: Any) -> npt.NDArray[Any]:
        """Return the value as an array that fits the column, of shape () or (rows,)."""
        where = f"{column.name} of {self.schema.name}"
        if column.is_category:
            if isinstance(value, str):
                value = self.code(column.name, value)
            elif not isinstance(value, np.ndarray | int | np.integer):
                value = np.array([self.code(column.name, label) for label in value], column.storage)
        array = np.asarray(value)
        if array.ndim > 1:
            raise ValueError(f"{where} has shape {array.shape}; it must be a scalar or one-dimensional")
        both_whole = array.dtype.kind in "iu" and column.storage.kind in "iu"
        if array.dtype.kind not in "biuf" or not (
                both_whole or np.can_cast(array.dtype, column.storage, "same_kind")):
            raise TypeError(f"{where} has dtype {array.dtype}; it must fit {column.storage}")
        if both_whole:
            info = np.iinfo(column.storage)
            _require_range(where, array, int(info.min), int(info.max))
        if column.is_category:
            _require_range(where, array, 0, len(self._labels[column.name]) - 1)
        return array

    def _open_chunk(self) -> None:
        """Close the chunk at hand, hand on a full part, and make a new chunk."""
        self._close_chunk()
        if self._on_part is not None and self._closed_rows + self._chunk_rows > self._part_rows:
            self._on_part(self)
        self._capacity = self._chunk_rows
        self._columns = [np.empty(self._capacity, column.storage) for column in self.schema.columns]

    def _close_chunk(self) -> None:
        if self._sealed:
            raise ValueError(f"{self.schema.name} is closed; no rows can be appended")
        if self._filled:
            filled = [column[:self._filled] for column in self._columns]
            mostly_full = self._filled > _FULL_ENOUGH * self._capacity
            self._closed.append(filled if mostly_full else [column.copy() for column in filled])
            self._closed_rows += self._filled
        self._columns = [np.empty(0, column.storage) for column in self.schema.columns]
        self._capacity = self._filled = 0

    def cut(self) -> None:
        """Close the chunk at hand, however full."""
        self._close_chunk()

    def seal(self) -> None:
        """Close the last chunk; rows appended later raise ValueError."""
        if not self._sealed:
            self._close_chunk()
            self._sealed = True

    def drop_closed(self) -> None:
        """Forget the closed chunks, which are on disk now."""
        self._dropped_rows += self._closed_rows
        self._closed_rows = 0
        self._closed = []

    def closed(self) -> pyarrow.Table:
        """Return the rows of the closed chunks as an Arrow table."""
        return self._arrow(self._closed)

    def in_memory(self) -> pyarrow.Table:
        """Return the rows that are in memory as an Arrow table."""
        return self._arrow([*self._closed, [column[:self._filled] for column in self._columns]])

    def since(self, row: int) -> pyarrow.Table:
        """Return the rows from number `row` on, those already on disk left out, as an Arrow table."""
        skip = row - self._dropped_rows
        late = []
        for chunk in [*self._closed, [column[:self._filled] for column in self._columns]]:
            late.append([column[max(0, skip):] for column in chunk])
            skip -= len(chunk[0])
        return self._arrow([chunk for chunk in late if len(chunk[0])])

    def _arrow(self, chunks: list[list[npt.NDArray[Any]]]) -> pyarrow.Table:
        """Return chunks as one Arrow table, categories as dictionaries of strings."""
        import pyarrow

        arrays = {}
        for place, column in enumerate(self.schema.columns):
            entries = np.concatenate([np.empty(0, column.storage), *(chunk[place] for chunk in chunks)])
            if column.is_category:
                labels = self._labels[column.name]
                _require_range(f"{column.name} of {self.schema.name}", entries, 0, len(labels) - 1)
                arrays[column.name] = pyarrow.DictionaryArray.from_arrays(
                    entries.astype(np.int32), pyarrow.array(labels, pyarrow.string()))
            else:
                arrays[column.name] = pyarrow.array(entries)
        return pyarrow.table(arrays)
