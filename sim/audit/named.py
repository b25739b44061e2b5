"""A mechanism that is named in text, ready made or anybody's, on a small standard instance."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from mechanisms.conversation import Mechanism, check_count
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.registry import MECHANISMS, REQUIRED, make_mechanism, mechanism_class, parameters_of
from sim.audit.instance import Instance
from sim.audit.library import standard_instance
from sim.runs.files import load_named

_WORDS = {"none": None, "true": True, "false": False}


def names_mechanism(text: str) -> bool:
    """Whether a text names a mechanism: by its name in `MECHANISMS`, or as `module:Class` or `file.py:Class`.

    >>> names_mechanism("second_price"), names_mechanism("my_auctions:Mine"), names_mechanism("town_market")
    (True, True, False)
    """
    return ":" in text or text in MECHANISMS


def named_instance(
    named: str,
    settings: Mapping[str, str] | None = None,
    types: int | None = None,
    buyers: int | None = None,
) -> Instance:
    """The standard instance of a mechanism that is named in text, with numbers 0, 1, … in its types.

    `types` says how many such numbers, `buyers` how many take part; see `standard_instance` for None.

    `settings` are the mechanism's parameters in text. A parameter `n`, `value_bound`, `prior` or `priors`
    that has no default and is not set is the instance's own. One that is a mechanism itself is set by a name
    in `MECHANISMS`: `rule=second_price`. Raises ValueError or TypeError for what does not
    name a mechanism, or does not fit.
    """
    for name, count in (("types", types), ("buyers", buyers)):
        if count is not None:
            check_count(name, count)
    found = mechanism_class(named) if named in MECHANISMS else load_named(named)
    own = (types or 4, buyers or 2)
    given = {name: _mechanism_or_value(text, *own) for name, text in (settings or {}).items()}
    if isinstance(found, Mechanism) and not given:
        mechanism = found
    elif isinstance(found, type) and issubclass(found, Mechanism):
        mechanism = _made(found, given, *own)
    else:
        raise TypeError(f"{named} must be a class of mechanisms, or a mechanism without --set, got {found!r}")
    values = None if types is None else np.arange(float(types))
    n = None if buyers is None else max(buyers, mechanism.least_buyers)
    return standard_instance(mechanism, values, n)


def _made(kind: type[Mechanism], given: Mapping[str, Any], types: int, buyers: int) -> Mechanism:
    for name, one in inspect.signature(kind).parameters.items():
        if one.default is REQUIRED and name not in given and str(one.annotation).endswith("Mechanism"):
            raise ValueError(f"{kind.__name__} needs {name}, a mechanism: --set {name}=second_price")
    return make_mechanism(kind, **_of_the_instance(kind, types, buyers) | dict(given))


def _mechanism_or_value(text: str, types: int, buyers: int) -> Any:
    """A mechanism where the text is the name of one, else a value."""
    return _made(mechanism_class(text), {}, types, buyers) if text in MECHANISMS else as_value(text)


def as_value(text: str) -> Any:
    """A parameter's value from text: a number, none, true, false, a tuple; else the text itself.

    >>> as_value("1.5"), as_value("none"), as_value("(1, 2)"), as_value("second price")
    (1.5, None, (1, 2), 'second price')
    """
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _of_the_instance(kind: type[Mechanism], types: int, buyers: int) -> dict[str, Any]:
    """Those parameters without a default that follow from the instance."""
    value = Discrete(np.arange(float(types)), np.full(types, 1 / types))
    own = {
        "n": buyers,
        "value_bound": types,
        "priors": value,
        "prior": JointDistribution.product([value] * buyers),
    }
    required = (name for name, default in parameters_of(kind).items() if default is REQUIRED)
    return {name: own[name] for name in required if name in own}
