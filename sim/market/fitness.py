"""Whether strategies fit a market: what could never work, or would do nothing, is refused when it is set up.

Otherwise a run would go to its end in refusals, or in truth where something else was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.population import Group, Population
from agents.seller import Seller, tells_enough
from agents.strategies import Strategy
from sim.market.entry import Entry

BELIEFS = {"report_belief", "report_value_bound"}
"""The answers about what one knows of others."""
ANSWERS = BELIEFS | {
    "answer", "otherwise", "report_value", "answer_offer", "choose_from_menu", "answer_clock", "raise_bid",
    "wait", "observe", "side_payments",
}
"""The methods by which a strategy can differ from the truth."""


def refuse_unmet_needs(groups: Sequence[Group], sellers: Sequence[Seller]) -> None:
    """ValueError where a strategy relies on more than some seller tells."""
    for group in groups:
        for seller in sellers:
            if not tells_enough(seller.plan.discloses, group.strategy.needs):
                wanted, told = group.strategy.needs, seller.plan.discloses
                who, whom = group.strategy.name, seller.plan.name
                raise ValueError(f"strategy {who} needs {wanted!r} disclosed, but {whom} tells {told!r}")


def refuse_misfits(population: Population, sellers: Sequence[Seller], entries: Sequence[Entry]) -> None:
    """ValueError where a group can never answer a seller whom it meets, or differs from truth nowhere.

    `entries` are those of the sellers, and have been started.
    """
    for number, group in enumerate(population.groups):
        met = [
            (seller, entry)
            for seller, entry in zip(sellers, entries, strict=True)
            if np.any(population.membership[entry.members] == number)
        ]
        for seller, _ in met:
            lacking = group.strategy.lacks(seller.plan.mechanism, group.prior)
            if lacking:
                who, whom = group.strategy.name, seller.plan.name
                raise ValueError(f"strategy {who} can never answer at {whom}: it needs {lacking}")
        if met and idle(group.strategy) and all(entry.knowledge is None for _, entry in met):
            raise ValueError(
                f"strategy {group.strategy.name} would do nothing: it differs from truth only where buyers "
                "are asked what they know of others, and here they know nothing that could be asked for"
            )


def idle(strategy: Strategy) -> bool:
    """Whether a strategy differs from truth at most in what it says of others."""
    own = {name for name in ANSWERS if getattr(type(strategy), name) is not getattr(Strategy, name)}
    return bool(own) and own <= BELIEFS
