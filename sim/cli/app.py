"""The commands: list scenarios, run, sweep or watch one, show what came of it, audit mechanisms.

Bad input ends in one message on the error stream and exit code 2; a breach of what always holds in exit
code 1; a sweep of which tasks failed in 3; Ctrl-C in 130. Everything heavy is imported by the command that
needs it, so that help comes at once.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer

from sim.cli import options
from sim.cli.codes import INTERRUPTED, WIDTH
from sim.cli.once import OnceCommand
from sim.cli.progress import through, working
from sim.cli.reading import (
    bad_input,
    find_audited,
    limit_answers,
    parameter_lines,
    parameters_for,
    port_of,
    refuse,
    seed_of,
    takes_bids,
    wrapped,
)
from sim.cli.showing import console, play_out, show
from sim.cli.sweeping import planned, show_sweep, sweep_out
from sim.runs.registry import Registry

app = typer.Typer(
    help="Bazaar, a laboratory for auctions.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

menus = typer.Typer(
    help="Menus of lotteries, for customers who may come back.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(menus, name="menu")


def run_command(registry: Registry, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with some arguments, by default the process's; ends in SystemExit."""
    raise SystemExit(app(args=arguments, prog_name="bazaar", obj=registry))


@app.callback()
def common(version: Annotated[bool, options.VERSION] = False) -> None:
    """Bazaar, a laboratory for auctions."""


@app.command("list", cls=OnceCommand)
def list_command(context: typer.Context, scenario: Annotated[str | None, options.STORY] = None) -> None:
    """List the scenarios, or tell one's story and its parameters."""
    registry: Registry = context.obj
    if scenario is None:
        width = max(map(len, registry), default=0)
        for name, entry in registry.items():
            main = " (the main one)" if name == registry.default else ""
            behind = (width + 2) * " "
            line = f"{name:{width}}  {entry.summary}{main}"
            typer.echo(textwrap.fill(line, WIDTH, subsequent_indent=behind))
        return
    with bad_input():
        entry = registry.find(scenario)
        module: Any = entry.load()
    for line in wrapped(entry.story):
        typer.echo(line)
    typer.echo("\nParameters:")
    for line in parameter_lines(module.Parameters):
        typer.echo(line)


@app.command("run", cls=OnceCommand)
@takes_bids
def run_scenario(
    context: typer.Context,
    scenario: Annotated[str | None, options.SCENARIO] = None,
    settings: Annotated[list[str] | None, options.SET] = None,
    preset: Annotated[str | None, options.PRESET] = None,
    seed: Annotated[str, options.SEED] = "0",
    until: Annotated[str | None, options.UNTIL] = None,
    out: Annotated[str | None, options.OUT] = None,
    answer_limit: Annotated[float | None, options.ANSWER_LIMIT] = None,
    raises: Annotated[bool, options.RAISE] = False,
    bids: Any = None,
) -> None:
    """Run a scenario, write its records, and show a summary."""
    registry: Registry = context.obj
    with bad_input():
        entry = registry.find(registry.default if scenario is None else scenario)
        module, parameters = parameters_for(entry, settings or [], preset, until=until, bids=bids)
        from sim.runs.run import set_up

        with working(f"preparing {entry.name}"):
            market = set_up(entry.name, module, parameters, seed_of(seed), out)
        limit_answers(market, answer_limit)
    if raises and hasattr(market, "stage"):
        market.stage.raises = True
    status = play_out(market, parameters)
    folder = market.records.directory
    typer.echo(f"Records: {folder}\n")
    show(registry, str(folder), entry)
    if status == "interrupted":
        raise typer.Exit(INTERRUPTED)


@app.command("sweep", cls=OnceCommand)
@takes_bids
def sweep_command(
    context: typer.Context,
    what: Annotated[str, options.SWEPT],
    out: Annotated[str, options.SWEEP_OUT],
    settings: Annotated[list[str] | None, options.SET] = None,
    until: Annotated[str | None, options.UNTIL] = None,
    grid: Annotated[list[str] | None, options.GRID] = None,
    listed: Annotated[list[str] | None, options.LIST] = None,
    vs: Annotated[str | None, options.VERSUS] = None,
    seeds: Annotated[int, options.SEEDS] = 10,
    measure: Annotated[list[str] | None, options.MEASURE] = None,
    records: Annotated[bool, options.RECORDS] = False,
    workers: Annotated[int | None, options.WORKERS] = None,
    dask: Annotated[str | None, options.DASK] = None,
    limit: Annotated[float | None, options.LIMIT] = None,
    resume: Annotated[bool, options.RESUME] = False,
    bids: Any = None,
) -> None:
    """Run a scenario at many points with many seeds, on all CPUs or a cluster, and compare."""
    with bad_input():
        if what.endswith(".toml"):
            from sim.sweep.plan_file import read_plan

            told = ("settings", "until", "grid", "listed", "vs", "seeds", "measure", "records", "bids")
            refuse(context, told, f"does not go with a plan; {what} says it")
            plan = read_plan(what, context.obj)
        else:
            more = {"until": until, "bids": bids}
            axes = grid or [], listed or [], vs
            plan = planned(context.obj, what, settings or [], more, axes, seeds, measure or [], records)
    sweep_out(plan, out, workers, dask, limit, resume)


