"""Is a menu in a file safe against customers who come back? The machinery of `bazaar menu check`.

A file lists a menu's entries and its buyers' types. TOML:

    items = ["coffee", "bagel"]          # optional names

    [[entries]]
    probabilities = [1, 0]
    price = 2

    [[types]]
    name = "early bird"                  # optional
    values = [2, 0]
    probability = "1/3"                  # a number, or a fraction as text

CSV, with the items' names in the heading; an entry has chances and a price, a type has values and a
probability:

    kind,coffee,bagel,price,probability
    entry,1,0,2,
    type,2,0,,1/3
"""

from __future__ import annotations

import csv
import math
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.menus import BuyKCheck, Menu, Purchase, bundle_revenue, is_buy_k_ic
from mechanisms.menus.adaptive import Policy
from mechanisms.menus.incentives import TOLERANCE
from mechanisms.menus.menu import check_purchases
from mechanisms.menus.purchase import type_probabilities
from mechanisms.menus.valuations import additive_values

ADAPTIVE_ITEMS = 8
"""Up to so many items the report also asks about adaptive buyers."""
MAX_NODES = 100_000
"""Multisets looked at for a type before an answer stays undecided."""


@dataclass(frozen=True)
class MenuFile:
    """A menu and its buyers: types (T, n), probabilities (T,), and names for entries' items and types."""

    menu: Menu
    types: FloatArray
    probabilities: FloatArray
    items: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What holds when people may buy up to k entries.

    committed, adaptive
        The checks; None for adaptive buyers where there are too many items.
    revenue
        What the menu really earns. Where the search was cut short: by the best purchases found.
    revenue_bound
        It earns no more than this; equal to `revenue` when nothing was cut short.
    seconds
        How long it took.
    """

    k: float
    committed: BuyKCheck
    adaptive: BuyKCheck | None
    revenue: float
    revenue_bound: float
    seconds: float


@dataclass(frozen=True)
class MenuReport:
    """Verdicts for k = 1, 2, … and for buy-many, and what selling everything together would earn."""

    source: MenuFile
    verdicts: tuple[Verdict, ...]
    bundle_revenue: float

    @property
    def breaks_at(self) -> float | None:
        """The smallest k looked at for which committed buyers gain; None if there is none."""
        return next((v.k for v in self.verdicts if v.committed.holds is False), None)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def check_menu_file(path: str | Path, k: float | None = None, max_nodes: float = MAX_NODES) -> MenuReport:
    """Read a file and check its menu for 1, 2, …, k purchases, and for any number.

    k is 5 unless given. After `max_nodes` multisets for a type an answer may stay undecided. Raises
    ValueError, naming file, row and value, for a file that is not as described above.
    """
    return check_menu_for(read_menu_file(path), 5 if k is None else check_purchases(k), max_nodes)


def check_menu_for(source: MenuFile, k: float, max_nodes: float = MAX_NODES) -> MenuReport:
    """Check a menu for 1, 2, …, k purchases, and for any number."""
    counts: list[float] = [] if k == math.inf else list(range(1, int(k) + 1))
    if k == math.inf:
        counts = [1.0]
    verdicts = tuple(_verdict(source, count, max_nodes) for count in [*counts, math.inf])
    return MenuReport(source, verdicts, bundle_revenue(source.types, source.probabilities))


def _verdict(source: MenuFile, k: float, max_nodes: float) -> Verdict:
    start = time.perf_counter()
    committed = is_buy_k_ic(source.menu, source.types, k, max_nodes=max_nodes)
    adaptive = None
    if source.menu.n <= ADAPTIVE_ITEMS:
        adaptive = is_buy_k_ic(source.menu, source.types, k, adaptive=True)
    paid, most = _payments(source, committed)
    revenue, revenue_bound = (math.fsum((source.probabilities * one).tolist()) for one in (paid, most))
    return Verdict(k, committed, adaptive, revenue, revenue_bound, time.perf_counter() - start)


def _payments(source: MenuFile, check: BuyKCheck) -> tuple[FloatArray, FloatArray]:
    """What every type pays, and at most: whose search was cut short gets at least the utility found."""
    totals = source.types.sum(axis=1)
    purchases = [choice.several for choice in check.choices]
    paid = np.array([purchase.payment for purchase in purchases])
    utility = np.array([purchase.utility for purchase in purchases])
    bound = np.array([purchase.bound for purchase in purchases])
    return paid, np.where(bound - utility > TOLERANCE * totals, totals - utility, paid)


def read_menu_file(path: str | Path) -> MenuFile:
    """Read a TOML or CSV file as the module describes; ValueError says what is wrong and where."""
    file = Path(path)
    readers = {".toml": _from_toml, ".csv": _from_csv}
    if file.suffix.lower() not in readers:
        raise ValueError(f"a menu file must end in .toml or .csv, not {file.name!r}")
    try:
        return readers[file.suffix.lower()](file)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file}: {error}") from None


def _from_toml(file: Path) -> MenuFile:
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    _check_fields("", content, ("items", "entries", "types"))
    items = content.get("items")
    if items is not None and not isinstance(items, list):
        raise ValueError(f"items must be a list of names, not {items!r}")
    entries = _rows(content, "entries", ("probabilities", "price"))
    types = _rows(content, "types", ("values", "probability"))
    return _assembled(
        [_numbers(f"entries[{i}].probabilities", e["probabilities"]) for i, e in enumerate(entries)],
        [_number(f"entries[{i}].price", e["price"]) for i, e in enumerate(entries)],
        [_numbers(f"types[{t}].values", one["values"]) for t, one in enumerate(types)],
        [_number(f"types[{t}].probability", one["probability"]) for t, one in enumerate(types)],
        items,
        [str(one.get("name", f"type {t}")) for t, one in enumerate(types)],
    )


def _rows(content: Mapping[str, Any], field: str, needed: Sequence[str]) -> list[dict[str, Any]]:
    rows = content.get(field)
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"there must be at least one [[{field}]]")
    for i, row in enumerate(rows):
        for name in needed:
            if not isinstance(row, dict) or name not in row:
                raise ValueError(f"{field}[{i}] must have {name!r}")
        _check_fields(f"{field}[{i}]: ", row, (*needed, "name"))
    return rows


def _check_fields(where: str, content: Mapping[str, Any], allowed: Sequence[str]) -> None:
    unknown = sorted(set(content) - set(allowed))
    if unknown:
        raise ValueError(f"{where}unknown field {unknown[0]!r}; allowed are {', '.join(allowed)}")


def _from_csv(file: Path) -> MenuFile:
    with file.open(newline="", encoding="utf-8-sig") as lines:  # spreadsheets begin with a byte-order mark
        reader = csv.DictReader(lines, restkey="", restval="", skipinitialspace=True)
        rows, heading = list(reader), list(reader.fieldnames or ())
    twice = [name for name in heading if heading.count(name) > 1]
    if twice:
        raise ValueError(f"the heading must have each column once, but has {twice[0]!r} again")
    missing = [name for name in ("kind", "price", "probability") if name not in heading]
    if missing:
        raise ValueError(f"the heading must have a column {missing[0]!r}, and one for each item")
    items = [str(name) for name in heading if name not in ("kind", "price", "probability", "name")]
    parts: dict[str, list[tuple[int, dict[str, str]]]] = {"entry": [], "type": []}
    for line, row in enumerate(rows, start=2):
        if "" in row and "" not in heading:
            raise ValueError(f"line {line}: has more cells than the heading's {len(heading)}: {row['']}")
        if row["kind"] not in parts:
            raise ValueError(f"line {line}: kind must be 'entry' or 'type', not {row['kind']!r}")
        parts[row["kind"]].append((line, row))

    def amounts(kind: str, column: str) -> list[float]:
        return [_number(f"line {line}: {column}", row[column]) for line, row in parts[kind]]

    def vectors(kind: str) -> list[list[float]]:
        return [[_number(f"line {line}: {item}", row[item]) for item in items] for line, row in parts[kind]]

    return _assembled(
        vectors("entry"), amounts("entry", "price"), vectors("type"), amounts("type", "probability"), items,
        [row.get("name") or f"type {t}" for t, (_, row) in enumerate(parts["type"])],
    )


def _assembled(
    lotteries: list[list[float]], prices: list[float], values: list[list[float]],
    probabilities: list[float], items: Iterable[Any] | None, names: Sequence[str],
) -> MenuFile:
    menu = Menu(lotteries, prices)
    types = additive_values(values, "a menu file")
    labels = tuple(map(str, items)) if items is not None else tuple(f"item {j}" for j in range(menu.n))
    if types.shape[1] != menu.n or len(labels) != menu.n:
        raise ValueError(
            f"entries have {menu.n} probabilities, types {types.shape[1]} values, and there are "
            f"{len(labels)} items: these must agree"
        )
    return MenuFile(menu, types, type_probabilities(probabilities, len(types)), labels, tuple(names))


def _numbers(name: str, given: Any) -> list[float]:
    if not isinstance(given, list):
        raise ValueError(f"{name} must be a list of numbers, not {given!r}")
    return [_number(f"{name}[{j}]", one) for j, one in enumerate(given)]


def _number(name: str, given: Any) -> float:
    """A number, or a fraction as text."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError(f"{name} must be a number, not {given!r}")
    try:
        return float(Fraction(given)) if isinstance(given, str) else float(given)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{name} must be a number or a fraction, not {given!r}") from None


