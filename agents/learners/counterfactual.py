"""What a buyer would have felt, had she reported otherwise: the mechanism's own rule, her report replaced.

Learners with full information need it. It needs all bids, and a mechanism with a closed rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.view import Feedback
from mechanisms.conversation import DirectLottery
from mechanisms.outcome import Outcome
from mechanisms.questions import AskValue


def own_reports(feedback: Feedback) -> NDArray[Any] | None:
    """The members' answers to the question for their values; None if nobody asked it."""
    return next((given for question, given in feedback.answers if isinstance(question, AskValue)), None)


def counterfactual_utility(
    feedback: Feedback, types: NDArray[Any], alternatives: NDArray[Any]
) -> NDArray[Any]:
    """Expected utility of alternative reports to each member, everybody else's being as they were.

    types
        Shape `(..., m, 1)` or `(..., m, a)`: what the good is worth to the members, for each alternative.
    alternatives
        Shape `(..., m, a)`: reports in place of the member's own.

    With several items both have one more axis at the end. Returns shape `(..., m, a)`. Raises ValueError if
    the bids were not disclosed.
    """
    if feedback.bids is None:
        raise ValueError("bids is None: to know what another report would bring, all bids must be disclosed")
    mechanism: Any = feedback.mechanism
    seats = feedback.seats[:, None]
    reports = with_own_replaced(feedback.bids, feedback.seats, alternatives, mechanism.items > 1)
    if not isinstance(mechanism, DirectLottery):
        return feedback.utility(_money(mechanism.outcome(reports), seats, types))
    lottery = mechanism.lottery(reports)
    by_branch = types[..., None, :] if mechanism.items > 1 else types[..., None]
    return (
        lottery.probabilities * feedback.utility(_money(lottery.outcomes, seats[..., None], by_branch))
    ).sum(-1)


def with_own_replaced(
    bids: NDArray[Any], seats: NDArray[np.intp], alternatives: NDArray[Any], several: bool = False
) -> NDArray[Any]:
    """Profiles `(..., m, a, n)`: all bids `(..., n)`, each member's own replaced by each of her alternatives.

    `alternatives` has shape `(..., m, a)`. With several items, all shapes have one more axis at the end.
    """
    own = np.arange(bids.shape[-2 if several else -1]) == seats[:, None, None]
    if several:
        return np.where(own[..., None], alternatives[..., None, :], bids[..., None, None, :, :])
    return np.where(own, alternatives[..., None], bids[..., None, None, :])


def _money(outcome: Outcome, seats: NDArray[np.intp], types: NDArray[Any]) -> NDArray[Any]:
    """Value less payment of one buyer in each profile."""
    where = np.broadcast_to(seats, outcome.payments.shape[:-1])[..., None]
    paid = np.take_along_axis(outcome.payments, where, axis=-1)[..., 0]
    if outcome.allocation.ndim == outcome.payments.ndim:
        return types * np.take_along_axis(outcome.allocation, where, axis=-1)[..., 0] - paid
    got = np.take_along_axis(outcome.allocation, where[..., None], axis=-2)[..., 0, :]
    return (types * got).sum(axis=-1) - paid
