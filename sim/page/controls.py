"""Controls: a scenario's parameters as sliders, choices and fields of a page, in Mesa's own form.

A short range becomes a slider, named values a choice, true or false a box to tick; everything else is typed
in, and checked when the run is made. What may name a file is fixed when the page is started: who drives the
page could try out which files there are, and read them in the messages.
"""

from __future__ import annotations

import typing
from typing import Any

from pydantic.fields import FieldInfo

from sim.runs.scenario import BidsFile, OneOf, Parameters, WholeNumbers, allowed, as_text, optional

Control = dict[str, Any]

_LONGEST_SLIDER = 100
"""The largest whole-number range that a slider can pick from."""


def controls(kind: type[Parameters], values: Parameters | None = None, seed: int = 0) -> dict[str, Control]:
    """The seed and each parameter by name, in the form of `SolaraViz`'s `model_params`.

    `values` are what the controls show at first, by default the defaults. Each has `help` in words, `file`,
    whether it may name a file, and `start`, what the run begins with.
    """
    shown = kind() if values is None else values
    told = "same seed, same run; an integer of at least 0"
    made: dict[str, Control] = {
        "seed": {"type": "InputText", "label": "seed", "value": str(seed), "help": told, "file": False,
                 "start": str(seed)}
    }
    for name, field in kind.model_fields.items():
        value, control = getattr(shown, name), _control(field, getattr(shown, name))
        names_file = may_name_a_file(field)
        made[name] = {
            **control,
            "label": name.replace("_", " "),
            "help": f"{field.description}; {allowed(field)}",
            "file": names_file,
            "start": value if names_file else control["value"],    # a file of bids says how it is read
        }
    return made


def settable(made: dict[str, Control]) -> dict[str, Any]:
    """What `SolaraViz` is told: the controls; what may name a file is fixed."""
    return {name: each["start"] if each["file"] else each for name, each in made.items()}


def may_name_a_file(field: FieldInfo) -> bool:
    """Whether a parameter is free text, which may name a file, or a file of bids."""
    if any(isinstance(note, OneOf | WholeNumbers) for note in field.metadata):
        return False
    return bool({str, BidsFile}.intersection([field.annotation, *typing.get_args(field.annotation)]))


def _control(field: FieldInfo, value: Any) -> Control:
    choices = next((note.names for note in field.metadata if isinstance(note, OneOf)), None)
    if choices is not None:
        none = ["none"] if optional(field.annotation) else []
        return {"type": "Select", "value": as_text(value), "values": [*none, *choices]}
    if field.annotation is bool:
        return {"type": "Checkbox", "value": value}
    low, high = bounds(field)
    if low is not None and high is not None:
        if field.annotation is int and high - low <= _LONGEST_SLIDER:
            return {"type": "SliderInt", "value": value, "min": int(low), "max": int(high), "step": 1}
        if field.annotation is float and (low, high) == (0, 1):
            return {"type": "SliderFloat", "value": value, "min": low, "max": high, "step": 0.05}
    return {"type": "InputText", "value": as_text(value)}


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The least and the largest value that are themselves allowed; None where there is none."""
    least: float | None = None
    most: float | None = None
    for note in field.metadata:
        least = getattr(note, "ge", least)
        most = getattr(note, "le", most)
    return least, most
