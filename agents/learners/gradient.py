"""Smooth gradient play on a bid function (after NPGA; Bichler, Fichtl, Heidekrueger, Kohring and Sutterer 2021).

"Learning equilibria in symmetric auction games using artificial neural networks", Nature Machine
Intelligence 3: utilities in auctions are not differentiable at a sample, but their expectation is smooth, so
that a finite difference of wide enough steps, averaged over types, follows the gradient of a smoothed
utility. Here the bid function is linear between knots, and the difference is taken in the bid itself, both
ways, at each type that occurs; hat functions hand it to the knots. Steps are scaled by the running size of the
gradient (Adam; Kingma and Ba 2015), so that nothing depends on the currency, and shrink like 1 / sqrt(t).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.learners.counterfactual import counterfactual_utility, has_rule, own_reports
from agents.learners.knots import FloatArray, Knots, check_grid
from agents.learners.memory import Rows
from agents.learners.share_learner import level
from agents.strategies.base import Answer, Disclosure, Strategy
from agents.strategies.policy import Policy
from agents.validation import check_share
from agents.view import Feedback, View
from mechanisms.conversation import check_count
from mechanisms.questions import AskValue

MOMENTUM, FORGETTING, TINY = 0.9, 0.99, 1e-12
"""Adam's decay of the mean and of the mean square, and what keeps it from dividing by zero."""


@dataclass(slots=True)
class Slopes:
    """The state of the ascent, a row for each buyer: arrays (rows, J), `steps` and `pending` (rows,)."""

    shares: FloatArray
    mean: FloatArray
    square: FloatArray
    gathered: FloatArray
    weight: FloatArray
    steps: FloatArray
    pending: FloatArray

    @classmethod
    def fresh(cls, rows: int, knots: int) -> Slopes:
        """Truthful, and nothing gathered."""
        zeros = [np.zeros((rows, knots)) for _ in range(4)]
        return cls(np.ones((rows, knots)), *zeros, np.zeros(rows), np.zeros(rows))

    def grown(self, count: int) -> Slopes:
        """With at least `count` rows, at least doubled if there were fewer."""
        rows, knots = self.shares.shape
        if rows >= count:
            return self
        room = Slopes.fresh(max(count, 2 * rows) - rows, knots)
        return Slopes(*(np.concatenate([getattr(self, f), getattr(room, f)]) for f in self.__slots__))  # type: ignore[attr-defined]