def _lines(report: MenuReport) -> Iterable[str]:
    source = report.source
    yield "The menu:"
    for e in range(len(source.menu)):
        yield f"  entry {e}: {_lottery(source, e)} for {source.menu.prices[e]:.6g}"
    yield ""
    dream = report.verdicts[0].revenue
    yield f"If everybody bought at most one entry, the menu would earn {dream:.6g} a customer."
    yield f"Selling everything together at its best price earns {report.bundle_revenue:.6g}."
    yield ""
    yield "Does anybody do better with several entries than with one? (holds: nobody; fails: somebody)"
    for verdict in report.verdicts:
        yield from _verdict_lines(source, verdict)
    yield ""
    broken = report.breaks_at
    if broken is not None:
        yield f"The menu breaks with up to {_times(broken)}."
    elif report.verdicts[-1].committed.holds:
        yield f"The menu is safe however often customers come back{_unless_they_look(report)}."
    else:
        yield "No way to break the menu was found, but not all were looked at."


def _verdict_lines(source: MenuFile, verdict: Verdict) -> Iterable[str]:
    check = verdict.committed
    word = {True: "holds", False: "fails", None: "undecided"}[check.holds]
    earns = f"{verdict.revenue:.6g}"
    if verdict.revenue_bound != verdict.revenue:
        earns += f" by the best purchases found, at most {verdict.revenue_bound:.6g}"
    yield f"Up to {_times(verdict.k)}: {word}; earns {earns} ({verdict.seconds:.2g} s)"
    if check.holds is False:
        witness = check.witness
        yield (
            f"  {source.names[witness.type]} gains {check.gain:.6g}: "
            f"buys {_bought(witness.several)} instead of {_bought(witness.single)}"
        )
    if check.holds is None:
        yield f"  nobody was found to gain; nobody gains more than {check.most:.6g}"
    adaptive = verdict.adaptive
    if check.holds is not False and adaptive is not None and adaptive.holds is False:
        yield (
            f"  but {source.names[adaptive.witness.type]} gains {adaptive.gain:.6g} by looking at what she "
            "got before she buys again"
        )


