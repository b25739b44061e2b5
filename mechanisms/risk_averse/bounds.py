"""Upper bounds on what any DSIC mechanism is worth to the seller, for instances of any size.

For g(p) = U(b + p) − U(b), b >= 0, let w_i be the ironed virtual values of g(v_i). Whatever price p a buyer
is offered, given the others' reports, g(p) Pr[v_i >= p] <= E[w_i(v_i); v_i >= p]. From that come the counted
bound and the profile Lagrangian (`lagrangian`); Jensen's inequality gives U(Myerson's revenue), and what
there is to earn at each profile caps that (`capped_bound`). Proofs in
docs/theory/risk_averse_seller.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.auctions.virtual_values import IronedVirtualValue, ironed_virtual_value
from mechanisms.distributions import Discrete
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.buyers import buyers, check_seller, useful_prices
from mechanisms.risk_averse.capped_bound import capped_bound

SHIFTS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5)
"""First choices of b, as parts of Myerson's revenue."""
REFINEMENTS = 6
"""Further choices between the neighbours of the best of them."""


@dataclass(frozen=True)
class UtilityBounds:
    """Upper bounds on the expected utility of every DSIC mechanism.

    jensen
        U of the greatest expected revenue.
    capped
        The same, with no more earned at any profile than the k largest values; never above it.
    counted
        The counted g-bound, at its best b.
    shift
        That b.
    """

    jensen: float
    capped: float
    counted: float
    shift: float

    @property
    def least(self) -> float:
        """The best one."""
        return min(self.jensen, self.capped, self.counted)


def utility_bounds(
    values: Sequence[ArrayLike], probabilities: Sequence[ArrayLike], units: int, utility: Attitude
) -> UtilityBounds:
    """Return upper bounds for n buyers with independent values, given as lists of n arrays.

    Raises TypeError or ValueError for bad buyers, units or utility.
    """
    priors = buyers(values, probabilities)
    return bounds_of(priors, units, check_seller(utility, priors, units))


def bounds_of(priors: Sequence[Discrete], units: int, utility: Attitude) -> UtilityBounds:
    """The same for checked buyers and utility."""
    revenue = optimal_revenue(priors, units=units)
    jensen = float(np.asarray(utility(np.array(revenue))))

    def bound(shift: float) -> float:
        return counted_bound(priors, units, utility, shift)

    shift, counted = _least_over_shifts(bound, revenue)
    return UtilityBounds(jensen, capped_bound(priors, units, utility, revenue), counted, shift)


def _least_over_shifts(bound: Callable[[float], float], revenue: float) -> tuple[float, float]:
    """The best of the first choices of b, then of thirds of the interval around it, again and again."""
    shifts = [share * revenue for share in SHIFTS]
    found = {shift: bound(shift) for shift in shifts}
    for _ in range(REFINEMENTS // 2):
        tried = sorted(found)
        place = tried.index(min(found, key=lambda shift: found[shift]))
        for neighbour in (max(place - 1, 0), min(place + 1, len(tried) - 1)):
            middle = (tried[place] + tried[neighbour]) / 2
            if middle not in found:
                found[middle] = bound(middle)
    best = min(found, key=lambda shift: found[shift])
    return best, found[best]


def gain_over(utility: Attitude, shift: float) -> Callable[[FloatArray], FloatArray]:
    """g(p) = U(b + p) − U(b) for b = `shift`: what a sale adds to a revenue of b."""
    base = float(np.asarray(utility(np.array(shift)), dtype=np.float64))
    return lambda prices: np.maximum(np.asarray(utility(shift + prices), dtype=np.float64) - base, 0.0)


def virtual_utility(prior: Discrete, gain: Callable[[FloatArray], FloatArray]) -> IronedVirtualValue:
    """The ironed virtual value w of g(v), as a function of g(v)."""
    return ironed_virtual_value(Discrete(gain(prior.values), prior.probabilities))


def counted_bound(priors: Sequence[Discrete], units: int, utility: Attitude, shift: float) -> float:
    """The counted g-bound: E[max_c (A_c + the c largest w_i(v_i))] with A's concave majorant.

    A_c is the most that U of a sum of c prices exceeds the sum of their g. As U(s + x) − U(b + x) is monotone
    in x, rising for s < b and falling for s > b, the c prices are the least or the greatest possible one.
    """
    gain = gain_over(utility, shift)
    excess = _excess(useful_prices(priors), min(units, len(priors)), utility, gain)
    steps = np.diff(_concave_majorant(excess))
    curves = [virtual_utility(prior, gain) for prior in priors]
    knots, tails = _order_statistics(curves, steps.size)
    return float(excess[0] + sum(_mean_excess(knots, tails[c], -step) for c, step in enumerate(steps)))


def _excess(
    prices: FloatArray, most: int, utility: Attitude, gain: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """A_0, …, A_most."""
    ends = prices[[0, -1]]
    low, high = gain(ends)
    count, dear = np.indices((most + 1, most + 1))
    total = np.where(dear <= count, dear * ends[1] + (count - dear) * ends[0], 0.0)
    over = np.asarray(utility(total), dtype=np.float64) - dear * high - (count - dear) * low
    return np.where(dear <= count, over, -np.inf).max(axis=1)


def _concave_majorant(heights: FloatArray) -> FloatArray:
    """The least concave sequence that is nowhere below `heights`."""
    hull: list[int] = []
    for place in range(heights.size):
        while len(hull) > 1:
            first, last = hull[-2], hull[-1]
            chord = heights[first] + (heights[place] - heights[first]) * (last - first) / (place - first)
            if heights[last] > chord:
                break
            hull.pop()
        hull.append(place)
    return np.interp(np.arange(heights.size), hull, heights[hull])


def _order_statistics(curves: Sequence[IronedVirtualValue], most: int) -> tuple[FloatArray, FloatArray]:
    """Levels T_0 < T_1 < …, and Pr[at least c + 1 of the w_i exceed t] for t in [T_s, T_{s+1}).

    The probabilities have shape (most, S − 1).
    """
    knots = np.unique(np.concatenate([curve.cell_levels for curve in curves]))
    fewer = np.zeros((most, knots.size - 1))
    fewer[0] = 1.0
    for curve in curves:
        sums = np.append(np.cumsum(curve.cell_probabilities[::-1])[::-1], 0.0)
        exceeds = np.minimum(sums, 1.0)[np.searchsorted(curve.cell_levels, knots[:-1], side="right")]
        one_more = fewer * exceeds
        fewer -= one_more
        fewer[1:] += one_more[:-1]
    return knots, np.maximum(1.0 - np.cumsum(fewer, axis=0), 0.0)


def _mean_excess(knots: FloatArray, tails: FloatArray, threshold: float) -> float:
    """E[max(0, w − threshold)] for w with these tails between the knots, and never below the first knot."""
    lengths = np.maximum(knots[1:] - np.maximum(knots[:-1], threshold), 0.0)
    return float(max(knots[0] - threshold, 0.0) + tails @ lengths)
