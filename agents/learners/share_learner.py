"""Learners that choose shares of their value: what Hedge, EXP3-IX and regret matching have in common.

At each knot of the type space stands a decision between K shares of the value. A type between two knots
plays the mixture of their policies, weighted by its distance, and what it learns is credited to both. All
utilities are kept in the units of U(money) and divided by the widest range that was possible so far, so that
nothing depends on the currency.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.learners.counterfactual import can_be_told, counterfactual_utility, own_reports
from agents.learners.knots import FloatArray, Knots, check_grid
from agents.learners.memory import DecisionState, Memory
from agents.strategies.base import Answer, Disclosure, Strategy
from agents.strategies.bid_policy import BidPolicy
from agents.strategies.wrapper import Wrapper
from agents.view import Feedback, Mixed, View, each_shaded
from mechanisms.conversation import check_count
from mechanisms.questions import AskValue


@dataclass(slots=True)
class Occasions:
    """N occasions on which somebody was asked for a report.

    chosen, felt
        Shape (N,): index of the share that was played, and the utility that came of it.
    utilities
        Shape (N, K): utility of each share; None where it is not known.
    best, reach
        Shape (N,): the highest utility that was possible, and how far it is above the lowest.
    mixture
        Shape (N, K): what was played.
    """

    chosen: NDArray[np.intp]
    felt: FloatArray
    utilities: FloatArray | None
    best: FloatArray
    reach: FloatArray
    mixture: FloatArray


@dataclass(eq=False)
class ShareLearner(Strategy):
    """Base of the learners that mix shares of the value; truthful in every question but the one for a report.

    shares
        The actions: at least two shares of the value, at least 0, strictly ascending.
    bins
        At how many quantiles of the prior there is a decision of its own, at least 1; without a prior there
        is one for all types.
    knots
        Types at which to decide, in place of the quantiles: ascending, at least 0.
    shared
        Whether the group learns as one from the auctions of all its members; otherwise each from her own.

    TypeError and ValueError otherwise. A new algorithm overrides `mixture` and `credit`. Only auctions that
    ask for a report teach; those in which the value is 0 or the report was lost do not.
    """

    shares: tuple[float, ...] = tuple(np.linspace(0, 1, 33).tolist())
    bins: int = 9
    knots: tuple[float, ...] | None = None
    shared: bool = False
    _memory: Memory | None = field(init=False, repr=False, default=None)

    memoryless: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_grid("shares", self.shares, least=2)
        check_count("bins", self.bins)
        if self.knots is not None:
            check_grid("knots", self.knots)

    # --- the algorithm -----------------------------------------------------------------------------

    @abstractmethod
    def mixture(self, known: DecisionState) -> FloatArray:
        """Probabilities of the K shares, shape (..., K), for decisions of shape (...)."""

    @abstractmethod
    def credit(self, known: DecisionState, occasions: Occasions) -> FloatArray:
        """What N occasions add to the scores of decisions that knew `known`: shape (N, K)."""

    # --- playing -----------------------------------------------------------------------------------

    def report_value(self, question: AskValue, view: View) -> Answer:
        """A mixture of shares of the value; with several items one share serves them all."""
        mixtures = self._mixtures(view.buyers, view.mechanism.space.level(view.values))
        return Mixed(each_shaded(view, view.values, np.asarray(self.shares)), mixtures)

    def _mixtures(self, buyers: NDArray[np.intp], types: FloatArray) -> FloatArray:
        """What buyers (m,) of types (..., m) play: shape (..., m, K)."""
        memory = self._memory
        if memory is None:
            return np.broadcast_to(
                self.mixture(DecisionState.none((), len(self.shares))), (*types.shape, len(self.shares))
            )
        return self._interpolated(memory, memory.rows.known(buyers), types)

    def _interpolated(self, memory: Memory, rows: NDArray[Any], types: FloatArray) -> FloatArray:
        below, above, weight = memory.knots.around(types)
        low, high = (self.mixture(memory.experience.at(rows, knot)) for knot in (below, above))
        return low + weight[..., None] * (high - low)

    # --- learning ----------------------------------------------------------------------------------

    def observe(self, feedback: Feedback) -> None:
        """Credit what happened to the decisions around each member's type."""
        reports = own_reports(feedback)
        if reports is None or (self.needs == "bids" and not can_be_told(feedback)):
            return
        level = feedback.mechanism.space.level
        types = level(feedback.values)
        heard = types * np.isfinite(level(reports)) > 0
        memory = self._memory_for(feedback)
        rows = np.broadcast_to(memory.rows_for(feedback.buyers), types.shape)[heard]
        occasions = self._occasions(feedback, memory, reports, rows, heard)
        below, above, weight = memory.knots.around(types[heard])
        credited = []
        for knot, share in ((below, 1 - weight), (above, weight)):
            known = memory.experience.at(rows, knot)
            credited.append(((rows, knot), share, self.credit(known, occasions), self.mixture(known)))
        for cells, share, credit, mixture in credited:
            memory.add(cells, share, credit, mixture, occasions.reach)

    def _memory_for(self, feedback: Feedback) -> Memory:
        if self._memory is None:
            knots = Knots.of(self.knots, feedback.prior, self.bins)
            self._memory = Memory.empty(knots, len(self.shares), self.shared)
        return self._memory

    def _occasions(
        self,
        feedback: Feedback,
        memory: Memory,
        reports: NDArray[Any],
        rows: NDArray[Any],
        heard: NDArray[np.bool_],
    ) -> Occasions:
        types = feedback.mechanism.space.level(feedback.values)[heard]
        best, reach = span(feedback, feedback.worth, self.shares[-1])
        utilities = self._utilities(feedback)
        return Occasions(
            chosen=self._chosen(feedback, reports)[heard],
            felt=feedback.utility(feedback.payoffs[heard]),
            utilities=None if utilities is None else utilities[heard],
            best=best[heard],
            reach=reach[heard],
            mixture=self._interpolated(memory, rows, types),
        )

    def _utilities(self, feedback: Feedback) -> FloatArray | None:
        """Utility of each share to each member, shape (..., m, K); None where bids are not to be known."""
        if self.needs != "bids":
            return None
        tried = each_shaded(feedback, feedback.values, np.asarray(self.shares))
        return counterfactual_utility(feedback, one_alternative(feedback, feedback.worth), tried)

    def _chosen(self, feedback: Feedback, reports: NDArray[Any]) -> NDArray[np.intp]:
        """Which share each member's report was, shape (..., m)."""
        space = feedback.mechanism.space
        tried = space.level(each_shaded(feedback, feedback.values, np.asarray(self.shares)))
        return np.abs(tried - space.level(reports)[..., None]).argmin(axis=-1)

    # --- looking at it -----------------------------------------------------------------------------

    def decide(self) -> Generator[FloatArray, tuple[int, FloatArray], None]:
        """One decision repeated for ever: yields the mixture, and is sent what was chosen and the utilities.

        The utilities, shape (K,), lie in [0, 1]; an algorithm looks only at what it may know.
        """
        known = DecisionState.none((1,), len(self.shares))
        while True:
            chosen, utilities = yield self.mixture(known)[0]
            self.teach(known, chosen, utilities)

    def teach(self, known: DecisionState, chosen: int, utilities: FloatArray) -> None:
        """Add one occasion to a decision, of shape (1,): what was chosen, and utilities (K,) in [0, 1]."""
        mixture, one = self.mixture(known), np.ones(1)
        brought = np.asarray(utilities, dtype=np.float64)[None]
        seen = Occasions(np.array([chosen]), brought[:, chosen], brought, one, one, mixture)
        known.scores += self.credit(known, seen)
        known.rounds += 1
        known.scale[:] = 1
        known.played += mixture

    def average(self) -> AveragePlay:
        """The learner's play so far on average, for ever: what regret bounds speak of."""
        return AveragePlay(self)

    def policy(self) -> BidPolicy | None:
        """The mean bid at each knot, over own mixing and over the buyers who have learned; None before."""
        return None if self._memory is None else self._policy_of(self.mixture(self._learned(self._memory)))

    def _learned(self, memory: Memory) -> DecisionState:
        """The experience of those who have any: shape (rows, knots)."""
        return memory.experience.at(slice(0 if self.shared else 1, memory.rows.count))

    def _policy_of(self, mixtures: FloatArray) -> BidPolicy | None:
        shares, points = np.asarray(self.shares), self._memory.knots.points if self._memory else np.empty(0)
        if not len(mixtures):
            return None
        mean = (mixtures @ shares).mean(axis=0)
        variance = np.maximum((mixtures @ shares**2).mean(axis=0) - mean**2, 0.0)
        return BidPolicy(points, mean * points, np.sqrt(variance) * points)


