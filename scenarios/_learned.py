"""What the records say of learned play: its last figures, mixtures and gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.robust.zero_sum import ZeroSumGame

if TYPE_CHECKING:
    import pandas

Numbers = NDArray[np.float64]


def last_plays(tables: Mapping[str, pandas.DataFrame]) -> pandas.DataFrame:
    """The last look at each duel, by its seller's number."""
    newest = tables["plays"].sort_values("time").groupby("seller_id").tail(1)
    return newest.set_index("seller_id").sort_index()


def last_mixtures(
    tables: Mapping[str, pandas.DataFrame], seller: int, game: ZeroSumGame
) -> tuple[Numbers, Numbers]:
    """What seller and nature of one duel mix at the last look, (a,) and (b,)."""
    table = tables["mixtures"]
    own = table[table["seller_id"] == seller]
    last = own[own["time"] == own["time"].max()]
    found = []
    for side, size in zip(("seller", "nature"), game.payoffs.shape, strict=True):
        rows, mixture = last[last["side"] == side], np.zeros(size)
        mixture[rows["action"].to_numpy()] = rows["probability"].to_numpy()
        found.append(mixture)
    return found[0], found[1]


def gap_curves(tables: Mapping[str, pandas.DataFrame], names: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """Rounds and duality gaps over time, for each duel by name."""
    plays = tables["plays"].sort_values("time")
    each = {name: plays[plays["seller_id"] == number] for number, name in enumerate(names)}
    return {name: (rows["rounds"].to_numpy(), rows["gap"].to_numpy()) for name, rows in each.items()}


def play_lines(last: pandas.DataFrame, units: Mapping[str, float], what: str = "value") -> list[str]:
    """For each duel, its bounds on the value in a unit of payoffs; if that is negative they change sides."""
    lines = []
    for number, (name, unit) in enumerate(units.items()):
        row: Any = last.loc[number]
        low, high = sorted((row["guarantee"] * unit, row["hope"] * unit))
        rounds = int(row["rounds"])
        lines.append(f"Learned in {rounds:,} rounds, {name}: {what} between {low:.4f} and {high:.4f}.")
    return lines
