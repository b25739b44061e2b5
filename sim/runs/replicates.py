"""Replicates of a scenario's run: the parameter, the runs, and what the report says of the intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field

from sim.measures.replicates import Measures, replicates_of
from sim.runs.run import play_until

if TYPE_CHECKING:
    import pandas

REPLICATES: Any = Field(
    default=8,
    ge=1,
    le=1000,
    description="runs with seeds of their own, across which intervals of what is learned are taken; the "
    "first is the one on record; 1: no intervals",
)
"""The parameter `replicates` of scenarios in which somebody learns."""


P = TypeVar("P", bound=Any)


def alone(parameters: P) -> P:
    """The same parameters for a run without replicates, such as one that is being watched."""
    found: P = parameters.model_copy(update={"replicates": 1})
    return found


def tables_of(
    build: Callable[..., Any], parameters: Any, seed: int, **options: Any
) -> Mapping[str, pandas.DataFrame]:
    """The tables of a run of its own, in memory."""
    market = build(parameters, seed, **options)
    play_until(market, parameters.until)
    if hasattr(market, "close"):
        market.close()
    frames: Mapping[str, pandas.DataFrame] = market.records.frames()
    return frames


def runs_of(
    build: Callable[..., Any],
    measures: Callable[[Any, Any], Measures],
    tables: Any,
    parameters: Any,
    seed: int,
    status: str,
) -> list[Measures]:
    """What `measures` finds in the recorded run and, if that was completed, in its replicates.

    `build` and `measures` are a scenario's own, so that another process can call them.
    """
    own = measures(tables, parameters)
    if status != "complete":
        return [own]
    another = partial(_measured, build, measures, parameters)
    return replicates_of(tables, own, another, seed, parameters.replicates)


def _measured(
    build: Callable[..., Any], measures: Callable[[Any, Any], Measures], parameters: Any, seed: int
) -> Measures:
    return measures(tables_of(build, parameters, seed), parameters)


def across_told(runs: int, status: str = "complete") -> str:
    """What is said of intervals across so many runs, the recorded one of which ended in this way."""
    if status != "complete":
        return "No intervals: the run was broken off, and so it was not replicated."
    if runs == 1:
        return "No intervals: one run tells nothing of how another would have ended (replicates=8, say)."
    return (
        f"Mean over {runs} runs with seeds of their own, the recorded one among them; ± is the half-width of "
        "a 95% confidence interval across them (Student's t). What one run learned is one observation."
    )
