"""What the audit of a sample tries: types and deviations on a grid, and a closer search, on two halves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from agents.knowledge.protocol import Knowledge
from agents.strategies.base import Strategy
from mechanisms.comparison import size_of
from mechanisms.conversation import Mechanism, check_count
from mechanisms.distributions import JointDistribution, Prior
from mechanisms.robust.attitudes import BayesianOverSet, Hurwicz
from mechanisms.utilities import Utility
from sim.audit.instance import REPORTS, amounts_of
from sim.audit.sampled.sampling import Deviations, Floats, Moments, Sampler

LEVEL = 0.95
ZOOMS, ZOOM_POINTS = 2, 17
"""The closer search: how often, and with how many points, around the best so far."""


@dataclass(frozen=True)
class Effort:
    """How much is tried: profiles (at least 4), each buyer's types and deviations (at least 2); the seed."""

    profiles: int = 20_000
    types: int = 16
    deviations: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        check_count("profiles", self.profiles, 4)
        check_count("types", self.types, 2)
        check_count("deviations", self.deviations, 2)
        check_count("seed", self.seed, 0)


@dataclass(frozen=True)
class Test:
    """A deviation that was chosen on the first half, and the mean gain with its half-width on the second."""

    type: Floats
    row: Floats
    chosen_for: float
    gain: float
    half_width: float


@dataclass(frozen=True)
class Tried:
    """One buyer on a grid of types and deviations: the halves of the sample apart, and the test."""

    deviations: Deviations
    chosen_on: Moments
    tested_on: Moments
    test: Test

    @cached_property
    def all(self) -> Moments:
        """The whole sample."""
        return self.chosen_on + self.tested_on

    @property
    def tries(self) -> int:
        """How many means were estimated."""
        return self.all.gain.size + ZOOMS * ZOOM_POINTS


class SampledAudit:
    """What all notions of a sample's audit share: everything that was tried, under each prior."""

    def __init__(
        self,
        mechanism: Mechanism,
        priors: Sequence[Prior],
        effort: Effort,
        utilities: Utility | Sequence[Utility] | None = None,
        strategies: Strategy | Sequence[Strategy] | None = None,
        alpha: float = 0.5,
        weights: Sequence[float] | None = None,
        amounts: ArrayLike | None = None,
        knowledge: Knowledge | None = None,
        reports: str = REPORTS[1],
    ) -> None:
        self.effort = effort
        self.samplers = [
            Sampler(mechanism, prior, utilities, strategies, knowledge, reports) for prior in priors
        ]
        self.only = None if amounts is None else amounts_of("amounts", amounts)[:, None]
        if amounts is None and self.samplers[0].whole is not None:
            self.only = rows_to_try(self.samplers[0], effort.deviations)
        count = len(self.samplers)
        self.hurwicz = Hurwicz(alpha)
        self.bayesian = BayesianOverSet((1 / count,) * count if weights is None else tuple(weights))
        if len(self.bayesian.weights) != count:
            raise ValueError(
                f"weights must be one for each of {count} distributions, got {len(self.bayesian.weights)}"
            )

    @cached_property
    def tried(self) -> list[list[Tried]]:
        """For each prior, for each buyer."""
        return [[self._try(sampler, buyer) for buyer in range(sampler.n)] for sampler in self.samplers]

    @cached_property
    def size(self) -> float:
        """What the money of the greatest type is worth to a buyer: gains are measured by it."""
        money = np.asarray(max(map(_top, self.samplers)))
        return size_of(*(attitude(money) for attitude in self.samplers[0].attitudes))

    @property
    def tosses_coins(self) -> bool:
        """Whether a conversation was seen to leave something to chance."""
        return bool(self.tried) and any(sampler.lies.tosses_coins for sampler in self.samplers)

    def _try(self, sampler: Sampler, buyer: int) -> Tried:
        effort, half = self.effort, self.effort.profiles // 2
        types = self._types(buyer)
        tried = rows_to_try(self.samplers[0], effort.deviations) if self.only is None else self.only
        deviations = sampler.deviations(buyer, types, tried)
        one, other = (np.random.default_rng([effort.seed, buyer, part]) for part in (0, 1))
        chosen_on = sampler.moments(deviations, half, one)
        tested_on = sampler.moments(deviations, effort.profiles - half, other)
        return Tried(deviations, chosen_on, tested_on, self._search(sampler, deviations, chosen_on))

    def _types(self, buyer: int) -> Floats:
        """The first prior's types that are possible under every prior."""
        types = self.samplers[0].types(buyer, self.effort.types)
        for sampler in self.samplers[1:]:
            types = types[sampler.possible(buyer, types)]
        if not types.size:
            raise ValueError(
                f"ambiguity must leave buyer {buyer} a type that all distributions share, got none"
            )
        return types

    def _search(self, sampler: Sampler, grid: Deviations, found: Moments) -> Test:
        """The best deviation of all, looked for more closely on the first half and tried on the second."""
        t, place = np.unravel_index(found.mean_gain.argmax(), found.gain.shape)
        row, half = grid.rows[place], self.effort.profiles // 2
        width = np.array([_spacing(grid.rows[:, k]) for k in range(grid.rows.shape[1])])
        single = replace(grid, types=grid.types[[t]], honest=grid.honest[[t]])
        honest = grid.rows[grid.honest[t]]
        chosen_for = float(found.mean_gain.max())
        for _ in range(ZOOMS if self.only is None else 0):
            steps = np.linspace(-1, 1, ZOOM_POINTS)[:, None] * width
            least, most = sampler.space.report_range
            rows = np.concatenate([honest[None], row[None], np.clip(row + steps, least, most)])
            single = replace(single, rows=rows, honest=np.array([0]))
            near = sampler.moments(single, half, np.random.default_rng([self.effort.seed, grid.buyer, 0]))
            row, chosen_for = rows[int(near.mean_gain[0].argmax())], float(near.mean_gain.max())
            width = width * 2 / (ZOOM_POINTS - 1)
        single = replace(single, rows=np.stack([honest, row]), honest=np.array([0]))
        rest = self.effort.profiles - half
        last = sampler.moments(single, rest, np.random.default_rng([self.effort.seed, grid.buyer, 1]))
        error = float(np.sqrt(last.gain_variance[0, 1] / rest))
        gain = float(last.mean_gain[0, 1])
        return Test(single.types[0], row, chosen_for, gain, student(rest - 1) * error)


def rows_to_try(sampler: Sampler, count: int) -> Floats:
    """Rows of amounts from 0 to a little above all values; in conversations the root of the count.

    Where only the prior's own values may be reported, those, or as many of them, evenly spread.
    """
    many = sampler.lies.amounts(count)
    if sampler.whole is not None:
        places = np.unique(np.linspace(0, len(sampler.whole) - 1, many).round().astype(int))
        return sampler.whole[places, None]
    each = max(2, int(round(many ** (1 / sampler.width), 9)))
    line = np.linspace(0.0, 1.05 * _top(sampler), each)
    return np.array(list(product(line, repeat=sampler.width)))


def _top(sampler: Sampler) -> float:
    """A value above almost all numbers of all types."""
    if isinstance(sampler.prior, JointDistribution):
        return float(sampler.prior.profiles().max())
    return max(float(sampler.marginal(j).quantile(0.9999)) for j in range(sampler.n))


def _spacing(column: Floats) -> float:
    steps = np.diff(np.unique(column[np.isfinite(column)]))
    return float(steps.max()) if steps.size else 0.0


def student(freedom: int) -> float:
    """Two-sided 95 % quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(max(freedom, 1), 0.5 + LEVEL / 2))
