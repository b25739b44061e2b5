"""Plan: which points and seeds of a scenario are run, and what is to be looked at; and its hash.

The hash is that of what the plan says, in one canonical form: two ways to write the same plan have one hash.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mechanisms.names import nearest
from sim.records.sweep_reading import MOST_TASKS, points_of
from sim.runs.registry import ScenarioFile
from sim.runs.scenario import Parameters, make_parameters

MOST_SEED = 2**63 - 1


class PlanError(ValueError):
    """A plan cannot be carried out as it is; the message says what is wrong with it."""


@dataclass(frozen=True)
class Task:
    """One run: the scenario at one point with one seed.

    number
        From 0 on; tasks of one point follow one another.
    point
        From 0 on, in the order of the plan's points.
    parameters
        All that is set, by name.
    records
        Whether the run's records are kept.
    """

    number: int
    point: int
    seed: int
    entry: ScenarioFile
    parameters: Mapping[str, Any]
    records: bool = False


@dataclass(frozen=True)
class SweepPlan:
    """What a sweep runs. Made by `make_plan`, which checks it; everything in it is plain data.

    settings
        What is set at every point.
    axes
        The values of each swept parameter; the points are their product, the last axis fastest.
    seeds
        Every point is run with each.
    versus
        The axis, of two values, whose difference is to be looked at; None for no comparison.
    measures
        The figures that were chosen beforehand; empty if none were.
    records
        Whether all records are kept.
    """

    entry: ScenarioFile
    settings: Mapping[str, Any]
    axes: Mapping[str, tuple[Any, ...]]
    seeds: tuple[int, ...]
    versus: str | None = None
    measures: tuple[str, ...] = ()
    records: bool = False

    @property
    def points(self) -> list[dict[str, Any]]:
        """The swept parameters at each point, in order."""
        return points_of(self.axes)

    def tasks(self) -> Iterator[Task]:
        """Every point with every seed, in order."""
        for number, ((point, values), seed) in enumerate(
            itertools.product(enumerate(self.points), self.seeds)
        ):
            yield Task(number, point, seed, self.entry, {**self.settings, **values}, self.records)

    def described(self) -> dict[str, Any]:
        """What the plan says, as plain data; the order of the axes counts."""
        return {
            "scenario": self.entry.name,
            "settings": dict(sorted(self.settings.items())),
            "axes": [[name, list(values)] for name, values in self.axes.items()],
            "seeds": list(self.seeds),
            "versus": self.versus,
            "measures": list(self.measures),
            "records": self.records,
        }


def make_plan(
    entry: ScenarioFile,
    settings: Mapping[str, Any] | None = None,
    axes: Mapping[str, Sequence[Any]] | None = None,
    seeds: int | Sequence[int] = 10,
    vs: tuple[str, Any, Any] | None = None,
    measures: Sequence[str] = (),
    records: bool = False,
) -> SweepPlan:
    """A plan of which every point is allowed by the scenario.

    `seeds` is their number, then they are 0, 1, …, or the seeds themselves. `vs` adds an axis of two values
    to be compared. Raises PlanError for an axis that is empty, repeats a value or is named twice, for seeds
    that are none, and for more than a million tasks; ParameterError for values that the scenario refuses.
    """
    settings, axes = dict(settings or {}), dict(axes or {})
    if vs is not None:
        if vs[0] in axes:
            raise PlanError(f"--vs names {vs[0]}, which is swept already; compare what is not")
        axes[vs[0]] = vs[1:]
    twice = sorted(settings.keys() & axes.keys())
    if twice:
        raise PlanError(f"{twice[0]} is both set and swept; do one of them")
    numbers = _seeds(seeds)
    _check_size(axes, len(numbers))
    kind = entry.load().Parameters
    return SweepPlan(
        entry,
        _plain(kind, settings, settings, axes),
        _plain_axes(kind, settings, axes),
        numbers,
        None if vs is None else vs[0],
        tuple(measures),
        records,
    )


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    if isinstance(seeds, int) and not isinstance(seeds, bool):
        if not 1 <= seeds <= MOST_TASKS:
            raise PlanError(f"seeds is {seeds}; it must be from 1 to {MOST_TASKS:,}")
        return tuple(range(seeds))
    if isinstance(seeds, str | bool) or not isinstance(seeds, Sequence) or not seeds:
        raise PlanError(f"seeds is {seeds!r}; it must be a number of seeds, or a list of them")
    for seed in seeds:
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MOST_SEED:
            raise PlanError(f"seeds has {seed!r}; each must be an integer from 0 to {MOST_SEED:,}")
    if len(set(seeds)) < len(seeds):
        raise PlanError("seeds has a seed twice; each must be there once")
    return tuple(seeds)


def _check_size(axes: Mapping[str, Sequence[Any]], seeds: int) -> None:
    for name, values in axes.items():
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise PlanError(f"{name} is swept over {values!r}; it must be one value or more")
    tasks = math.prod(map(len, axes.values())) * seeds
    if tasks > MOST_TASKS:
        raise PlanError(f"the plan has {tasks:,} tasks; it must have at most {MOST_TASKS:,}")


def _plain_axes(
    kind: type[Parameters], settings: Mapping[str, Any], axes: Mapping[str, Sequence[Any]]
) -> dict[str, tuple[Any, ...]]:
    """The values of each axis as plain data, every point having been checked."""
    plain: dict[str, list[Any]] = {name: [] for name in axes}
    for point in points_of(axes):
        for name, value in _plain(kind, {**settings, **point}, point, axes).items():
            if value not in plain[name]:
                plain[name].append(value)
    for name, found in plain.items():
        if len(found) < len(axes[name]):
            raise PlanError(f"{name} is swept over one value twice: {', '.join(map(str, axes[name]))}")
    return {name: tuple(found) for name, found in plain.items()}


def _plain(
    kind: type[Parameters],
    given: Mapping[str, Any],
    wanted: Mapping[str, Any],
    axes: Mapping[str, Sequence[Any]],
) -> dict[str, Any]:
    """The wanted parameters as the scenario understands them, as plain data.

    What is set everywhere is looked at at the first point, since it may not be allowed without it.
    """
    first = {name: values[0] for name, values in axes.items()}
    told = make_parameters(kind, {**first, **given}).model_dump(mode="json")
    return {name: told[name] for name in wanted}


def axis_value(axes: Mapping[str, Sequence[Any]], name: str, text: str) -> Any:
    """The value of an axis that a text stands for; PlanError if there is no such axis or value."""
    if name not in axes:
        raise PlanError(f"{name} was not swept; {nearest(name, axes)}")
    for value in axes[name]:
        if value_text(value) == text:
            return value
    values = ", ".join(map(value_text, axes[name]))
    raise PlanError(f"{name} was not {text}; it was {values}")


def value_text(value: Any) -> str:
    """A swept value as it is typed in.

    >>> value_text(None), value_text(0.1 + 0.2), value_text([2, 4]), value_text({"file": "bids.csv"})
    ('none', '0.3', '2,4', 'bids.csv')
    """
    from sim.runs.scenario import as_text

    if isinstance(value, dict):
        return str(value.get("file", value))
    return as_text(tuple(value) if isinstance(value, list) else value)