def _unless_they_look(report: MenuReport) -> str:
    breaks = [v.k for v in report.verdicts if v.adaptive is not None and v.adaptive.holds is False]
    if not breaks:
        return ""
    return (
        ", if they decide beforehand what to buy.\nIt breaks with customers who look at what they got before "
        f"they buy again, with up to {_times(breaks[0])}"
    )


def _times(k: float) -> str:
    return "any number of purchases" if k == math.inf else "1 purchase" if k == 1 else f"{k:g} purchases"


def _lottery(source: MenuFile, entry: int) -> str:
    chances = zip(source.items, source.menu.probabilities[entry].tolist(), strict=True)
    parts = [item if q == 1 else f"{item} with chance {q:.4g}" for item, q in chances if q > 0]
    return " and ".join(parts) or "nothing"


def _bought(purchase: Purchase) -> str:
    if isinstance(purchase.entries, Policy):
        return "one entry after the other"
    if not purchase.entries:
        return "nothing"
    counts = {e: purchase.entries.count(e) for e in dict.fromkeys(purchase.entries)}
    parts = [
        f"entry {e}" + (" without end" if e in purchase.endless else f" {c} times" if c > 1 else "")
        for e, c in counts.items()
    ]
    return f"{' and '.join(parts)} (pays {purchase.payment:.6g})"
