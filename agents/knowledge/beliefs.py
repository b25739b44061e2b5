"""Beliefs: what a buyer expects the type profile to be, as weighted scenarios (Krishna 2010, app. C).

Finite beliefs are enumerated. Large or continuous ones stand as a fixed sample, stratified so that the
highest rival's value, on which most auctions turn, is as even as a grid: the same nodes for every report,
so that reports are compared with one another and not with luck.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.view import View
from mechanisms.distributions import Discrete, Distribution, JointDistribution
from mechanisms.distributions.base import ContinuousDistribution
from mechanisms.distributions.prior import IndependentPrior

ENUMERATED = 4096
"""The most profiles of rivals that are enumerated; beyond, they are sampled."""
_KEY = 20040112
"""Key of the fixed sample."""


@dataclass(frozen=True, eq=False)
class Scenarios:
    """S type profiles, shape `(S, n)` or `(S, n, items)`, with their weights, shape `(S,)`, summing to 1."""

    profiles: NDArray[np.float64]
    weights: NDArray[np.float64]

    def seen_by(self, seat: int, own: NDArray[Any]) -> Scenarios:
        """The same with the buyer's own type in her place."""
        profiles = self.profiles.copy()
        profiles[:, seat] = own
        return Scenarios(profiles, self.weights)


class Belief(ABC):
    """What a buyer believes about the whole profile; equal beliefs are equal and hash alike."""

    @abstractmethod
    def scenarios(self, seat: int, own: NDArray[Any], size: int) -> Scenarios:
        """The profiles she reckons with when her own type is `own`; at most about `size` where sampled."""

    def type_grid(self, seat: int, size: int) -> NDArray[np.float64] | None:
        """Ascending types of hers between which a policy may be interpolated; None if types are finite."""
        return None

    @property
    def exchangeable(self) -> bool:
        """Whether every buyer is known to believe the same of her rivals, and values never tie."""
        return False


@dataclass(frozen=True)
class JointBelief(Belief):
    """A finite joint distribution. `conditioned` says that it is given the buyer's own type already."""

    joint: JointDistribution
    conditioned: bool = False

    def scenarios(self, seat: int, own: NDArray[Any], size: int) -> Scenarios:
        """All profiles of positive probability; ValueError for an own type of probability 0."""
        given = self.joint if self.conditioned else self.joint.condition({seat: float(own)})
        return Scenarios(given.profiles(), given.support_probabilities()).seen_by(seat, own)


@dataclass(frozen=True)
class IndependentBelief(Belief):
    """Independent values, one marginal for each of the n buyers, `items` draws of it for several goods."""

    marginals: tuple[Distribution, ...]
    items: int = 1

    def scenarios(self, seat: int, own: NDArray[Any], size: int) -> Scenarios:
        """All profiles if these are few, else a stratified sample."""
        rivals = self.marginals[:seat] + self.marginals[seat + 1 :]
        drawn = [marginal for marginal in rivals for _ in range(self.items)]
        others, weights = _enumerated(drawn) or _sampled(drawn, size, alike=self.items == 1)
        shape = (len(weights), len(rivals)) + (() if self.items == 1 else (self.items,))
        return Scenarios(np.insert(others.reshape(shape), seat, 0.0, axis=1), weights).seen_by(seat, own)

    def type_grid(self, seat: int, size: int) -> NDArray[np.float64] | None:
        """Quantiles of her own marginal if it is continuous; its ends where they are finite."""
        mine = self.marginals[seat]
        if self.items > 1 or not isinstance(mine, ContinuousDistribution):
            return None
        levels = np.linspace(0, 1, size)
        values = mine.quantile(np.clip(levels, 1e-6, 1 - 1e-6))
        ends = mine.support
        values[[0, -1]] = np.where(np.isfinite(ends), ends, values[[0, -1]])
        return np.unique(values)

    @property
    def exchangeable(self) -> bool:
        """Whether all marginals are one continuous distribution."""
        first = self.marginals[0]
        return isinstance(first, ContinuousDistribution) and all(other == first for other in self.marginals)


@dataclass(frozen=True, eq=False)
class ObservedBelief(Belief):
    """Rivals do again what they were seen to do: `plays`, shape `(S, n)`, all equally likely."""

    plays: NDArray[np.float64]

    def scenarios(self, seat: int, own: NDArray[Any], size: int) -> Scenarios:
        """All that was seen."""
        count = len(self.plays)
        return Scenarios(self.plays, np.full(count, 1 / count)).seen_by(seat, own)


def belief_of(view: View, k: int) -> Belief:
    """What member k of a view believes: her posterior, or else the prior.

    Raises ValueError if she was told neither, or if the prior's n is not that of the auction, and TypeError
    for a prior that is neither finite nor of independent values.
    """
    prior = view.prior
    if view.posterior is not None:
        believed = view.posterior(k)
        if not isinstance(believed, JointDistribution):
            raise TypeError(f"posterior must be a JointDistribution for a best response, got {believed!r}")
        return JointBelief(believed, conditioned=True)
    if prior is None:
        raise ValueError("prior is None: a best response needs a belief about the others' values")
    if isinstance(prior, Distribution):
        items = math.prod(view.mechanism.space.type_shape)
        return IndependentBelief((prior,) * view.n, items)
    if not isinstance(prior, JointDistribution | IndependentPrior):
        raise TypeError(f"prior must be a Distribution, a JointDistribution or independent, got {prior!r}")
    if prior.n != view.n:
        raise ValueError(f"prior must be over the {view.n} buyers of the auction, got one over {prior.n}")
    if isinstance(prior, JointDistribution):
        return JointBelief(prior)
    return IndependentBelief(prior.marginals)


def _enumerated(drawn: list[Distribution]) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """All combinations and their probabilities; None if a marginal is not finite or there are too many."""
    finite = [marginal for marginal in drawn if isinstance(marginal, Discrete)]
    if len(finite) < len(drawn):
        return None
    atoms = [np.flatnonzero(marginal.probabilities) for marginal in finite]
    count = math.prod(len(each) for each in atoms)
    if count > ENUMERATED:
        return None
    index = np.array(list(product(*atoms)), dtype=np.intp).reshape(count, len(drawn))
    values = [marginal.values[index[:, j]] for j, marginal in enumerate(finite)]
    masses = [marginal.probabilities[index[:, j]] for j, marginal in enumerate(finite)]
    ones = np.ones((1, len(index)))
    return np.stack(values, axis=-1) if values else np.empty((1, 0)), np.prod([*ones, *masses], axis=0)


def _sampled(drawn: list[Distribution], size: int, alike: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """A fixed, equally weighted sample; of identical marginals the highest value is stratified."""
    m = len(drawn)
    rng = np.random.Generator(np.random.Philox(key=_KEY))
    levels = (np.arange(size) + 0.5) / size
    columns = rng.permuted(np.tile(levels, (m, 1)), axis=1).T
    if alike and len(set(drawn)) == 1:
        columns = rng.permuted(_descending(columns), axis=1)
    values = np.stack([marginal.quantile(columns[:, j]) for j, marginal in enumerate(drawn)], axis=-1)
    return values, np.full(size, 1 / size)


def _descending(uniforms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Order statistics of m uniforms, highest first, from m independent uniforms (Devroye 1986, V.3)."""
    m = uniforms.shape[1]
    powers: Any = uniforms ** (1 / np.arange(m, 0, -1))
    return np.cumprod(powers, axis=1)
