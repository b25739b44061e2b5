"""Participation: a buyer who learns whether to take part at all, and tells the truth when she does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.learners.counterfactual import can_be_told, counterfactual_utility, own_reports
from agents.learners.report_learner import Decisions
from agents.learners.share_learner import ShareLearner
from agents.strategies.base import Answer, Disclosure, Strategy
from agents.view import Feedback, Mixed, View
from mechanisms.questions import SILENT, AskValue


@dataclass(eq=False)
class ParticipationLearner(Strategy):
    """Sends her value, or no bid: the two actions of an algorithm, one decision for each buyer.

    algorithm
        With two shares, which stand for taking part and for staying away.
    largest
        A bound on utilities, gains and losses, above 0: they are scaled by it.

    She is told all bids, and so knows what either would have brought. For one good and rules in closed form;
    others teach nothing. Raises ValueError for another number of shares, and for a bound that is not above 0.
    """

    algorithm: ShareLearner
    largest: float
    _decisions: Decisions = field(init=False, repr=False)

    memoryless: ClassVar[bool] = False
    needs: ClassVar[Disclosure] = "bids"

    def __post_init__(self) -> None:
        self._decisions = Decisions(self.algorithm)
        if self._decisions.actions != 2:
            raise ValueError(f"algorithm must have 2 shares, got {self._decisions.actions}")
        if not self.largest > 0:
            raise ValueError(f"largest must be above 0, got {self.largest!r}")

    def report_value(self, question: AskValue, view: View) -> Answer:
        """A mixture of the value and silence."""
        if question.shape:
            return self.otherwise(question, view)
        mixtures = np.array([self._decisions.mixture(buyer) for buyer in view.buyers.tolist()])
        actions = _actions(view.values)
        return Mixed(actions, np.broadcast_to(mixtures, actions.shape).copy())

    def observe(self, feedback: Feedback) -> None:
        """Learn what taking part and staying away would have brought."""
        said = own_reports(feedback)
        if said is None or feedback.mechanism.space.type_shape or not can_be_told(feedback):
            return
        brought = counterfactual_utility(feedback, feedback.values[..., None], _actions(feedback.values))
        scaled = np.clip((1 + brought / self.largest) / 2, 0, 1)
        size = len(feedback.buyers)
        for chosen, utilities in zip(
            np.isneginf(said).astype(int).reshape(-1, size), scaled.reshape(-1, size, 2), strict=True
        ):
            for buyer, one, felt in zip(feedback.buyers.tolist(), chosen.tolist(), utilities, strict=True):
                self._decisions.learn(buyer, one, felt)


def _actions(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """To take part with the value, or to be silent; a last axis of 2."""
    return np.stack([values, np.full_like(values, SILENT, dtype=float)], axis=-1)
