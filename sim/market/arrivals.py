"""Arrivals: when wants arise, as a Poisson process for each buyer or from a trace file."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.nature import PairDraws
from sim.bounded import NotReadableError, content_of, in_short

LARGEST_TRACE = 2**27
"""Bytes of a trace that are read at most."""
MOST_ARRIVALS = 2_000_000


class TraceError(ValueError):
    """A trace of arrivals that cannot be used."""

    def __init__(self, fault: str) -> None:
        super().__init__(in_short(fault))


@dataclass(frozen=True, eq=False)
class Trace:
    """Logged arrivals: times in ascending order, shape (arrivals,), and the buyer who arrives, same shape."""

    times: NDArray[np.float64]
    buyers: NDArray[np.intp]

    @classmethod
    def read(cls, path: str | Path, buyers: int) -> Trace:
        """Read a CSV with the columns `time` and `buyer`, the buyer a number from 0 to `buyers` − 1.

        Raises TraceError naming the file, the line, the field, the value and what is allowed.
        """
        try:
            text = content_of(Path(path), LARGEST_TRACE).decode("utf-8-sig")
            reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
            columns = list(reader.fieldnames or ())
            if columns.count("time") != 1 or columns.count("buyer") != 1:
                there = ", ".join(columns) or "none"
                raise TraceError(f"{path}: needs the columns time and buyer, each once, has {there}")
            rows = []
            for row in reader:
                rows.append(_arrival(path, reader.line_num, row, buyers))
                if len(rows) > MOST_ARRIVALS:
                    raise TraceError(f"{path}: holds more than {MOST_ARRIVALS:,} arrivals")
        except NotReadableError as error:
            raise TraceError(f"trace is {str(path)!r}: cannot be read (it {error})") from error
        except OSError as error:
            raise TraceError(f"trace is {str(path)!r}: cannot be read ({error.strerror or error})") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise TraceError(f"{path}: cannot be read as a UTF-8 CSV file ({error})") from error
        if not rows:
            raise TraceError(f"{path}: holds no arrivals")
        rows.sort()
        times, who = zip(*rows, strict=True)
        return cls(np.array(times), np.array(who, dtype=np.intp))


def _arrival(path: str | Path, line: int, row: dict[str, str], buyers: int) -> tuple[float, int]:
    if None in row:
        raise TraceError(f"{path}, line {line}: has more fields than the header has columns")
    try:
        time = float(row["time"])
    except (TypeError, ValueError):
        time = math.nan
    if not (math.isfinite(time) and time >= 0):
        given = row["time"]
        raise TraceError(f"{path}, line {line}: time must be finite and at least 0, got {given!r}")
    who = (row["buyer"] or "").strip()
    digits = who.lstrip("0") or who[-1:]
    if not (who.isascii() and who.isdigit() and len(digits) < 19 and int(digits) < buyers):
        given = row["buyer"]
        shown = given if given is None else given[:60]
        raise TraceError(f"{path}, line {line}: buyer must be a number from 0 to {buyers - 1}, got {shown!r}")
    return time, int(digits)


class PoissonWants:
    """Each buyer's wants arise after exponential times, counted from when she was last free.

    `rate` is the number of wants a unit of time, above 0: one for all, or shape (buyers,).
    """

    def __init__(self, rate: float | NDArray[np.float64], draws: PairDraws, buyers: int) -> None:
        self._mean_time = 1.0 / np.broadcast_to(np.asarray(rate, dtype=float), (buyers,))
        self._draws = draws

    def next_times(self, buyers: NDArray[np.intp], now: float) -> NDArray[np.float64]:
        """When the next want of each of distinct buyers arises, shape (m,)."""
        return now - self._mean_time[buyers] * np.log1p(-self._draws.take(buyers)[0])
