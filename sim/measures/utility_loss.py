"""Utility loss: what a buyer could gain by another bid, when the others bid as they do.

The interim utility loss of a type is the utility of a best response less that of her own play; its mean over
types is the ex-ante loss (Bichler et al. 2021, and the literature on equilibrium learning). For auctions of
one unit to buyers with independent values, in which only the highest rival bid bears on one's outcome: first
price, second price, all-pay. The distribution of the highest rival bid is computed from the rivals'
strategies at even quantiles of their values, without sampling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.population import Population
from agents.view import Mixed, View
from mechanisms.conversation import DirectMechanism
from mechanisms.deviations import Deal, deal
from mechanisms.distributions import Distribution
from mechanisms.outcome import Lottery
from mechanisms.questions import AskValue
from mechanisms.utilities import Utility

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class BidDistribution:
    """A finite distribution of bids: ascending `bids` and their `probabilities`, shape (b,), sum 1."""

    bids: FloatArray
    probabilities: FloatArray

    @classmethod
    def of(cls, bids: NDArray[Any], weights: NDArray[Any] | None = None) -> BidDistribution:
        """From bids of any shape with weights of the same shape; even ones by default."""
        flat = np.asarray(bids, dtype=np.float64).ravel()
        if not flat.size:
            raise ValueError("bids must hold at least one bid, got none")
        masses = np.full(flat.size, 1 / flat.size) if weights is None else np.asarray(weights).ravel()
        kept = masses > 0
        points, place = np.unique(flat[kept], return_inverse=True)
        return cls(points, np.bincount(place, masses[kept]) / masses.sum())

    def cdf(self, bids: FloatArray) -> FloatArray:
        """Probability of a bid of at most each of these."""
        cumulated = np.concatenate([[0.0], np.cumsum(self.probabilities)])
        return cumulated[np.searchsorted(self.bids, bids, side="right")]


def highest_of(rivals: Sequence[BidDistribution]) -> BidDistribution:
    """The distribution of the highest of independent bids."""
    if not rivals:
        raise ValueError("rivals must be at least one, got none")
    points = np.unique(np.concatenate([rival.bids for rival in rivals]))
    below = np.prod([rival.cdf(points) for rival in rivals], axis=0)
    return BidDistribution(points, np.diff(below, prepend=0.0))


@dataclass(frozen=True)
class Loss:
    """The loss of one buyer by type, arrays of shape (t,).

    types, own, best, best_bids
        The types, the utility of her own play, that of the best bid tried, and that bid.
    """

    types: FloatArray
    own: FloatArray
    best: FloatArray
    best_bids: FloatArray

    @property
    def by_type(self) -> FloatArray:
        """Interim utility loss, at least 0."""
        return np.maximum(self.best - self.own, 0.0)

    @property
    def mean(self) -> float:
        """Ex-ante utility loss, where the types are even quantiles."""
        return float(self.by_type.mean())

    @property
    def maximum(self) -> float:
        """The largest interim utility loss."""
        return float(self.by_type.max())


def loss_against(
    mechanism: DirectMechanism,
    rival: BidDistribution,
    types: FloatArray,
    bids: FloatArray,
    weights: FloatArray,
    utility: Utility,
    deviations: int = 256,
) -> Loss:
    """The loss of playing `bids` with probabilities `weights`, shapes (t, b), at each of `types`, (t,).

    The deviations tried are even bids from 0 to just above the highest rival bid, and some quantiles of the
    rival's bids, from just above. The loss is a lower bound, short of the truth by the grid's step.
    """
    return Loss(*_search(mechanism, rival, types, bids, weights, utility, deviations))


def _search(
    mechanism: DirectMechanism,
    rival: BidDistribution,
    types: FloatArray,
    bids: FloatArray,
    weights: FloatArray,
    utility: Utility,
    deviations: int,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    top = float(rival.bids[-1])
    quantiles = rival.bids[
        np.searchsorted(np.cumsum(rival.probabilities), np.linspace(0, 1 - 1e-9, deviations))
    ]
    above = np.nextafter(quantiles, np.inf) + 1e-9 * top
    tried = np.unique(np.concatenate([np.linspace(0, top * (1 + 1e-6), deviations), above]))
    own, best, best_bids = np.empty(len(types)), np.empty(len(types)), np.empty(len(types))
    facing = _facing(mechanism, rival, tried, utility)
    for t, value in enumerate(types):
        mine = weights[t] > 0
        played = _facing(mechanism, rival, bids[t][mine], utility)
        own[t] = weights[t][mine] @ played.brought(value).expected(utility)
        felt = facing.brought(value).expected(utility)
        place = int(felt.argmax())
        best[t], best_bids[t] = felt[place], tried[place]
    return types, own, best, best_bids


def expected_utility(
    mechanism: DirectMechanism, rival: BidDistribution, types: FloatArray, bids: FloatArray, utility: Utility
) -> FloatArray:
    """Expected utility of one bid at each type, arrays of shape (t,), against the rival's bids."""
    return _facing(mechanism, rival, bids, utility).brought(types).expected(utility)


