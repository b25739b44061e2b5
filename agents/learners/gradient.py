"""Smooth gradient play on a bid function (after NPGA, neural pseudogradient ascent).

Bichler, Fichtl, Heidekrueger, Kohring and Sutterer (2021), "Learning equilibria in symmetric auction games
using artificial neural networks", Nature Machine Intelligence 3: utilities in auctions are not
differentiable at a sample, but their expectation is smooth, so that finite differences of wide enough
steps, averaged over types, follow the gradient of a smoothed utility. Here the bid function is linear
between knots, and the difference is taken in the bid itself at each type that occurs; hat functions hand it
to the knots.

The difference looks down only: (3 u(b) - 4 u(b - h) + u(b - 2h)) / 2h, exact to the second order in h. A
difference to both sides would tell the highest types that bids above everybody's are costly, and make them
bunch. It also draws on the types below, from where the equilibrium is built up, which keeps the climb
stable. Steps go with the gradient over the widest range of utility for a unit of value, so that nothing
depends on the currency; they and h shrink with time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.learners.counterfactual import can_be_told, counterfactual_utility
from agents.learners.knots import FloatArray, Knots, check_grid
from agents.learners.memory import BuyerRows
from agents.learners.share_learner import one_alternative, span
from agents.strategies.base import Answer, Disclosure, Strategy
from agents.strategies.bid_policy import BidPolicy
from agents.validation import check_share
from agents.view import Feedback, View, each_shaded, shaded
from mechanisms.conversation import check_count
from mechanisms.questions import AskValue

LEAST = 0.01
"""Bids do not fall below this share of the value: who bids nothing has no room below to learn from."""
STEP_DECAY, WIDTH_DECAY = 1.0, 0.2
"""Powers of time with which steps and widths shrink."""


@dataclass(slots=True)
class Slopes:
    """The state of the climb, a row for each buyer.

    shares
        Shape (rows, J): the bid at each knot over the knot.
    gathered, weight
        Shape (rows, J): slopes of the utility since the last step, added up, and the weights they have.
    steps, pending
        Shape (rows,): steps taken, and occasions since the last one.
    scale
        Shape (rows,): the widest range of utility so far, over the value.
    """

    shares: FloatArray
    gathered: FloatArray
    weight: FloatArray
    steps: FloatArray
    pending: FloatArray
    scale: FloatArray

    @classmethod
    def fresh(cls, rows: int, knots: int) -> Slopes:
        """Truthful, and nothing gathered."""
        by_knot, by_row = (rows, knots), (rows,)
        nothing = np.zeros(by_knot), np.zeros(by_knot), np.zeros(by_row), np.zeros(by_row), np.zeros(by_row)
        return cls(np.ones(by_knot), *nothing)

    def grown(self, count: int) -> Slopes:
        """With at least `count` rows, at least doubled if there were fewer."""
        rows, knots = self.shares.shape
        if rows >= count:
            return self
        room = Slopes.fresh(max(count, 2 * rows) - rows, knots)
        names = [each.name for each in fields(self)]
        return Slopes(*(np.concatenate([getattr(self, name), getattr(room, name)]) for name in names))


@dataclass(eq=False)
class SmoothGradient(Strategy):
    """Bids by a function that climbs its own utility; truthful at first, and in every other question.

    bins, knots, shared
        As in `ShareLearner`; between knots the bid is linear, outside them its share of the value is kept.
    step, width
        First step, as a share of the highest knot, and first width h of the finite difference, as a share of
        the value: above 0, at most 1.
    batch
        Occasions that are gathered before each step, at least 1. The defaults suit some thousands of
        auctions played one by one; where thousands are played at once, more patience and smaller widths pay.
    patience
        Steps after which they begin to shrink in earnest, at least 1.

    Raises TypeError or ValueError otherwise. Needs all bids. Every item's value gets the same share.

    Not for utilities that fall almost without measure below 0 (`CRRA`, `Power`) where a bid above the value
    can win at a loss, as in second price: one such loss widens the range by which steps are scaled by
    hundreds, and the bid function hardly moves from then on.
    """

    bins: int = 8
    knots: tuple[float, ...] | None = None
    shared: bool = False
    step: float = 0.1
    width: float = 0.2
    batch: int = 64
    patience: int = 10
    _knots: Knots | None = field(init=False, repr=False, default=None)
    _rows: BuyerRows = field(init=False, repr=False)
    _slopes: Slopes = field(init=False, repr=False)

    memoryless: ClassVar[bool] = False
    needs: ClassVar[Disclosure] = "bids"

    def __post_init__(self) -> None:
        check_count("bins", self.bins)
        if self.knots is not None:
            check_grid("knots", self.knots)
        check_share("step", self.step, positive=True)
        check_share("width", self.width, positive=True)
        check_count("batch", self.batch)
        check_count("patience", self.patience)
        self._rows = BuyerRows(self.shared)

    # --- playing -----------------------------------------------------------------------------------

    def report_value(self, question: AskValue, view: View) -> Answer:
        """The bid function at the member's type."""
        if self._knots is None:
            return view.values.copy()
        types = view.mechanism.space.level(view.values)
        return shaded(view, view.values, self._shares(self._knots, self._rows.known(view.buyers), types))

    def _shares(self, knots: Knots, rows: NDArray[Any], types: FloatArray) -> FloatArray:
        """Bid over type: the bid is linear between knots."""
        below, above, weight = knots.around(types)
        low, high = (self._slopes.shares[rows, knot] for knot in (below, above))
        points = knots.points
        between = (1 - weight) * points[below] * low + weight * points[above] * high
        inside = (types > points[0]) & (types < points[-1])
        return np.where(
            inside, between / np.where(inside, types, 1.0), np.where(types <= points[0], low, high)
        )

    # --- learning ----------------------------------------------------------------------------------

    def observe(self, feedback: Feedback) -> None:
        """Gather slopes of the utility at the members' types, and step where enough are gathered."""
        if not can_be_told(feedback):
            return
        if self._knots is None:
            self._knots = Knots.of(self.knots, feedback.prior, self.bins)
            self._slopes = Slopes.fresh(1, len(self._knots))
        rows = self._rows.assigned(feedback.buyers)
        self._slopes = self._slopes.grown(self._rows.count)
        self._gather(self._knots, feedback, rows)
        self._climb(self._knots, np.unique(rows))

    def _gather(self, knots: Knots, feedback: Feedback, rows: NDArray[Any]) -> None:
        """Hand each occasion's slope to the knots around its type; values of 0 teach nothing."""
        types, state = feedback.mechanism.space.level(feedback.values), self._slopes
        where = np.broadcast_to(rows, types.shape)
        positive = types > 0
        _, reach = span(feedback, feedback.values, 1.0)
        np.maximum.at(state.scale, where, np.where(positive, reach / np.where(positive, types, 1.0), 0.0))
        slopes = self._slope(knots, feedback, rows, types)
        below, above, weight = knots.around(types)
        for knot, share in ((below, (1 - weight) * positive), (above, weight * positive)):
            np.add.at(state.gathered, (where, knot), share * slopes)
            np.add.at(state.weight, (where, knot), share)
        np.add.at(state.pending, where, positive.astype(float))

    def _slope(self, knots: Knots, feedback: Feedback, rows: NDArray[Any], types: FloatArray) -> FloatArray:
        """Slope of each member's utility in her bid, (..., m), from three bids; 0 without room below."""
        share = self._shares(knots, rows, types)
        width = self.width * (1 + self._slopes.steps[rows] / self.patience) ** -WIDTH_DECAY
        width = np.minimum(width, share / 2)
        shares = share[..., None] - width[..., None] * np.arange(3)
        tried = each_shaded(feedback, feedback.values, shares)
        felt = counterfactual_utility(feedback, one_alternative(feedback, feedback.worth), tried)
        money = 2 * width * types
        return np.where(money > 0, (felt @ np.array([3.0, -4.0, 1.0])) / np.where(money > 0, money, 1.0), 0.0)

    def _climb(self, knots: Knots, rows: NDArray[Any]) -> None:
        """One step for those who have gathered a batch; then make their bids ascend with the type."""
        state, points = self._slopes, knots.points
        rows = rows[state.pending[rows] >= self.batch]
        gradient = state.gathered[rows] / np.maximum(state.weight[rows], 1.0) / state.scale[rows, None]
        rate = self.step * (1 + state.steps[rows] / self.patience) ** -STEP_DECAY
        bids = np.maximum(state.shares[rows] * points + rate[:, None] * points[-1] * gradient, LEAST * points)
        state.shares[rows] = ascending(bids) / np.where(points > 0, points, 1.0)
        state.steps[rows] += 1
        for gathered in (state.gathered, state.weight, state.pending):
            gathered[rows] = 0.0

    # --- looking at it -----------------------------------------------------------------------------

    def policy(self) -> BidPolicy | None:
        """The bid at each knot, on average over the buyers who have learned; None before."""
        if self._knots is None:
            return None
        bids = self._slopes.shares[slice(0 if self.shared else 1, self._rows.count)] * self._knots.points
        return BidPolicy(self._knots.points, bids.mean(axis=0), bids.std(axis=0)) if len(bids) else None


def ascending(bids: FloatArray) -> FloatArray:
    """A nondecreasing row beside each row: half way between its running maximum and the minimum yet to come.

    >>> ascending(np.array([0.0, 2.0, 1.0, 3.0])).tolist()
    [0.0, 1.5, 1.5, 3.0]
    """
    rising = np.maximum.accumulate(bids, axis=-1)
    falling = np.minimum.accumulate(bids[..., ::-1], axis=-1)[..., ::-1]
    return (rising + falling) / 2
