"""What the tables of a run hold: every column with its type, unit and meaning.

A table is one `Table`, a column one line in it. A scenario adds its own tables with
`Records(tables=(*SCHEMAS, Table(...)))`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas

_CODES = ("int8", "int16", "int32")
_NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "float32", "float64", "bool")


@dataclass(frozen=True)
class Column:
    """A column: its name, dtype, unit and meaning.

    `dtype` is a NumPy type of numbers, or "category": labels, stored as codes of type `codes` beside a
    list of labels that grows. `codes` bounds the number of labels (int8: 127). `labels` are the labels
    that are known from the start, which have codes 0, 1, ... `refers` names the column, as `table.column`,
    in which each entry is found, but for -1. Raises ValueError for any other dtype.
    """

    name: str
    dtype: str
    unit: str
    description: str
    codes: str = "int16"
    labels: tuple[str, ...] = ()
    refers: str = ""

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
                                      "description": column.description, "refers": column.refers}
                                     for column in table.columns]}
            for table in tables}


def dictionary(tables: Sequence[Table]) -> pandas.DataFrame:
    """Return the data dictionary: a row for each column of each table, with its unit and meaning."""
    import pandas

    rows = [(table.name, column.name, column.dtype, column.unit, column.refers, column.description)
            for table in tables for column in table.columns]
    return pandas.DataFrame(rows, columns=["table", "column", "dtype", "unit", "refers", "description"])


def restore(described: Mapping[str, Any]) -> tuple[Table, ...]:
    """Return the schemas that `describe` made plain."""
    return tuple(Table(name, entry["description"], tuple(Column(**column) for column in entry["columns"]))
                 for name, entry in described.items())


_NUMBER = Column("auction", "int32", "", "number: a seller's k-th auction has k × sellers + seller_id")
_AUCTION = Column("auction", "int32", "", "the auction", refers="auctions.auction")
_SELLER = Column("seller_id", "int32", "", "the seller", refers="sellers.seller_id")
_BIDDER = Column("bidder_id", "int32", "", "the name under which the person bids", refers="agents.bidder_id")
_PERSON = Column("person_id", "int32", "", "the person behind it; one person may bid under several names",
                 refers="agents.person_id")
_QUESTION_NUMBER = Column("question_number", "uint16", "", "number of the question in its auction, from 0")

AGENTS = Table("agents", "One row for each name under which a buyer bids.", (
    Column("bidder_id", "int32", "", "number of the name, from 0"),
    Column("person_id", "int32", "", "the person behind it; one person may bid under several names"),
    Column("group", "int32", "", "number of the group of those who share a strategy"),
    Column("strategy", "category", "", "name of its strategy"),
    Column("settings", "category", "", "the strategy as set"),
    Column("utility", "category", "", "what the group maximises in expectation, as set"),
    Column("latency", "float64", "time", "mean delay of its messages"),
))

SELLERS = Table("sellers", "One row for each seller.", (
    Column("seller_id", "int32", "", "number of the seller, from 0"),
    Column("seller", "category", "", "her name"),
    Column("mechanism", "category", "", "the rule by which she sells, with its parameters"),
))

AUCTIONS = Table("auctions", "One row for each auction, written when it closes or the run ends.", (
    _NUMBER,
    _SELLER,
    Column("seller", "category", "", "the seller's name"),
    Column("mechanism", "category", "", "the rule by which she sells, with its parameters"),
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
    Column("answer", "float64", "money", "the answer if it is one number; NaN otherwise, if none was sent"),
    Column("status", "category", "", "what became of it", "int8", ("answered", "late", "silent", "refused")),
))

QUESTIONS = Table("questions", "One row for each kind of question that was asked.", (
    Column("question", "category", "", "the kind, such as AskValue", "int8"),
    Column("recorded_as", "category", "", "what an answer is: a column of messages, or vector", "int8"),
))

EVERYBODY = -1
"""In place of a bidder: everybody who was asked."""

PRICES = Table("prices", "One row for each price that a question offered or called, or that stood.", (
    _AUCTION,
    _QUESTION_NUMBER,
    Column("bidder_id", "int32", "", "to whom; -1 for everybody who was asked", refers="agents.bidder_id"),
    Column("price", "float64", "money", "the price"),
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
    Column("from_person", "int32", "", "who paid", refers="agents.person_id"),
    Column("to_person", "int32", "", "who was paid", refers="agents.person_id"),
    Column("amount", "float64", "money", "how much"),
    Column("reason", "category", "", "why"),
))

REFUSALS = Table("refusals", "One row for each refused answer; its question's default stood.", (
    _AUCTION,
    _QUESTION_NUMBER,
    _BIDDER,
    Column("reason", "category", "", "why; where a strategy failed, with file and line", "int32"),
))

FAILURES = Table("failures", "One row for each buyer whose strategy failed after an auction.", (
    _AUCTION,
    _BIDDER,
    Column("hook", "category", "", "what it was asked to do", "int8", ("observe", "side_payments")),
    Column("reason", "category", "", "what it raised, with file and line", "int32"),
))

VECTORS = Table("vectors", "One row for each entry of an answer that is not one bid, price, yes or no.", (
    _AUCTION,
    _QUESTION_NUMBER,
    _BIDDER,
    Column("position", "int32", "", "which entry, from 0; tables are flattened in C order"),
    Column("number", "float64", "", "the entry"),
))

VISITS = Table("visits", "One row for each time that a person looked for a seller.", (
    Column("time", "float64", "time", "when"),
    _PERSON,
    Column("seller_id", "int32", "", "the seller chosen; -1 if none", refers="sellers.seller_id"),
    Column("auction", "int32", "", "the auction she took part in; -1 if none", refers="auctions.auction"),
    Column("want", "int32", "", "number of her want, the same when she comes back with it; -1 if busy"),
    Column("outcome", "category", "", "what came of it", "int8"),
))

BENCHMARKS = Table("benchmarks", "One row for each number of bidders.", (
    Column("bidders", "int32", "people", "number of bidders"),
    Column("optimal_revenue", "float64", "money", "expected revenue of the optimal auction for the prior"),
))

POLICIES = Table("policies", "One row for each group that learns, type at which it bids, and time.", (
    Column("time", "float64", "time", "when the policy was looked at"),
    Column("group", "int32", "", "number of the group", refers="agents.group"),
    Column("strategy", "category", "", "name of its strategy"),
    Column("type", "float64", "money", "the private value"),
    Column("bid", "float64", "money", "what it bids then, on average over its own mixing and its buyers"),
    Column("deviation", "float64", "money", "standard deviation of the bid over the same"),
))

SCHEMAS = (
    AUCTIONS, MESSAGES, QUESTIONS, PRICES, TRANSACTIONS, TRANSFERS, AGENTS, SELLERS, REFUSALS, FAILURES,
    VECTORS, VISITS, BENCHMARKS, POLICIES,
)
