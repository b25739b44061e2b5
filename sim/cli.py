"""The command line: list scenarios, run one, show what came of it.

Bad input ends in one message on the error stream and exit code 2; a breach of what always holds in exit
code 1; Ctrl-C in 130. Everything heavy is imported by the command that needs it, so that help comes at once.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from sim.runs.registry import Registry

if TYPE_CHECKING:
    from sim.records import RecordedRun
    from sim.runs.scenario import Parameters

WIDTH = 100
BAD_INPUT, BREACH, INTERRUPTED = 2, 1, 130

app = typer.Typer(
    help="Bazaar, a laboratory for auctions.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

menus = typer.Typer(
    help="Menus of lotteries, for customers who may come back.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(menus, name="menu")

_SCENARIO = typer.Argument(help="Name of a scenario, see `bazaar list`; by default the main one.")
_SET = typer.Option(
    "--set",
    metavar="NAME=VALUE",
    help="Set a parameter; may be given many times. `bazaar list SCENARIO` names them.",
)
_SEED = typer.Option(metavar="N", help="Same seed, same records; an integer of at least 0.")
_UNTIL = typer.Option(metavar="T", help="Simulated time at which the run ends, above 0.")
_BIDS = typer.Option(
    metavar="FILE",
    help="Make the buyers' prior from a CSV file of logged bids: the highest bid of each bidder in each "
    "auction counts as a value. This assumes private values and a second-price or ascending format. It is "
    "biased: winners are censored at what they paid, and losers may stop early (too low); who did not bid is "
    "not seen (too high).",
)
_COLUMNS = typer.Option(
    metavar="KIND=COLUMN,…",
    help="Names of the columns of FILE, such as auctionid=lot,bidder=who,bid=amount; what is left out keeps "
    "its name.",
)
_ITEM = typer.Option(metavar="ITEM", help="Read only bids on this item (column `item`).")
_SKIP = typer.Option("--bids-skip-bad", help="Leave out bad rows of FILE and count them.")
_OUT = typer.Option(
    metavar="DIR", help="Folder for the records, new or empty; by default a fresh one in runs."
)
_STORY = typer.Argument(help="Tell this one's story and its parameters.")
_PORT = typer.Option(metavar="PORT", help="Port of the page; 0 finds a free one.")
_HOST = typer.Option(metavar="HOST", help="Address to listen at; 0.0.0.0 lets other machines in.")
_NO_BROWSER = typer.Option("--no-browser", help="Do not open a browser.")
_FOLDER = typer.Argument(metavar="DIR", help="Folder of a run.")
_AUDITED = typer.Argument(
    metavar="SCENARIO", help="Audit what this scenario's sellers sell by; `all`: the project's mechanisms."
)
_MECHANISM = typer.Option("--mechanism", metavar="NAME", help="Only this one; may be given many times.")
_NOTION = typer.Option("--notion", metavar="NAME", help="Only this notion; may be given many times.")
_TYPES = typer.Option(metavar="B", min=1, help="How many types of each buyer an exact audit takes.")
_BUYERS = typer.Option(metavar="N", min=1, help="How many buyers take part.")
_SAMPLE = typer.Option(
    metavar="PROFILES",
    min=4,
    help="Audit a sample of so many profiles from the scenario's own prior, instead of a few types exactly.",
)
_CSV = typer.Option(metavar="DIR", help="Also write each table as a CSV file into this folder.")
_MENU = typer.Argument(
    metavar="FILE",
    help="A .toml file with [[entries]] (probabilities, price) and [[types]] (values or bundles, "
    "probability), or a .csv file with the columns kind (entry or type), one for each item, price and "
    "probability.",
)
_MOST = typer.Option(
    "--k",
    metavar="K",
    help="Look at customers who buy up to 1, 2, …, K entries, an integer from 1 to 1000; `inf` for any "
    "number alone. Any number is always looked at too.",
)


def run_command(registry: Registry, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with some arguments, by default the process's; ends in SystemExit."""
    raise SystemExit(app(args=arguments, prog_name="bazaar", obj=registry))


@app.command("list")
def list_command(context: typer.Context, scenario: Annotated[str | None, _STORY] = None) -> None:
    """List the scenarios, or tell one's story and its parameters."""
    registry: Registry = context.obj
    if scenario is None:
        width = max(map(len, registry), default=0)
        for name, entry in registry.items():
            main = " (the main one)" if name == registry.default else ""
            typer.echo(f"{name:{width}}  {entry.summary}{main}")
        return
    with _bad_input():
        entry = registry[scenario]
    typer.echo(f"{entry.story}\n\nParameters:")
    for line in _parameter_lines(entry.load().Parameters):
        typer.echo(line)


