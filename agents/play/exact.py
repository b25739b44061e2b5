"""Exact play: every type profile of a finite prior, every chance move and every mixed answer.

The mechanism's own conversation is replayed along each prefix of choices; one with a closed rule is put
through the rule for all profiles at once. Nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.partitions import check_partitions, check_value_bound, own_type_partitions
from agents.play.asking import Party, definite, insist
from agents.play.posteriors import Posteriors, ProfilePlayer
from agents.play.ways import by_rule_or_replay
from agents.population import Group, Side
from agents.strategies.base import Strategy, Truthful
from mechanisms._validation import TooLargeError
from mechanisms.conversation import ClosedRule, Mechanism
from mechanisms.distributions import JointDistribution
from mechanisms.engine import walk
from mechanisms.outcome import Outcome
from mechanisms.utilities import Linear, Utility

if TYPE_CHECKING:
    from mechanisms.risk_averse.revenue import RevenueLaw

PROFILE_LIMIT = 200_000
"""The most profiles that a conversation is replayed at."""
RULE_LIMIT = 20_000_000
"""The most reports (profiles times buyers) that a closed rule is applied to."""
LEAF_LIMIT = 1_000_000
"""The most ends of play, over all profiles, that a conversation is replayed to."""


@dataclass(frozen=True)
class Leaves:
    """All ends of all plays, L of them.

    profile
        Shape (L,): index into the support's profiles.
    probability
        Shape (L,): of the profile and the path together; they sum to 1.
    allocation, payments
        Shapes (L, n, *allocation_shape), and (L, n).
    causes
        Payments by cause, each (L, n).
    """

    profile: NDArray[np.intp]
    probability: NDArray[np.float64]
    allocation: NDArray[np.float64]
    payments: NDArray[np.float64]
    causes: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class ExpectedOutcome:
    """What a mechanism does in expectation over types, chance and mixed answers.

    revenue
        Payments less rewards.
    payments, utility
        Shape (n,): each buyer's expected payment, and expected utility of value less payment.
    allocation
        Shape (n, *allocation_shape): expected quantities.
    causes
        Expected payments by cause, each (n,).
    profiles, profile_probability, leaves
        The support's profiles (P, n, *type_shape), their probabilities (P,), and every end of play.
    payoffs
        Shape (L, n): payoff of each buyer at each leaf, in money.
    """

    revenue: float
    payments: NDArray[np.float64]
    allocation: NDArray[np.float64]
    utility: NDArray[np.float64]
    causes: Mapping[str, NDArray[np.float64]]
    profiles: NDArray[np.float64] = field(repr=False)
    profile_probability: NDArray[np.float64] = field(repr=False)
    leaves: Leaves = field(repr=False)
    payoffs: NDArray[np.float64] = field(repr=False)

    def per_profile(self, amounts: NDArray[Any]) -> NDArray[np.float64]:
        """Average an array over leaves, shape (L, …), within each profile: shape (P, …)."""
        totals = np.zeros((len(self.profiles), *amounts.shape[1:]))
        weights = self.leaves.probability / self.profile_probability[self.leaves.profile]
        np.add.at(totals, self.leaves.profile, weights.reshape(-1, *(1,) * (amounts.ndim - 1)) * amounts)
        return totals

    @property
    def revenue_per_profile(self) -> NDArray[np.float64]:
        """Shape (P,): expected revenue at each profile of the support."""
        return self.per_profile(self.leaves.payments.sum(axis=-1))

    @property
    def revenue_law(self) -> RevenueLaw:
        """The exact law of revenue, over types, chance and mixed answers."""
        from mechanisms.risk_averse.revenue import RevenueLaw

        return RevenueLaw.of(self.leaves.payments.sum(axis=-1), self.leaves.probability)

    def seller_utility(self, utility: Utility) -> float:
        """The seller's expected utility of revenue."""
        return self.revenue_law.expected_utility(utility)


