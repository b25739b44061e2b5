"""Surplus: what each transaction brought to who took part in it, from the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas


def surplus_of(transactions: pandas.DataFrame) -> pandas.Series[float]:
    """Of each transaction: her value of what she got, less what she paid; NaN where the value is unknown.

    A payment that goes with no good counts for itself.
    """
    worth = (transactions["value"] * transactions["quantity"]).where(transactions["quantity"] != 0, 0.0)
    return worth - transactions["payment"]