@app.command("run")
def run_scenario(
    context: typer.Context,
    scenario: Annotated[str | None, _SCENARIO] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    seed: Annotated[str, _SEED] = "0",
    until: Annotated[str | None, _UNTIL] = None,
    bids: Annotated[str | None, _BIDS] = None,
    bids_columns: Annotated[str | None, _COLUMNS] = None,
    bids_item: Annotated[str | None, _ITEM] = None,
    bids_skip_bad: Annotated[bool, _SKIP] = False,
    out: Annotated[str | None, _OUT] = None,
) -> None:
    """Run a scenario, write its records, and show a summary."""
    registry: Registry = context.obj
    name = registry.default if scenario is None else scenario
    with _bad_input():
        from sim.runs.scenario import make_parameters, parse_settings

        entry = registry[name]
        given: dict[str, Any] = dict(parse_settings(settings or []))
        if until is not None:
            given["until"] = until
        reading = _bids_options(bids, bids_columns, bids_item, bids_skip_bad)
        if reading is not None:
            given["bids"] = reading
        module: Any = entry.load()
        from sim.runs.run import set_up

        parameters = make_parameters(module.Parameters, given)
        market = set_up(name, module, parameters, _seed(seed), out)
    status = _play(market, parameters)
    folder = market.records.directory
    typer.echo(f"Records: {folder}\n")
    _show(registry, str(folder))
    if status == "interrupted":
        raise typer.Exit(INTERRUPTED)


@app.command("watch")
def watch_scenario(
    context: typer.Context,
    scenario: Annotated[str | None, _SCENARIO] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    seed: Annotated[str, _SEED] = "0",
    host: Annotated[str, _HOST] = "127.0.0.1",
    port: Annotated[str, _PORT] = "8765",
    no_browser: Annotated[bool, _NO_BROWSER] = False,
) -> None:
    """Watch a scenario in the browser; Ctrl-C ends it."""
    registry: Registry = context.obj
    with _bad_input():
        from sim.page.server import require_extra, watch
        from sim.runs.scenario import make_parameters, parse_settings

        entry = registry[registry.default if scenario is None else scenario]
        require_extra()
        module: Any = entry.load()
        parameters = make_parameters(module.Parameters, parse_settings(settings or []))
        watch(entry, parameters, _seed(seed), host, _port(port), not no_browser, typer.echo)


@app.command("show")
def show_command(
    context: typer.Context, folder: Annotated[str, _FOLDER], csv: Annotated[str | None, _CSV] = None
) -> None:
    """Show the summary of a run from its records."""
    _show(context.obj, folder)
    if csv is not None:
        with _bad_input():
            from sim.records import load, write_csv

            write_csv(load(folder), csv)
        typer.echo(f"Tables as CSV: {csv}")


@app.command("audit")
def audit_command(
    context: typer.Context,
    scenario: Annotated[str, _AUDITED] = "all",
    mechanism: Annotated[list[str] | None, _MECHANISM] = None,
    notion: Annotated[list[str] | None, _NOTION] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    seed: Annotated[str, _SEED] = "0",
    types: Annotated[int, _TYPES] = 3,
    buyers: Annotated[int, _BUYERS] = 2,
    sample: Annotated[int | None, _SAMPLE] = None,
) -> None:
    """Show what a lie is worth in each mechanism, and to whom, under each notion of truthfulness."""
    with _bad_input():
        from sim.audit import report

        if scenario == "all":
            _refuse(context, ("settings", "types", "buyers", "sample"), "needs a scenario, not `all`")
            lines = list(report.exact_report(report.standard(mechanism or []), notion or None))
        else:
            module, parameters = _module(context.obj, scenario, settings or [])
            chosen, start = (mechanism or [], notion or None), _seed(seed)
            if hasattr(module, "audited_menus"):
                _refuse(context, ("types", "buyers", "sample"), f"needs auctions; {scenario} has menus")
                found = report.menu_report(module.audited_menus(parameters), *chosen)
            else:
                market = module.build(parameters, start)
                found = report.market_report(scenario, market, *chosen, types, buyers, sample, start)
            lines = list(found)
    console = _console()
    for line in lines:
        console.print(line)


@menus.command("check")
def check_menu(file: Annotated[str, _MENU], k: Annotated[str, _MOST] = "5") -> None:
    """Say whether customers gain by buying several entries of a menu, who gains, and what it then earns."""
    with _bad_input():
        from sim.menus.menu_check import check_menu_file, purchases_from

        typer.echo(check_menu_file(file, purchases_from(k)))


