"""A menu and its buyers in a file, for `bazaar menu check`.

TOML:

    items = ["coffee", "bagel"]          # optional names

    [[entries]]
    probabilities = [1, 0]
    price = 2

    [[types]]
    name = "early bird"                  # optional
    values = [2, 0]                      # of each item: an additive buyer
    probability = "1/3"                  # a number, or a fraction as text

    [[types]]
    bundles = { coffee = 1, "coffee, bagel" = 7 }
    probability = "2/3"

A type is given by her values of the items, or of bundles: then a bundle that is not listed is worth the best
listed one that it contains (the paper's monotone buyers; at most 16 items).

CSV, with the items' names in the heading; an entry has chances and a price, a type has values of the items
and a probability:

    kind,coffee,bagel,price,probability
    entry,1,0,2,
    type,2,0,,1/3
"""

from __future__ import annotations

import csv
import io
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from mechanisms._validation import SUM_TOLERANCE, FloatArray
from mechanisms.menus import Menu, TableValuation, Valuation
from mechanisms.menus.purchase import type_probabilities
from mechanisms.menus.valuations import TABLE_ITEMS, as_valuation
from sim.bounded import NotReadableError, content_of, in_short

LARGEST_MENU = 2**23
"""Bytes of a file that are read at most."""
MOST_ROWS, MOST_ITEMS = 20_000, 1_000
"""Entries, and types; items."""


@dataclass(frozen=True)
class MenuFile:
    """A menu and its buyers: T types, probabilities (T,), and names for the items and the types."""

    menu: Menu
    types: tuple[Valuation, ...]
    probabilities: FloatArray
    items: tuple[str, ...]
    names: tuple[str, ...]


def read_menu_file(path: str | Path) -> MenuFile:
    """Read a TOML or CSV file as the module describes; ValueError says what is wrong and where."""
    file = Path(path)
    readers = {".toml": _from_toml, ".csv": _from_csv}
    if file.suffix.lower() not in readers:
        raise ValueError(f"a menu file must end in .toml or .csv, not {file.name!r}")
    try:
        text = content_of(file, LARGEST_MENU).decode("utf-8-sig")
        return readers[file.suffix.lower()](text)
    except NotReadableError as error:
        raise ValueError(f"{file} {error}") from None
    except RecursionError:
        raise ValueError(f"{file}: brackets are nested too deeply") from None
    except (TypeError, ValueError, csv.Error) as error:
        raise ValueError(in_short(f"{file}: {error}")) from None


def _check_count(what: str, count: int, most: int) -> None:
    if count > most:
        raise ValueError(f"there are {count:,} {what}; there may be at most {most:,}")


def _from_toml(text: str) -> MenuFile:
    content = tomllib.loads(text)
    _check_fields("", content, ("items", "entries", "types"))
    items = content.get("items")
    if items is not None and not isinstance(items, list):
        raise ValueError(f"items must be a list of names, not {items!r}")
    entries = _rows(content, "entries", ("probabilities", "price"))
    types = _rows(content, "types", ("probability",), ("values", "bundles"))
    menu = Menu(
        [_numbers(f"entries[{i}].probabilities", e["probabilities"]) for i, e in enumerate(entries)],
        [_number(f"entries[{i}].price", e["price"]) for i, e in enumerate(entries)],
    )
    labels = _labels(menu, items)
    return _assembled(
        menu, labels, [_worth(f"types[{t}]", one, labels) for t, one in enumerate(types)],
        [_number(f"types[{t}].probability", one["probability"]) for t, one in enumerate(types)],
        [str(one.get("name", f"type {t}")) for t, one in enumerate(types)],
    )


