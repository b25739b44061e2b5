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
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mechanisms._validation import SUM_TOLERANCE, FloatArray
from mechanisms.menus import Menu, TableValuation, Valuation
from mechanisms.menus.purchase import type_probabilities
from mechanisms.menus.valuations import TABLE_ITEMS, as_valuation


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
    for where, (key, value) in told.items():
        for part, (inner, least) in told.items():
            if least > value and all(has <= holds for has, holds in zip(part, where, strict=True)):
                raise ValueError(
                    f"{name}[{key!r}] must be at least {least:g}, the value of {inner!r} in it, not {value:g}"
                )
    table = np.zeros((2,) * len(items))
    for where, (_, value) in told.items():
        table[where] = value
    for item in range(len(items)):
        table = np.maximum.accumulate(table, axis=item)
    return table


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


def _from_csv(file: Path) -> MenuFile:
    with file.open(newline="", encoding="utf-8-sig") as lines:  # spreadsheets begin with a byte-order mark
        reader = csv.DictReader(lines, restkey="", restval="", skipinitialspace=True)
        heading = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = heading
        rows = list(reader)
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
        return float(Fraction(given)) if isinstance(given, str) else float(given)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{name} must be a number or a fraction, not {given!r}") from None