# --- input -----------------------------------------------------------------------------------------


@contextmanager
def _bad_input() -> Iterator[None]:
    """What is refused in here is bad input: say so in one message, without a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except (ValueError, TypeError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    except OSError as error:
        typer.echo(f"Error: {error.filename}: {error.strerror}", err=True)
        raise typer.Exit(BAD_INPUT) from None


def _refuse(context: typer.Context, options: Sequence[str], why: str) -> None:
    """Refuse options of the command line that do not fit."""
    for one in options:
        if getattr(context.get_parameter_source(one), "name", "") == "COMMANDLINE":
            raise ValueError(f"--{one.removesuffix('tings')} {why}")


def _module(registry: Registry, name: str, settings: Sequence[str]) -> tuple[Any, Parameters]:
    """A scenario's module, and its parameters."""
    from sim.runs.scenario import make_parameters, parse_settings

    module: Any = registry[name].load()
    return module, make_parameters(module.Parameters, parse_settings(settings))


def _seed(text: str) -> int:
    from sim.runs.scenario import read_seed

    return read_seed(text, "--seed")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise ValueError(f"--port is {text}; it must be an integer from 0 to 65535")
    return int(text)


def _bids_options(
    file: str | None, columns: str | None, item: str | None, skip_bad: bool
) -> dict[str, Any] | None:
    """The options on bids as a `BidsFile`'s fields, None if no file was named."""
    if file is None:
        if columns is not None or item is not None or skip_bad:
            raise ValueError("--bids is missing; the other options on bids need --bids FILE")
        return None
    if not file:
        raise ValueError("--bids is empty; it must name a CSV file")
    return {"file": file, "item": item, "skip_bad": skip_bad, **_columns(columns)}


_COLUMN_FIELDS = {"auctionid": "auction", "bidder": "bidder", "bid": "bid"}


def _columns(mapping: str | None) -> dict[str, str]:
    """The columns' names from text such as `auctionid=lot,bid=amount`."""
    named = {}
    for pair in [] if mapping is None else mapping.split(","):
        kind, _, column = (part.strip() for part in pair.partition("="))
        if not column or kind not in _COLUMN_FIELDS or _COLUMN_FIELDS[kind] in named:
            raise ValueError(
                f"--bids-columns is {mapping!r}; it must be KIND=COLUMN pairs, with commas between "
                f"them, and the kinds, each once, from {', '.join(_COLUMN_FIELDS)}"
            )
        named[_COLUMN_FIELDS[kind]] = column
    return named


def _parameter_lines(kind: type[Parameters]) -> Iterator[str]:
    """Each parameter with what it means, what it may be, and its default."""
    from sim.runs.scenario import allowed, as_text

    for name, field in kind.model_fields.items():
        yield f"  {name} = {as_text(field.default)}"
        yield textwrap.indent(textwrap.fill(f"{field.description}; {allowed(field)}", WIDTH - 6), 6 * " ")


# --- playing and showing ---------------------------------------------------------------------------


def _play(market: Any, parameters: Parameters) -> str:
    """Run the market with a progress bar; a breach ends the command."""
    from sim.market.invariants import BreachError
    from sim.records import OutputError
    from sim.runs.run import play

    try:
        with _progress(parameters.until) as advanced:
            return play(market, parameters.until, advanced)
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


@contextmanager
def _progress(until: float) -> Iterator[Callable[[float], Any]]:
    """A bar over simulated time, where there is a terminal to show it on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    clock = TextColumn("time {task.completed:,.1f} of {task.total:,.1f}")
    columns = (clock, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=until)
        yield lambda now: bar.update(task, completed=now)


def _show(registry: Registry, folder: str) -> None:
    """Print the summary of a run, at most WIDTH columns wide."""
    with _bad_input():
        from sim.records import RecordedRun

        run = RecordedRun(folder)
        lines = _reporter(registry, run)(run, run.manifest)
    console = _console()
    if not run.complete:
        console.print(f"Incomplete: {run.message}.\n", soft_wrap=True)
    for line in lines:
        console.print(line)


def _console() -> Any:
    """A console at most WIDTH columns wide."""
    from rich.console import Console

    console = Console(highlight=False)
    return Console(highlight=False, width=min(WIDTH, console.width) if console.is_terminal else WIDTH)


def _reporter(registry: Registry, run: RecordedRun) -> Callable[..., Any]:
    """How the run's scenario reports; the common way if it says nothing, or is not known here."""
    from sim.runs.report import summary

    name = str(run.manifest.get("scenario"))
    return getattr(registry[name].load(), "report", summary) if name in registry else summary