def expected_outcome(
    mechanism: Mechanism,
    prior: JointDistribution,
    partitions: Sequence[Any] | None = None,
    strategies: Strategy | Sequence[Strategy] | None = None,
    utilities: Utility | Sequence[Utility] | None = None,
) -> ExpectedOutcome:
    """Play a mechanism exactly on a finite prior.

    Parameters
    ----------
    prior
        Finite joint distribution of the n buyers' types.
    partitions
        n integer arrays of the prior's shape: the label of the cell that a buyer finds herself in at each
        profile. None: everyone knows her own type only.
    strategies
        One for all, or one for each buyer; None: everyone is truthful.
    utilities
        Attitudes to risk, one for all or one for each; None: risk-neutral.

    Raises
    ------
    TooLargeError
        If the prior has more profiles than can be walked, or their plays more ends; it says how many.
    ValueError
        If an answer is not acceptable, if an outcome cannot be carried out, if the mechanism draws from a
        continuous distribution, or takes integers below a bound and the prior holds others, or if
        `partitions`, `strategies` or `utilities` do not fit the prior.
    TypeError
        If `mechanism` or `prior` are something else.
    """
    _refuse_unplayable(mechanism, prior)
    n = prior.n
    players = _one_each("strategies", strategies, Truthful(), n, Strategy)
    attitudes = _one_each("utilities", utilities, Linear(), n, Utility)
    cells = own_type_partitions(prior) if partitions is None else check_partitions(prior, partitions)
    sides = _sides(players, attitudes, prior)
    leaves = _leaves(mechanism, prior, cells, sides)
    profiles, probabilities = prior.profiles(), prior.support_probabilities()
    mechanism.space.insist(leaves.allocation, leaves.payments, leaves.probability > 0)
    payoffs = mechanism.space.payoffs(profiles[leaves.profile], leaves.allocation, leaves.payments)
    felt = np.stack([utility(payoffs[:, i]) for i, utility in enumerate(attitudes)], axis=-1)
    weight = leaves.probability
    return ExpectedOutcome(
        revenue=float(weight @ leaves.payments.sum(axis=-1)),
        payments=weight @ leaves.payments,
        allocation=np.tensordot(weight, leaves.allocation, axes=1),
        utility=weight @ felt,
        causes={cause: weight @ part for cause, part in leaves.causes.items()},
        profiles=profiles,
        profile_probability=probabilities,
        leaves=leaves,
        payoffs=payoffs,
    )


def _refuse_unplayable(mechanism: Any, prior: Any) -> None:
    """Raise, as `expected_outcome` says, for what is no mechanism or no prior, or does not fit the other."""
    if not isinstance(mechanism, Mechanism):
        raise TypeError(f"mechanism must be a Mechanism, got {mechanism!r}")
    if not isinstance(prior, JointDistribution):
        raise TypeError(f"prior must be a JointDistribution for exact play, got {prior!r}")
    if prior.type_shape != mechanism.space.type_shape:
        raise ValueError(
            f"prior must be over types of shape {mechanism.space.type_shape}, those of {mechanism.name}, "
            f"got {prior.type_shape}"
        )
    check_value_bound(mechanism, _possible_types(prior))


def _possible_types(prior: JointDistribution) -> list[NDArray[np.float64]]:
    """Each buyer's types of positive probability."""
    others = [tuple(j for j in range(prior.n) if j != i) for i in range(prior.n)]
    return [grid[prior.table.any(axis=axes)] for grid, axes in zip(prior.values, others, strict=True)]


def _one_each(name: str, given: Any, default: Any, n: int, kind: type) -> tuple[Any, ...]:
    """One object for each buyer, from None, one for all, or a sequence."""
    each = (given or default,) * n if given is None or isinstance(given, kind) else tuple(given)
    if len(each) != n or not all(isinstance(one, kind) for one in each):
        raise ValueError(f"{name} must be one {kind.__name__}, or one for each of {n} buyers, got {given!r}")
    return each


def _sides(
    strategies: Sequence[Strategy], utilities: Sequence[Utility], prior: JointDistribution
) -> tuple[Side, ...]:
    """Buyers with the same strategy object and attitude answer together; the prior is common knowledge."""
    seated: dict[tuple[int, Utility], list[int]] = {}
    for seat, (strategy, utility) in enumerate(zip(strategies, utilities, strict=True)):
        seated.setdefault((id(strategy), utility), []).append(seat)
    return tuple(
        Side(Group(strategies[seats[0]], utility, prior), np.array(seats), np.array(seats))
        for (_, utility), seats in seated.items()
    )


