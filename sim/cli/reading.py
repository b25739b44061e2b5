"""What the command line was given, made into parameters, seeds and files; what is refused is said once."""

from __future__ import annotations

import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mechanisms.names import nearest
from sim.bounded import in_short
from sim.cli import options
from sim.cli.codes import BAD_INPUT, INTERRUPTED, LONGEST_MESSAGE, WIDTH
from sim.runs.registry import Registry, ScenarioFile

if TYPE_CHECKING:
    from sim.runs.scenario import Parameters


@contextmanager
def bad_input() -> Iterator[None]:
    """What is refused in here is bad input: say so in one message, without a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except (ValueError, TypeError) as error:
        typer.echo(f"Error: {in_short(str(error), LONGEST_MESSAGE)}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    except OSError as error:
        typer.echo(f"Error: {error.filename}: {error.strerror}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    except SystemExit as error:
        typer.echo(f"Error: the scenario's code would have ended the program: SystemExit: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from None


def refuse(context: typer.Context, options: Sequence[str], why: str) -> None:
    """Refuse options of the command line that do not fit."""
    for one in options:
        if getattr(context.get_parameter_source(one), "name", "") == "COMMANDLINE":
            raise ValueError(f"--{one.removesuffix('tings')} {why}")


def find_audited(registry: Registry, named: str) -> ScenarioFile:
    """The scenario that is to be audited; an unknown name is told what is nearest, mechanisms included."""
    from mechanisms.registry import MECHANISMS
    from sim.runs.registry import UnknownScenarioError

    try:
        return registry.find(named)
    except UnknownScenarioError:
        known = [*registry, *MECHANISMS, "all"]
        raise ValueError(f"there is no scenario or mechanism {named!r}; {nearest(named, known)}") from None


def parameters_for(
    entry: ScenarioFile, settings: Sequence[str], preset: str | None = None, **more: Any
) -> tuple[Any, Parameters]:
    """A scenario's module, and its parameters as set, those in `more` included unless they are None.

    They come on top of those of the preset, if one is named.
    """
    from sim.runs.scenario import make_parameters, parse_settings

    given = {name: value for name, value in more.items() if value is not None}
    told = parse_settings(settings)
    for name in given.keys() & told.keys():
        raise ValueError(f"{name} is given by --{name} and by --set; give it once")
    module: Any = entry.load()
    named = {} if preset is None else preset_of(module, preset).settings
    return module, make_parameters(module.Parameters, {**named, **told, **given})


def preset_of(module: Any, name: str) -> Any:
    """The preset of this name; ValueError if the scenario has none."""
    presets = {preset.name: preset for preset in getattr(module, "PRESETS", ())}
    if name not in presets:
        raise ValueError(f"--preset is {name!r}; the scenario has {', '.join(map(repr, presets)) or 'none'}")
    return presets[name]


def seed_of(text: str) -> int:
    """The seed from the option's text."""
    from sim.runs.scenario import read_seed

    return read_seed(text, "--seed")


def limit_answers(run: Any, seconds: float | None) -> None:
    """Limit the time of answers in a run that was just set up; its folder is closed if that cannot be."""
    if seconds is None:
        return
    try:
        if not hasattr(run, "limit_answers"):
            raise ValueError("--answer-limit needs a market of auctions")
        run.limit_answers(seconds)
    except ValueError:
        run.records.close("failed")
        raise


def port_of(text: str) -> int:
    """The port from the option's text."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= 65535):
        raise ValueError(f"--port is {text}; it must be an integer from 0 to 65535")
    return int(text)


def takes_bids(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command with the options on bids too; its parameter `bids` gets the fields of a `BidsFile`."""
    own = inspect.signature(command, eval_str=True)
    given = inspect.signature(_bids_options, eval_str=True).parameters

    @functools.wraps(command)
    def with_bids(**arguments: Any) -> Any:
        with bad_input():
            bids = _bids_options(**{name: arguments.pop(name) for name in given})
        return command(**arguments, bids=bids)

    parameters = [each for name, each in own.parameters.items() if name != "bids"]
    with_bids.__signature__ = own.replace(parameters=[*parameters, *given.values()])  # type: ignore[attr-defined]
    return with_bids


def _bids_options(
    bids: Annotated[str | None, options.BIDS] = None,
    bids_columns: Annotated[str | None, options.COLUMNS] = None,
    bids_item: Annotated[str | None, options.ITEM] = None,
    bids_where: Annotated[list[str] | None, options.WHERE] = None,
    bids_decimal: Annotated[str | None, options.DECIMAL] = None,
    bids_format: Annotated[str | None, options.FORMAT] = None,
    bids_skip_bad: Annotated[bool, options.SKIP] = False,
) -> dict[str, Any] | None:
    """The options on bids as a `BidsFile`'s fields, None if no file was named."""
    told = (bids_columns, bids_item, bids_where or None, bids_decimal, bids_format, bids_skip_bad or None)
    if bids is None:
        if any(each is not None for each in told):
            raise ValueError("--bids is missing; the other options on bids need --bids FILE")
        return None
    if not bids:
        raise ValueError("--bids is empty; it must name a file")
    _one_of("--bids-decimal", bids_decimal, (".", ","))
    _one_of("--bids-format", bids_format, ("second-price", "ascending"))
    fields = {"file": bids, "item": bids_item, "skip_bad": bids_skip_bad, **_columns(bids_columns)}
    return {**fields, "where": _where(bids_where or []), "decimal": bids_decimal, "format": bids_format}


def _one_of(option: str, value: str | None, allowed: Sequence[str]) -> None:
    if value is not None and value not in allowed:
        raise ValueError(f"{option} is {value!r}; it must be {' or '.join(allowed)}")


def _where(conditions: Sequence[str]) -> dict[str, str]:
    """Texts by columns, from conditions such as `site=uk`."""
    wanted = {}
    for condition in conditions:
        column, equals, text = (part.strip() for part in condition.partition("="))
        if not equals or not column or column in wanted:
            raise ValueError(f"--bids-where is {condition!r}; it must be COLUMN=VALUE, once for each column")
        wanted[column] = text
    return wanted


_COLUMN_FIELDS = {"auctionid": "auction", "bidder": "bidder", "bid": "bid", "item": "item_column"}


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


def parameter_lines(kind: type[Parameters]) -> Iterator[str]:
    """Each parameter with what it means, what it may be, and its default."""
    from sim.runs.scenario import allowed, as_text

    for name, field in kind.model_fields.items():
        yield f"  {name} = {as_text(field.default)}"
        yield textwrap.indent(textwrap.fill(f"{field.description}; {allowed(field)}", WIDTH - 6), 6 * " ")


_ITEM = re.compile(r"\s*(\d+\.|-) ")


def wrapped(text: str) -> Iterator[str]:
    """The lines of a text, filled anew to WIDTH; items of lists start a line, and hang.

    >>> list(wrapped("One\\nand two.\\n\\n1. first\\n   item\\n2. second"))
    ['One and two.', '', '1. first item', '2. second']
    """
    parts: list[list[str]] = []
    for line in text.strip().splitlines():
        if not line.strip() or not parts or not parts[-1][0].strip() or _ITEM.match(line):
            parts.append([line.rstrip()])
        else:
            parts[-1].append(line.strip())
    for part in parts:
        item, whole = _ITEM.match(part[0]), " ".join(part)
        hang = " " * (item.end() if item else 0)
        yield from textwrap.wrap(whole, WIDTH, subsequent_indent=hang, break_on_hyphens=False) or [""]
