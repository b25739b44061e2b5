"""Keeping: the last rows of a table for each seller, so that no busy seller pushes out the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray


def ranks_from_the_end(sellers: NDArray[Any]) -> NDArray[np.intp]:
    """How many later rows the seller of each row has, shape (rows,).

    >>> ranks_from_the_end(np.array([0, 1, 0, 0])).tolist()
    [2, 0, 1, 0]
    """
    order = np.argsort(sellers, kind="stable")
    ends = np.searchsorted(sellers[order], sellers[order], side="right")
    ranks = np.empty(len(sellers), dtype=np.intp)
    ranks[order] = ends - 1 - np.arange(len(sellers))
    return ranks


def last_of_each(rows: pandas.DataFrame, sellers: NDArray[Any], most: int) -> pandas.DataFrame:
    """The last `most` rows of each seller, in their order; `sellers` has shape (rows,)."""
    if len(rows) <= most:
        return rows
    return _those(rows, ranks_from_the_end(sellers) < most)


def conversations(
    messages: pandas.DataFrame, ended: NDArray[Any], most: int, longest: int
) -> pandas.DataFrame:
    """The last `most` messages of each seller, and all of her auctions from number `ended` on.

    `ended` has shape (sellers,). An auction of more than `longest` messages is cut at its beginning.
    """
    auctions = messages["auction"].to_numpy()
    sellers = auctions % len(ended)
    ranks = ranks_from_the_end(sellers)
    return _those(messages, (ranks < most) | ((ranks < longest) & (auctions >= ended[sellers])))


def _those(rows: pandas.DataFrame, kept: NDArray[np.bool_]) -> pandas.DataFrame:
    return rows if kept.all() else rows[kept].reset_index(drop=True)


def joined(old: pandas.DataFrame, new: pandas.DataFrame) -> pandas.DataFrame:
    """The rows of both, categories united."""
    import pandas

    if not len(new):
        return old
    if not len(old):
        return new
    for column in old.columns:
        if isinstance(old[column].dtype, pandas.CategoricalDtype):
            both = pandas.api.types.union_categoricals([old[column], new[column]]).categories
            old[column], new[column] = (part[column].cat.set_categories(both) for part in (old, new))
    return pandas.concat([old, new], ignore_index=True)
