"""Scenario: an experiment as one module, with its parameters as one validated, frozen object.

A scenario is a module with a story in its docstring, whose first line is its summary, a class `Parameters`
(a subclass of the one here), and a function `build(parameters, seed, records)` that returns a `Market`, or
another `Run`. The command line, a page's sliders and sweeps are made from the parameters.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from mechanisms.names import nearest

if TYPE_CHECKING:
    from sim.records import Records

LONGEST_SEED = 100
"""Digits; the folder of a run is named after its seed."""


class ParameterError(ValueError):
    """A parameter has no such name or may not have such a value; the message says what is allowed."""


class Parameters(BaseModel):
    """What a scenario can be told. Each field has a type, a range, a default and a line of help.

    A scenario's class adds `Field(default, ge=…, le=…, description="…")` for each parameter, and may give
    `until` another default. Unknown fields are refused, and nothing can be changed afterwards. Who sets a
    `strategy` in vain is told `strategy_hint`.
    """

    strategy_hint: ClassVar[str] = ""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    until: float = Field(default=100.0, gt=0, le=1e9, description="simulated time at which the run ends")

    def in_vain(self) -> Iterator[tuple[str, str]]:
        """Parameters that would do nothing beside the others, each with the reason; by default none."""
        return iter(())

    @model_validator(mode="after")
    def _do_something(self) -> Self:
        for name, reason in self.in_vain():
            if (value := getattr(self, name)) != type(self).model_fields[name].default:
                raise ValueError(f"{name} is {as_text(value)}, and would do nothing: {reason}")
        return self


class BidsFile(BaseModel):
    """A file of logged bids that a prior is made from, and how to read it; see `sim.runs.logged_bids`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(description="a table with one row for each bid")
    auction: str = Field(default="auctionid", description="column with the auction's number or name")
    bidder: str = Field(default="bidder", description="column with the bidder's name")
    bid: str = Field(default="bid", description="column with the bid")
    item: str | None = Field(default=None, description="read only rows with this in the item's column")
    item_column: str = Field(default="item", description="column with the item")
    where: dict[str, str] = Field(default={}, description="read only rows with these texts in these columns")
    decimal: Literal[".", ","] | None = Field(default=None, description="decimal sign; none finds out")
    format: Literal["second-price", "ascending"] | None = Field(
        default=None, description="says the format, whatever the bids look like"
    )
    skip_bad: bool = Field(
        default=False, description="leave out bad rows and count them, instead of stopping"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, given: Any) -> Any:
        """A text alone is the file's name."""
        return {"file": given} if isinstance(given, str) and given else given


@dataclass(frozen=True)
class Preset:
    """A named setting of a scenario, with a sentence that says what it shows.

    A scenario's `PRESETS` is a tuple of them. `settings` are parameters by name, as values or texts.
    """

    name: str
    sentence: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def parameters(self, kind: type[Parameters]) -> Parameters:
        """The scenario's parameters so set; ParameterError if one may not have such a value."""
        return make_parameters(kind, self.settings)


@dataclass(frozen=True)
class OneOf:
    """Annotates a text parameter that must be one of some names: `Annotated[str, OneOf(names)]`.

    With `Annotated[str | None, OneOf(names)]` it may also be None.
    """

    names: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Allow the names, None where the type does, and nothing else."""
        named = core_schema.literal_schema(list(self.names))
        return core_schema.nullable_schema(named) if optional(source) else named


    def __str__(self) -> str:
        return f"one of {', '.join(self.names)}"


@dataclass(frozen=True)
class WholeNumbers:
    """Annotates a list of whole numbers: `Annotated[tuple[int, ...], WholeNumbers(1, 9)]`.

    As text they are separated by commas, such as 2,4,8. There is at least one and at most `length`; they
    rise, from `least` to `most` at most, and differ from `least` by multiples of `step`.
    """

    least: int
    most: int
    step: int = 1
    length: int = 6

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Allow what `read` does."""
        return core_schema.no_info_plain_validator_function(self.read)

    def read(self, given: Any) -> tuple[int, ...]:
        """The numbers from text, from one of them, or from a sequence; ValueError for anything else."""
        if isinstance(given, str):
            given = [int(word) for word in given.split(",")]
        elif isinstance(given, int):
            given = [given]
        elif not isinstance(given, tuple | list):
            raise ValueError("these are no numbers")
        whole = all(isinstance(number, int) and not isinstance(number, bool) for number in given)
        if not whole or not 1 <= len(given) <= self.length or sorted(set(given)) != list(given):
            raise ValueError("these are not so many rising whole numbers")
        if any(number not in range(self.least, self.most + 1, self.step) for number in given):
            raise ValueError("these are not all in the range")
        return tuple(given)

    def __str__(self) -> str:
        steps = f" in steps of {self.step}" if self.step > 1 else ""
        return (
            f"1 to {self.length} rising whole numbers, separated by commas, "
            f"from {self.least:,} to {self.most:,}{steps}"
        )


