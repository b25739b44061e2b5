"""Belief learner: a softmax over what may be, taught by the score that a scoring rule paid for it.

A buyer in ℳ (Azar, Chen and Micali 2010) starts with no idea of how values are distributed. Her report is the
softmax of one weight for each value, over the values that her bins and the announcement leave possible. The
itemised reward tells what happened: of Brier's rule, 1 + 2 q(v) − ‖q‖², all is known but q(v). She moves her
weights up the gradient of log q(v), by steps that shrink like t^(−1/2) (Robbins and Monro 1951).
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.strategies.base import Answer, Strategy
from agents.validation import check_share
from agents.view import Feedback, View
from mechanisms.conversation import check_count
from mechanisms.questions import AskBelief

TREMBLE = 1e-3
"""Standard deviation of the first weights: without it all values would score alike, and tell nothing."""


@dataclass(eq=False)
class BeliefLearner(Strategy):
    """Truthful about her value; learns what to believe of the star's.

    rng
        For the first weights, which differ a little, so that scores tell values apart.
    outcomes
        How many values there are, B, at least 1.
    rate
        First step, above 0 and at most 1.
    told
        Whether her bins rule values out (the support of her posterior); if not, she knows only what was
        announced to all.

    For mechanisms whose reward is Brier's score in some unit, which she reads off the rules
    (`mechanism.reward_unit`). All members of a group learn as one. Raises TypeError or ValueError for
    parameters out of range.
    """

    rng: InitVar[np.random.Generator]
    outcomes: int
    rate: float = 0.5
    told: bool = True
    _weights: NDArray[np.float64] = field(init=False, repr=False)
    _lessons: int = field(init=False, repr=False, default=0)

    memoryless: ClassVar[bool] = False

    def __post_init__(self, rng: np.random.Generator) -> None:
        check_share("rate", self.rate, positive=True)
        check_count("outcomes", self.outcomes)
        self._weights = TREMBLE * rng.standard_normal(self.outcomes)

    def report_belief(self, question: AskBelief, view: View) -> Answer:
        """The softmax over what is possible; ValueError for another number of values."""
        if question.shape != (self.outcomes,):
            raise ValueError(f"outcomes must be the question's {question.shape}, got {self.outcomes}")
        possible = np.tile(question.uniform() > 0, (len(view.seats), 1))
        if self.told:
            possible &= question.truth(view) > 0
        return self.belief(possible)

    def belief(self, possible: NDArray[np.bool_]) -> NDArray[np.float64]:
        """What she believes of values that are possible, masks of shape (..., B)."""
        raised: NDArray[Any] = np.where(possible, self._weights, -np.inf)
        masses = np.exp(raised - raised.max(axis=-1, keepdims=True))
        return masses / masses.sum(axis=-1, keepdims=True)

    def observe(self, feedback: Feedback) -> None:
        """Read off what happened, and learn from it; nothing where no belief was rewarded."""
        reports = next((said for asked, said in feedback.answers if isinstance(asked, AskBelief)), None)
        if reports is None or "reward" not in feedback.causes:
            return
        unit = feedback.mechanism.reward_unit
        for report, paid in zip(reports, feedback.causes["reward"].tolist(), strict=True):
            if np.isfinite(report).all():
                self._learn(report, -paid / unit)

    def _learn(self, report: NDArray[Any], score: float) -> None:
        """One step up the gradient of log q(v), at the v that explains the score."""
        mass = (score - 1 + report @ report) / 2
        happened = int(np.abs(report - mass).argmin())
        self._lessons += 1
        step = self.rate / np.sqrt(self._lessons)
        self._weights -= step * report
        self._weights[happened] += step
