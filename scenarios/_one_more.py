"""One more seller: a mechanism of the registry beside those of a scenario's story."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from mechanisms.conversation import Mechanism
from mechanisms.distributions import Distribution
from mechanisms.registry import ONE_GOOD, mechanism_for
from sim.runs.scenario import OneOf

OneMore = Annotated[str | None, OneOf(tuple(ONE_GOOD))]
"""The type of the parameter `mechanism`."""
DESCRIPTION = "one more seller sells by this mechanism; none: there is no such seller"


def with_one_more(
    rules: Mapping[str, Mechanism], mechanism: str | None, prior: Distribution
) -> dict[str, Mechanism]:
    """The rules by their sellers' names, and that of one more seller, if a mechanism is named.

    >>> from mechanisms import FirstPrice, Uniform
    >>> list(with_one_more({"first price": FirstPrice()}, "first_price", Uniform(0, 1)))
    ['first price', 'first price once more']
    """
    if mechanism is None:
        return dict(rules)
    title = mechanism.replace("_", " ")
    name = f"{title} once more" if title in rules else title
    return {**rules, name: mechanism_for(mechanism, prior)}
