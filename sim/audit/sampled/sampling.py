"""What deviations earn on sampled profiles: means, variances and extremes, with common random numbers.

Each buyer is given each of some types; the others' values are drawn from the prior given her type, and play
as audited. All her deviations (`sim.audit.sampled.lies`) and her honest words meet the same draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.bins import Acquaintances
from agents.knowledge.network import Neighbours
from agents.knowledge.partitions import check_value_bound
from agents.knowledge.protocol import Knowledge
from agents.knowledge.town import TownKnowledge
from agents.play.table_knowledge import TableKnowledge
from agents.play.ways import by_rule_or_replay
from agents.population import Group
from agents.strategies.base import Strategy, Truthful
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Discrete, IndependentPrior, IndependentTypes, JointDistribution, Prior
from mechanisms.distributions.joint import place_of
from mechanisms.questions import SILENT
from mechanisms.utilities import Linear, Utility
from sim.audit.exact.direct import words
from sim.audit.exact.game import Ends
from sim.audit.instance import REPORTS, one_each, reports_of
from sim.audit.sampled.lies import OtherReports, OtherTypes, SampledLies

Floats = NDArray[np.float64]

BLOCK = 24_000
"""Reports evaluated at a time: the working arrays stay in cache."""


@dataclass(frozen=True)
class Deviations:
    """A buyer with types (T, *type_shape), for each the row of her honest words, and rows of deviations.

    A row, of (D, w), holds the numbers of a report; in a conversation those of the two types that she
    pretends to have.
    """

    buyer: int
    types: Floats
    rows: Floats
    honest: NDArray[np.intp]
    stages: int = 1

    def says(self, row: Floats) -> str:
        """A row in words: a report, or as whom she answers first and then."""
        parts = row.reshape(self.stages, -1)
        return " then ".join(words(part if part.size > 1 else part[0]) for part in parts)


@dataclass
class Moments:
    """Sums over N sampled profiles; arrays of shape (T, D), gains being over the honest words.

    Utilities and gains are expected over chance, `lowest` and `highest` utilities among them;
    `least_utility` is the least on any branch, and `greatest_realised` the greatest gain as the coins fell.
    """

    count: int
    utility: Floats
    utility_squares: Floats
    gain: Floats
    gain_squares: Floats
    least_utility: Floats
    least_gain: Floats
    greatest_gain: Floats
    greatest_realised: Floats
    lowest: Floats
    highest: Floats

    @classmethod
    def empty(cls, types: int, rows: int) -> Moments:
        """No profiles."""
        zero, high = np.zeros((types, rows)), np.full((types, rows), np.inf)
        ends = (high, high.copy(), -high, -high, high.copy(), -high)
        return cls(0, zero, zero.copy(), zero.copy(), zero.copy(), *ends)

    def __add__(self, other: Moments) -> Moments:
        """Both samples together."""
        return Moments(
            self.count + other.count,
            self.utility + other.utility,
            self.utility_squares + other.utility_squares,
            self.gain + other.gain,
            self.gain_squares + other.gain_squares,
            np.minimum(self.least_utility, other.least_utility),
            np.minimum(self.least_gain, other.least_gain),
            np.maximum(self.greatest_gain, other.greatest_gain),
            np.maximum(self.greatest_realised, other.greatest_realised),
            np.minimum(self.lowest, other.lowest),
            np.maximum(self.highest, other.highest),
        )

    def include(self, t: int, felt: Floats, realised: Floats, least: Floats, honest: int) -> None:
        """Add utilities (D, N) of type number t: expected, as the coins fell, and on the worst branch."""
        gains, lowest = felt - felt[honest], felt.min(axis=1)
        greatest = gains.max(axis=1)
        certain = realised is felt
        self.utility[t] += felt.sum(axis=1)
        self.utility_squares[t] += np.einsum("dn,dn->d", felt, felt)
        self.gain[t] += gains.sum(axis=1)
        self.gain_squares[t] += np.einsum("dn,dn->d", gains, gains)
        _lower(self.least_utility[t], lowest if certain else least.min(axis=1))
        _lower(self.least_gain[t], gains.min(axis=1))
        _raise(self.greatest_gain[t], greatest)
        _raise(self.greatest_realised[t], greatest if certain else (realised - realised[honest]).max(axis=1))
        _lower(self.lowest[t], lowest)
        _raise(self.highest[t], felt.max(axis=1))

    @property
    def mean_gain(self) -> Floats:
        """Mean gain, (T, D)."""
        return self.gain / self.count

    @property
    def mean_utility(self) -> Floats:
        """Mean utility, (T, D)."""
        return self.utility / self.count

    @property
    def gain_variance(self) -> Floats:
        """Variance of the gain, (T, D)."""
        return _variance(self.count, self.gain, self.gain_squares)

    @property
    def utility_variance(self) -> Floats:
        """Variance of the utility, (T, D)."""
        return _variance(self.count, self.utility, self.utility_squares)


def _lower(kept: Floats, found: Floats) -> None:
    np.minimum(kept, found, out=kept)


def _raise(kept: Floats, found: Floats) -> None:
    np.maximum(kept, found, out=kept)


def _variance(count: int, sums: Floats, squares: Floats) -> Floats:
    return np.maximum(squares - sums**2 / count, 0.0) / max(count - 1, 1)


class Sampler:
    """Plays a mechanism on profiles drawn from a prior.

    Parameters
    ----------
    mechanism
        Any mechanism.
    prior
        An `IndependentPrior`, `IndependentTypes` or a `JointDistribution`, over types of its space.
    utilities, strategies
        One for all or one for each buyer; None: linear, truthful.
    knowledge
        What the buyers know of one another, where they are asked for it; None: their own types only.
    reports
        One of `REPORTS`: whether silence is tried too.

    Raises TypeError for another prior, ValueError for one over types of another shape, if utilities or
    strategies are not as many as buyers, or the knowledge is of others.
    """

    def __init__(
        self,
        mechanism: Mechanism,
        prior: Prior,
        utilities: Utility | Sequence[Utility] | None = None,
        strategies: Strategy | Sequence[Strategy] | None = None,
        knowledge: Knowledge | None = None,
        reports: str = REPORTS[1],
    ) -> None:
        self.silence = reports_of(reports) == REPORTS[1]
        if not isinstance(prior, (IndependentPrior, IndependentTypes, JointDistribution)):
            kind = type(prior).__name__
            raise TypeError(f"prior must be an IndependentPrior or a JointDistribution, got {kind}")
        self.space = mechanism.space
        if prior.type_shape != self.space.type_shape:
            raise ValueError(
                f"prior must be over types of shape {self.space.type_shape}, those of {mechanism.name}, got "
                f"{prior.type_shape}"
            )
        self.mechanism, self.prior, self.n = mechanism, prior, prior.n
        self.attitudes: tuple[Utility, ...] = one_each("utilities", utilities, Linear(), self.n, Utility)
        self.players: tuple[Strategy, ...] = one_each("strategies", strategies, Truthful(), self.n, Strategy)
        if knowledge is not None:
            if knowledge.n != self.n:
                raise ValueError(f"knowledge must be of the prior's {self.n} buyers, got {knowledge.n}")
            self.knowledge = knowledge
        belief: Any = prior
        if not isinstance(prior, JointDistribution) and len(set(prior.marginals)) == 1:
            belief = prior.marginals[0]
        groups = [Group(s, u, belief) for s, u in zip(self.players, self.attitudes, strict=True)]
        some = prior.from_uniforms(np.full((1, prior.uniforms_per_profile), 0.5))
        self.lies: SampledLies = by_rule_or_replay(
            mechanism,
            lambda rule: OtherReports(rule, groups, some),
            lambda: OtherTypes(mechanism, groups, lambda: self.knowledge),
        )

    @cached_property
    def knowledge(self) -> Knowledge:
        """Everybody knows her own type only."""
        if isinstance(self.prior, JointDistribution):
            return TableKnowledge(self.prior)
        if isinstance(self.prior, IndependentTypes):
            raise NotImplementedError("beliefs over types that are vectors need a JointDistribution")
        return TownKnowledge(self.prior, Acquaintances.common(Neighbours.none(self.n), []))

    @cached_property
    def whole(self) -> Floats | None:
        """All values of the prior, where the mechanism takes those alone: whole numbers below a bound."""
        if self.mechanism.value_bound is None:
            return None
        marginals = [self.marginal(buyer) for buyer in range(self.n)]
        if not all(isinstance(marginal, Discrete) for marginal in marginals):
            raise TypeError(f"prior must hold whole numbers, because the mechanism does, got {self.prior!r}")
        grids = [marginal.values[marginal.probabilities > 0] for marginal in marginals]
        check_value_bound(self.mechanism, grids)
        return np.unique(np.concatenate(grids))

    # --- who and what ----------------------------------------------------------------------------

    @property
    def width(self) -> int:
        """How many numbers a type holds."""
        return prod(self.space.type_shape)

    def marginal(self, buyer: int) -> Any:
        """The distribution of one buyer's type, or of each of its numbers where these are independent."""
        prior = self.prior
        return prior.marginal(buyer) if isinstance(prior, JointDistribution) else prior.marginals[buyer]

    def types(self, buyer: int, count: int) -> Floats:
        """Up to `count` types of a buyer: all if they are few, else quantiles at the middles of ranks."""
        marginal = self.marginal(buyer)
        if isinstance(marginal, JointDistribution):
            return _some(marginal.profiles()[:, 0], count)
        each = max(1, int(count ** (1 / self.width)))
        numbers = _quantiles(marginal, each)
        if not self.space.type_shape:
            return numbers
        draws = np.array(list(product(numbers, repeat=self.width)))
        return np.unique(self.space.types_of(draws.reshape(-1, *self.space.type_shape)), axis=0)

    def possible(self, buyer: int, types: Floats) -> NDArray[np.bool_]:
        """Which types the prior can be conditioned on: any, if they are independent."""
        if not isinstance(self.prior, JointDistribution):
            return np.ones(len(types), dtype=bool)
        axes = tuple(j for j in range(self.n) if j != buyer)
        mass = np.append(self.prior.table.sum(axis=axes), 0.0)
        return mass[place_of(self.prior.values[buyer], types)] > 0

    def deviations(self, buyer: int, types: Floats, amounts: Floats) -> Deviations:
        """The buyer with these types, her honest words, and all lies made of these rows of numbers."""
        if self.silence:
            amounts = np.concatenate([amounts, np.full((1, amounts.shape[1]), SILENT)])
        honest, tried = self.lies.honest(buyer, types), self.lies.rows(amounts)
        rows, places = np.unique(np.concatenate([honest, tried]), axis=0, return_inverse=True)
        return Deviations(buyer, types, rows, places.ravel()[: len(types)], self.lies.stages)

    # --- playing ---------------------------------------------------------------------------------

    def moments(self, deviations: Deviations, count: int, rng: np.random.Generator) -> Moments:
        """What the rows earn each type on `count` profiles."""
        moments = Moments.empty(len(deviations.types), len(deviations.rows))
        uniforms = rng.random((count, self.prior.uniforms_per_profile))
        seeds = rng.integers(2**63, size=count)
        size = max(1, BLOCK // len(deviations.rows))
        for start in range(0, count, size):
            block = slice(start, start + size)
            for numbers, values in self._given(deviations, uniforms[block]):
                deals = self.lies.deals(deviations.buyer, deviations.rows, values, seeds[block])
                for t in numbers:
                    brought = deals.brought(self._valuations(deviations, t, values)[None])
                    felt = self.attitudes[deviations.buyer](brought.payoffs)
                    expected, least = brought.averaged(felt), brought.least(felt)
                    certain = felt.shape[-1] == 1
                    realised = expected if certain else brought.at(seeds[block] / 2.0**63, felt)
                    moments.include(t, expected, realised, least, int(deviations.honest[t]))
        moments.count = count
        return moments

    def ends_of_truth(self, count: int, rng: np.random.Generator) -> tuple[Floats, Ends]:
        """Types (E, n, *type_shape), and how play as audited ends, at profiles drawn from the prior."""
        values = self.prior.from_uniforms(rng.random((count, self.prior.uniforms_per_profile)))
        ends = self.lies.ends_of_truth(values, rng.integers(2**63, size=count))
        return values[ends.profiles], ends

    def _valuations(self, deviations: Deviations, t: int, values: Floats) -> Floats:
        """What type number t's valuation is at each profile, (N, *type_shape); one row if it is private."""
        own = deviations.types[[t]]
        if self.space.private:
            return own
        profiles = values.copy()
        profiles[:, deviations.buyer] = own
        return self.space.valuations(profiles)[:, deviations.buyer]

    def _given(self, deviations: Deviations, uniforms: Floats) -> Iterator[tuple[Sequence[int], Floats]]:
        """Numbers of types with profiles given them; independent types serve all at once."""
        if not isinstance(self.prior, JointDistribution):
            yield range(len(deviations.types)), self.prior.from_uniforms(uniforms)
            return
        for t, type_ in enumerate(deviations.types):
            yield [t], self.prior.condition({deviations.buyer: type_}).from_uniforms(uniforms)


def _some(types: Floats, count: int) -> Floats:
    """At most `count` of the types, evenly spread."""
    return types[np.unique(np.linspace(0, len(types) - 1, count).round().astype(int))]


def _quantiles(marginal: Any, count: int) -> Floats:
    """All values of a finite distribution if they are few, else quantiles at the middles of ranks."""
    if isinstance(marginal, Discrete):
        values = marginal.values[marginal.probabilities > 0]
        if len(values) <= count:
            return values
    return np.unique(marginal.quantile((np.arange(count) + 0.5) / count))
