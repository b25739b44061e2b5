"""The lookahead auction and the star benchmark (Ronen 2001; Azar, Chen and Micali 2010, Section 3.1).

The star is the first buyer of highest value. She is offered the best price for the prior given that she is
the star and what the others' values are. The revenue expected from it is the star benchmark S, at least half
of what the optimal auction earns, for correlated values too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.comparison import at_least
from mechanisms.conservative.structure import Structured, star_masses, structure_of
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions import JointDistribution, Prior
from mechanisms.outcome import Outcome

MIXTURE_LIMIT = 1_000_000
"""The most type profiles of a mixture that are summed one by one."""


def star_benchmark(prior: Prior) -> float:
    """S = Σ Pr(⋆ = i, θ_−⋆ = t) · max_p p · Pr(θ_⋆ ≥ p | ⋆ = i, θ_−⋆ = t), over i and t.

    Exact. A `JointDistribution` is summed over its table. An `IndependentPrior` of `Discrete` marginals is
    never enumerated: given that i is the star, only her classical price tells anything of her value. In a
    `MixturePrior` of such all values tell something of the component, and it is summed as a table.
    Ties of values go to the lowest index.

    Raises TypeError for any other prior, ValueError for negative values, or for a mixture with more than
    `MIXTURE_LIMIT` profiles (average a `LookaheadAuction` over sampled ones).

    >>> star_benchmark(JointDistribution.from_table([[0.25, 0.25], [0.25, 0.25]]))
    0.75
    """
    if isinstance(prior, JointDistribution):
        _check_not_negative(prior)
        return float(sum(_revenues(prior, star).max(axis=-1).sum() for star in range(prior.n)))
    if not isinstance(prior, Prior):
        raise TypeError(
            "prior must be a JointDistribution (`from_table` makes one of an array), or a product, or "
            f"mixture of products, of Discrete, not {prior!r}"
        )
    components = structure_of(prior)
    if len(components.weights) > 1:
        return star_benchmark(_table_of(components))
    return sum(_star_revenue(components, star) for star in range(components.n))


def lookahead_revenue(prior: Prior) -> float:
    """Expected revenue of the lookahead auction, which knows the prior.

    A `JointDistribution` is played through `LookaheadAuction` at every profile; for an `IndependentPrior` or
    a mixture of such it is computed as the benchmark S, which it equals. Raises as `star_benchmark`.
    """
    if not isinstance(prior, JointDistribution):
        return star_benchmark(prior)
    revenue = LookaheadAuction(prior).outcome(prior.profiles()).revenue
    return float(prior.support_probabilities() @ revenue)


@dataclass(frozen=True)
class LookaheadAuction(DirectMechanism):
    """Offer the highest bidder the best price, given the others' reports and that she is the highest.

    prior
        A `JointDistribution`; or an `IndependentPrior` of `Discrete` marginals or a mixture of such, on
        one common grid, which are never enumerated.

    The price is at least the classical one, the least value with which she is still the highest, and the
    smallest of the best. Ties go to the lowest index. Reports are rounded down to the grid; one below it is
    no bid. Where others' reports have probability 0 the classical price stands. Truth is dominant, and nobody
    pays more than her report. Raises TypeError for another prior, ValueError for negative values.
    """

    prior: Prior

    anonymous: ClassVar[bool] = False
    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if isinstance(self.prior, JointDistribution):
            _check_not_negative(self.prior)
        else:
            _ = self._structure

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as the prior has."""
        return self.prior.n

    @cached_property
    def _grids(self) -> tuple[FloatArray, ...]:
        prior = self.prior
        return prior.values if isinstance(prior, JointDistribution) else (self._structure.grid,) * prior.n

    @cached_property
    def _structure(self) -> Structured:
        return structure_of(self.prior)

    @cached_property
    def _price_tables(self) -> list[FloatArray]:
        """For each star: the best price for each combination of the others' types; her own axis left out."""
        prior = self.prior
        return [_best_prices(prior, star) for star in range(prior.n)]  # type: ignore[arg-type]

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for reports of shape `(..., n)`; ValueError for another n, or NaN."""
        reports = np.asarray(reports, dtype=float)
        if reports.ndim == 0 or reports.shape[-1] != self.prior.n or np.isnan(reports).any():
            raise ValueError(f"reports must be {self.prior.n} numbers each, got {reports.shape} or NaN")
        types = np.stack(
            [np.searchsorted(g, reports[..., i] * (1 + 1e-12), side="right") - 1
             for i, g in enumerate(self._grids)], axis=-1
        )
        values = np.stack(
            [np.where(types[..., i] >= 0, g[types[..., i]], -np.inf) for i, g in enumerate(self._grids)],
            axis=-1,
        )
        allocation, payments = np.zeros(reports.shape), np.zeros(reports.shape)
        for profile in np.ndindex(reports.shape[:-1]):
            star = int(values[profile].argmax())
            if values[profile][star] == -np.inf:
                continue
            price = self._price(types[profile], values[profile], star)
            if values[profile][star] >= price:
                allocation[(*profile, star)], payments[(*profile, star)] = 1.0, price
        return Outcome(allocation, payments)

    def _price(self, types: NDArray[np.intp], values: FloatArray, star: int) -> float:
        grid = self._grids[star]
        classical = grid[star_from(values, star, grid)]
        if not isinstance(self.prior, JointDistribution):
            masses = star_masses(self._structure, star, values)
            revenues = np.where(grid >= classical, grid * _tails(masses), -1.0)
            return float(grid[int(np.argmax(at_least(revenues, revenues.max())))])
        others = np.delete(types, star)
        if (others < 0).any():
            return float(classical)
        return max(float(self._price_tables[star][tuple(others)]), float(classical))


def star_from(values: FloatArray, star: int, grid: FloatArray) -> int:
    """Index of the least type on `grid` with which `star` is the first of highest value."""
    before = np.searchsorted(grid, values[:star].max(initial=-np.inf), side="right")
    after = np.searchsorted(grid, values[star + 1 :].max(initial=-np.inf), side="left")
    return int(max(before, after))


def _tails(masses: FloatArray) -> FloatArray:
    """Pr[V >= grid[k]] for each k along the last axis."""
    return np.cumsum(masses[..., ::-1], axis=-1)[..., ::-1]


def _is_star(prior: JointDistribution, star: int) -> NDArray[np.bool_]:
    """Mask of the table: where buyer `star` is the first of highest value."""
    values = np.meshgrid(*prior.values, indexing="ij", sparse=True)
    wins = np.ones(prior.shape, dtype=bool)
    for j, other in enumerate(values):
        if j != star:
            wins &= values[star] > other if j < star else values[star] >= other
    return wins


def _revenues(prior: JointDistribution, star: int) -> FloatArray:
    """p · Pr(θ_star ≥ p, ⋆ = star, θ_−star = t), with star's axis, the prices, moved to the end."""
    masses = np.moveaxis(np.where(_is_star(prior, star), prior.table, 0.0), star, -1)
    return prior.values[star] * _tails(masses)


