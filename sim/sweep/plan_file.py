"""A plan in a file: TOML with what `make_plan` takes.

`scenario` names one or its file, `seeds` is a number or a list, `measures` a list, `records` true or false;
the tables [set], [grid], [list] and [vs] hold what the options of the same names do.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mechanisms.names import nearest
from sim.runs.registry import Registry
from sim.sweep.axes import grid_values
from sim.sweep.plan import PlanError, SweepPlan, make_plan

_FIELDS = {
    "scenario": str,
    "seeds": int | list,
    "measures": list,
    "records": bool,
    "set": dict,
    "grid": dict,
    "list": dict,
    "vs": dict,
}
_LARGEST = 1_000_000
"""Bytes; a plan that is larger is none."""


def read_plan(path: str | Path, registry: Registry) -> SweepPlan:
    """The plan in a file; PlanError, which names the field, if it is no plan.

    A scenario's file is looked for from the folder of the plan.
    """
    told = _read(Path(path))
    for name, value in told.items():
        if name not in _FIELDS:
            raise PlanError(f"{path}: there is no field {name!r}; {nearest(name, _FIELDS)}")
        if not isinstance(value, _FIELDS[name]):
            raise PlanError(f"{path}: {name} is {str(value)[:60]!r}; it must be {_kind(name)}")
    if "scenario" not in told:
        raise PlanError(f"{path}: scenario is missing; it must name one")
    try:
        return _made(told, Path(path).parent, registry)
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise PlanError(f"{path} has more than {_LARGEST:,} bytes; it is no plan")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, PlanError):
            raise
        raise PlanError(f"{path} is no TOML: {error}") from None


def _kind(name: str) -> str:
    if name == "seeds":
        return "a number, or a list of seeds"
    words: dict[Any, str] = {str: "text", bool: "true or false", dict: f"a table, [{name}]", list: "a list"}
    return words[_FIELDS[name]]


def _made(told: Mapping[str, Any], folder: Path, registry: Registry) -> SweepPlan:
    named = told["scenario"]
    near = folder / named
    entry = registry.find(str(near) if named.endswith(".py") and near.is_file() else named)
    grids, lists = told.get("grid", {}), told.get("list", {})
    twice = sorted(grids.keys() & lists.keys())
    if twice:
        raise PlanError(f"{twice[0]} is swept twice; name each parameter once")
    axes = {**{name: grid_values(str(text)) for name, text in grids.items()}, **lists}
    return make_plan(
        entry,
        told.get("set", {}),
        axes,
        told.get("seeds", 10),
        _versus(told.get("vs", {})),
        list(map(str, told.get("measures", []))),
        told.get("records", False),
    )


def _versus(pairs: Mapping[str, Any]) -> tuple[str, Any, Any] | None:
    if not pairs:
        return None
    (name, pair), *more = pairs.items()
    if more or not isinstance(pair, list) or len(pair) != 2:
        raise PlanError("vs must name one parameter, and two values of it in a list")
    return name, pair[0], pair[1]