@dataclass(eq=False)
class SmoothGradient(Strategy):
    """Bids by a function that climbs its own utility; truthful at first, and in every other question.

    bins, knots, shared
        As in `ShareLearner`; between knots the bid is linear, outside them its share of the value is kept.
    step, width
        First step, and first half-width of the finite difference, as shares of the highest knot: above 0, at
        most 1. They shrink like t to the power of -1/2 and -1/4 after t steps.
    batch
        Occasions that are gathered before each step, at least 1.

    Raises TypeError or ValueError otherwise. Needs all bids. Every item's value gets the same share.
    """

    bins: int = 17
    knots: tuple[float, ...] | None = None
    shared: bool = False
    step: float = 0.05
    width: float = 0.1
    batch: int = 32
    _knots: Knots | None = field(init=False, repr=False, default=None)
    _rows: Rows = field(init=False, repr=False)
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
        self._rows = Rows(self.shared)

    # --- playing -----------------------------------------------------------------------------------

    def report_value(self, question: AskValue, view: View) -> Answer:
        """The bid function at the member's type."""
        if self._knots is None:
            return view.values.copy()
        types = level(view.values, question.items)
        shares = self._shares(self._knots, self._rows.known(view.buyers), types)
        return view.values * (shares if question.items == 1 else shares[..., None])

    def _shares(self, knots: Knots, rows: NDArray[Any], types: FloatArray) -> FloatArray:
        """Bid over type: the bid is linear between knots."""
        below, above, weight = knots.around(types)
        low, high = (self._slopes.shares[rows, knot] for knot in (below, above))
        points = knots.points
        between = (1 - weight) * points[below] * low + weight * points[above] * high
        inside = (types > points[0]) & (types < points[-1])
        return np.where(inside, between / np.where(inside, types, 1.0), np.where(types <= points[0], low, high))

    # --- learning ----------------------------------------------------------------------------------

    def observe(self, feedback: Feedback) -> None:
        """Gather slopes of the utility at the members' types, and step where enough are gathered."""
        if own_reports(feedback) is None or not has_rule(feedback.mechanism):
            return
        if self._knots is None:
            self._knots = Knots.of(self.knots, feedback.prior, self.bins)
            self._slopes = Slopes.fresh(1, len(self._knots))
        rows = self._rows.assigned(feedback.buyers)
        self._slopes = self._slopes.grown(self._rows.count)
        self._gather(self._knots, feedback, rows)
        self._climb(self._knots, np.unique(rows))

    def _gather(self, knots: Knots, feedback: Feedback, rows: NDArray[Any]) -> None:
        types = level(feedback.values, feedback.mechanism.items)
        slopes, state = self._slope(knots, feedback, rows, types), self._slopes
        where = np.broadcast_to(rows, types.shape)
        counts = (types > 0).astype(float)
        below, above, weight = knots.around(types)
        for knot, share in ((below, (1 - weight) * counts), (above, weight * counts)):
            np.add.at(state.gathered, (where, knot), share * slopes)
            np.add.at(state.weight, (where, knot), share)
        np.add.at(state.pending, where, counts)

    def _slope(self, knots: Knots, feedback: Feedback, rows: NDArray[Any], types: FloatArray) -> FloatArray:
        """Difference of utilities for a higher and a lower bid, over the difference of the bids; (..., m)."""
        several = feedback.mechanism.items > 1
        share = self._shares(knots, rows, types)
        unit = knots.points[-1] / np.where(types > 0, types, knots.points[-1]) if len(knots) > 1 else 1.0
        half = self.width * unit * (self._slopes.steps[rows] + 1) ** -0.25
        shares = np.stack([np.maximum(share - half, 0.0), share + half], axis=-1)
        values = feedback.values[..., None, :] if several else feedback.values[..., None]
        felt = counterfactual_utility(feedback, values, values * (shares[..., None] if several else shares))
        distance = (shares[..., 1] - shares[..., 0]) * np.where(types > 0, types, 1.0)
        return (felt[..., 1] - felt[..., 0]) / distance

    def _climb(self, knots: Knots, rows: NDArray[Any]) -> None:
        """One step of Adam for those who have gathered a batch, then make the bids ascend with the type."""
        state = self._slopes
        rows = rows[state.pending[rows] >= self.batch]
        gradient = state.gathered[rows] / np.maximum(state.weight[rows], TINY)
        state.steps[rows] += 1
        t = state.steps[rows][:, None]
        state.mean[rows] += (1 - MOMENTUM) * (gradient - state.mean[rows])
        state.square[rows] += (1 - FORGETTING) * (gradient**2 - state.square[rows])
        size = np.sqrt(state.square[rows] / (1 - FORGETTING**t)) + TINY
        move = self.step * knots.points[-1] / np.sqrt(t) * state.mean[rows] / (1 - MOMENTUM**t) / size
        bids = np.maximum(state.shares[rows] * knots.points + move, 0.0)
        state.shares[rows] = ascending(bids) / np.where(knots.points > 0, knots.points, 1.0)
        for gathered in (state.gathered, state.weight, state.pending):
            gathered[rows] = 0.0

    # --- looking at it -----------------------------------------------------------------------------

    def policy(self) -> Policy | None:
        """The bid at each knot, on average over the buyers who have learned; None before."""
        if self._knots is None:
            return None
        bids = self._slopes.shares[slice(0 if self.shared else 1, self._rows.count)] * self._knots.points
        return Policy(self._knots.points, bids.mean(axis=0), bids.std(axis=0)) if len(bids) else None


def ascending(bids: FloatArray) -> FloatArray:
    """A nondecreasing row beside each row: half way between its running maximum and the minimum yet to come.

    >>> ascending(np.array([0.0, 2.0, 1.0, 3.0])).tolist()
    [0.0, 1.5, 1.5, 3.0]
    """
    rising = np.maximum.accumulate(bids, axis=-1)
    falling = np.minimum.accumulate(bids[..., ::-1], axis=-1)[..., ::-1]
    return (rising + falling) / 2