def as_text(value: Any) -> str:
    """A parameter's value as it is typed in: `none` for None, a file's name for what is read from a file.

    >>> as_text((2, 4, 8)), as_text(False)
    ('2,4,8', 'false')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(getattr(value, "file", value))


def optional(annotation: Any) -> bool:
    """Whether a parameter of this type may be None."""
    return type(None) in typing.get_args(annotation)


class Run(Protocol):
    """What is played: a market of auctions, or anything else that happens in simulated time."""

    records: Records
    tick: float

    @property
    def now(self) -> float:
        """Simulated time."""

    def advance_to(self, until: float) -> None:
        """Run the clock up to, and without, `until`."""

    def flush(self) -> None:
        """Bring the records up to date."""

    def finish(self, status: str = "complete") -> None:
        """End the run, and close its records."""


class Scenario(Protocol):
    """What a scenario's module holds.

    It may also have `report(tables, manifest)`, which returns what stands at the end of a run in place of
    `sim.runs.report.summary`, and `measures(tables, parameters)`, figures of a run for a sweep, numbers by
    name (see `sim.sweep.measures`). It may have `PANELS`, a tuple of functions that take the market and
    return a drawing, HTML or a matplotlib figure, each a panel of its page in the browser (see
    `sim.page.panels`), and `PRESETS`, a tuple of `Preset`, named settings for the page. If it sells from
    menus rather than by auctions, `audited_menus(parameters)` returns what `bazaar audit` audits, a sequence
    of `sim.audit.Instance`; `audited_instances(parameters)` does so for any mechanisms, where its own market
    would be too large to be audited exactly.
    """

    Parameters: type[Parameters]

    def build(self, parameters: Any, seed: int = 0, records: Records | None = None) -> Run:
        """The market, or another run, ready to start; everything in it follows from parameters and seed."""


# --- parameters from text --------------------------------------------------------------------------


def parse_settings(settings: Iterable[str]) -> dict[str, str]:
    """Split settings of the form `name=value`. ParameterError for another form, and for a name set twice.

    >>> parse_settings(["sellers=3", "until = 50"])
    {'sellers': '3', 'until': '50'}
    """
    parsed: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.strip():
            raise ParameterError(f"--set is {setting!r}; it must be name=value")
        if name.strip() in parsed:
            raise ParameterError(f"--set gives {name.strip()} twice; set it once")
        parsed[name.strip()] = value.strip()
    return parsed


def read_seed(text: Any, field: str = "seed") -> int:
    """A seed from a number or a text; ParameterError, which names the field, if it is no integer from 0 on.

    >>> read_seed(" 7 ")
    7
    """
    words = str(text).strip()
    if not (words.isascii() and words.isdigit() and len(words) <= LONGEST_SEED):
        raise ParameterError(
            f"{field} is {words[:60] or 'empty'}; it must be an integer of at least 0, "
            f"with at most {LONGEST_SEED} digits"
        )
    return int(words)


def make_parameters(kind: type[Parameters], given: Mapping[str, Any]) -> Parameters:
    """Parameters from values or texts by name; `none` stands for None where that is allowed.

    Raises ParameterError, which names the field, the value and what is allowed.
    """
    fields = kind.model_fields
    for name in given:
        if name not in fields:
            said = _hint(kind, name) or nearest(name, fields)
            raise ParameterError(f"there is no parameter {name!r}; {said}")
    values = {name: _without_none(fields[name], value) for name, value in given.items()}
    try:
        return kind(**values)
    except ValidationError as error:
        faults = dict.fromkeys(_fault(kind, fault) for fault in error.errors())
        raise ParameterError("; ".join(faults)) from None


def _without_none(field: FieldInfo, value: Any) -> Any:
    none = optional(field.annotation) and isinstance(value, str) and value.lower() == "none"
    return None if none else value


def _fault(kind: type[Parameters], fault: Any) -> str:
    """One fault in words."""
    if not fault["loc"]:
        return str(fault["msg"]).removeprefix("Value error, ")
    name, value = str(fault["loc"][0]), fault["input"]
    said = f"{name} is {_shown(value)}; it must be {allowed(kind.model_fields[name])}"
    return "; ".join(filter(None, [said, _hint(kind, name)]))


def _hint(kind: type[Parameters], name: str) -> str:
    return kind.strategy_hint if name == "strategy" else ""


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value else repr(value)


# --- parameters in words ---------------------------------------------------------------------------

_KINDS = {
    int: "an integer",
    float: "a number",
    bool: "true or false",
    str: "text",
    BidsFile: "a file of bids",
}
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def allowed(field: FieldInfo) -> str:
    """What a field may be, in words.

    >>> allowed(Parameters.model_fields["until"])
    'a number above 0 and at most 1,000,000,000'
    """
    annotation, or_none = field.annotation, ""
    if optional(annotation):
        (annotation,) = (part for part in typing.get_args(annotation) if part is not type(None))
        or_none = ", or none"
    for note in field.metadata:
        if isinstance(note, OneOf | WholeNumbers):
            return f"{note}{or_none}"
    kind = _KINDS.get(typing.cast(Any, annotation), str(annotation))
    return f"{kind}{_range(field)}{or_none}"


def _range(field: FieldInfo) -> str:
    """The bounds of a field in words."""
    bounds = {
        bound: f"{getattr(note, bound):,.12g}"
        for note in field.metadata
        for bound in _BOUNDS
        if getattr(note, bound, None) is not None
    }
    if bounds.keys() == {"ge", "le"}:
        return f" from {bounds['ge']} to {bounds['le']}"
    words = " and ".join(f"{_BOUNDS[bound]} {number}" for bound, number in bounds.items())
    return f" {words}" if words else ""
