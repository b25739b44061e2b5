"""A run from the command line: its end, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from sim.cli.codes import BAD_INPUT, BREACH, INTERRUPTED, WIDTH
from sim.cli.progress import over_time, working
from sim.cli.reading import bad_input
from sim.runs.registry import Registry, ScenarioFile

if TYPE_CHECKING:
    from sim.records import RecordedRun
    from sim.runs.scenario import Parameters


def play_out(market: Any, parameters: Parameters) -> str:
    """Run the market with a progress bar; a breach ends the command."""
    from sim.market.invariants import BreachError
    from sim.records import OutputError
    from sim.runs.run import play_until

    try:
        with over_time(parameters.until) as advanced:
            return play_until(market, parameters.until, advanced)
    except KeyboardInterrupt:
        typer.echo(f"Interrupted. Records: {market.records.directory}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except BreachError as breach:
        typer.echo(
            f"Error: the run stopped, because a rule was broken that always holds. In {breach}\n"
            f"Records: {market.records.directory}",
            err=True,
        )
        raise typer.Exit(BREACH) from None
    except OutputError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from None


def show(registry: Registry, folder: str, entry: ScenarioFile | None = None) -> None:
    """Print the summary of a run, at most WIDTH columns wide; `entry` is its scenario, if that is known."""
    with bad_input(), working("reading the records, and drawing what is not drawn yet"):
        from sim.records import RecordedRun

        run = RecordedRun(folder)
        lines = _reporter(registry, run, entry)(run, run.manifest)
    screen = console()
    if not run.complete:
        screen.print(f"Incomplete: {run.message}.\n", soft_wrap=True)
    for line in lines:
        screen.print(line)


def console() -> Any:
    """A console at most WIDTH columns wide."""
    from rich.console import Console

    plain = partial(Console, highlight=False, markup=False, emoji=False)  # names are anybody's
    screen = plain()
    return plain(width=min(WIDTH, screen.width) if screen.is_terminal else WIDTH)


def _reporter(registry: Registry, run: RecordedRun, entry: ScenarioFile | None) -> Callable[..., Any]:
    """How the run's scenario reports; the common way if it says nothing, or is not known here."""
    from sim.runs.report import summary

    name = str(run.manifest.get("scenario"))
    known = entry or (registry[name] if name in registry else None)  # noqa: SIM401 — an unknown name raises
    return getattr(known.load(), "report", summary) if known is not None else summary
