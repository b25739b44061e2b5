"""Report learners: which whole number to say when asked for a value, for each type a decision of its own.

Any algorithm of this folder that mixes K actions will do (`ShareLearner.decide`). One class is told all
reports and knows what each report would have brought on average over the mechanism's coins; the other sees
only what she got.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.learners.counterfactual import own_reports
from agents.learners.memory import DecisionState
from agents.learners.share_learner import ShareLearner
from agents.strategies.base import Answer, Disclosure, Strategy
from agents.view import Feedback, Mixed, View
from mechanisms.deviations import Tabulated, brought
from mechanisms.questions import AskBelief, AskGridBelief, AskValue


@dataclass
class Decisions:
    """Decisions by the buyer and her situation, each between the algorithm's K actions."""

    algorithm: ShareLearner
    _known: dict[Any, DecisionState] = field(init=False, default_factory=dict)

    @property
    def actions(self) -> int:
        """K."""
        return len(self.algorithm.shares)

    def mixture(self, key: Any) -> NDArray[np.float64]:
        """Probabilities (K,) of the actions now."""
        known = self._known.get(key)
        return self.algorithm.mixture(self._nothing() if known is None else known)[0]

    def learn(self, key: Any, chosen: int, utilities: NDArray[np.float64]) -> None:
        """Tell what was chosen, and the utility of each action (K,), in [0, 1]."""
        self.algorithm.teach(self._known.setdefault(key, self._nothing()), chosen, utilities)

    def _nothing(self) -> DecisionState:
        return DecisionState.none((1,), self.actions)


@dataclass(eq=False)
class ReportLearner(Strategy):
    """Base: reports one of 0 … K−1, K being the number of the algorithm's shares; truthful elsewhere.

    algorithm
        Its shares count as numbers 0 … K−1. Any other report counts as the nearest of them.

    largest
        A bound on gains and losses of money, above 0: utilities are scaled by it.
    """

    algorithm: ShareLearner
    largest: float
    _decisions: Decisions = field(init=False, repr=False)

    memoryless: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.largest > 0:
            raise ValueError(f"largest must be above 0, got {self.largest!r}")
        self._decisions = Decisions(self.algorithm)

    def report_value(self, question: AskValue, view: View) -> Answer:
        """A mixture of all whole numbers below K."""
        mixtures = np.empty((*view.values.shape, self._decisions.actions))
        for where in np.ndindex(view.values.shape):
            key = (int(view.buyers[where[-1]]), float(view.values[where]))
            mixtures[where] = self._decisions.mixture(key)
        answers = np.broadcast_to(np.arange(self._decisions.actions, dtype=float), mixtures.shape)
        return Mixed(answers.copy(), mixtures)

    def observe(self, feedback: Feedback) -> None:
        """Learn what the reports would have brought."""
        said = own_reports(feedback)
        if said is None or not np.isfinite(said).all():
            return
        for k, (buyer, value) in enumerate(
            zip(feedback.buyers.tolist(), feedback.values.tolist(), strict=True)
        ):
            chosen = int(self._nearest(said[k]))
            money = self.brought(feedback, k, chosen)
            self._decisions.learn((buyer, value), chosen, (1 + money / self.largest) / 2)

    def _nearest(self, reports: Any) -> NDArray[np.intp]:
        """The actions nearest to some reports."""
        return np.clip(np.rint(reports), 0, self._decisions.actions - 1).astype(np.intp)

    @abstractmethod
    def brought(self, feedback: Feedback, k: int, chosen: int) -> NDArray[np.float64]:
        """Money that each report brings to member k, shape (K,); what is not known is not looked at."""


@dataclass(eq=False)
class InformedReports(ReportLearner):
    """Knows all reports, and what a mechanism does with them on average over its coins.

    allocation, payments
        Shape (K, …, K, n): each buyer's expected quantity and payment at each profile of n reports.

    Raises ValueError for tables of another shape.
    """

    allocation: NDArray[np.float64] = field(kw_only=True, repr=False)
    payments: NDArray[np.float64] = field(kw_only=True, repr=False)

    needs: ClassVar[Disclosure] = "bids"

    def __post_init__(self) -> None:
        super().__post_init__()
        n = self.allocation.shape[-1]
        wanted = (self._decisions.actions,) * n + (n,)
        if self.allocation.shape != wanted or self.payments.shape != wanted:
            raise ValueError(f"allocation must have shape {wanted}, got {self.allocation.shape}")

    def brought(self, feedback: Feedback, k: int, chosen: int) -> NDArray[np.float64]:
        """Worth of the expected quantity less the expected payment, the others reporting as they did."""
        seat = int(feedback.seats[k])
        bids = np.where(np.isfinite(feedback.bids), feedback.bids, 0.0)  # type: ignore[arg-type]
        profiles = np.repeat(self._nearest(bids)[None], self._decisions.actions, axis=0)
        profiles[:, seat] = np.arange(self._decisions.actions)
        rule = Tabulated(self.allocation, self.payments)
        return brought(rule, profiles, seat, feedback.values[[k]]).payoffs[:, 0]


@dataclass(eq=False)
class BanditReports(ReportLearner):
    """Sees what she got, coins and all."""

    def brought(self, feedback: Feedback, k: int, chosen: int) -> NDArray[np.float64]:
        """Her payoff, in the place of what she said."""
        return np.full(self._decisions.actions, feedback.payoffs[k])


@dataclass(eq=False)
class BanditBeliefs(Strategy):
    """Reports one of a few geometric beliefs, and sees what she got in all; truthful about her value.

    ratios
        One for each of the algorithm's shares: how much less likely each next value is, above 0.
    largest
        As in `ReportLearner`.
    """

    algorithm: ShareLearner
    ratios: tuple[float, ...]
    largest: float
    _decisions: Decisions = field(init=False, repr=False)

    memoryless: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self._decisions = Decisions(self.algorithm)
        if len(self.ratios) != self._decisions.actions or min(self.ratios) <= 0:
            raise ValueError(f"ratios must be {self._decisions.actions} numbers above 0, got {self.ratios!r}")

    def report_belief(self, question: AskBelief, view: View) -> Answer:
        """A mixture of the beliefs."""
        mixtures = np.array([self._decisions.mixture(buyer) for buyer in view.buyers.tolist()])
        beliefs = self.beliefs(question)
        return Mixed(np.broadcast_to(beliefs, (len(view.seats), *beliefs.shape)).copy(), mixtures)

    def beliefs(self, question: AskBelief) -> NDArray[np.float64]:
        """Shape (K, *question.shape): the beliefs, on the values that the question leaves possible."""
        possible = question.uniform() > 0
        ratios = np.reshape(self.ratios, (-1,) + (1,) * possible.ndim)
        masses = ratios ** np.arange(possible.shape[-1]) * possible
        return np.asarray(masses / masses.sum(axis=-1, keepdims=True))

    def observe(self, feedback: Feedback) -> None:
        """Learn from the payoff of those who were asked, if what they said tells which belief it was."""
        for question, said in feedback.answers:
            if not isinstance(question, AskGridBelief) or question.least >= question.bound - 1:
                continue
            beliefs = self.beliefs(question)
            for k in np.flatnonzero(np.isfinite(said).all(axis=-1)).tolist():
                chosen = int(np.abs(beliefs - said[k]).sum(axis=1).argmin())
                felt = (1 + feedback.payoffs[k] / self.largest) / 2
                self._decisions.learn(int(feedback.buyers[k]), chosen, np.full(self._decisions.actions, felt))
