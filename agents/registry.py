"""Registry of strategies: the ready-made ones, by the names that scenarios and the command line use."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from agents.best_response.strategy import BestResponse
from agents.strategies import (
    AdaptiveShading,
    Equilibrium,
    FalseNames,
    Incremental,
    Late,
    LazyReporter,
    NoisyReporter,
    RandomBidder,
    Ring,
    Shading,
    Sniper,
    Strategy,
    Truthful,
    WholeShading,
)


def _learner(name: str) -> Callable[[], Strategy]:
    """Makes a learner by its class's name; learners build on strategies, so they are imported late."""

    def make() -> Strategy:
        from agents import learners

        strategy: Strategy = getattr(learners, name)()
        return strategy

    return make


STRATEGIES: Mapping[str, Callable[[], Strategy]] = MappingProxyType({
    "truthful": Truthful,
    "shading": Shading,
    "equilibrium": Equilibrium,
    "random": RandomBidder,
    "sniper": Sniper,
    "incremental": Incremental,
    "late": Late,
    "adaptive": AdaptiveShading,
    "best_response": partial(BestResponse, anonymous=True),
    "ring": Ring,
    "false_names": FalseNames,
    "whole_shading": WholeShading,
    "lazy_reporter": LazyReporter,
    "noisy_reporter": NoisyReporter,
    "hedge": _learner("Hedge"),
    "exp3": _learner("Exp3"),
    "regret_matching": _learner("RegretMatching"),
    "fictitious_play": _learner("FictitiousPlay"),
    "gradient": _learner("SmoothGradient"),
})
"""Names that scenarios and the command line use; each makes the strategy with its default parameters.

The reporters differ from "truthful" only where beliefs are asked for; `neighbours` mixes them in by number.
Those of `menu_buyers` and `menu_learner` are not among them: they are truthful but where a menu is shown, and
menus are sold at counters (`sim.menus.counter`).
"""


def make_strategy(name: str) -> Strategy:
    """A new strategy by its name in `STRATEGIES`; ValueError with the nearest names if there is none.

    >>> make_strategy("sniper")
    Sniper(delay=0.9)
    """
    try:
        return STRATEGIES[name]()
    except KeyError:
        nearest = difflib.get_close_matches(name, STRATEGIES, n=3)
        meant = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        raise ValueError(f"strategy must be one of {', '.join(STRATEGIES)}, got {name!r}{meant}") from None
