"""People: what each person has gained in a run, all her names and side payments counted, from the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sim.measures.surplus import surplus_of

if TYPE_CHECKING:
    import pandas


def payoffs_by_person(tables: Mapping[str, pandas.DataFrame]) -> pandas.DataFrame:
    """One row for each person, in the order of their numbers; money.

    surplus
        Values of what all her names got, as recorded for each, less what they paid to sellers.
    received, paid
        Side payments from and to others.
    payoff
        Surplus and received less paid.

    The side payments of all people sum to 0.
    """
    import numpy as np
    import pandas as pd

    agents = tables["agents"]
    persons = np.unique(agents["person_id"].to_numpy())
    trade = tables["transactions"]
    transfers = tables["transfers"]
    surplus = surplus_of(trade).groupby(trade["person_id"].to_numpy()).sum()
    received = transfers.groupby("to_person")["amount"].sum()
    paid = transfers.groupby("from_person")["amount"].sum()
    parts = {"surplus": surplus, "received": received, "paid": paid}
    frame = pd.DataFrame(
        {name: part.reindex(persons, fill_value=0.0).to_numpy(dtype=float) for name, part in parts.items()},
        index=pd.Index(persons, name="person_id"),
    )
    frame["payoff"] = frame["surplus"] + frame["received"] - frame["paid"]
    return frame
