"""Whether bids tell values: formats that do not are refused, and what else is doubtful is said with counts.

Only where bidders go up to their values, in second-price and ascending auctions, is a bid a value.
First-price bids are below values by as much as rivals are feared, procurement bids are offers to sell, and
in a double auction the two are mixed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim.runs.bid_columns import Header, fold
from sim.runs.bid_files import BidsError, RawTable

FEW_AUCTIONS = 30
_HEAP = 1 / 3
_ENOUGH = 12
"""Bids from which on it tells something that a third of them are the same."""
_MOST = 0.8

WHY_NOT = {
    "first-price": "first-price bids lie below values",
    "all-pay": "all-pay bids lie below values",
    "descending": "in a descending auction only the winner bids, below her value",
    "fixed-price": "at a fixed price nobody says more than that she takes it",
    "procurement": "bids are offers to sell, and the lowest wins",
    "double": "bids to buy and offers to sell are mixed",
}
_WORDS = {
    "second-price": ("secondprice", "2ndprice", "vickrey"),
    "ascending": ("ascending", "english", "proxy", "open", "clock"),
    "first-price": ("firstprice", "1stprice", "payasbid", "payyourbid", "discriminat"),
    "all-pay": ("allpay",),
    "descending": ("dutch", "descending"),
    "fixed-price": ("buyitnow", "buynow", "fixedprice", "postedprice"),
    "procurement": ("procurement", "reverse", "tender", "lowest"),
    "double": ("double", "limitorder"),
}
_FORMAT_COLUMNS = ("format", "auctionformat", "auctiontype", "mechanism", "auctionrule",
                   "pricingrule", "type")
_SIDE_COLUMNS = ("side", "buysell", "ordertype", "direction", "ordside")
_BUYING, _SELLING = {"buy", "bid", "b", "buyer"}, {"sell", "ask", "s", "seller", "offer"}
_PROCUREMENT = ("contractor", "engineersestimate", "engineerestimate", "tender", "tenderid", "supplier",
                "procurement", "lowestbid")
_PRICES = ("price", "finalprice", "sellingprice", "closingprice", "winningprice", "hammerprice", "paid")
_WINNERS = ("winner", "won", "iswinner", "win")
_TIMES = ("time", "date", "hour", "second", "round")


def kind_of(word: str) -> str:
    """The format that a word means; an empty text for others.

    >>> kind_of("First-price sealed bid"), kind_of("english"), kind_of("xbox")
    ('first-price', 'ascending', '')
    """
    folded = fold(word)
    return next((kind for kind, words in reversed(_WORDS.items()) if any(w in folded for w in words)), "")


def format_column(header: Header, rows: Sequence[Sequence[str]]) -> int | None:
    """The column that says of which format each bid is, if there is one."""
    for place, name in enumerate(header.names):
        if fold(name) in _FORMAT_COLUMNS:
            words = {row[place] for row in rows if len(row) > place}
            if any(kind_of(word) for word in words):
                return place
    return None


@dataclass(frozen=True)
class Bids:
    """Bids that were read: places of columns, rows of the file, their auctions, bidders and amounts."""

    header: Header
    rows: list[list[str]]
    auctions: list[str]
    bidders: list[str]
    amounts: list[float]

    def column(self, names: Sequence[str]) -> list[str] | None:
        """The entries of the first column of one of these names."""
        for place, name in enumerate(self.header.names):
            if fold(name) in names:
                return [row[place] for row in self.rows]
        return None

    def highest(self) -> dict[str, dict[str, float]]:
        """The highest bid of each bidder in each auction."""
        found: dict[str, dict[str, float]] = {}
        for auction, bidder, amount in zip(self.auctions, self.bidders, self.amounts, strict=True):
            of_auction = found.setdefault(auction, {})
            of_auction[bidder] = max(amount, of_auction.get(bidder, 0.0))
        return found


def other_format(bids: Bids) -> tuple[str, str] | None:
    """The format that bids look like, and by what, if it is one that does not tell values; else None."""
    sides = bids.column(_SIDE_COLUMNS)
    said = {fold(side) for side in sides or ()}
    if said & _BUYING and said & _SELLING:
        return "double", "there are bids to buy and offers to sell"
    for name in bids.header.names:
        if fold(name) in _PROCUREMENT:
            return "procurement", f"there is a column {name!r}"
    if _lowest_wins(bids):
        return "procurement", "the winner's bid is the lowest in most auctions"
    if _winner_pays_her_bid(bids):
        return "first-price", "everybody bids once, at no time, and the price is the highest bid"
    return None


def refusal(table: RawTable, kind: str, evidence: str) -> BidsError:
    """The error for a log of a format that does not tell values."""
    return BidsError(
        f"{table.file} looks like a log of {kind} auctions: {evidence}; {WHY_NOT[kind]}, and values are "
        "estimated from second-price and ascending auctions only. If it is of these, say --bids-format "
        "second-price or ascending"
    )


def _lowest_wins(bids: Bids) -> bool:
    """Whether those marked as winners bid least."""
    marks = bids.column(_WINNERS)
    if marks is None:
        return False
    highest = bids.highest()
    won = [
        (highest[auction], amount)
        for auction, amount, mark in zip(bids.auctions, bids.amounts, marks, strict=True)
        if fold(mark) in ("1", "true", "yes", "y") and len(set(highest[auction].values())) > 1
    ]
    return bool(won) and sum(amount <= min(of.values()) for of, amount in won) >= _MOST * len(won)


def _winner_pays_her_bid(bids: Bids) -> bool:
    """Whether bids are sealed, one of each, and prices are the highest of them."""
    prices = bids.column(_PRICES)
    timed = any(word in fold(name) for name in bids.header.names for word in _TIMES)
    highest = bids.highest()
    if prices is None or timed or sum(map(len, highest.values())) < len(bids.amounts):
        return False
    told = dict(zip(bids.auctions, prices, strict=True))
    rivals = [auction for auction, of in highest.items() if len(set(of.values())) > 1]
    paid = sum(told[auction] in _written(max(highest[auction].values())) for auction in rivals)
    return bool(rivals) and paid >= _MOST * len(rivals)


def _written(amount: float) -> tuple[str, ...]:
    return f"{amount:g}", f"{amount:.2f}", f"{amount:.1f}", f"{amount:.0f}", repr(amount)


# --- what is doubtful -------------------------------------------------------------------------------

_ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")
_MASK = "**"


def doubts(bids: Bids) -> Iterator[str]:
    """Sentences on what makes the estimate doubtful, with counts; without a full stop."""
    yield from _doubtful_names(bids)
    number, times = Counter(bids.amounts).most_common(1)[0]
    if times >= _HEAP * len(bids.amounts) and len(bids.amounts) >= _ENOUGH:
        yield (f"{times:,} of {len(bids.amounts):,} bids are {number:g}: an opening bid, a fixed price or a "
               "placeholder rather than values?")
    highest = bids.highest()
    alone = sum(len(of) == 1 for of in highest.values())
    if alone == len(highest):
        yield (f"each of the {alone:,} auctions has one bidder only: if the losers' bids are missing, "
               "these are prices, not values")
    if len(highest) < FEW_AUCTIONS:
        some = "1 auction remains" if len(highest) == 1 else f"{len(highest)} auctions remain"
        yield f"{some}, fewer than {FEW_AUCTIONS}: the estimate is rough"


def _doubtful_names(bids: Bids) -> Iterator[str]:
    for kind, names in (("auctions", bids.auctions), ("bidders", bids.bidders)):
        rounded = sum(_ROUNDED.fullmatch(name) is not None for name in names)
        if rounded:
            yield (f"{rounded:,} bids have {kind} that look rounded, such as "
                   f"{next(name for name in names if _ROUNDED.fullmatch(name))}: different ones may be the "
                   "same here; export the column as text")
    masked = sum(_MASK in name for name in bids.bidders)
    if masked:
        such = next(name for name in bids.bidders if _MASK in name)
        yield (f"{masked:,} bids have masked bidders, such as {such}: different people may share a name, and "
               "then count as one")


def pooled(kinds: Sequence[str], name: str) -> Iterator[str]:
    """What to say if bids are on several kinds of goods."""
    counts = Counter(kinds)
    if len(counts) > 1:
        most = ", ".join(f"{kind} ({count:,})" for kind, count in counts.most_common(3))
        more = ", …" if len(counts) > 3 else ""
        yield (f"bids on {len(counts):,} different goods are pooled ({name}: {most}{more}); choose one by "
               "--bids-item")