def _best_prices(prior: JointDistribution, star: int) -> FloatArray:
    """The smallest best price for each t; the least value of the grid where t has probability 0."""
    revenues = _revenues(prior, star)
    best = np.argmax(at_least(revenues, revenues.max(axis=-1, keepdims=True)), axis=-1)
    return prior.values[star][best]


def _star_revenue(components: Structured, star: int) -> float:
    """Σ over classical prices c of Pr(c) · max_{p ≥ c} p · Pr(θ ≥ p), for independent values."""
    grid, masses = components.grid, components.masses[0]
    below = np.cumsum(masses, axis=-1)
    strictly = below - masses
    beaten = np.prod(strictly[:star], axis=0) * np.prod(below[star + 1 :], axis=0)
    exactly = np.diff(np.minimum(beaten, 1.0), prepend=0.0)
    best_from = np.maximum.accumulate((grid * _tails(masses[star]))[::-1])[::-1]
    return float(exactly @ best_from)


def _table_of(components: Structured) -> JointDistribution:
    """All profiles of a mixture; ValueError if they are too many."""
    profiles = len(components.grid) ** components.n
    if profiles > MIXTURE_LIMIT:
        raise ValueError(
            f"prior must have at most {MIXTURE_LIMIT} type profiles where it is a mixture, got {profiles}: "
            "average LookaheadAuction(prior) over sampled profiles"
        )
    parts = zip(components.weights, components.masses, strict=True)
    table = sum(weight * reduce(np.multiply.outer, masses) for weight, masses in parts)
    return JointDistribution.from_table(table, [components.grid] * components.n)


def _check_not_negative(prior: JointDistribution) -> None:
    for buyer, grid in enumerate(prior.values):
        if grid[0] < 0:
            raise ValueError(f"prior must have values of at least 0, got {grid[0]} for buyer {buyer}")
