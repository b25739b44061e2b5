"""Messages as they are read: answers split by kind, beside the price that was named.

Stored are one number for an answer, and one price for a question that names one, so that a message takes 48
bytes. When messages are read, the kind of the question says what the number is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sim.records.schema import EVERYBODY, MESSAGES, Column, Table

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

PRICE = Column("price", "float64", "money", "the price that was offered or called, or stood; NaN if none")
KINDS = (
    Column("bid", "float64", "money", "the bid or report, if one number was asked for; NaN otherwise, and if "
                                      "none was sent"),
    Column("drop_out", "float64", "money", "the price at which she means to leave a clock; NaN otherwise, "
                                           "and if she said nothing"),
    Column("accepted", "float64", "", "1 for yes and 0 for no to an offer; NaN otherwise, and if she said "
                                      "nothing"),
)
"""What an answer may be."""


def as_read(table: Table) -> Table:
    """Return the columns with which a stored table is read."""
    if table.names != MESSAGES.names:
        return table
    columns = [(PRICE, *KINDS) if column.name == "answer" else (column,) for column in table.columns]
    return Table(table.name, table.description, tuple(column for some in columns for column in some))


def with_answers(
    table: Table, rows: pandas.DataFrame, stored: Callable[[str], pandas.DataFrame]
) -> pandas.DataFrame:
    """Return stored rows of a table as they are read; `stored` hands out the tables beside it by name."""
    if table.names != MESSAGES.names:
        return rows
    return split_answers(rows, stored("questions"), stored("prices"))


def split_answers(
    messages: pandas.DataFrame, questions: pandas.DataFrame, prices: pandas.DataFrame
) -> pandas.DataFrame:
    """Return the messages with the price that was named, and the answer in the column of its kind."""
    place, answer = MESSAGES.names.index("answer"), messages["answer"].to_numpy()
    recorded_as = dict(zip(questions["question"], questions["recorded_as"], strict=True))
    asked = messages["question"].cat
    kinds = np.array([recorded_as.get(kind) for kind in asked.categories], dtype=object)
    of_row = asked.codes.to_numpy()
    whole = messages.drop(columns="answer")
    for column in reversed(KINDS):
        whole.insert(place, column.name, np.where((kinds == column.name)[of_row], answer, np.nan))
    whole.insert(place, PRICE.name, _named(messages, prices))
    return whole


def _named(messages: pandas.DataFrame, prices: pandas.DataFrame) -> NDArray[np.float64]:
    """The price that each message's question named to all, or to the one who was asked, shape (rows,)."""
    question = ["auction", "question_number"]
    to_all = prices["bidder_id"] == EVERYBODY
    found = np.full(len(messages), np.nan)
    for keys, some in ((question, prices[to_all]), ([*question, "bidder_id"], prices[~to_all])):
        if len(some):
            named = messages[keys].merge(some[[*keys, "price"]], how="left", on=keys)["price"].to_numpy()
            found = np.where(np.isnan(found), named, found)
    return found