def one_alternative(feedback: Feedback, valuations: NDArray[Any]) -> NDArray[Any]:
    """Valuations (..., m, *type_shape) with an axis for alternatives, in which they are all alike."""
    return np.expand_dims(valuations, valuations.ndim - len(feedback.mechanism.space.type_shape))


def span(feedback: Feedback, values: NDArray[Any], highest_share: float) -> tuple[FloatArray, FloatArray]:
    """The highest utility possible to each member, and its distance to the lowest, shapes (..., m).

    The best is to get everything for nothing. The worst is to pay the highest share of the value, for all in
    a mechanism that charges no more than what was bid, and for nothing in one that may charge losers. Values,
    of the feedback's shape, are what the goods are worth.
    """
    worth = values if not feedback.mechanism.space.type_shape else values.sum(axis=-1)
    worst = min(0.0, 1.0 - highest_share) if feedback.mechanism.ex_post_ir else -max(1.0, highest_share)
    best = feedback.utility(worth)
    return best, best - feedback.utility(worth * worst)


class AveragePlay(Wrapper):
    """Plays what a share learner has played on average until now, and learns no more; else as the learner."""

    memoryless: ClassVar[bool] = True
    needs: ClassVar[Disclosure] = "own"

    def __init__(self, learner: ShareLearner) -> None:
        if learner._memory is None:
            raise ValueError(f"learner must have learned something, got the untaught {learner!r}")
        self.inner = learner
        memory, experience = learner._memory, learner._memory.experience
        total = experience.played.sum(axis=-1, keepdims=True)
        self._shares = learner.shares
        uniform = np.full(experience.played.shape, 1 / len(learner.shares))
        self._mixtures = np.where(total > 0, experience.played / np.where(total > 0, total, 1.0), uniform)
        self._knots, self._rows = memory.knots, memory.rows

    def report_value(self, question: AskValue, view: View) -> Answer:
        """The average mixture, interpolated between knots."""
        rows = self._rows.known(view.buyers)
        below, above, weight = self._knots.around(view.mechanism.space.level(view.values))
        low, high = self._mixtures[rows, below], self._mixtures[rows, above]
        bids = each_shaded(view, view.values, np.asarray(self._shares))
        return Mixed(bids, low + weight[..., None] * (high - low))

    def observe(self, feedback: Feedback) -> None:
        """Nothing more."""

    def policy(self) -> None:
        """Not said: what the records show are learners."""
