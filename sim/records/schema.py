"""What the tables of a run hold: every column with its type, unit and meaning.

A table is one `Table`, a column one line in it. A scenario adds its own tables with
`Records(tables=(*SCHEMAS, Table(...)))`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_CODES = ("int8", "int16", "int32")
_NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "float32", "float64", "bool")


@dataclass(frozen=True)
class Column:
    """A column: its name, dtype, unit and meaning.

    `dtype` is a NumPy type of numbers, or "category": labels, stored as codes of type `codes` beside a
    list of labels that grows. `codes` bounds the number of labels (int8: 127). `labels` are the labels
    that are known from the start, which have codes 0, 1, ... Raises ValueError for any other dtype.
    """

    name: str
    dtype: str
    unit: str
    description: str
    codes: str = "int16"
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"name is {self.name!r}; a column's name must be a Python identifier")
        if self.dtype not in (*_NUMBERS, "category"):
            raise ValueError(f"dtype of {self.name} is {self.dtype!r}; it must be 'category' or one of "
                             f"{', '.join(_NUMBERS)}")
        if self.codes not in _CODES:
            raise ValueError(f"codes of {self.name} is {self.codes!r}; it must be one of {', '.join(_CODES)}")

    @property
    def is_category(self) -> bool:
        """Whether the column holds labels."""
        return self.dtype == "category"

    @property
    def storage(self) -> np.dtype[Any]:
        """The NumPy type of one entry as it is stored."""
        return np.dtype(self.codes if self.is_category else self.dtype)


@dataclass(frozen=True)
class Table:
    """A table: its name, what one row is, and its columns. Raises ValueError for names used twice."""

    name: str
    description: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"name is {self.name!r}; a table's name must be a Python identifier")
        names = self.names
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not names:
            raise ValueError(f"columns of {self.name} are {names}; there must be some, and each only once")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def row_bytes(self) -> int:
        """Bytes that one row takes in memory."""
        return sum(column.storage.itemsize for column in self.columns)


def describe(tables: Sequence[Table]) -> dict[str, Any]:
    """Return the schemas as plain data, for the manifest."""
    return {table.name: {"description": table.description,
                         "columns": [{"name": column.name, "dtype": column.dtype, "unit": column.unit,
                                      "description": column.description} for column in table.columns]}
            for table in tables}


def restore(described: Mapping[str, Any]) -> tuple[Table, ...]:
    """Return the schemas that `describe` made plain."""
    return tuple(Table(name, entry["description"], tuple(Column(**column) for column in entry["columns"]))
                 for name, entry in described.items())


_AUCTION = Column("auction", "int32", "", "number: a seller's k-th auction has k × sellers + seller_id")
_SELLER = Column("seller_id", "int32", "", "the seller, an agent_id")
_BIDDER = Column("bidder_id", "int32", "", "the name under which the person bids, an agent_id")
_PERSON = Column("person_id", "int32", "", "the person behind it; one person may bid under several names")
_QUESTION_NUMBER = Column("question_number", "uint16", "", "number of the question in its auction, from 0")

AUCTIONS = Table("auctions", "One row for each auction, written when it closes or the run ends.", (
    _AUCTION,
    _SELLER,
    Column("mechanism", "category", "", "name of the mechanism"),
    Column("opened", "float64", "time", "when it opened"),
    Column("closed", "float64", "time", "when it closed; NaN if unfinished"),
    Column("bidders", "int32", "people", "how many took part"),
    Column("offered", "int32", "units", "units on offer"),
    Column("sold", "int32", "units", "units sold"),
    Column("revenue", "float64", "money", "payments less rewards"),
    Column("welfare", "float64", "money", "sum of the winners' values for what they got"),
    Column("best_welfare", "float64", "money", "largest welfare possible among those who took part"),
    Column("status", "category", "", "how it ended", "int8", ("sold", "unsold", "unfinished")),
))

MESSAGES = Table("messages", "One row for each buyer asked and each question.", (
    _AUCTION,
    _QUESTION_NUMBER,
    Column("question", "category", "", "kind of question, such as AskValue", "int8"),
    _BIDDER,
    _PERSON,
    Column("sent", "float64", "time", "when the answer was sent; NaN if there was none"),
    Column("time", "float64", "time", "when the answer arrived; NaN if there was none"),
    Column("value", "float64", "money", "the true private value; NaN if it is not a number"),
    Column("answer", "float64", "money", "the answer; NaN if there was none or it is not a number"),
    Column("status", "category", "", "what became of it", "int8", ("answered", "late", "silent", "refused")),
))

TRANSACTIONS = Table("transactions", "One row for each item that a buyer got or payment that she made.", (
    _AUCTION,
    Column("time", "float64", "time", "when the outcome was known"),
    _SELLER,
    _BIDDER,
    _PERSON,
    Column("item", "int32", "", "number of the item; -1 where all are of one kind"),
    Column("quantity", "float64", "units", "how much she got"),
    Column("payment", "float64", "money", "from buyer to seller, negative for rewards"),
    Column("value", "float64", "money", "what she values it at; NaN if it is not a number"),
    Column("cause", "category", "", "what the payment is for", "int8", ("price", "reward")),
))

TRANSFERS = Table("transfers", "One row for each side payment between two people.", (
    Column("time", "float64", "time", "when it was paid"),
    Column("from_person", "int32", "", "who paid"),
    Column("to_person", "int32", "", "who was paid"),
    Column("amount", "float64", "money", "how much"),
    Column("reason", "category", "", "why"),
))

AGENTS = Table("agents", "One row for each agent.", (
    Column("agent_id", "int32", "", "number of the agent"),
    Column("kind", "category", "", "what it is", "int8", ("buyer", "seller", "nature")),
    _PERSON,
    Column("strategy", "category", "", "name of a buyer's strategy or a seller's mechanism"),
    Column("latency", "float64", "time", "mean delay of its messages; NaN where it sends none"),
))

REFUSALS = Table("refusals", "One row for each refused answer (the default stood) or failed learning.", (
    _AUCTION,
    _QUESTION_NUMBER,
    _BIDDER,
    Column("reason", "category", "", "why it was refused", "int32"),
))

VECTORS = Table("vectors", "One row for each entry of an answer that is a vector, such as a belief.", (
    _AUCTION,
    _QUESTION_NUMBER,
    _BIDDER,
    Column("position", "int32", "", "which entry, from 0; tables are flattened in C order"),
    Column("number", "float64", "", "the entry"),
))

VISITS = Table("visits", "One row for each time that a person looked for a seller.", (
    Column("time", "float64", "time", "when"),
    _PERSON,
    Column("seller_id", "int32", "", "the seller chosen, an agent_id; -1 if none"),
    Column("outcome", "category", "", "what came of it", "int8"),
))

BENCHMARKS = Table("benchmarks", "One row for each number of bidders.", (
    Column("bidders", "int32", "people", "number of bidders"),
    Column("optimal_revenue", "float64", "money", "expected revenue of the optimal auction for the prior"),
))

POLICIES = Table("policies", "One row for each group that learns, type at which it bids, and time.", (
    Column("time", "float64", "time", "when the policy was looked at"),
    Column("group", "int32", "", "number of the group"),
    Column("strategy", "category", "", "name of its strategy"),
    Column("type", "float64", "money", "the private value"),
    Column("bid", "float64", "money", "what it bids then, on average over its own mixing and its buyers"),
    Column("deviation", "float64", "money", "standard deviation of the bid over the same"),
))

SCHEMAS = (
    AUCTIONS, MESSAGES, TRANSACTIONS, TRANSFERS, AGENTS, REFUSALS, VECTORS, VISITS, BENCHMARKS, POLICIES,
)
