"""Games of a seller and nature on grids: prices against values, reserves against bids (robust paper).

In each of them seller and nature mix; payoffs are what the seller gets. Where `attained` is true, nature's
values are the grid's own, and no price off the grid serves the seller better: a bound from above on what she
can get in the continuum. Where it is false, nature comes as close as she likes to each grid value from below,
and no value off the grid serves her better: a bound from below.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, number_in
from mechanisms.comparison import size_of
from mechanisms.conversation import check_count
from mechanisms.robust.ranges import Ranges
from mechanisms.robust.zero_sum import Moment, ZeroSumGame

MOST_PAYOFFS = 20_000_000
"""The most entries of a game."""


def pricing_game(upper: float, cost: float, steps: int, attained: bool = True) -> ZeroSumGame:
    """One good: prices against values, both c + (k/n)(v̄ − c), n = `steps`; the payoff is minus the regret.

    The value of the continuum's game is −(v̄ − c)/e (Bergemann and Schlag 2008; (2.13)). Raises TypeError or
    ValueError for numbers that `Ranges` refuses, a cost that reaches the upper bound, or bad steps.
    """
    ranges = Ranges(number_in("upper", upper), number_in("cost", cost))
    _check_sold(ranges)
    check_count("steps", steps)
    _check_size((steps + 1) * (steps + 2))
    levels = np.arange(steps + 1) / steps
    values, reached = (levels, levels) if attained else _from_below(levels)
    sold = reached >= levels[:, None]
    payoffs = (np.where(sold, levels[:, None], 0.0) - values) * ranges.width
    return ZeroSumGame(payoffs, ranges.cost + levels[:, None] * ranges.width,
                       ranges.cost + values[:, None] * ranges.width)


def bundle_pricing_game(upper: ArrayLike, cost: ArrayLike, steps: int, bundle: bool = True) -> ZeroSumGame:
    """Two goods: a price for each and one for both, against pairs of values, on a grid as in `pricing_game`.

    seller_actions
        (a, 3): prices of the first, the second, and both; without `bundle`, both cost the sum.
    nature_actions
        (b, 2): values.

    The buyer takes what she likes best, and at ties what is dearest net of cost. With and without the bundle
    the value is −z_n (`grid_regret`): the bundle only limits how nature's values may be correlated. Raises
    TypeError or ValueError for bad ranges, another number of items, an item that is not sold, or bad steps.
    """
    ranges = Ranges(upper, cost)
    if ranges.items != 2:
        raise ValueError(f"upper must be for 2 items, not {ranges.items}")
    _check_sold(ranges)
    check_count("steps", steps)
    _check_size((steps + 1) ** 4)
    levels = np.indices((steps + 1, steps + 1)).reshape(2, -1).T / steps * ranges.width / ranges.total
    prices = _with_bundle(levels) if bundle else np.column_stack([levels, levels.sum(axis=1)])
    worth = np.column_stack([np.zeros(len(levels)), levels, levels.sum(axis=1)])
    payoffs = np.stack([_profit(worth, price) for price in prices]) - levels.sum(axis=1)
    costs = np.append(ranges.cost, ranges.cost.sum())
    return ZeroSumGame(payoffs * ranges.total, prices * ranges.total + costs,
                       levels * ranges.total + ranges.cost)


def reserve_game(bidders: int, mean: float, steps: int, attained: bool = True,
                 ordinary: float = 0.0) -> ZeroSumGame:
    """Second price auctions: reserves against bids on the grid k/n of [0, 1], n = `steps`; payoff is revenue.

    Nature chooses the highest bid and one that all others make, nature_actions (b, 2): revenue depends on the
    second highest only, and the mean of the values, at least `mean`, is then as high as can be. The value of
    the continuum's game is r of Theorem 1.5.3: a random reserve does as well as the best highest-bidder
    lottery. The seller's mix is not unique: any law with F(r) = (I − 1) σ* and F(x) >= σ* (I − r/x) below r,
    and density σ*/x above, is optimal (proof in docs/theory/regret.md).

    ordinary
        The share of the trade that is not nature's: all bidders have the same value, uniform on [0, 1], and a
        reserve ρ earns (1 − ρ²)/2. A little of it decides among the optimal mixes for the lowest reserves.

    Raises TypeError or ValueError for fewer than 2 bidders, a mean outside (0, 1), bad steps, or a share
    outside [0, 1).
    """
    check_count("bidders", bidders, least=2)
    number_in("mean", mean, above=0, below=1)
    check_count("steps", steps)
    number_in("ordinary", ordinary, at_least=0, below=1)
    _check_size((steps + 1) * (steps + 2) * (steps + 2) // 2)
    levels = np.arange(steps + 1) / steps
    values, reached = (levels, levels) if attained else _from_below(levels)
    top, second = (index.ravel() for index in np.indices((values.size, steps + 1)))
    allowed = levels[second] <= values[top]
    top, second = top[allowed], second[allowed]
    sold = reached[top] >= levels[:, None]
    revenue = np.where(sold, np.maximum(levels[:, None], levels[second]), 0.0)
    payoffs = (1 - ordinary) * revenue + ordinary * (1 - levels[:, None] ** 2) / 2
    bids = np.column_stack([values[top], levels[second]])
    moment = Moment((bids[:, 0] + (bidders - 1) * bids[:, 1]) / bidders, mean)
    return ZeroSumGame(payoffs, levels, bids, moment)


def correlation(values: FloatArray, mixture: FloatArray) -> float:
    """The correlation of two values, (b, 2), that have the probabilities (b,)."""
    away = values - mixture @ values
    covariance = (away * mixture[:, None]).T @ away
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))


def _from_below(levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Values that nature comes close to, and the highest price that each of them reaches; at last the top."""
    return np.append(levels[1:], levels[-1]), levels


def _with_bundle(levels: FloatArray) -> FloatArray:
    """Prices (a, 3): with each pair of prices all sums of levels for both that are not below either.

    Levels are shares of the whole range. ValueError if there are more than `MOST_PAYOFFS` payoffs.
    """
    sums = np.unique(np.round(levels.sum(axis=1), 12))
    _check_size(len(levels) ** 2 * len(sums) // 2)
    pairs = np.repeat(levels, len(sums), axis=0)
    both = np.tile(sums, len(levels))
    kept = both >= pairs.max(axis=1) - 1e-9
    return np.column_stack([pairs, both])[kept]


def _profit(worth: FloatArray, price: FloatArray) -> NDArray[np.float64]:
    """What buyers pay, net of cost, for what they like best, (b,): worth (b, 4) of nothing … both."""
    prices = np.concatenate([[0.0], price])
    utility = worth - prices
    tied = utility >= utility.max(axis=1, keepdims=True) - 1e-9 * size_of(worth, price)
    return np.where(tied, prices, -1.0).max(axis=1)


def _check_sold(ranges: Ranges) -> None:
    if not (ranges.width > 0).all():
        raise ValueError(f"cost must be below upper, not {ranges.cost.tolist()} and {ranges.upper.tolist()}")


def _check_size(payoffs: int) -> None:
    if payoffs > MOST_PAYOFFS:
        raise ValueError(f"steps must leave at most {MOST_PAYOFFS} payoffs, not {payoffs}")
