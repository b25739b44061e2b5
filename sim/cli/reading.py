"""What the command line was given, made into parameters, seeds and files; what is refused is said once."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from sim.cli.codes import BAD_INPUT, INTERRUPTED, WIDTH
from sim.runs.registry import Entry

if TYPE_CHECKING:
    from sim.runs.scenario import Parameters


@contextmanager
def bad_input() -> Iterator[None]:
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


def refuse(context: typer.Context, options: Sequence[str], why: str) -> None:
    """Refuse options of the command line that do not fit."""
    for one in options:
        if getattr(context.get_parameter_source(one), "name", "") == "COMMANDLINE":
            raise ValueError(f"--{one.removesuffix('tings')} {why}")


def parameters_for(entry: Entry, settings: Sequence[str], **more: Any) -> tuple[Any, Parameters]:
    """A scenario's module, and its parameters as set, those in `more` included unless they are None."""
    from sim.runs.scenario import make_parameters, parse_settings

    given = {name: value for name, value in more.items() if value is not None}
    module: Any = entry.load()
    return module, make_parameters(module.Parameters, {**parse_settings(settings), **given})


def seed_of(text: str) -> int:
    """The seed from the option's text."""
    from sim.runs.scenario import read_seed

    return read_seed(text, "--seed")


def port_of(text: str) -> int:
    """The port from the option's text."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise ValueError(f"--port is {text}; it must be an integer from 0 to 65535")
    return int(text)


def bids_options(
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


def parameter_lines(kind: type[Parameters]) -> Iterator[str]:
    """Each parameter with what it means, what it may be, and its default."""
    from sim.runs.scenario import allowed, as_text

    for name, field in kind.model_fields.items():
        yield f"  {name} = {as_text(field.default)}"
        yield textwrap.indent(textwrap.fill(f"{field.description}; {allowed(field)}", WIDTH - 6), 6 * " ")