def _facing(
    mechanism: DirectMechanism, rival: BidDistribution, bids: FloatArray, utility: Utility
) -> Deal:
    """What each bid gets and pays: the rival's bids are the branches of chance, shape (bids, rival bids)."""
    profiles = np.stack(np.broadcast_arrays(bids[:, None], rival.bids), axis=-1)
    facing = deal(mechanism.space, Lottery(rival.probabilities, mechanism.outcome(profiles)), 0)
    return facing.mean() if utility.is_risk_neutral else facing


def bids_at(
    mechanism: DirectMechanism, population: Population, buyer: int, types: FloatArray
) -> tuple[Any, Any]:
    """What a buyer would report at each of `types` (t,): bids and probabilities, shapes (t, b)."""
    (side,) = population.sides(np.array([buyer]))
    group = side.group
    n = len(population)
    view = View(types[:, None], np.array([buyer]), side.buyers, n, mechanism, group.prior, group.utility)
    answer = group.strategy.answer(AskValue(), view)
    if not isinstance(answer, Mixed):
        return answer, np.ones(answer.shape)
    bids = answer.answers[:, 0]
    return bids, np.broadcast_to(answer.probabilities, (len(types), 1, bids.shape[-1]))[:, 0]


def utility_losses(
    mechanism: DirectMechanism,
    population: Population,
    priors: Distribution | Sequence[Distribution],
    *,
    buyers: Sequence[int] | None = None,
    types: int = 64,
    points: int = 16384,
    deviations: int = 256,
) -> list[Loss]:
    """The loss of each buyer of the population, who all meet in one auction, as they play now.

    priors
        Of the buyers' values, independent: one for all, or one each.
    buyers
        Whose losses are asked for; None for everybody's.
    types
        At how many even quantiles of her own value a loss is computed.
    points
        How many even quantiles of a rival's value, and at most how many of the highest rival bid, stand for
        all; the loss is too high by up to 1 / points of what winning brings.
    deviations
        See `loss_against`.

    Raises ValueError for fewer than two buyers, another number of priors, or counts below 1.
    """
    n = len(population)
    each = [priors] * n if isinstance(priors, Distribution) else list(priors)
    if n < 2 or len(each) != n:
        raise ValueError(f"priors must be one, or one for each of at least 2 buyers, got {len(each)} for {n}")
    if min(types, points, deviations) < 1:
        raise ValueError(
            f"types, points and deviations must be at least 1, got {types}, {points}, {deviations}"
        )
    played = [bids_at(mechanism, population, i, each[i].quantile(_even(points))) for i in range(n)]
    dist = [BidDistribution.of(bids, weights) for bids, weights in played]
    losses = []
    for i in range(n) if buyers is None else buyers:
        rival = highest_of([other for j, other in enumerate(dist) if j != i])
        own_types = each[i].quantile(_even(types))
        bids, weights = bids_at(mechanism, population, i, own_types)
        utility = population.groups[population.membership[i]].utility
        losses.append(
            loss_against(mechanism, thinned(rival, points), own_types, bids, weights, utility, deviations)
        )
    return losses


def thinned(rival: BidDistribution, most: int) -> BidDistribution:
    """The same distribution on at most so many points: neighbours are put together at their mean."""
    if len(rival.bids) <= most:
        return rival
    cell = np.minimum((np.cumsum(rival.probabilities) * most).astype(int), most - 1)
    masses = np.bincount(cell, rival.probabilities, minlength=most)
    sums = np.bincount(cell, rival.probabilities * rival.bids, minlength=most)
    kept = masses > 0
    return BidDistribution(np.divide(sums[kept], masses[kept]), np.asarray(masses[kept], dtype=np.float64))


def _even(count: int) -> FloatArray:
    return (np.arange(count) + 0.5) / count
