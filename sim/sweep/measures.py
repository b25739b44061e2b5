"""The figures of one run: a row of plain numbers, by name.

A scenario's module may say itself what they are, with `measures(tables, parameters)`; otherwise they are
taken from the table of auctions, over all sellers and for each.
"""

from __future__ import annotations

import numbers
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sim.runs.report import SellerMeasures, market_measures, seller_measures

if TYPE_CHECKING:
    import pandas

    from sim.records import Records
    from sim.runs.scenario import Parameters

RESERVED = ("task", "point", "seed", "status")
"""Columns of a sweep's frame that stand beside the figures."""


class MeasuresError(ValueError):
    """A scenario's figures are no row of numbers."""


class FramesOnDemand(Mapping[str, "pandas.DataFrame"]):
    """The tables of records by name, each made into a frame when it is first asked for."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._frames: dict[str, pandas.DataFrame] = {}

    def __getitem__(self, table: str) -> pandas.DataFrame:
        if table not in self._frames:
            self._frames[table] = self._records.frame(table)
        return self._frames[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records.manifest.tables)

    def __len__(self) -> int:
        return len(self._records.manifest.tables)


def measures_of(scenario: Any, records: Records, parameters: Parameters) -> dict[str, float]:
    """The figures of a run that has ended; those of one seller are named `what: seller`.

    Raises MeasuresError if the scenario has no auctions and no `measures`, or if what `measures` returns
    is no mapping from names to numbers, or uses the name of a parameter or of another column.
    """
    tables = FramesOnDemand(records)
    own = getattr(scenario, "measures", None)
    if own is not None:
        return _checked(own(tables, parameters), {*RESERVED, *type(parameters).model_fields})
    if tables["auctions"].empty and not _has_sellers(tables):
        raise MeasuresError(
            "the scenario holds no auctions; give its module a function measures(tables, parameters) that "
            "returns numbers by name"
        )
    return auction_measures(tables)


def _has_sellers(tables: Mapping[str, pandas.DataFrame]) -> bool:
    return not tables["sellers"].empty


def _checked(found: Any, taken: Collection[str]) -> dict[str, float]:
    if not isinstance(found, Mapping) or not found:
        raise MeasuresError(f"measures returned {str(found)[:60]}; it must be numbers by name")
    for name, value in found.items():
        if not isinstance(name, str) or not name or name in taken:
            what = "it must be text, and no parameter's"
            raise MeasuresError(f"measures has the name {str(name)[:60]!r}; {what}")
        if not isinstance(value, numbers.Real) and not hasattr(value, "__float__"):
            raise MeasuresError(f"the measure {name!r} is {str(value)[:60]}; it must be a number")
    return {name: float(value) for name, value in found.items()}


def auction_measures(tables: Mapping[str, pandas.DataFrame]) -> dict[str, float]:
    """What the table of auctions tells of all sellers, and then of each.

    revenue, surplus
        Money an auction: what buyers pay less rewards, and what they keep of their values.
    sold, welfare
        Shares: of units offered, and of the best welfare possible among those who took part.
    auctions
        How many were finished.
    visits
        Of each seller: her share of all visits.
    """
    row = _row(market_measures(tables))
    for name, seller in _by_name(seller_measures(tables)).items():
        figures = {**_row(seller), "visits": float(seller.visit_share.mean)}
        row.update({f"{what}: {name}": figure for what, figure in figures.items()})
    return row


def _row(measures: SellerMeasures) -> dict[str, float]:
    return {
        "revenue": float(measures.revenue_per_auction.mean),
        "sold": float(measures.sale_rate.mean),
        "welfare": float(measures.welfare_share.mean),
        "surplus": float(measures.surplus_per_auction.mean),
        "auctions": float(measures.auctions),
    }


def _by_name(sellers: list[SellerMeasures]) -> dict[str, SellerMeasures]:
    """Sellers by name; the later of those with one name are told apart by their number."""
    named: dict[str, SellerMeasures] = {}
    for seller in sellers:
        named[f"{seller.name} {seller.seller_id}" if seller.name in named else seller.name] = seller
    return named


def is_headline(name: str) -> bool:
    """Whether a figure is of the whole run rather than of one seller.

    >>> is_headline("revenue"), is_headline("revenue: first price")
    (True, False)
    """
    return ": " not in name
