"""Demand reduction in the uniform-price auction of two units to two bidders (Krishna, Example 13.1)."""

from __future__ import annotations

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.auctions.multi_unit_demand import UniformPriceMultiUnit
from mechanisms.distributions.marginal_values import TwoUnitValues
from mechanisms.equilibria.equilibrium import Encounter, KnownEquilibrium
from mechanisms.quadrature import between_cuts, inverse

POINTS = 3
"""Nodes between cuts in each of the rival's two values: exact where her bids are linear in them."""


def uniform_price_two_units() -> KnownEquilibrium:
    """Two bidders, two units, values (x1, x2) of density 2 on 1 >= x1 >= x2 >= 0: bids x1 and 0.

    Each gets one unit for nothing. A second bid b would win the second unit when the rival's x1 is below b,
    and make the first one cost b when it is above; it gains the integral of 2t (x2 - t) - (1 - t^2) over t
    in [0, b], which is never positive, as x2 <= 1. Revenue 0.
    """
    return KnownEquilibrium(
        name="uniform price, two units, two bidders",
        source="Krishna, Auction Theory, Example 13.1; Noussair 1995, Economic Theory 5",
        mechanism=UniformPriceMultiUnit(2),
        model=TwoUnitValues(2),
        strategies=(_first_unit_only, _first_unit_only),
        opponents=two_unit_rival,
        revenue=0.0,
    )


def _first_unit_only(values: FloatArray) -> FloatArray:
    return np.stack([values[..., 0], np.zeros(values.shape[:-1])], axis=-1)


def two_unit_rival(
    equilibrium: KnownEquilibrium, bidder: int, types: FloatArray, bids: FloatArray
) -> Encounter:
    """Nested quadrature over the one rival's values, cut where her bids meet the bidder's.

    Her bid on each unit is taken to depend on the value of that unit only, and not to decrease in it.
    """
    strategy = equilibrium.strategies[1 - bidder]
    meetings = [
        inverse(lambda x, unit=unit: _bid_on(strategy, unit, x), bids, 0.0, 1.0)  # type: ignore[misc]
        for unit in (0, 1)
    ]
    ends = np.broadcast_to([0.0, 1.0], bids.shape)
    high, high_weights = between_cuts(np.concatenate([ends, *meetings], axis=-1), POINTS)
    lower = np.broadcast_to(meetings[1][..., None, :], (*high.shape, 2))
    cuts = np.concatenate([np.zeros((*high.shape, 1)), high[..., None], lower], axis=-1)
    low, low_weights = between_cuts(np.minimum(cuts, high[..., None]), POINTS)
    rival = strategy(np.stack(np.broadcast_arrays(high[..., None], low), axis=-1))
    rival = rival.reshape(*bids.shape[:-1], -1, 2)
    own = np.broadcast_to(bids[..., None, :], rival.shape)
    pair = [own, rival] if bidder == 0 else [rival, own]
    weights = (2 * high_weights[..., None] * low_weights).reshape(rival.shape[:-1])
    return Encounter(np.stack(pair, axis=-2), weights, types[..., None, :])


def _bid_on(strategy: object, unit: int, values: FloatArray) -> FloatArray:
    """The bid on one unit, as a function of that unit's value."""
    return strategy(np.stack([values, values], axis=-1))[..., unit]  # type: ignore[operator]
