"""Settings: what was changed on the page and waits for the next reset, checked at once; a second run's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.page.controls import may_name_a_file
from sim.runs.scenario import ParameterError, as_text, make_parameters, parse_settings, read_seed

if TYPE_CHECKING:
    from sim.page.show import Show
    from sim.runs.registry import ScenarioFile


@dataclass(frozen=True)
class Told:
    """What is said of settings that differ from those of the run; `wrong` if they cannot be."""

    words: str = ""
    wrong: bool = False


def changed(entry: ScenarioFile, draft: dict[str, Any], show: Show, versus: str, shown: str) -> Told:
    """What a reset would change, in words, or why it cannot.

    `draft` are the seed and the parameters as they stand in the controls, `show` is the run that is seen;
    `versus` are the settings of a second run, `shown` those of the one that is seen.
    """
    told = dict(draft)
    try:
        seed = read_seed(told.pop("seed"))
        parameters = make_parameters(entry.load().Parameters, told)
        if versus.strip():
            make_parameters(entry.load().Parameters, {**told, **pairs(type(parameters), versus)})
    except ParameterError as error:
        return Told(f"{error}.", wrong=True)
    if show.market is None:
        return Told()
    new = [f"seed {seed}"] if seed != show.seed else []
    new += [
        f"{name.replace('_', ' ')} {as_text(value)}"
        for name, value in parameters
        if value != getattr(show.parameters, name)
    ]
    if versus.strip() != shown.strip():
        new.append(f"beside it: {versus.strip() or 'nothing'}")
    return Told(f"From the next reset: {', '.join(new)}." if new else "")


def pairs(kind: Any, text: str) -> dict[str, str]:
    """Settings of the form `name=value`, separated by commas or semicolons; ParameterError for others.

    What may name a file cannot be set.
    """
    told = parse_settings(part for part in text.replace(";", ",").split(",") if part.strip())
    for name in told:
        if name in kind.model_fields and may_name_a_file(kind.model_fields[name]):
            raise ParameterError(f"{name} may name a file; it is set when the page is started")
    return told


def second(kind: type[Show], settings: dict[str, Any], against: str) -> Show:
    """The run beside one with these settings; it says what is wrong, if its own cannot be."""
    try:
        told = pairs(kind.entry.load().Parameters, against)
    except ParameterError:
        told = {"beside": against}    # the show says that there is no such parameter
    show = kind(**{**settings, **told})
    show.against = against
    return show
