"""Files of bids as tables of text: separators, encodings, compressed files, Excel, Stata and Parquet.

What the columns mean is no matter here; see `sim.runs.bid_columns` and `sim.runs.logged_bids`.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.bounded import NotReadableError, content_of, in_short

if TYPE_CHECKING:
    import pandas

LARGEST_CONTENT = 2**28
"""Bytes of a file, uncompressed, that are read at most."""

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SNIFFED = 100
_OPENERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open,
}
_EXCEL = {".xlsx": "openpyxl", ".xlsm": "openpyxl", ".xls": "xlrd", ".xlsb": "pyxlsb", ".ods": "odfpy"}


MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 2_000_000, 10_000, 10_000_000
"""Of a table that is read: they bound the memory that it takes."""


class BidsError(ValueError):
    """A file of bids cannot be used; the message names the file, the line, the field and the value."""

    def __init__(self, fault: str) -> None:
        super().__init__(in_short(fault))


@dataclass
class RawTable:
    """The rows of a file as lists of text, without blank ones; what might be the header is among them.

    lines
        The number of each row in the file, from 1; of a row over several lines, its last.
    separator
        What stood between the fields; an empty text where the file has cells.
    notes
        What a reader of the results should know about the reading.
    """

    file: Path
    rows: list[list[str]]
    lines: list[int]
    separator: str = ""
    notes: list[str] = field(default_factory=list)
    cells: int = 0

    def add(self, line: int, fields: list[str]) -> None:
        """Append a row, unless it is blank; BidsError if the table becomes too large."""
        if any(fields):
            self.rows.append(fields)
            self.lines.append(line)
            self.cells += len(fields)
            check_size(self.file, len(self.rows), len(fields), self.cells)


def check_size(file: Path, rows: int, columns: int, cells: int) -> None:
    """Raise BidsError for a table that is too large."""
    sizes = ((rows, MOST_ROWS, "rows"), (columns, MOST_COLUMNS, "columns"), (cells, MOST_CELLS, "cells"))
    for size, most, what in sizes:
        if size > most:
            raise BidsError(f"{file} holds more than {most:,} {what}; keep only the rows and columns that "
                            "are needed")


def read_table(path: str | Path) -> RawTable:
    """Return the table in a file, of whichever kind it is.

    Raises BidsError if the file is missing, a folder, empty, too large, damaged, or of a kind that takes a
    library which is not there.
    """
    file = Path(path)
    content = _content(file)
    ending = file.suffix.lower()
    if ending in _EXCEL:
        return _cells(file, *_excel(file, content))
    if ending in (".dta", ".parquet"):
        return _cells(file, _columnar(file, content), [])
    content = _plain(file, content)
    if not content.strip():
        raise BidsError(f"{file} is empty; it must have a header and a row for each bid")
    text, notes = _decode(file, content)
    return _parse(file, text, notes)


# --- bytes ------------------------------------------------------------------------------------------


def _content(file: Path) -> bytes:
    """The bytes of a file that is there and not too large."""
    try:
        return content_of(file, LARGEST_CONTENT)
    except FileNotFoundError:
        raise BidsError(f"{file} is not there; name a file of bids") from None
    except NotReadableError as error:
        raise BidsError(f"{file} {error}; name a file of bids, with only the rows and columns that are "
                        "needed") from None
    except OSError as error:
        raise BidsError(f"{file} cannot be read ({error.strerror or error})") from None


def _too_large(file: Path) -> BidsError:
    return BidsError(f"{file} holds more than {LARGEST_CONTENT:,} bytes; keep only the rows and columns "
                     "that are needed")


def _plain(file: Path, content: bytes) -> bytes:
    """What a compressed file holds; other content as it is."""
    try:
        for magic, opener in _OPENERS.items():
            if content.startswith(magic):
                with opener(io.BytesIO(content)) as compressed:
                    return _at_most(file, compressed)
        if content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return _only_member(file, archive)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError) as error:
        raise BidsError(f"{file} is compressed and damaged ({error}); fetch it again") from None
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        raise BidsError(f"{file} is compressed by zstd; unpack it first: zstd -d '{file}'")
    return content


def _only_member(file: Path, archive: zipfile.ZipFile) -> bytes:
    """What stands in an archive of one file."""
    members = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
    if "xl/workbook.xml" in members:
        raise BidsError(f"{file} is an Excel file; give it the ending .xlsx")
    if len(members) != 1:
        listed = ", ".join(members[:5])
        raise BidsError(f"{file} holds {len(members)} files ({listed}); unpack it, and name one")
    with archive.open(members[0]) as member:
        return _at_most(file, member)


def _at_most(file: Path, stream: Any) -> bytes:
    content: bytes = stream.read(LARGEST_CONTENT + 1)
    if len(content) > LARGEST_CONTENT:
        raise _too_large(file)
    return content


# --- cells ------------------------------------------------------------------------------------------


def _excel(file: Path, content: bytes) -> tuple[pandas.DataFrame, list[str]]:
    """The first sheet with something in it."""
    import pandas

    _refuse_bomb(file, content)
    try:
        sheets = pandas.read_excel(io.BytesIO(content), sheet_name=None, header=None, dtype=object)
    except ImportError:
        needed = _EXCEL[file.suffix.lower()]
        raise BidsError(f"{file} is a spreadsheet, and the library that reads it is not installed: "
                        f"pip install {needed}; or save it as CSV") from None
    except Exception as error:  # noqa: BLE001 — each engine has errors of its own
        raise BidsError(f"{file} cannot be read as a spreadsheet ({error})") from None
    filled = {name: sheet for name, sheet in sheets.items() if sheet.size}
    if not filled:
        raise BidsError(f"{file} is empty; it must have a header and a row for each bid")
    name, sheet = next(iter(filled.items()))
    others = f"of the sheets {', '.join(map(str, filled))} only {name} is read"
    return sheet, [others] if len(filled) > 1 else []


def _refuse_bomb(file: Path, content: bytes) -> None:
    """BidsError for an archive that would hold too much, once unpacked."""
    if not content.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST_CONTENT:
                raise _too_large(file)
    except zipfile.BadZipFile:
        return    # its reader says so


def _columnar(file: Path, content: bytes) -> pandas.DataFrame:
    """A Stata or Parquet file, its names as the first row."""
    import pandas

    read = pandas.read_stata if file.suffix.lower() == ".dta" else pandas.read_parquet
    try:
        if read is pandas.read_parquet:
            import pyarrow.parquet

            held = pyarrow.parquet.read_metadata(io.BytesIO(content))
            check_size(file, held.num_rows, held.num_columns, held.num_rows * held.num_columns)
        found = read(io.BytesIO(content))
    except BidsError:
        raise
    except Exception as error:  # noqa: BLE001 — damaged files raise many errors
        raise BidsError(f"{file} cannot be read ({type(error).__name__}: {error})") from None
    names = pandas.DataFrame([list(map(str, found.columns))])
    return pandas.concat([names, found.astype(object).set_axis(range(found.shape[1]), axis=1)],
                         ignore_index=True)


def _cells(file: Path, found: pandas.DataFrame, notes: list[str]) -> RawTable:
    """A table of cells as one of text."""
    table = RawTable(file, [], [], notes=notes)
    for line, cells in enumerate(found.itertuples(index=False), 1):
        table.add(line, [_cell_text(cell) for cell in cells])
    return table


def _cell_text(cell: Any) -> str:
    """A cell in words, whole numbers without a decimal point."""
    if cell is None or cell != cell:    # NaN
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return repr(float(cell)) if isinstance(cell, float) else str(cell).strip()


# --- text -------------------------------------------------------------------------------------------


def _decode(file: Path, content: bytes) -> tuple[str, list[str]]:
    """The text, in UTF-8 or UTF-16, or else in Windows-1252, which is noted."""
    marks = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    start = content[:1000]
    encoding = next((name for mark, name in marks.items() if content.startswith(mark)), "")
    if not encoding and b"\0" in start:
        encoding = "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
    try:
        text = content.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        if encoding:
            raise BidsError(f"{file} is not text ({error.reason}); it must be a table of bids") from None
        line = content.count(b"\n", 0, error.start) + 1
        text = content.decode("cp1252", errors="replace")
        return text, [f"line {line} is not UTF-8; the file is read as Windows-1252"]
    if "\0" in text:
        raise BidsError(f"{file} is not text; it must be a table of bids")
    return text, []


def separator_of(text: str) -> str:
    """What stands between fields: as often in as many of the first lines as possible; else a comma.

    >>> separator_of("lot;who;bid\\n1;ann;12,50\\n1;bob;13,00\\n")
    ';'
    """
    lines = [re.sub(r'"[^"]*"', "", line) for line in text[:200_000].splitlines()[:_SNIFFED] if line.strip()]

    def alike(separator: str) -> tuple[int, int]:
        counts = Counter(count for line in lines if (count := line.count(separator)))
        often, rows = counts.most_common(1)[0] if counts else (0, 0)
        return rows, often

    return max(SEPARATORS, key=alike)


def _parse(file: Path, text: str, notes: list[str]) -> RawTable:
    """The rows of a text. Fields may be of any length; the limit of `csv` is put back."""
    separator = separator_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    table = RawTable(file, [], [], separator, notes)
    limit = csv.field_size_limit(LARGEST_CONTENT)
    try:
        for fields in reader:
            table.add(reader.line_num, [each.strip() for each in fields])
    except csv.Error as error:
        raise BidsError(f"{file}, line {reader.line_num}: fields and quotes do not fit ({error})") from None
    finally:
        csv.field_size_limit(limit)
    return table
