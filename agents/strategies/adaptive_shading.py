"""Adaptive shading: after a win shade more, after a loss shade less (learning direction theory).

Selten and Buchta, "Experimental sealed bid first price auctions with directly observed bid functions" (in
Games and Human Behavior, 1999): who wins could have won with less, who loses might have won with more, and
the next bid moves in that direction. The least that a learner can be: one number for each buyer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.strategies.base import Answer, Strategy
from agents.validation import check_share
from agents.view import Feedback, View, shaded
from mechanisms.questions import AskValue

_WHOLE = np.array(1.0)


@dataclass(eq=False)
class AdaptiveShading(Strategy):
    """Report a share of the value that each buyer adapts by steps; truthful in every other question.

    step
        By how much the share falls after a win and rises after a loss, above 0 and at most 1.
    start
        The share of a buyer who has seen nothing yet, above 0 and at most 1.
    least
        The share never falls below it; at least 0 and at most `start`.

    ValueError outside these ranges, TypeError for what is not a number. Only auctions that asked for a
    report teach: where the share decided nothing, it stays.
    """

    step: float = 0.02
    start: float = 1.0
    least: float = 0.1
    _shares: NDArray[np.float64] = field(init=False, repr=False, default_factory=lambda: np.empty(0))

    memoryless: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_share("step", self.step, positive=True)
        check_share("start", self.start, positive=True)
        check_share("least", self.least)
        if self.least > self.start:
            raise ValueError(f"least must be at most start = {self.start!r}, got {self.least!r}")
        self._step = np.array(self.step)  # a number takes NumPy longer

    def shares(self, buyers: NDArray[Any]) -> NDArray[np.float64]:
        """Shape `(m,)`: the shares of their values that these buyers would bid now."""
        try:
            return self._shares[buyers]
        except IndexError:
            return self._grown(buyers)[buyers]

    def report_value(self, question: AskValue, view: View) -> Answer:
        """The buyer's present share of her value, of each item's value where there are several."""
        return shaded(view, view.values, self.shares(view.buyers))

    def observe(self, feedback: Feedback) -> None:
        """Move each buyer's share by one step: down if she got anything, up if not."""
        for question, _ in feedback.answers:
            if isinstance(question, AskValue):
                self._learn(feedback.buyers, feedback.allocation)
                return

    def _learn(self, buyers: NDArray[Any], allocation: NDArray[Any]) -> None:
        got = allocation if allocation.ndim == 1 else np.abs(allocation).sum(axis=1)
        shares = self.shares(buyers)
        moved = np.minimum(shares + self._step, _WHOLE)
        for winner in got.nonzero()[0].tolist():  # few: numbers are quicker than arrays
            moved[winner] = max(shares.item(winner) - self.step, self.least)
        try:
            self._shares[buyers] = moved
        except IndexError:
            self._shares = self._grown(buyers)
            self._shares[buyers] = moved

    def _grown(self, buyers: NDArray[Any]) -> NDArray[np.float64]:
        """The state with room for these buyers, at least doubled so that growth costs little over time."""
        known = len(self._shares)
        room = max(2 * known, int(buyers.max()) + 1)
        return np.concatenate([self._shares, np.full(room - known, self.start)])
