"""What happened in a run, as flat tables with documented columns: written here, read back as frames."""

from sim.records.buffer import TableBuffer
from sim.records.directories import fresh_directory, prepare_directory
from sim.records.errors import IncompleteRunWarning, OutputError, RecordsError
from sim.records.reading import RecordedRun, load, load_many
from sim.records.schema import SCHEMAS, Column, Table
from sim.records.writing import Records, write_csv

__all__ = [
    "SCHEMAS",
    "Column",
    "IncompleteRunWarning",
    "OutputError",
    "RecordedRun",
    "Records",
    "RecordsError",
    "Table",
    "TableBuffer",
    "fresh_directory",
    "load",
    "load_many",
    "prepare_directory",
    "write_csv",
]
