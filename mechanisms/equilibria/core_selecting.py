"""Equilibria of core-selecting auctions with two local bidders and a global one (Ausubel and Baranov 2020).

The locals' values are uniform on [0, 1], and equal with probability c; the global one's is uniform on [0, 2].
Truth is dominant for the global bidder. The locals shade: each would like the other to carry the price.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.auctions.core_selecting import NearestBid, NearestVCG, NearestZero
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions.local_local_global import LocalLocalGlobal
from mechanisms.equilibria.equilibrium import BidFunction, Encounter, KnownEquilibrium
from mechanisms.quadrature import between_cuts, inverse

SOURCE = "Ausubel and Baranov 2020, Int. J. Game Theory 49, on core-selecting with incomplete information"
SMOOTH_POINTS = 12
"""Nodes between cuts in the locals' values, where bids are analytic."""
LINEAR_POINTS = 2
"""Nodes between cuts in the global value: payments are linear there."""


def nearest_zero(correlation: float = 0.0) -> KnownEquilibrium:
    """The locals bid max(0, 1 + log(c + (1 - c) v) / (1 - c)), and truth for c = 1."""
    return _equilibrium("nearest zero", NearestZero(), _bid_nearest_zero, correlation)


def nearest_bid(correlation: float = 0.0) -> KnownEquilibrium:
    """The locals bid log(2 / (2 - (1 - c) v)) / (1 - c), and v/2 for c = 1."""
    return _equilibrium("nearest bid", NearestBid(), _bid_nearest_bid, correlation)


def nearest_vcg(correlation: float = 0.0) -> KnownEquilibrium:
    """The locals bid max(0, v - (3 - sqrt(9 - (1-c)^2)) / (1 - c)) 2 / (2 + c), and 2v/3 for c = 1."""
    return _equilibrium("nearest VCG", NearestVCG(), _bid_nearest_vcg, correlation)


def _equilibrium(
    rule: str, mechanism: DirectMechanism, local: Callable[..., FloatArray], correlation: float
) -> KnownEquilibrium:
    model = LocalLocalGlobal(correlation)
    shade = partial(local, independence=1 - model.correlation)
    return KnownEquilibrium(
        name=f"local-local-global, {rule}, correlation {model.correlation:g}",
        source=SOURCE,
        mechanism=mechanism,
        model=model,
        strategies=(shade, shade, _truth),
        opponents=_opponents,
        revenue=_revenue(shade, model.correlation),
    )


def _revenue(local: BidFunction, correlation: float) -> float:
    """E[min(S, B)] = E[S] - E[S^2] / 4 for the locals' sum S and the global bid B, uniform on [0, 2]."""
    cuts = _local_cuts(local, np.array(0.0))
    values, weights = between_cuts(cuts, 4 * SMOOTH_POINTS)
    bids = local(values)
    first, second = float((weights * bids).sum()), float((weights * bids**2).sum())
    return 2 * first - ((1 + correlation) * second + (1 - correlation) * first**2) / 2


def _truth(values: FloatArray) -> FloatArray:
    return values


def _bid_nearest_zero(values: FloatArray, independence: float) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.maximum(1 + _log1p_over(independence, values - 1), 0)


def _bid_nearest_bid(values: FloatArray, independence: float) -> FloatArray:
    return -_log1p_over(independence, -values / 2)


def _bid_nearest_vcg(values: FloatArray, independence: float) -> FloatArray:
    free = independence / (3 + np.sqrt(9 - independence**2))
    return np.maximum(values - free, 0) * 2 / (3 - independence)


def _log1p_over(k: float, x: FloatArray) -> FloatArray:
    """log(1 + k x) / k, and its limit x for k = 0."""
    return np.log1p(k * x) / k if k else x


def _opponents(equilibrium: KnownEquilibrium, bidder: int, types: FloatArray, bids: FloatArray) -> Encounter:
    """Quadrature over the two others' values, nested where they are independent."""
    meet = _met_by_global if bidder == 2 else partial(_met_by_local, other=1 - bidder)
    reports, weights = meet(equilibrium, types, bids)
    return Encounter(reports, weights, types[..., None, None])


