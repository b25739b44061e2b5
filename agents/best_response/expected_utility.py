"""Prospects: the expected utility of what one buyer may say, the others' play being given.

She says what a truthful buyer of some type would say, to every question that she is asked: by the revelation
principle (Myerson 1981) that is all there is in a mechanism with one question, and it is a plan for the whole
conversation in any other. Utility is taken of realised payoffs, over types, chance moves and mixed answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.beliefs import Scenarios
from agents.knowledge.partitions import own_type_partitions
from agents.play.asking import Party, collect, definite
from agents.play.posteriors import Posteriors, ProfilePlayer
from agents.play.tree import TreePlayer
from agents.play.ways import by_rule_or_replay
from agents.population import Group, Side
from agents.strategies.base import Answer, Strategy, Truthful
from agents.strategies.wrapper import Wrapper
from agents.view import View
from mechanisms.conversation import ClosedRule, Mechanism
from mechanisms.deviations import brought, realised
from mechanisms.distributions import JointDistribution
from mechanisms.distributions.priors import CommonPrior
from mechanisms.engine import Path, walk
from mechanisms.questions import BuyerQuestion, Draw
from mechanisms.utilities import Utility

DRAW_BRANCHES = 16
"""Equally likely quantiles that stand for a continuous draw."""
REPORTS_AT_ONCE = 2_000_000
"""Reports put through a rule at a time."""


@dataclass(frozen=True)
class InterimProblem:
    """One buyer among others.

    seat
        Her local index.
    own
        Her type, shape () or (items,).
    scenarios
        The profiles that she reckons with, her own type in her place.
    rivals
        How the others play.
    utility, prior
        Her attitude to risk, and the prior that everybody is told; the others share both.
    """

    mechanism: Mechanism
    seat: int
    own: NDArray[np.float64]
    scenarios: Scenarios
    rivals: Strategy
    utility: Utility
    prior: CommonPrior | None

    @property
    def n(self) -> int:
        """The number of buyers."""
        return self.scenarios.profiles.shape[1]

    def sides(self, *mine: Side) -> tuple[Side, ...]:
        """The others, and hers if it is given."""
        others = np.delete(np.arange(self.n), self.seat)
        group = Group(self.rivals, self.utility, self.prior)
        return (*mine, Side(group, others, others.copy())) if len(others) else mine


@dataclass(frozen=True)
class Prospect:
    """Expected utilities of plans, shape (c,) for types to imitate of shape (c,) or (c, items).

    `rival_bids`, shape (S, n - 1) or (S, n - 1, items), are amounts at which what she gets may change.
    """

    expected_utility: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    rival_bids: NDArray[np.float64]


def prospect(problem: InterimProblem) -> Prospect:
    """By the mechanism's rule where it has one, else by replaying its conversation.

    ValueError if a rival's answer is refused.
    """
    others = np.delete(problem.scenarios.profiles, problem.seat, axis=1)
    return by_rule_or_replay(
        problem.mechanism,
        partial(_by_rule, problem),
        lambda: Prospect(partial(_by_replay, problem), others),
    )


# --- by rule ---------------------------------------------------------------------------------------


def _by_rule(problem: InterimProblem, rule: ClosedRule) -> Prospect:
    profiles = problem.scenarios.profiles
    party = Party(rule, profiles, problem.sides(), problem.n, lead=(len(profiles),))
    answers = collect(rule.space.question(), party, definite)
    for where, reason in answers.refusals:
        raise ValueError(f"the answer of rival {where[-1]} is refused: {reason}")
    others = np.delete(answers.values, problem.seat, axis=1)
    return Prospect(partial(_rule_utility, problem, rule, answers.values), others)


def _rule_utility(
    problem: InterimProblem, rule: ClosedRule, reports: NDArray[np.float64], plans: NDArray[np.float64]
) -> NDArray[np.float64]:
    """All plans against all scenarios, some plans at a time."""
    valuations = rule.space.valuations(problem.scenarios.profiles)[:, problem.seat]
    size = max(1, REPORTS_AT_ONCE // reports.size)
    parts = []
    for start in range(0, len(plans), size):
        some = plans[start : start + size]
        tried = np.repeat(reports[None], len(some), axis=0)
        tried[:, :, problem.seat] = some[:, None]
        felt = brought(rule, tried, problem.seat, valuations[None]).expected(problem.utility)
        parts.append(felt @ problem.scenarios.weights)
    return np.concatenate(parts)


# --- by replay -------------------------------------------------------------------------------------


def _by_replay(problem: InterimProblem, plans: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([_replayed(problem, plan) for plan in plans])


def _replayed(problem: InterimProblem, plan: NDArray[np.float64]) -> float:
    """Every path of the conversation at every scenario."""
    mine = np.array([problem.seat])
    group = Group(Imitation(plan), problem.utility, problem.prior)
    sides = problem.sides(Side(group, mine, mine.copy()))
    known = problem.prior
    if isinstance(known, JointDistribution):
        make = _knowing_player(problem, known, sides)
    else:
        make = _plain_player(problem, sides)
    total = 0.0
    scenarios, space = problem.scenarios, problem.mechanism.space
    for profile, weight in zip(scenarios.profiles, scenarios.weights.tolist(), strict=True):
        for player, outcome in walk(problem.mechanism, problem.n, partial(make, profile)):
            if outcome is not None:
                money = np.asarray(realised(space, profile, outcome, problem.seat))
                total += weight * player.path.probability * float(problem.utility(money))
    return total


PlayerAt = Callable[[NDArray[Any], Path], Any]


def _plain_player(problem: InterimProblem, sides: tuple[Side, ...]) -> PlayerAt:
    def player(profile: NDArray[Any], path: Path) -> RehearsalPlayer:
        return RehearsalPlayer(Party(problem.mechanism, profile, sides, problem.n), path)

    return player


def _knowing_player(problem: InterimProblem, prior: JointDistribution, sides: tuple[Side, ...]) -> PlayerAt:
    """On a finite prior everybody who is asked for a belief has one, from her own type and what she hears."""
    posteriors = Posteriors(problem.mechanism, prior, own_type_partitions(prior))

    def player(profile: NDArray[Any], path: Path) -> ProfilePlayer:
        return ProfilePlayer(posteriors, prior.index_of(profile), sides, path)

    return player


class RehearsalPlayer(TreePlayer):
    """Plays a conversation in one's mind, at one profile and along one path."""

    def draw(self, question: Draw) -> float:
        """One of the quantiles that stand for the draw."""
        branch = self.path.take((1 / DRAW_BRANCHES,) * DRAW_BRANCHES)
        return float(question.distribution.quantile((branch + 0.5) / DRAW_BRANCHES))


@dataclass(frozen=True, eq=False)
class Imitation(Wrapper):
    """Answer as a buyer of type `plan`, shape () or (items,), would by `inner`; beliefs are one's own."""

    plan: NDArray[np.float64]
    inner: Strategy = field(default_factory=Truthful)

    def answer(self, question: BuyerQuestion, view: View) -> Answer:
        """What `inner` says in the disguise."""
        values = np.broadcast_to(self.plan, view.values.shape).copy()
        return self.inner.answer(question, replace(view, values=values))
