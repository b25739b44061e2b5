"""A sweep from the command line: its plan, its progress, its end, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sim.cli.codes import SOME_FAILED
from sim.cli.reading import bad_input
from sim.runs.registry import Registry

if TYPE_CHECKING:
    from sim.sweep.plan import SweepPlan


def planned(
    registry: Registry,
    named: str,
    settings: Sequence[str],
    more: dict[str, Any],
    axes: tuple[Sequence[str], Sequence[str], str | None],
    seeds: int,
    measures: Sequence[str],
    records: bool,
) -> SweepPlan:
    """The plan that the options tell of.

    `more` is what is set by options of their own, None if it is not; `axes`: grids, lists, a comparison.
    """
    from sim.runs.scenario import parse_settings
    from sim.sweep.axes import read_axes, read_versus
    from sim.sweep.plan import make_plan

    given = parse_settings(settings) | {name: value for name, value in more.items() if value is not None}
    grids, lists, vs = axes
    versus = None if vs is None else read_versus(vs)
    entry = registry.find(named)
    return make_plan(entry, given, read_axes(grids, lists), seeds, versus, measures, records)


def sweep_out(
    plan: SweepPlan, out: str, workers: int | None, dask: str | None, limit: float | None, resume: bool
) -> None:
    """Carry out the plan, and show the report; ends in exit code 3 if tasks failed, 130 after Ctrl-C."""
    from sim.sweep.sweeping import carry_out, workers_for

    with bad_input(), ExitStack() as stack:
        executor, count = stack.enter_context(workers_for(workers, dask, limit=limit))

        def progress(done: int, total: int) -> Callable[[int], Any]:
            return stack.enter_context(_bar(done, total))

        try:
            failed = carry_out(plan, out, executor, count, resume, progress)
        except KeyboardInterrupt:
            typer.echo(
                f"Interrupted. What is finished is kept in {out}; the same command with --resume goes on.",
                err=True,
            )
            raise
    typer.echo(f"Sweep: {out}\n")
    show_sweep(out)
    if failed:
        raise typer.Exit(SOME_FAILED)


@contextmanager
def _bar(done: int, total: int) -> Iterator[Callable[[int], Any]]:
    """A bar over tasks with the time left, where there is a terminal to show it on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    tasks, left = TextColumn("tasks"), TextColumn("left")
    columns = (tasks, MofNCompleteColumn(), BarColumn(), left, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, completed=done)
        yield lambda more: bar.update(task, advance=more)


def show_sweep(folder: str, versus: str | None = None, csv: str | None = None) -> None:
    """Print the report of a sweep; on request also compare two values, and write the frame as CSV."""
    from rich.console import Console

    with bad_input():
        from sim.records import write_csv
        from sim.records.sweep_reading import frame_of
        from sim.sweep.axes import read_versus
        from sim.sweep.report import WIDTH, report

        lines = report(folder, None if versus is None else read_versus(versus))
        screen = Console(highlight=False, markup=False, emoji=False, width=WIDTH)
        for line in lines:
            screen.print(line)
        if csv is not None:
            write_csv({"sweep": frame_of(folder)}, csv)
            typer.echo(f"Table as CSV: {Path(csv) / 'sweep.csv'}")
