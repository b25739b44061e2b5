"""Axes in words: the values of a swept parameter from the text of an option."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sim.records.sweep_reading import MOST_TASKS
from sim.sweep.plan import PlanError


def read_axes(grids: Iterable[str], lists: Iterable[str]) -> dict[str, list[Any]]:
    """Axes from texts such as `reserve=0:100:5` and `strategy=truthful,equilibrium`, grids first.

    Raises PlanError for a text of another form, and for a name that is there twice.

    >>> read_axes(["reserve=0:100:5"], ["strategy=truthful,random"])
    {'reserve': [0.0, 25.0, 50.0, 75.0, 100.0], 'strategy': ['truthful', 'random']}
    """
    options: list[tuple[str, Iterable[str], Callable[[str], Sequence[Any]]]]
    options = [("--grid", grids, grid_values), ("--list", lists, list_values)]
    axes: dict[str, list[Any]] = {}
    for option, texts, values in options:
        for given in texts:
            name, text = _named(option, given)
            if name in axes:
                raise PlanError(f"{name} is swept twice; name each parameter once")
            axes[name] = list(values(text))
    return axes


def _named(option: str, text: str) -> tuple[str, str]:
    name, equals, values = text.partition("=")
    if not equals or not name.strip() or not values.strip():
        form = {"--grid": "name=lo:hi:n", "--list": "name=a,b,c", "--vs": "name=a,b"}[option]
        raise PlanError(f"{option} is {text!r}; it must be {form}")
    return name.strip(), values.strip()


def grid_values(text: str) -> list[float]:
    """`n` values at equal distances from `lo` to `hi`, from the text `lo:hi:n`; n is at least 2."""
    try:
        low, high, count = text.split(":")
        ends, n = (float(low), float(high)), int(count)
    except ValueError:
        raise PlanError(f"the grid {text!r} must be lo:hi:n, two numbers and a whole number") from None
    if not all(map(math.isfinite, ends)) or not 2 <= n <= MOST_TASKS:
        raise PlanError(f"the grid {text!r} must go from one number to another in 2 to {MOST_TASKS:,} values")
    return [(ends[0] * (n - 1 - k) + ends[1] * k) / (n - 1) for k in range(n)]


def list_values(text: str) -> list[str]:
    """The values between commas, or between semicolons if there are any.

    >>> list_values("2,4; 2,4,8")
    ['2,4', '2,4,8']
    """
    return [value.strip() for value in text.split(";" if ";" in text else ",")]


def read_versus(text: str) -> tuple[str, str, str]:
    """The name and the two values of `name=a,b`; PlanError if it is something else."""
    name, values = _named("--vs", text)
    pair = list_values(values)
    if len(pair) != 2:
        raise PlanError(f"--vs is {text!r}; it must be name=a,b, two values to compare")
    return name, pair[0], pair[1]
