"""Search: the best plan of one buyer, over given reports or over all amounts by a grid that is refined.

What a report brings in an auction changes where it meets a rival's bid, and between such meetings it is
best at an end. So the search looks at a grid, refines it around the best point, and then tries the rivals'
bids thereabouts, equalled and just beaten; all of them, where they are few. It starts from the truth, and
leaves it only for something better. Several items are searched one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.best_response.expected_utility import InterimProblem, Prospect, prospect
from agents.knowledge.beliefs import Belief
from agents.play.ways import rule_or_replay
from agents.strategies.base import Strategy
from mechanisms.comparison import at_least
from mechanisms.conversation import Mechanism
from mechanisms.distributions.priors import CommonPrior
from mechanisms.utilities import Utility

JUST_ABOVE = 1 + 1e-9
"""A bid that beats another one."""
SWEEPS = 2
"""How often the items are gone through, where there are several."""


@dataclass(frozen=True)
class Precision:
    """How finely to search.

    scenarios
        Size of the sample where beliefs are not enumerated.
    types
        Types at which a policy is worked out; between them it is interpolated.
    grid, rounds
        Points of each grid of reports, and how often it is refined.
    meetings
        How many of the rivals' bids around the best report are tried, where there are too many for all.
    """

    scenarios: int
    types: int
    grid: int
    rounds: int
    meetings: int


BY_RULE = Precision(scenarios=1024, types=65, grid=33, rounds=4, meetings=66)
BY_REPLAY = Precision(scenarios=16, types=5, grid=9, rounds=3, meetings=0)
FEW = 64
"""So many bids of rivals are all tried."""


@dataclass(frozen=True)
class Problem:
    """What a buyer at a seat has to decide, whatever her type; hashable if its parts are.

    `reports` are the answers that she may give, None for all amounts; the truth is always one of them.
    """

    mechanism: Mechanism
    seat: int
    belief: Belief
    rivals: Strategy
    utility: Utility
    prior: CommonPrior | None
    reports: tuple[Any, ...] | None = None

    @property
    def precision(self) -> Precision:
        """Coarser where the conversation has to be replayed."""
        return rule_or_replay(self.mechanism, BY_RULE, BY_REPLAY)


def best_plan(problem: Problem, own: Any) -> NDArray[np.float64]:
    """The type that a buyer of type `own`, shape () or (items,), does best to imitate."""
    own = np.asarray(own, dtype=float)
    scenarios = problem.belief.scenarios(problem.seat, own, problem.precision.scenarios)
    interim = InterimProblem(
        problem.mechanism, problem.seat, own, scenarios, problem.rivals, problem.utility, problem.prior
    )
    search = _Search(prospect(interim), own)
    if problem.reports is not None:
        search.consider(_as_plans(problem.reports, own))
        return search.best
    for _ in range(SWEEPS if own.ndim else 1):
        for item in np.ndindex(*own.shape):
            search.along(item, problem.precision)
    return search.best


@lru_cache(maxsize=4096)
def remembered_plan(problem: Problem, own: tuple[float, ...]) -> NDArray[np.float64]:
    """`best_plan`, worked out once; `own` has one entry for a single good."""
    return best_plan(problem, own[0] if len(own) == 1 else own)


@lru_cache(maxsize=512)
def policy(problem: Problem) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Ascending types with their best plans, to interpolate between; None where types are finite."""
    types = problem.belief.type_grid(problem.seat, problem.precision.types)
    if types is None:
        return None
    return types, np.array([best_plan(problem, own) for own in types])


def _as_plans(reports: Sequence[Any], own: NDArray[np.float64]) -> NDArray[np.float64]:
    plans = np.asarray(reports, dtype=float)
    if plans.shape[1:] != own.shape:
        raise ValueError(f"reports must each have the shape {own.shape} of a type, got {plans.shape[1:]}")
    return plans


class _Search:
    """The best plan so far."""

    def __init__(self, given: Prospect, truth: NDArray[np.float64]) -> None:
        self.prospect = given
        self.best = truth
        self.utility = float(given.expected_utility(truth[None])[0])

    def consider(self, plans: NDArray[np.float64]) -> None:
        """Move to the best of these, shape (c,) or (c, items), if it is better beyond rounding."""
        utilities = self.prospect.expected_utility(plans)
        k = int(utilities.argmax())
        if not at_least(self.utility, utilities[k]):
            self.best, self.utility = plans[k], float(utilities[k])

    def along(self, item: tuple[int, ...], precision: Precision) -> None:
        """Change the report on one item (all of it, for a single good)."""
        behind: Any = (..., *item)
        bids = self.prospect.rival_bids[behind]
        bids = np.unique(bids[np.isfinite(bids)])
        low, high = 0.0, JUST_ABOVE * max(float(self.best[item]), float(bids.max(initial=0.0)))
        step = high / (precision.grid - 1)
        for _ in range(precision.rounds):
            self._try(item, np.linspace(low, high, precision.grid))
            low, high = max(0.0, self.best[item] - step), self.best[item] + step
            step = (high - low) / (precision.grid - 1)
        met, half = bids, precision.meetings // 2
        if len(bids) > FEW:
            near = int(np.searchsorted(bids, self.best[item]))
            met = bids[max(0, near - half) : near + half]
        if len(met):
            self._try(item, np.concatenate([met, JUST_ABOVE * met]))

    def _try(self, item: tuple[int, ...], amounts: NDArray[np.float64]) -> None:
        plans = np.repeat(self.best[None], len(amounts), axis=0)
        where: Any = (slice(None), *item)
        plans[where] = amounts
        self.consider(plans)