def _met_by_local(
    equilibrium: KnownEquilibrium, values: FloatArray, bids: FloatArray, other: int
) -> tuple[FloatArray, FloatArray]:
    correlation = _correlation(equilibrium)
    strategy, top = equilibrium.strategies[other], equilibrium.strategies[2](np.array(2.0))
    nodes, weights = between_cuts(_local_cuts(strategy, bids, bids, top - bids), SMOOTH_POINTS)
    nodes = np.concatenate([nodes, values[..., None]], axis=-1)
    weights = np.concatenate([(1 - correlation) * weights, np.full((*bids.shape, 1), correlation)], axis=-1)
    own = np.broadcast_to(bids[..., None], nodes.shape)
    partner = strategy(nodes)
    wins, parts = between_cuts(_global_cuts(equilibrium.strategies[2], own, partner), LINEAR_POINTS)
    columns: list[FloatArray] = [own[..., None], own[..., None], equilibrium.strategies[2](wins)]
    columns[other] = partner[..., None]
    return _flattened(columns, weights[..., None] * parts / 2)


def _global_cuts(strategy: BidFunction, own: FloatArray, partner: FloatArray) -> FloatArray:
    """The global value's ends, and where its bid ends the locals' win or bends their payments."""
    kinks = [own, partner, own + partner, np.abs(own - partner), 2 * own, 2 * partner]
    cuts = inverse(strategy, np.stack(kinks, axis=-1), 0.0, 2.0)
    ends = np.broadcast_to([0.0, 2.0], (*own.shape, 2))
    return np.concatenate([cuts, ends], axis=-1)


def _met_by_global(
    equilibrium: KnownEquilibrium, values: FloatArray, bids: FloatArray
) -> tuple[FloatArray, FloatArray]:
    correlation = _correlation(equilibrium)
    first, second, _ = equilibrium.strategies
    top = second(np.array(1.0))
    outer, outer_weights = between_cuts(_local_cuts(first, bids, bids, bids - top), SMOOTH_POINTS)
    left = bids[..., None] - first(outer)
    inner, inner_weights = between_cuts(_local_cuts(second, left, left), SMOOTH_POINTS)
    one_bid = np.broadcast_to(first(outer)[..., None], inner.shape)
    apart, apart_weights = _flattened(
        [one_bid, second(inner), bids[..., None, None]], outer_weights[..., None] * inner_weights
    )
    equal = inverse(lambda v: first(v) + second(v), bids, 0.0, 1.0)
    cuts = np.concatenate([_local_cuts(first, bids, bids), equal[..., None]], axis=-1)
    line, line_weights = between_cuts(cuts, SMOOTH_POINTS)
    columns = np.broadcast_arrays(first(line), second(line), bids[..., None])
    reports = np.concatenate([apart, np.stack(columns, axis=-1)], axis=-2)
    return reports, np.concatenate([(1 - correlation) * apart_weights, correlation * line_weights], axis=-1)


def _local_cuts(strategy: BidFunction, like: FloatArray, *levels: FloatArray) -> FloatArray:
    """Values of a local bidder at the ends, where she starts to bid, and where she bids each level."""
    cuts = [inverse(strategy, level, 0.0, 1.0) for level in (np.zeros_like(like), *levels)]
    return np.stack([np.zeros_like(like), np.ones_like(like), *cuts], axis=-1)


def _flattened(columns: list[FloatArray], weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bids at nested nodes `(..., a, b)` as reports `(..., ab, 3)`, with weights `(..., ab)`."""
    reports = np.stack(np.broadcast_arrays(*columns), axis=-1)
    return reports.reshape(*reports.shape[:-3], -1, 3), weights.reshape(*weights.shape[:-2], -1)


def _correlation(equilibrium: KnownEquilibrium) -> float:
    model = equilibrium.model
    if not isinstance(model, LocalLocalGlobal):
        raise TypeError(f"model must be LocalLocalGlobal, got {model!r}")
    return model.correlation
