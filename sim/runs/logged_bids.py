"""Logged bids from a CSV file: the highest bid of each bidder in each auction, as samples of a prior.

**What the estimate assumes.** Values are private and independent across auctions of the same kind of
good; the format is second price, or ascending like it, so that a bidder goes up to her value before she
loses. Then her highest bid is her value.

**How it is biased.** The winner's value is censored: nobody makes her bid more than the price she pays.
Losers may stop early, or be overtaken before they come back: their highest bid is then below their
value. People whose value is below the price of the moment never bid, and an opening bid or reserve
truncates the sample from below. Somebody who takes part in several auctions counts in each of them.
The first two bias the values downwards, the next two upwards.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

LARGEST_BID = 1e9
_ALLOWED = f"a number from 0 to {LARGEST_BID:g}, with a decimal point"


class BidsError(ValueError):
    """A file of bids cannot be used; the message names the file, the line, the field and the value."""


@dataclass(frozen=True, eq=False)
class LoggedBids:
    """The highest bid of each bidder in each auction, in the order of their first bids.

    `auctions`, `bidders` (labels) and `highest` (money, above 0) have one shape (m,). `bids_read` counts
    the bids that were used; `left_out` the rows that were not, by reason.
    """

    source: str
    auctions: npt.NDArray[np.str_]
    bidders: npt.NDArray[np.str_]
    highest: npt.NDArray[np.float64]
    bids_read: int
    left_out: Mapping[str, int]

    @property
    def auctions_read(self) -> int:
        """How many auctions there are."""
        return len(set(self.auctions.tolist()))

    @property
    def bidders_read(self) -> int:
        """How many different bidders there are."""
        return len(set(self.bidders.tolist()))

    def prior(self) -> npt.NDArray[np.float64]:
        """Return the samples of the empirical prior, ascending, shape (m,), each of the same weight."""
        return np.sort(self.highest)

    def summary(self) -> str:
        """Return one line: what was read, and what was left out and why."""
        return (f"{self.source}: {self.auctions_read} auctions, {self.bidders_read} bidders, "
                f"{self.bids_read} bids; rows left out: {_listed(self.left_out)}")


class _LeftOutError(Exception):
    """A row is left out for a reason; with a fault, it is an error unless bad rows are skipped."""

    def __init__(self, reason: str, fault: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.fault = fault


def read_bids(path: str | Path, *, auction: str = "auctionid", bidder: str = "bidder", bid: str = "bid",
              item: str | None = None, item_column: str = "item", skip_bad: bool = False) -> LoggedBids:
    """Return the logged bids of a CSV file with a header.

    `auction`, `bidder` and `bid` are the names of the columns; with `item`, only rows that have this in
    `item_column` are read. Rows without a bidder, an auction or a bid, and bids of zero, are left out and
    counted. Bids that are text, NaN, negative or absurd (infinite or above 1e9), and rows with too many
    or too few fields, are errors; with `skip_bad` they are left out and counted too.

    Raises BidsError if the file is missing, a folder, empty, not UTF-8, without the columns, holds a bad
    row, or has no bid to use.
    """
    file = Path(path)
    left_out: Counter[str] = Counter()
    highest: dict[tuple[str, str], float] = {}
    used = 0
    lines = _lines(_decode(file), file)
    header = next(lines, (1, []))[1]
    columns = [auction, bidder, bid, *([] if item is None else [item_column])]
    places = [_find(column, header, file) for column in columns]
    for line, fields in lines:
        try:
            entry = _pick(fields, places, len(header))
            amount = _bid(entry, columns, item)
        except _LeftOutError as row:
            if row.fault and not skip_bad:
                raise BidsError(f"{file}, line {line}: {row.fault}") from None
            left_out[row.reason] += 1
            continue
        key = (entry[0], entry[1])
        highest[key] = max(amount, highest.get(key, 0.0))
        used += 1
    if not highest:
        raise BidsError(f"{file} has no bid to use; rows left out: {_listed(left_out)}")
    auctions, bidders = zip(*highest, strict=True)
    return LoggedBids(str(file), np.array(auctions), np.array(bidders), np.array(list(highest.values())),
                      used, MappingProxyType(dict(left_out)))


def _listed(left_out: Mapping[str, int]) -> str:
    """Return the counts of rows left out as text."""
    return ", ".join(f"{count} with {reason}" for reason, count in left_out.items()) or "none"


def _pick(fields: list[str], places: list[int], width: int) -> list[str]:
    """Return the auction, the bidder, the bid and, if items are told apart, the item of a row."""
    if len(fields) != width:
        raise _LeftOutError("a wrong number of fields",
                            f"{len(fields)} fields ({','.join(fields)[:60]!r}); the header has {width}")
    return [fields[place].strip() for place in places]


def _bid(entry: list[str], columns: list[str], item: str | None) -> float:
    """Return the bid of a row, above 0 and at most LARGEST_BID."""
    if item is not None and entry[3] != item:
        raise _LeftOutError("another item")
    for kind, field in zip(("auction", "bidder", "bid"), entry, strict=False):
        if not field:
            raise _LeftOutError(f"no {kind}")
    text = entry[2]
    amount, reason = _parse(text)
    if reason:
        raise _LeftOutError(reason, f"{columns[2]} is {text!r}, {reason}; it must be {_ALLOWED}")
    if amount == 0:
        raise _LeftOutError("a bid of zero")
    return amount


def _parse(text: str) -> tuple[float, str]:
    """Return a number and what is wrong with it, an empty string if nothing is."""
    try:
        amount = float(text.replace("_", "?"))      # 1_000 is a number in Python, not in a CSV file
    except ValueError:
        return math.nan, "text as the bid"
    if math.isnan(amount):
        return amount, "NaN as the bid"
    if amount < 0:
        return amount, "a negative bid"
    return amount, "an absurd bid" if amount > LARGEST_BID else ""


def _decode(file: Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise BidsError(f"{file} is not there; name a CSV file of bids") from None
    except IsADirectoryError:
        raise BidsError(f"{file} is a folder; name a CSV file of bids") from None
    except OSError as error:
        raise BidsError(f"{file} cannot be read ({error.strerror or error})") from None
    if not content.strip():
        raise BidsError(f"{file} is empty; it must be a CSV file with a header and a row for each bid")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:1000]:
        raise BidsError(f"{file} is encoded in UTF-16 or is not text; it must be UTF-8: "
                        f"iconv -f UTF-16 -t UTF-8 '{file}' > bids.csv")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BidsError(f"{file}, line {line}: byte {content[error.start]:#04x} is not UTF-8; "
                        f"if the file is in Latin-1: iconv -f LATIN1 -t UTF-8 '{file}' > bids.csv") from None


def _lines(text: str, file: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the fields of each row that is not blank, the header first."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                yield reader.line_num, fields
    except csv.Error as error:
        raise BidsError(f"{file}, line {reader.line_num}: not CSV ({error})") from None


def _find(column: str, header: list[str], file: Path) -> int:
    """Return the place of a column that must be there once."""
    names = [name.strip() for name in header]
    if names.count(column) == 1:
        return names.index(column)
    if column in names:
        raise BidsError(f"{file} has the column {column!r} {names.count(column)} times; "
                        "it must be there once")
    folded = {name.casefold(): name for name in names}
    nearest = [folded[name] for name in difflib.get_close_matches(column.casefold(), folded, n=3)]
    hint = f"; nearest: {', '.join(nearest)}" if nearest else ""
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        hint = "; fields must be separated by commas"
    raise BidsError(f"{file} has no column {column!r}; its columns are {', '.join(names)}{hint}")
