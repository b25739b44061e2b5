"""Zero intelligence: bids drawn at random, but never above one's value (Gode and Sunder 1993).

Gode and Sunder, "Allocative efficiency of markets with zero-intelligence traders", Journal of Political
Economy 101: traders "with constraint" bid uniformly over the range that can bring them no loss. So that exact
play can enumerate the draw, the uniform distribution stands here on a finite grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.strategies.base import Answer, Strategy
from agents.view import Mixed, View, each_shaded
from mechanisms.conversation import check_count
from mechanisms.questions import SILENT, AskValue, CallPrice, InviteBid


@dataclass(frozen=True)
class RandomBidder(Strategy):
    """Bid uniformly between nothing (or the standing price) and the value; offers and menus stay truthful.

    branches
        Number of equally likely bids, at least 1: the midpoints of as many equal parts of the range, so that
        the mean bid is the middle of the range exactly. With several items one share serves them all.

    Raises TypeError unless `branches` is an integer, ValueError if it is below 1.
    """

    branches: int = 16

    def __post_init__(self) -> None:
        check_count("branches", self.branches)

    @property
    def shares(self) -> NDArray[np.float64]:
        """Shape `(branches,)`: where in the range the possible bids stand, inside (0, 1)."""
        return (np.arange(self.branches) + 0.5) / self.branches

    @property
    def _weights(self) -> NDArray[np.float64]:
        return np.full(self.branches, 1 / self.branches)

    def report_value(self, question: AskValue, view: View) -> Answer:
        """A random share of the value."""
        return Mixed(each_shaded(view, view.values, self.shares), self._weights)

    def answer_clock(self, question: CallPrice, view: View) -> Answer:
        """Leave at a random price between the present one and the value; at once if the price is above it.

        Drawn afresh whenever somebody has left: a uniform exit price, known to be above the present price,
        is uniform between that price and the value.
        """
        return Mixed(self._between(question.price, view.values), self._weights)

    def raise_bid(self, question: InviteBid, view: View) -> Answer:
        """A random maximum between the standing price and the value; silence if the price is above it."""
        bids = self._between(question.price, view.values)
        return Mixed(np.where(view.values[..., None] >= question.price, bids, SILENT), self._weights)

    def _between(self, price: float, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape `(..., m, branches)`: the grid from the price to the value, or the value if that is lower."""
        floor = np.minimum(price, values)
        return floor[..., None] + (values - floor)[..., None] * self.shares
