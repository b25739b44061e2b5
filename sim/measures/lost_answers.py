"""Lost answers: at which sellers theory's figures stand, because every answer that was sent was heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas


def sellers_who_missed_answers(tables: Mapping[str, pandas.DataFrame]) -> set[int]:
    """The sellers at whom an answer came too late, or was refused, in any auction on record."""
    messages, auctions = tables["messages"], tables["auctions"]
    lost = messages.loc[messages["status"].isin(["late", "refused"]), "auction"].unique()
    return set(auctions.loc[auctions["auction"].isin(lost), "seller_id"].tolist())
