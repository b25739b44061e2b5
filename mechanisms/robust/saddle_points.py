"""Both sides of the saddle points of regret, computed: (2.11) and (3.7) of the robust paper.

On the left the seller's mechanism against any values, on the right nature against any mechanism; nature plays
the finite distributions of Lemma 2.3.3, for which the right side is a linear program.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.robust.ranges import Ranges
from mechanisms.robust.regret_auctions import RandomReserveAuctions
from mechanisms.robust.regret_nature import nature_on_grid
from mechanisms.robust.regret_pricing import MinimaxRegretPricing
from mechanisms.robust.regret_programs import least_regret_against


@dataclass(frozen=True)
class SaddlePoint:
    """What seller and nature can make sure of.

    worst
        The mechanism's largest regret on the grid.
    met
        Its expected regret under nature.
    least
        No mechanism has less expected regret under nature.
    """

    worst: float
    met: float
    least: float

    @property
    def gap(self) -> float:
        """How far both are from a saddle point: 0 in the continuum."""
        return self.worst - self.least


def pricing_saddle_point(upper: ArrayLike, cost: ArrayLike, steps: int) -> SaddlePoint:
    """(2.11) for `MinimaxRegretPricing` on the grid c + (k/n)(v̄ − c), n = `steps`, at least 11.

    The mechanism is separable, so that its largest regret is at values on which every item has the largest.
    Parameters and errors as in `nature_on_grid`.
    """
    ranges = Ranges(upper, cost)
    values, probabilities = nature_on_grid(ranges.upper, ranges.cost, steps)
    pricing = MinimaxRegretPricing(tuple(ranges.upper.tolist()), tuple(ranges.cost.tolist()))
    line = ranges.cost + np.arange(steps + 1)[:, None] / steps * ranges.width
    each = [MinimaxRegretPricing(top, c).regret_at(np.minimum(line[:, [j]], top)).max()
            for j, (top, c) in enumerate(zip(ranges.upper.tolist(), ranges.cost.tolist(), strict=True))]
    return _saddle_point(float(np.sum(each)), pricing.regret_at(values), probabilities, values, ranges)


def auction_saddle_point(upper: ArrayLike, bidders: int, steps: int) -> SaddlePoint:
    """(3.7) for `RandomReserveAuctions`, on the grid of one positive bidder and her rivals at 0.

    With these values any mechanism is one for a single bidder (Step 2 of the proof of Theorem 3.3.1), so that
    the right side is that of pricing without costs. The largest regret is sought over the two highest bids of
    each item. Parameters and errors as in `RandomReserveAuctions` and `nature_on_grid`.
    """
    ranges = Ranges(upper)
    auctions = RandomReserveAuctions(tuple(ranges.upper.tolist()), bidders)
    values, probabilities = nature_on_grid(ranges.upper, 0.0, steps)
    rivals = np.zeros((len(values), bidders - 1, ranges.items))
    regret = auctions.regret_at(np.concatenate([values[:, None], rivals], axis=1))
    pairs = np.indices((steps + 1, steps + 1)).reshape(2, -1).T / steps
    bids = np.concatenate([pairs, np.zeros((len(pairs), bidders - 2))], axis=1)[..., None] * ranges.upper
    return _saddle_point(float(auctions.regret_at(bids).max()), regret, probabilities, values, ranges)


def _saddle_point(worst: float, regret: FloatArray, probabilities: FloatArray, values: FloatArray,
                  ranges: Ranges) -> SaddlePoint:
    sold = ranges.width > 0
    least = 0.0
    if sold.any():
        least = least_regret_against(values[:, sold], probabilities, ranges.upper[sold], ranges.cost[sold])
    return SaddlePoint(worst, float(probabilities @ regret), least)
