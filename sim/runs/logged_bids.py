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

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from mechanisms.names import counted
from sim.runs.bid_amounts import LARGEST_BID
from sim.runs.bid_checks import doubts, other_format, pooled, refusal
from sim.runs.bid_columns import find_column, find_columns, find_item
from sim.runs.bid_files import BidsError, read_table
from sim.runs.bid_rows import RowReader

__all__ = ["LARGEST_BID", "BidsError", "LoggedBids", "read_bids"]


@dataclass(frozen=True, eq=False)
class LoggedBids:
    """The highest bid of each bidder in each auction, in the order of their first bids.

    `auctions`, `bidders` (labels) and `highest` (money, above 0) have one shape (m,). `bids_read` counts
    the bids that were used; `left_out` the rows that were not, by reason. `warnings` are sentences on how the
    file was read and on what is doubtful about it.
    """

    source: str
    auctions: npt.NDArray[np.str_]
    bidders: npt.NDArray[np.str_]
    highest: npt.NDArray[np.float64]
    bids_read: int
    left_out: Mapping[str, int]
    warnings: tuple[str, ...] = ()

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
        kinds = {"auction": self.auctions_read, "bidder": self.bidders_read, "bid": self.bids_read}
        read = ", ".join(counted(number, what) for what, number in kinds.items())
        return f"{self.source}: {read}; rows left out: {_listed(self.left_out)}"


class _LeftOutError(Exception):
    """A row is left out for a reason; with a fault, it is an error unless bad rows are skipped."""

    def __init__(self, reason: str, fault: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.fault = fault


def read_bids(
    path: str | Path,
    *,
    auction: str = "auctionid",
    bidder: str = "bidder",
    bid: str = "bid",
    item: str | None = None,
    item_column: str = "item",
    where: Mapping[str, str] | None = None,
    decimal: str | None = None,
    format: str | None = None,
    skip_bad: bool = False,
) -> LoggedBids:
    """Return the logged bids of a file: text with separators, compressed or not, Excel, Stata, Parquet.

    auction, bidder, bid
        Names of the columns, whatever their case and signs, or their numbers from 1.
    item, item_column
        Read only rows that have this item in this column.
    where
        Read only rows that have these texts in these columns.
    decimal
        The decimal sign of bids, "." or ","; None finds out.
    format
        "second-price" or "ascending" says that the bids are of this format, whatever they look like.
    skip_bad
        Leave out bad rows, and count them.

    Rows without a bidder, an auction or a bid, bids of zero, and bids of formats that do not tell values are
    left out and counted. Bids that are text, NaN, negative or absurd (infinite or above 1e15), and rows with
    too many or too few fields, are errors unless bad rows are skipped.

    Raises BidsError if the file cannot be read, lacks a column, holds a bad row, is of a format that does not
    tell values, or has no bid to use.
    """
    table = read_table(path)
    header, places = find_columns(table, {"auction": auction, "bidder": bidder, "bid": bid})
    reader = RowReader(table, header, places, Counter())
    rows = reader.whole(table.rows[header.first:], table.lines[header.first:], skip_bad)
    for column, text in (where or {}).items():
        rows = reader.only(rows, find_column(table, header, column), text, f"another {column}")
    goods = find_item(table, header, item_column, item is not None)
    if item is not None and goods is not None:
        rows = reader.only(rows, goods, item, "another item")
    rows = reader.of_usable_format(rows) if format is None else rows
    bids = reader.bids(rows, decimal, skip_bad)
    if not bids.amounts:
        raise BidsError(f"{table.file} has no bid to use; rows left out: {_listed(reader.left_out)}")
    looks_like = other_format(bids) if format is None else None
    if looks_like is not None:
        raise refusal(table, *looks_like)
    many = () if goods is None else pooled([row[goods] for row in bids.rows], header.names[goods])
    highest = bids.highest()
    order = list(dict.fromkeys(zip(bids.auctions, bids.bidders, strict=True)))
    auctions, bidders = zip(*order, strict=True)
    return LoggedBids(
        str(table.file), np.array(auctions), np.array(bidders),
        np.array([highest[one][who] for one, who in order]), len(bids.amounts),
        MappingProxyType(dict(reader.left_out)), (*table.notes, *doubts(bids), *many),
    )


def _listed(left_out: Mapping[str, int]) -> str:
    """Return the counts of rows left out as text."""
    return ", ".join(f"{count} with {reason}" for reason, count in left_out.items()) or "none"
