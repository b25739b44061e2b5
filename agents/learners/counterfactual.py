"""What a learner would have felt, had she reported otherwise: all other bids as they were.

Learners with full information need it. It needs all bids, and a mechanism with a closed rule.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from agents.play.ways import rule_or_replay
from agents.view import Feedback
from mechanisms.deviations import brought, with_report_where_it_matters
from mechanisms.questions import AskValue


def own_reports(feedback: Feedback) -> NDArray[Any] | None:
    """The members' answers to the question for their values; None if nobody asked it."""
    return next((given for question, given in feedback.answers if isinstance(question, AskValue)), None)


def can_be_told(feedback: Feedback) -> bool:
    """Whether other reports can be worked out: there were reports, and there is a closed rule."""
    return own_reports(feedback) is not None and rule_or_replay(feedback.mechanism, True, False)


def counterfactual_utility(
    feedback: Feedback, valuations: NDArray[Any], alternatives: NDArray[Any]
) -> NDArray[Any]:
    """Expected utility of alternative reports to each member, everybody else's being as they were.

    valuations
        Shape `(..., m, 1, *type_shape)` or `(..., m, a, *type_shape)`: the members', for each alternative.
    alternatives
        Shape `(..., m, a, *report_shape)`: reports in place of the member's own.

    Returns shape `(..., m, a)`. Raises ValueError if the bids were not disclosed.
    """
    if feedback.bids is None:
        raise ValueError("bids is None: to know what another report would bring, all bids must be disclosed")
    rule: Any = feedback.mechanism
    reports, seats = with_report_where_it_matters(rule, feedback.bids, feedback.seats, alternatives)
    return brought(rule, reports, seats, valuations).expected(feedback.utility)
