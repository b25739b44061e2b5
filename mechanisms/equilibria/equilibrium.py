"""Bayesian Nash equilibria with the means to check them: what the best deviation would gain, by quadrature.

A bidder's interim utility of a bid, given her type and that the others follow their strategies, is a sum over
nodes of quadrature. It is cut wherever her bid meets a rival's, so that the pieces are smooth and the sum is
exact up to rounding. Allocation and payments at the nodes are the mechanism's own. The utility loss of a type
is the greatest interim utility of any bid less that of the equilibrium's; in an equilibrium it is zero for
all types (Harsanyi 1967, Management Science 14).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.conversation import DirectMechanism
from mechanisms.deviations import brought
from mechanisms.distributions.signals import TypeModel
from mechanisms.utilities import Linear, Utility

BidFunction = Callable[[FloatArray], FloatArray]
"""Types `(...)` to bids `(...)`, or `(..., k)` to `(..., k)`."""

BEYOND = 1.125
"""Deviations go from 0 to this multiple of the greatest equilibrium bid."""
NARROWER = 4.0
"""Each round of the search spans so many steps of the grid before it, around its best bid."""


@dataclass(frozen=True)
class Encounter:
    """What a bidder may meet, as q nodes of quadrature behind the leading axes of her types and bids.

    reports
        `(..., q, n)` or `(..., q, n, k)`: her bid and the rivals'. Where the highest rival stands for all,
        the others are silent (`-inf`).
    weights
        `(..., q)`, summing to 1.
    values
        `(..., q, k)`, or with 1 for q: her value of each further unit; k = 1 for a single one.
    """

    reports: FloatArray
    weights: FloatArray
    values: FloatArray


Opponents = Callable[[Any, int, FloatArray, FloatArray], Encounter]
"""(equilibrium, bidder, types, bids) to what she meets when the others follow the equilibrium."""


@dataclass(frozen=True, eq=False)
class KnownEquilibrium:
    """A known equilibrium: bid functions, and the game in which they are one.

    name, source
        What it is, and where it is proved.
    mechanism, model
        The auction and the joint distribution of types and values.
    strategies
        A bid function for each of the n bidders, vectorised over types.
    opponents
        The quadrature over what the others bid.
    utility
        Of money, the same for all bidders; risk-neutral if types are not the values.
    revenue
        The seller's expected revenue, in closed form or by quadrature; None where it is not at hand.
    precision
        The utility loss that numerical error may leave, absolute.

    Raises ValueError if the strategies are not one a bidder, or for risk-averse bidders with signals.
    """

    name: str
    source: str
    mechanism: DirectMechanism
    model: TypeModel
    strategies: tuple[BidFunction, ...]
    opponents: Opponents = field(repr=False)
    utility: Utility = field(default_factory=Linear)
    revenue: float | None = None
    precision: float = 1e-12

    def __post_init__(self) -> None:
        if len(self.strategies) != self.n:
            raise ValueError(f"strategies must be {self.n}, not {len(self.strategies)}")
        if not (self.model.private or self.utility.is_risk_neutral):
            raise ValueError(f"utility must be risk-neutral where types are signals, not {self.utility!r}")

    @property
    def n(self) -> int:
        """The number of bidders."""
        return self.model.n

    def bids(self, types: ArrayLike) -> FloatArray:
        """What everybody bids: types of shape `(..., n)`, or `(..., n, k)`, to bids of the same shape."""
        types = np.asarray(types, dtype=float)
        axis = -2 if self.model.width else -1
        each = [strategy(types.take(i, axis=axis)) for i, strategy in enumerate(self.strategies)]
        return np.stack(each, axis=axis)

    def types(self, bidder: int, count: int) -> FloatArray:
        """`count` types, even over the support and off its ends; for vectors, their descending pairs."""
        low, high = self.model.support(bidder)
        grid = low + (high - low) * (np.arange(count) + 0.5) / count
        if not self.model.width:
            return grid
        pairs = np.stack([grid.repeat(count), np.tile(grid, count)], axis=-1)
        return pairs[pairs[:, 0] >= pairs[:, 1]]

    def highest_bid(self) -> float:
        """The greatest bid of any bidder."""
        tops = [self.model.support(i)[1] for i in range(self.n)]
        width = (self.model.width,) if self.model.width else ()
        return max(
            float(np.max(strategy(np.full(width, top))))
            for strategy, top in zip(self.strategies, tops, strict=True)
        )

    def interim_utility(self, bidder: int, types: ArrayLike, bids: ArrayLike) -> FloatArray:
        """Expected utility of `bids` to a bidder of `types` when the others follow the equilibrium.

        Types and bids are broadcast to the same shape `(...)`, or `(..., k)`; the result has shape `(...)`.
        """
        types, bids = np.broadcast_arrays(np.asarray(types, dtype=float), np.asarray(bids, dtype=float))
        met = self.opponents(self, bidder, types, bids)
        valuations = met.values if self.mechanism.space.type_shape else met.values[..., 0]
        felt = brought(self.mechanism, met.reports, bidder, valuations).expected(self.utility)
        return (met.weights * felt).sum(axis=-1)


def equilibrium_loss(
    equilibrium: KnownEquilibrium,
    bidder: int,
    types: ArrayLike | None = None,
    *,
    points: int | None = None,
    rounds: int = 4,
) -> FloatArray:
    """What the best deviation gains over the equilibrium's bid, for each type; at least 0.

    types
        `(t,)`, or `(t, k)` for vectors, inside the support; by default 16 even ones, 36 pairs.
    points, rounds
        The search: a grid of `points` bids (65; 17 a unit for vectors) from 0 to beyond the greatest bid of
        the equilibrium, then `rounds - 1` grids of the same size around the best so far. It finds a lower
        bound of the gain; maxima narrower than a step of the first grid may escape it.

    Returns shape `(t,)`. Raises ValueError for a bidder out of range, fewer than 3 points or 1 round, or
    types of another shape.
    """
    if not 0 <= bidder < equilibrium.n:
        raise ValueError(f"bidder must be in 0 … {equilibrium.n - 1}, got {bidder}")
    width = equilibrium.model.width
    points = (17 if width else 65) if points is None else points
    if points < 3 or rounds < 1:
        raise ValueError(f"points must be at least 3 and rounds at least 1, got {points} and {rounds}")
    if types is None:
        types = equilibrium.types(bidder, 8 if width else 16)
    chosen = np.asarray(types, dtype=float)
    if chosen.ndim == 0 or chosen.shape[1:] != ((width,) if width else ()):
        allowed = f"(t, {width})" if width else "(t,)"
        raise ValueError(f"types must have shape {allowed}, got {chosen.shape}")
    own = equilibrium.strategies[bidder](chosen)
    honest = equilibrium.interim_utility(bidder, chosen, own)
    offsets = _offsets(points, width)
    half = equilibrium.highest_bid() * BEYOND / 2
    best, best_utility = np.full(own.shape, half), np.full(honest.shape, -np.inf)
    for _ in range(rounds):
        bids = np.maximum(best[:, None] + half * offsets, 0.0)
        utilities = equilibrium.interim_utility(bidder, chosen[:, None], bids)
        place = utilities.argmax(axis=1)
        rows = np.arange(len(place))
        better = utilities[rows, place] > best_utility
        best_utility = np.where(better, utilities[rows, place], best_utility)
        best = np.where(better[:, None] if width else better, bids[rows, place], best)
        half *= NARROWER / (points - 1)
    return np.maximum(best_utility - honest, 0.0)


def _offsets(points: int, width: int) -> FloatArray:
    """A grid of [-1, 1], shape `(points,)`, or of its power, shape `(points**width, width)`."""
    line = np.linspace(-1.0, 1.0, points)
    if not width:
        return line
    return np.stack([axis.ravel() for axis in np.meshgrid(*[line] * width, indexing="ij")], axis=-1)