def _leaves(
    mechanism: Mechanism, prior: JointDistribution, cells: Sequence[Any], sides: tuple[Side, ...]
) -> Leaves:
    return by_rule_or_replay(
        mechanism,
        lambda rule: _leaves_by_rule(rule, prior, sides),
        lambda: _leaves_by_replay(mechanism, prior, cells, sides),
    )


def _leaves_by_rule(
    mechanism: ClosedRule, prior: JointDistribution, sides: tuple[Side, ...]
) -> Leaves:
    """All profiles through the closed rule at once."""
    profiles, probabilities = prior.profiles(), prior.support_probabilities()
    if profiles.size > RULE_LIMIT:
        raise TooLargeError(
            f"prior has {len(profiles)} profiles of {prior.n} buyers; exact play takes at most "
            f"{RULE_LIMIT} reports: sample profiles instead (agents.play.instant)"
        )
    question = mechanism.space.question()
    party = Party(mechanism, profiles, sides, prior.n, lead=(len(profiles),))
    answers = insist(question, party, definite)
    lottery = mechanism.lottery(answers.values)
    p, b = lottery.probabilities.shape
    outcome = lottery.outcomes
    flat = Outcome(
        outcome.allocation.reshape(p * b, *outcome.allocation.shape[2:]),
        outcome.payments.reshape(p * b, -1),
        {cause: part.reshape(p * b, -1) for cause, part in outcome.itemised.items()},
    )
    weight = (probabilities[:, None] * lottery.probabilities).ravel()
    return _stack([flat], np.repeat(np.arange(p), b), weight)


def _leaves_by_replay(
    mechanism: Mechanism, prior: JointDistribution, cells: Sequence[Any], sides: tuple[Side, ...]
) -> Leaves:
    """Replay the conversation at each profile along each path."""
    support = np.argwhere(prior.table > 0)
    if len(support) > PROFILE_LIMIT:
        raise TooLargeError(
            f"prior has {len(support)} profiles; exact play replays a conversation at no more than "
            f"{PROFILE_LIMIT}: sample profiles instead (agents.play.instant)"
        )
    posteriors = Posteriors(mechanism, prior, cells)
    ends: list[Outcome] = []
    profile_of: list[int] = []
    weight: list[float] = []
    for index, profile in enumerate(map(tuple, support.tolist())):
        at_profile = partial(ProfilePlayer, posteriors, profile, sides, memo={})
        for player, outcome in walk(mechanism, prior.n, at_profile):
            if len(ends) == LEAF_LIMIT:
                raise TooLargeError(
                    f"prior has {len(support)} profiles, and play from them more than {LEAF_LIMIT} ends, the "
                    "most that exact play takes: sample profiles instead (agents.play.instant)"
                )
            if outcome is not None:
                ends.append(outcome)
                profile_of.append(index)
                weight.append(float(prior.table[profile]) * player.path.probability)
    return _stack([_lifted(end) for end in ends], np.array(profile_of), np.array(weight))


def _lifted(outcome: Outcome) -> Outcome:
    """A realised outcome with a leading axis of length 1."""
    causes = {cause: part[None] for cause, part in outcome.itemised.items()}
    return Outcome(outcome.allocation[None], outcome.payments[None], causes)


def _stack(outcomes: list[Outcome], profile: NDArray[Any], probability: NDArray[Any]) -> Leaves:
    """Leaves from outcomes with one leading axis; a cause that one of them lacks is 0 there."""
    names = list(dict.fromkeys(cause for outcome in outcomes for cause in outcome.itemised))
    causes = {
        name: np.concatenate([o.itemised.get(name, np.zeros_like(o.payments)) for o in outcomes])
        for name in names
    }
    allocation = np.concatenate([o.allocation for o in outcomes])
    payments = np.concatenate([o.payments for o in outcomes])
    return Leaves(profile, probability, allocation.astype(float), payments, causes)
