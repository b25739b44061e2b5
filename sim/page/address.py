"""Address: which run a window shows, in the words after the question mark of its address, and back.

A link, or a reload, shows the same run: the address names the scenario, the seed, and each parameter that is
not the default. What may name a file cannot be set there: whoever writes a link is not who starts the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from mechanisms.names import nearest
from sim.page.controls import may_name_a_file
from sim.runs.scenario import ParameterError, Parameters, as_text, make_parameters, read_seed

if TYPE_CHECKING:
    from sim.page.exhibit import Exhibit
    from sim.runs.registry import ScenarioFile

SCENARIO, SEED, VERSUS = "scenario", "seed", "vs"


@dataclass(frozen=True)
class Asked:
    """What a window is asked to show.

    `problem` says in words what of the address was refused; `vs` are the settings of a run beside it.
    """

    entry: ScenarioFile
    parameters: Parameters
    seed: int
    problem: str = ""
    vs: str = ""


def read_address(search: str | None, exhibit: Exhibit) -> Asked:
    """What an address asks for; what the server was started with where it says nothing.

    Once an address names anything, parameters that it leaves out are the scenario's defaults, but for files.
    """
    entry = exhibit.entry
    if entry is None:
        raise ValueError("no scenario is shown")
    told = dict(parse_qsl(search or "", keep_blank_values=True))
    if not told:
        return started(entry, exhibit)
    name = told.pop(SCENARIO, entry.name)
    found = exhibit.named(name)
    if found is None:
        problem = f"There is no scenario {name[:60]!r}; {nearest(name[:60], exhibit.names)}."
        return started(entry, exhibit, problem)
    try:
        seed, versus = read_seed(told.pop(SEED, "0")), told.pop(VERSUS, "")
        return Asked(found, asked_parameters(found, told, exhibit), seed, vs=versus)
    except ParameterError as error:
        return started(found, exhibit, f"The address cannot be shown: {error}.")


def started(entry: ScenarioFile, exhibit: Exhibit, problem: str = "") -> Asked:
    """A scenario as the server was started, if it was started with this one; else with its defaults."""
    kind = entry.load().Parameters
    if entry is exhibit.entry and exhibit.parameters is not None:
        return Asked(entry, exhibit.parameters, exhibit.seed, problem)
    return Asked(entry, kind(), exhibit.seed if entry is exhibit.entry else 0, problem)


def asked_parameters(entry: ScenarioFile, told: dict[str, str], exhibit: Exhibit) -> Parameters:
    """Parameters as told, and the files that the server was started with.

    Raises ParameterError for what is not allowed, and for what may name a file.
    """
    kind = entry.load().Parameters
    files = {name for name, field in kind.model_fields.items() if may_name_a_file(field)}
    for name in files.intersection(told):
        raise ParameterError(f"{name} may name a file; it is set when the page is started")
    mine = started(entry, exhibit).parameters
    return make_parameters(kind, {**{name: getattr(mine, name) for name in files}, **told})


def address_of(entry: ScenarioFile, parameters: Parameters, seed: int, versus: str = "") -> str:
    """The address of a run, and of one beside it: from the question mark on.

    What differs from the defaults is named, but no file.
    """
    plain = type(parameters)()
    fields = type(parameters).model_fields
    told = {
        name: repr(value) if isinstance(value, float) else as_text(value)
        for name, value in parameters
        if value != getattr(plain, name) and not may_name_a_file(fields[name])
    }
    return "?" + urlencode({SCENARIO: entry.name, SEED: seed, **told, **({VERSUS: versus} if versus else {})})
