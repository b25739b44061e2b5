"""Looks: one auction of a market as the records hold it, and which auction is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from mechanisms.conversation import Mechanism
    from sim.page.scene import Scene
    from sim.records import Records

MOST_ROWS = {"auctions": 2_000, "messages": 40_000, "transactions": 4_000, "vectors": 30_000}
"""So many rows of each table, the last ones, are searched for an auction."""

_READ: WeakKeyDictionary[Records, dict[str, tuple[int, pandas.DataFrame]]] = WeakKeyDictionary()
"""What was read last of each table, and when it had how many rows."""


@dataclass(frozen=True)
class PastAuction:
    """An auction that is over.

    Attributes
    ----------
    auction
        Its row: number, seller, opened, closed, revenue and so on.
    seller
        Her name.
    mechanism
        What she runs.
    tables
        Its rows of `auctions`, `messages`, `transactions` and `vectors`.
    strategies
        The name of each buyer's strategy, by the buyer's number.
    """

    auction: Any
    seller: str
    mechanism: Mechanism
    tables: Mapping[str, pandas.DataFrame]
    strategies: Mapping[int, str]

    @property
    def number(self) -> int:
        """Of the auction."""
        return int(self.auction.auction)

    @property
    def messages(self) -> pandas.DataFrame:
        """Its messages."""
        return self.tables["messages"]

    @property
    def sales(self) -> pandas.DataFrame:
        """Its transactions."""
        return self.tables["transactions"]

    @property
    def buyers(self) -> list[int]:
        """Those who were asked, as they were asked first."""
        return [int(buyer) for buyer in self.messages["bidder_id"].drop_duplicates()]

    @property
    def vectors(self) -> dict[tuple[int, int], NDArray[Any]]:
        """Answers of several numbers, by the number of the question and the bidder."""
        entries = self.tables["vectors"]
        grouped: Any = entries.groupby(["question_number", "bidder_id"])["number"] if len(entries) else ()
        return {(number, bidder): numbers.to_numpy() for (number, bidder), numbers in grouped}


def look_at(scene: Scene, auction: int) -> PastAuction | None:
    """The auction of this number; None if it is not over, or its messages are no longer at hand."""
    held = _rows(scene, "auctions", auction)
    messages = _rows(scene, "messages", auction)
    if not len(held) or held["status"].iloc[0] == "unfinished" or not len(messages):
        return None
    if int(messages["question_number"].iloc[0]):  # the first ones are gone
        return None
    row: Any = next(held.itertuples())
    tables = {"auctions": held, "messages": messages}
    tables |= {name: _rows(scene, name, auction) for name in ("transactions", "vectors")}
    number = int(row.seller_id)
    people = messages["bidder_id"].unique()
    strategies = {int(who): scene.strategies[scene.strategy_of[who]] for who in people}
    mechanism = scene.market.sellers[number].plan.mechanism
    return PastAuction(row, scene.sellers[number], mechanism, tables, strategies)


def _rows(scene: Scene, table: str, auction: int) -> pandas.DataFrame:
    rows = recent(scene, table)
    return rows[rows["auction"] == auction]


def recent(scene: Scene, table: str) -> pandas.DataFrame:
    """The last rows of a table of the records, not to be changed; read once, however often asked for."""
    records = scene.market.records
    kept, length = _READ.setdefault(records, {}), len(records[table])
    if table not in kept or kept[table][0] != length:
        kept[table] = (length, records.recent(table, max(0, length - MOST_ROWS[table])))
    return kept[table][1]


def auctions_of(scene: Scene, seller: int) -> list[int]:
    """Numbers of a seller's auctions that can be looked at, the last one last."""
    held = recent(scene, "auctions")
    own = held[(held["seller_id"] == seller) & (held["status"] != "unfinished") & (held["bidders"] > 0)]
    known = np.isin(own["auction"].to_numpy(), recent(scene, "messages")["auction"].to_numpy())
    return own.loc[known, "auction"].astype(int).tolist()


def in_turn(scene: Scene) -> int | None:
    """The auction to look at where nobody has chosen one: the sellers' last ones, seller by seller.

    Of sellers none of whose auctions can be looked at none is; None where there is nothing at all yet.
    """
    held, sellers = recent(scene, "auctions"), len(scene.sellers)
    ended = held[(held["status"] != "unfinished") & (held["bidders"] > 0)]
    ended = ended[ended["auction"].isin(recent(scene, "messages")["auction"].unique())]
    crowded = ended[ended["bidders"] > 1]
    last = (crowded if len(crowded) else ended).groupby("seller_id")["auction"].last()
    if not len(last):
        return None
    turn = (last.index.to_numpy() - scene.looks) % sellers
    return int(last.iloc[int(turn.argmin())])


def stepped(numbers: list[int], now: int, steps: int) -> int:
    """The auction so many steps on from this one, within the list; the last one if it is not in it.

    >>> stepped([3, 9, 15], 9, 1), stepped([3, 9, 15], 15, 1), stepped([3, 9], 4, -1)
    (15, 15, 3)
    """
    place = numbers.index(now) if now in numbers else len(numbers) - 1
    return numbers[min(max(place + steps, 0), len(numbers) - 1)]
