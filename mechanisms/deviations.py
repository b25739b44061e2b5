"""What would another answer have brought? The one place where that is worked out.

The revelation principle (Myerson 1981) makes this the question behind every notion of incentive
compatibility. Reports go through a closed rule and come back as what a seat gets and pays over the branches
of chance (`deal`); a conversation that was played to its end has one branch (`deal_made`, `realised`). What
that is worth is asked of the mechanism's space here and nowhere else: for best response, the learners, the
proofs of equilibria, the losses, the exact and the sampled audit. Whether a mechanism is looked at by its
rule or by its conversation is decided in `agents.play.ways`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.conversation import ClosedRule, DirectMechanism
from mechanisms.outcome import Lottery, Outcome
from mechanisms.types import TypeSpace
from mechanisms.utilities import Utility


@dataclass(frozen=True, slots=True)
class Brought:
    """What answers bring to one participant each, over the b branches of chance; arrays `(..., b)`.

    probabilities
        Of the branches.
    payoffs
        In money; 0 on branches of probability 0.
    """

    probabilities: FloatArray
    payoffs: FloatArray

    def expected(self, utility: Utility) -> FloatArray:
        """Expected utility, shape `(...)`."""
        return self.averaged(utility(self.payoffs))

    def averaged(self, felt: FloatArray) -> FloatArray:
        """The mean over chance of utilities of the payoffs, `(..., b)`, where these are already known."""
        return _mean(self.probabilities, felt)

    def at(self, uniforms: FloatArray, felt: FloatArray) -> FloatArray:
        """The utility on the branch that uniform numbers select; they are broadcast to `(...)`."""
        if felt.shape[-1] == 1:
            return felt[..., 0]
        ends = np.cumsum(self.probabilities, axis=-1)
        last = ends.shape[-1] - 1 - (self.probabilities[..., ::-1] > 0).argmax(axis=-1)
        taken = np.minimum((ends <= uniforms[..., None]).sum(axis=-1), last)
        taken = np.broadcast_to(taken, felt.shape[:-1])[..., None]
        return np.take_along_axis(felt, taken, axis=-1)[..., 0]

    def least(self, felt: FloatArray) -> FloatArray:
        """The least of these utilities on a branch that can come about, shape `(...)`."""
        if felt.shape[-1] == 1:
            return felt[..., 0]
        return np.where(self.probabilities > 0, felt, np.inf).min(axis=-1)


@dataclass(frozen=True, slots=True)
class Deal:
    """What one participant gets and pays, over the b branches of chance.

    probabilities
        Shape `(..., b)`.
    allocation
        Shape `(..., b, *space.allocation_shape)`.
    payments
        Shape `(..., b)`.
    """

    space: TypeSpace
    probabilities: FloatArray
    allocation: FloatArray
    payments: FloatArray

    def brought(self, valuations: NDArray[Any]) -> Brought:
        """What it brings to these valuations, shape `(..., *type_shape)`, broadcast."""
        axis = valuations.ndim - len(self.space.type_shape)
        money = self.space.payoff(np.expand_dims(valuations, axis), self.allocation, self.payments)
        if money.shape[-1] > 1 and not (possible := self.probabilities > 0).all():
            money = np.where(possible, money, 0.0)
        return Brought(self.probabilities, money)

    def mean(self) -> Deal:
        """On average over chance: as good, to the risk-neutral, where worth is proportional to quantities."""
        if self.space.allocation_shape:
            raise ValueError(f"space must be of one good, to average over chance, got {self.space!r}")
        got = _mean(self.probabilities, self.allocation)[..., None]
        paid = _mean(self.probabilities, self.payments)[..., None]
        return Deal(self.space, np.ones(paid.shape), got, paid)


def _mean(probabilities: FloatArray, numbers: FloatArray) -> FloatArray:
    """The expectation of numbers `(..., b)` over the branches."""
    if numbers.shape[-1] == 1:
        return numbers[..., 0]
    return numbers @ probabilities if probabilities.ndim == 1 else (probabilities * numbers).sum(axis=-1)


def lottery_at(rule: ClosedRule, reports: NDArray[Any]) -> Lottery:
    """The rule at profiles of reports, `(..., n, *report_shape)`; ValueError where it is not feasible."""
    lottery = rule.lottery(reports)
    ends = lottery.outcomes
    rule.space.insist(ends.allocation, ends.payments, lottery.probabilities > 0)
    return lottery


def deal(space: TypeSpace, lottery: Lottery, seats: NDArray[Any] | int) -> Deal:
    """What the participants at `seats` get and pay in a lottery: one seat, or one each, shape `(...)`."""
    outcomes = lottery.outcomes
    if isinstance(seats, (int, np.integer)):
        behind: Any = (..., seats, *(slice(None),) * len(space.allocation_shape))
        got, paid = outcomes.allocation[behind], outcomes.payments[..., seats]
        return Deal(space, lottery.probabilities, got, paid)
    *lead, branches, n = outcomes.payments.shape
    where = np.repeat(np.broadcast_to(seats, lead).ravel(), branches)
    rows, parts = np.arange(len(where)), space.allocation_shape
    paid = outcomes.payments.reshape(-1, n)[rows, where].reshape(*lead, branches)
    got = outcomes.allocation.reshape(-1, n, *parts)[rows, where].reshape(*lead, branches, *parts)
    return Deal(space, lottery.probabilities, got, paid)


def deal_made(space: TypeSpace, outcomes: Sequence[Outcome], seat: int, lead: tuple[int, ...]) -> Deal:
    """What a seat got and paid in conversations that were played: arrays `(*lead, 1)`, in their order."""
    for outcome in outcomes:
        space.insist(outcome.allocation, outcome.payments)
    got = np.array([outcome.allocation[seat] for outcome in outcomes], dtype=float)
    paid = np.array([outcome.payments[seat] for outcome in outcomes], dtype=float)
    got, paid = got.reshape(*lead, 1, *space.allocation_shape), paid.reshape(*lead, 1)
    return Deal(space, np.ones(paid.shape), got, paid)


def realised(space: TypeSpace, types: NDArray[Any], outcome: Outcome, seat: int) -> float:
    """The payoff of one seat at an outcome that came about, at a profile of types `(n, *type_shape)`."""
    return float(space.payoffs(types, outcome.allocation, outcome.payments)[seat])


def brought(
    rule: ClosedRule, reports: NDArray[Any], seats: NDArray[Any] | int, valuations: NDArray[Any]
) -> Brought:
    """What profiles of reports bring to the participants at `seats`.

    reports
        Shape `(..., n, *report_shape)`.
    seats
        Shape `(...)`, or broadcast to it.
    valuations
        Of those participants, shape `(..., *type_shape)`, or broadcast to it.
    """
    return deal(rule.space, rule.lottery(reports), seats).brought(valuations)


def with_report(
    reports: NDArray[Any], seats: NDArray[np.intp], alternatives: NDArray[Any], width: int = 0
) -> NDArray[Any]:
    """Profiles in which each of m participants sends each of a alternatives in place of her own report.

    reports
        Shape `(..., n, *report_shape)`; `width` is the number of axes of a report.
    seats
        Shape `(m,)`.
    alternatives
        Shape `(..., m, a, *report_shape)`.

    Returns shape `(..., m, a, n, *report_shape)`.
    """
    axis = reports.ndim - 1 - width
    own = np.arange(reports.shape[axis]) == seats[:, None, None]
    own = own.reshape(*own.shape, *(1,) * width)
    said = np.expand_dims(alternatives, alternatives.ndim - width)
    return np.where(own, said, np.expand_dims(reports, (axis, axis + 1)))


def with_report_where_it_matters(
    rule: ClosedRule, reports: NDArray[Any], seats: NDArray[np.intp], alternatives: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Profiles as of `with_report`, and the seats of the m participants in them, shape `(..., m, 1)`.

    Where the highest of several rivals decides, the profiles hold nobody else.
    """
    width = len(rule.space.report_shape)
    if not rule.highest_rival_decides or width or reports.shape[-1] <= 2:
        return with_report(reports, seats, alternatives, width), seats[:, None]
    own = np.arange(reports.shape[-1]) == seats[:, None]
    rivals = np.where(own, -np.inf, reports[..., None, :])
    highest = rivals.max(axis=-1)[..., None]
    comes_first = seats[:, None] < rivals.argmax(axis=-1)[..., None]
    first, second = np.where(comes_first, alternatives, highest), np.where(comes_first, highest, alternatives)
    return np.stack([first, second], axis=-1), np.where(comes_first, 0, 1)


@dataclass(frozen=True, eq=False)
class Tabulated(DirectMechanism):
    """What a mechanism of one good does on average over chance, where all reports are whole numbers below K.

    allocation, payments
        Shape (K, …, K, n): each participant's expected quantity and payment at each profile of n reports.
    """

    allocation: FloatArray
    payments: FloatArray

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """Look it up; reports `(..., n)` are whole numbers below K."""
        where = tuple(np.moveaxis(np.asarray(reports).astype(np.intp), -1, 0))
        return Outcome(self.allocation[where], self.payments[where])