@app.command("watch", cls=OnceCommand)
@takes_bids
def watch_scenario(
    context: typer.Context,
    scenario: Annotated[str | None, options.SCENARIO] = None,
    settings: Annotated[list[str] | None, options.SET] = None,
    preset: Annotated[str | None, options.PRESET] = None,
    seed: Annotated[str, options.SEED] = "0",
    host: Annotated[str, options.HOST] = "127.0.0.1",
    port: Annotated[str, options.PORT] = "8765",
    no_browser: Annotated[bool, options.NO_BROWSER] = False,
    bids: Any = None,
) -> None:
    """Watch a scenario in the browser; Ctrl-C ends it."""
    registry: Registry = context.obj
    with bad_input():
        from sim.page.server import require_extra, watch

        entry = registry.find(registry.default if scenario is None else scenario)
        require_extra()
        _, parameters = parameters_for(entry, settings or [], preset, bids=bids)
        watch(
            entry, parameters, seed_of(seed), host, port_of(port), not no_browser, typer.echo, registry
        )


@app.command("show", cls=OnceCommand)
def show_command(
    context: typer.Context,
    folder: Annotated[str, options.FOLDER],
    csv: Annotated[str | None, options.CSV] = None,
    scenario: Annotated[str | None, options.REPORTING] = None,
    vs: Annotated[str | None, options.COMPARED] = None,
) -> None:
    """Show the summary of a run from its records, or the report of a sweep."""
    from sim.records.sweep_places import is_sweep

    if is_sweep(folder):
        with bad_input():
            refuse(context, ("scenario",), f"needs the folder of a run; {folder} is a sweep's")
        show_sweep(folder, vs, csv)
        return
    with bad_input():
        refuse(context, ("vs",), f"needs the folder of a sweep; {folder} is none")
        entry = None if scenario is None else context.obj.find(scenario)
    show(context.obj, folder, entry)
    if csv is not None:
        with bad_input():
            from sim.records import load, write_csv

            with working("writing CSV"):
                write_csv(load(folder), csv)
        typer.echo(f"Tables as CSV: {csv}")


@app.command("audit", cls=OnceCommand)
@takes_bids
def audit_command(
    context: typer.Context,
    audited: Annotated[str, options.AUDITED] = "all",
    mechanism: Annotated[list[str] | None, options.MECHANISM] = None,
    notion: Annotated[list[str] | None, options.NOTION] = None,
    settings: Annotated[list[str] | None, options.SET] = None,
    seed: Annotated[str, options.SEED] = "0",
    types: Annotated[int | None, options.TYPES] = None,
    buyers: Annotated[int | None, options.BUYERS] = None,
    sample: Annotated[int | None, options.SAMPLE] = None,
    details: Annotated[bool, options.DETAILS] = False,
    reports: Annotated[str | None, options.REPORTS] = None,
    bids: Any = None,
) -> None:
    """Show what a lie is worth in each mechanism, and to whom, under each notion of truthfulness."""
    with bad_input(), through() as told:
        from sim.audit import report
        from sim.audit.instance import reports_of
        from sim.audit.named import named_instance, names_mechanism
        from sim.runs.scenario import parse_settings

        if reports is not None:
            reports_of(reports)
        wanted = report.Wanted(notion or None, details, reports, told)
        if audited == "all":
            refuse(context, ("settings", "types", "buyers", "sample", "bids"), "needs a scenario, not `all`")
            found = report.exact_report(report.standard(mechanism or []), wanted)
        elif names_mechanism(audited) and audited not in context.obj:
            misplaced = ("mechanism", "bids") if sample is not None else ("mechanism", "seed", "bids")
            refuse(context, misplaced, f"needs a scenario; {audited} is a mechanism")
            one = named_instance(audited, parse_settings(settings or []), types, buyers)
            found = report.named_report(one, sample, seed_of(seed), wanted)
        else:
            entry = find_audited(context.obj, audited)
            module, parameters = parameters_for(entry, settings or [], bids=bids)
            start = seed_of(seed)
            if hasattr(module, "audited_menus"):
                refuse(context, ("types", "buyers", "sample"), f"needs auctions; {entry.name} has menus")
                found = report.menu_report(module.audited_menus(parameters), mechanism or [], wanted)
            elif hasattr(module, "audited_instances"):
                refuse(context, ("types", "buyers", "sample"), f"is not for {entry.name}, which has its own")
                found = report.own_report(module.audited_instances(parameters), mechanism or [], wanted)
            else:
                market, size = module.build(parameters, start), (types or 3, buyers or 2, sample, start)
                found = report.market_report(entry.name, market, mechanism or [], wanted, *size)
        lines = list(found)
    screen = console()
    for line in lines:
        screen.print(line)


@menus.command("check", cls=OnceCommand)
def check_menu_for_visits(file: Annotated[str, options.MENU], k: Annotated[str, options.MOST] = "5") -> None:
    """Say whether customers gain by buying several entries of a menu, who gains, and what it then earns."""
    with bad_input():
        from sim.menus.menu_check import check_menu_file, purchases_from

        with working(f"looking at purchases from {file}"):
            found = check_menu_file(file, purchases_from(k))
        for line in str(found).splitlines():
            typer.echo(textwrap.fill(line, WIDTH, subsequent_indent="    "))
