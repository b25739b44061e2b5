"""What would another report have brought? By the closed rule, with one participant's report replaced.

The revelation principle (Myerson 1981) makes this the question behind every notion of incentive compatibility
in mechanisms with one question. Best response, the learners and the proofs of equilibria ask it here; the
audits, which put whole tables of reports through a rule at once, ask the mechanism's space for the payoffs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.conversation import ClosedRule
from mechanisms.utilities import Utility


@dataclass(frozen=True)
class Brought:
    """What reports bring to one participant each, over the b branches of chance; arrays `(..., b)`.

    probabilities
        Of the branches.
    payoffs
        In money; 0 on branches of probability 0.
    """

    probabilities: FloatArray
    payoffs: FloatArray

    def expected(self, utility: Utility) -> FloatArray:
        """Expected utility, shape `(...)`."""
        return (self.probabilities * utility(self.payoffs)).sum(axis=-1)


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
    space = rule.space
    lottery = rule.lottery(reports)
    outcomes = lottery.outcomes
    *lead, branches, n = outcomes.payments.shape
    where = np.repeat(np.broadcast_to(seats, lead).ravel(), branches)
    rows = np.arange(len(where))
    parts = space.allocation_shape
    paid = outcomes.payments.reshape(-1, n)[rows, where].reshape(*lead, branches)
    got = outcomes.allocation.reshape(-1, n, *parts)[rows, where].reshape(*lead, branches, *parts)
    axis = valuations.ndim - len(space.type_shape)
    money = space.payoff(np.expand_dims(valuations, axis), got, paid)
    return Brought(lottery.probabilities, np.where(lottery.probabilities > 0, money, 0.0))


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
