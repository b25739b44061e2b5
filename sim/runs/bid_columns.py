"""Which columns of a file of bids hold what: by name, by a usual name, by number; and where the header is."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from sim.runs.bid_files import SEPARATORS, BidsError, RawTable

USUAL = {
    "auction": ("auctionid", "auction", "auctionno", "auctionnumber", "lotid", "lot", "lotnumber",
                "listingid"),
    "bidder": ("bidder", "bidderid", "biddername", "buyer", "buyerid", "user", "userid", "username"),
    "bid": ("bid", "bidamount", "amount", "bidvalue", "bidprice", "offer"),
    "item": ("item", "itemname", "product", "productname", "model"),
}
"""Usual names of columns, in small letters and without signs, the default one first."""

_HEADER_ROWS = 20
_COMPARED, _LONGEST = 1_000, 100    # names, and their characters, in which a nearest one is looked for


@dataclass(frozen=True)
class Header:
    """The names of the columns, and the number of the first row below them."""

    names: list[str]
    first: int

    def place(self, name: str) -> int | None:
        """Where a column is that has this name, whatever its case and signs; None unless it is one column."""
        for alike in (str.strip, fold):
            places = [k for k, each in enumerate(self.names) if alike(each) == alike(name)]
            if places:
                return places[0] if len(places) == 1 else None
        return None

    def usual(self, kind: str) -> list[int]:
        """The columns that have a usual name of this kind."""
        return [k for k, name in enumerate(self.names) if fold(name) in USUAL[kind]]


def fold(name: str) -> str:
    """A name in small letters, without signs and spaces.

    >>> fold("Auction ID"), fold("auction_id")
    ('auctionid', 'auctionid')
    """
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def find_columns(table: RawTable, wanted: dict[str, str]) -> tuple[Header, dict[str, int]]:
    """Return the header and where the columns are; `wanted` names one for each kind: auction, bidder, bid.

    A column is found by its name, by its name but for case and signs, by its number from 1, or, where the
    default name is asked for, by a usual one. Lines above the header are passed over. Raises BidsError, which
    says what is missing.
    """
    faults: list[str] = []
    for first, names in enumerate(table.rows[:_HEADER_ROWS]):
        header = Header(names, first + 1)
        places, missing = _places(header, wanted)
        if not missing:
            if first:
                table.notes.append(f"{first} lines above the header are passed over")
            return _without_header(table, header, places, wanted), places
        faults = faults or missing
    if not table.rows:
        raise BidsError(f"{table.file} is empty; it must have a header and a row for each bid")
    raise BidsError(_what_is_missing(table, faults))


def find_column(table: RawTable, header: Header, name: str) -> int:
    """Where a column is that rows are chosen by; BidsError if there is none."""
    place = header.place(name)
    if place is None:
        hint = _nearest(name, header.names)
        raise BidsError(f"{table.file} has no column {name!r} to choose rows by{hint}; its columns are "
                        f"{_shown(header.names)}")
    return place


def find_item(table: RawTable, header: Header, name: str, needed: bool) -> int | None:
    """Where the column of goods is, by its name or, for the default, a usual one; BidsError if needed."""
    usual = header.usual("item") if name == USUAL["item"][0] else []
    if header.place(name) is None and len(usual) == 1:
        return usual[0]
    return find_column(table, header, name) if needed else header.place(name)


def _places(header: Header, wanted: dict[str, str]) -> tuple[dict[str, int], list[str]]:
    """Where the columns are, and what is wrong with those that are not found."""
    places, faults = {}, []
    for kind, name in wanted.items():
        place = header.place(name)
        usual = header.usual(kind) if kind in USUAL and name == USUAL[kind][0] else []
        if place is None and name.isascii() and name.isdigit() and 0 < int(name) <= len(header.names):
            place = int(name) - 1
        if place is None and len(usual) == 1:
            place = usual[0]
        if place is None:
            faults.append(_fault(header, kind, name, usual))
        else:
            places[kind] = place
    return places, faults


def _fault(header: Header, kind: str, name: str, usual: Sequence[int]) -> str:
    """Why a column was not found."""
    times = sum(fold(each) == fold(name) for each in header.names)
    if times > 1:
        return f"has the column {name!r} {times} times; it must be there once"
    if len(usual) > 1:
        several = " and ".join(repr(header.names[k]) for k in usual)
        return f"has {several} for the {kind}; say which"
    return f"has no column {name!r} for the {kind}{_nearest(name, header.names)}"


def _nearest(name: str, names: Sequence[str]) -> str:
    folded = {fold(each): each for each in names[:_COMPARED] if len(each) <= _LONGEST}
    nearest = [folded[each] for each in difflib.get_close_matches(fold(name)[:_LONGEST], folded, n=3)]
    return f" (nearest: {', '.join(nearest)})" if nearest else ""


def _what_is_missing(table: RawTable, faults: Sequence[str]) -> str:
    """The faults of the first row as a header, with advice that fits their cause."""
    names = table.rows[0]
    said = f"{table.file} {'; it '.join(faults)}; "
    if any(_is_number(name) for name in names):
        return (f"{table.file} has no header: its first line is {_shown(names)}; name the columns by their "
                "numbers: --bids-columns auctionid=1,bidder=2,bid=3")
    if len(names) == 1:
        known = ", ".join(SEPARATORS.values())
        return f"{said}it has one column, {names[0]!r}; between fields must be one of {known}"
    wide = [name for name in names if fold(name).startswith("bid") and fold(name)[3:].isdigit()]
    if len(wide) > 1:
        return (f"{said}its columns are {_shown(names)}, and it seems to have a row for each auction; put "
                "each bid in a row of its own (pandas.wide_to_long)")
    return f"{said}its columns are {_shown(names)}; name them by --bids-columns auctionid=…,bidder=…,bid=…"


def _shown(names: Sequence[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= 200 else text[:200] + " …"


def _without_header(
    table: RawTable, header: Header, places: dict[str, int], wanted: dict[str, str]
) -> Header:
    """Where columns are named by number, the first row may hold bids already."""
    by_number = all(header.place(wanted[kind]) is None and wanted[kind].isdigit() for kind in places)
    if by_number and _is_number(header.names[places["bid"]]):
        table.notes.append("there is no header; the columns are taken by number")
        return Header([str(k) for k in range(1, len(header.names) + 1)], header.first - 1)
    return header


def _is_number(text: str) -> bool:
    """Whether a field of a first line is no name of a column."""
    digits = sum(sign.isdigit() for sign in text)
    return digits > 0 and digits >= len(text.strip("$€£ ")) / 2