def _rows(
    content: Mapping[str, Any], field: str, needed: Sequence[str], either: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The tables of this name; each has all the needed fields, and of `either` exactly one."""
    rows = content.get(field)
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"there must be at least one [[{field}]]")
    _check_count(field, len(rows), MOST_ROWS)
    for i, row in enumerate(rows):
        for name in needed:
            if not isinstance(row, dict) or name not in row:
                raise ValueError(f"{field}[{i}] must have {name!r}")
        if either and len(set(either) & set(row)) != 1:
            raise ValueError(f"{field}[{i}] must have one of {' and '.join(map(repr, either))}")
        _check_fields(f"{field}[{i}]: ", row, (*needed, *either, "name"))
    return rows


def _worth(name: str, row: Mapping[str, Any], items: tuple[str, ...]) -> list[float] | Valuation:
    """A type's values, of the items or of bundles."""
    if "values" in row:
        return _numbers(f"{name}.values", row["values"])
    return TableValuation(_bundle_table(f"{name}.bundles", row["bundles"], items))


def _bundle_table(name: str, given: Any, items: tuple[str, ...]) -> FloatArray:
    """The table (2, ..., 2) of listed bundles; one that is not listed is worth its best listed part."""
    if not isinstance(given, dict) or not given:
        raise ValueError(f"{name} must list bundles with their values, not {given!r}")
    if len(items) > TABLE_ITEMS:
        raise ValueError(f"{name}: bundles can be told of at most {TABLE_ITEMS} items, not {len(items)}")
    told: dict[tuple[int, ...], tuple[str, float]] = {}
    for key, worth in given.items():
        where, value = _bundle(name, key, items), _number(f"{name}[{key!r}]", worth)
        if not 0 <= value < np.inf:
            raise ValueError(f"{name}[{key!r}] must be finite and at least 0, not {value}")
        if where in told:
            raise ValueError(f"{name}[{key!r}] is the same bundle as {told[where][0]!r}")
        told[where] = key, value
    table = np.zeros((2,) * len(items))
    for where, (_, value) in told.items():
        table[where] = value
    for item in range(len(items)):
        table = np.maximum.accumulate(table, axis=item)
    for where, (key, value) in told.items():
        if table[where] > value:
            inner, least = _best_part(told, where)
            raise ValueError(
                f"{name}[{key!r}] must be at least {least:g}, the value of {inner!r} in it, not {value:g}"
            )
    return table


def _best_part(
    told: Mapping[tuple[int, ...], tuple[str, float]], whole: tuple[int, ...]
) -> tuple[str, float]:
    """The listed bundle in a whole one that is worth most, and its value."""
    inside = (said for part, said in told.items() if all(map(int.__le__, part, whole)))
    return max(inside, key=lambda said: said[1])


def _bundle(name: str, key: str, items: tuple[str, ...]) -> tuple[int, ...]:
    """The items named in a key, as indicators."""
    named = [part.strip() for part in key.split(",")]
    for one in named:
        if one not in items:
            raise ValueError(f"{name}[{key!r}]: there is no item {one!r}; items are {', '.join(items)}")
    return tuple(int(item in named) for item in items)


def _check_fields(where: str, content: Mapping[str, Any], allowed: Sequence[str]) -> None:
    unknown = sorted(set(content) - set(allowed))
    if unknown:
        raise ValueError(f"{where}unknown field {unknown[0]!r}; allowed are {', '.join(allowed)}")


def _from_csv(text: str) -> MenuFile:
    lines = io.StringIO(text, newline="")
    reader = csv.DictReader(lines, restkey="", restval="", skipinitialspace=True)
    heading = [name.strip() for name in reader.fieldnames or ()]
    _check_count("columns", len(heading), MOST_ITEMS + 4)
    reader.fieldnames = heading
    rows = list(islice(reader, 2 * MOST_ROWS + 1))
    _check_count("entries and types", len(rows), 2 * MOST_ROWS)
    twice = [name for name in heading if heading.count(name) > 1]
    if twice:
        raise ValueError(f"the heading must have each column once, but has {twice[0]!r} again")
    missing = [name for name in ("kind", "price", "probability") if name not in heading]
    if missing:
        raise ValueError(
            f"the heading must have the columns kind, price, probability and one for each item, with commas "
            f"between them; {missing[0]!r} is not in {','.join(heading)!r}"
        )
    items = [str(name) for name in heading if name not in ("kind", "price", "probability", "name")]
    parts: dict[str, list[tuple[int, dict[str, str]]]] = {"entry": [], "type": []}
    for line, row in enumerate(rows, start=2):
        if "" in row and "" not in heading:
            raise ValueError(f"line {line}: has more cells than the heading's {len(heading)}: {row['']}")
        kind = row["kind"].strip()
        if kind not in parts:
            raise ValueError(f"line {line}: kind must be 'entry' or 'type', not {kind!r}")
        parts[kind].append((line, row))

    def amounts(kind: str, column: str) -> list[float]:
        return [_number(f"line {line}: {column}", row[column]) for line, row in parts[kind]]

    def vectors(kind: str) -> list[list[float]]:
        return [[_number(f"line {line}: {item}", row[item]) for item in items] for line, row in parts[kind]]

    if not parts["entry"]:
        raise ValueError("there must be at least one entry")
    menu = Menu(vectors("entry"), amounts("entry", "price"))
    return _assembled(
        menu, _labels(menu, items), vectors("type"), amounts("type", "probability"),
        [row.get("name") or f"type {t}" for t, (_, row) in enumerate(parts["type"])],
    )


def _labels(menu: Menu, items: list[Any] | None) -> tuple[str, ...]:
    """Names of the menu's items, all different."""
    labels = tuple(f"item {j}" for j in range(menu.n)) if items is None else tuple(map(str, items))
    _check_count("items", max(menu.n, len(labels)), MOST_ITEMS)
    if len(labels) != menu.n:
        raise ValueError(f"entries have {menu.n} probabilities, and there are {len(labels)} items: {labels}")
    twice = [label for label in labels if labels.count(label) > 1]
    if twice:
        raise ValueError(f"items must have different names, not {twice[0]!r} again")
    return labels


def _assembled(
    menu: Menu, items: tuple[str, ...], worths: Sequence[list[float] | Valuation],
    probabilities: list[float], names: Sequence[str],
) -> MenuFile:
    types = tuple(as_valuation(one, menu.n, f"types[{t}]") for t, one in enumerate(worths))
    if not types:
        raise ValueError("there must be at least one type")
    total = math.fsum(probabilities)
    if abs(total - 1) > SUM_TOLERANCE:
        raise ValueError(
            f'probabilities of types must sum to 1, not {total:.6g}; a fraction such as "1/3" is exact'
        )
    return MenuFile(menu, types, type_probabilities(probabilities, len(types)), items, tuple(names))


def _numbers(name: str, given: Any) -> list[float]:
    if not isinstance(given, list):
        raise ValueError(f"{name} must be a list of numbers, not {given!r}")
    return [_number(f"{name}[{j}]", one) for j, one in enumerate(given)]


def _number(name: str, given: Any) -> float:
    """A number, or a fraction as text."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError(f"{name} must be a number, not {given!r}")
    try:
        if not isinstance(given, str):
            return float(given)
        whole, over, part = given.partition("/")
        number = float(Fraction(int(whole), int(part))) if over else float(whole)
        if math.isfinite(number):
            return number
    except (ValueError, ZeroDivisionError, OverflowError):
        pass
    raise ValueError(f"{name} must be a number or a fraction, not {in_short(str(given), 60)!r}")
