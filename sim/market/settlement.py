"""Settlement: how an auction ends: its outcome is examined, and those who learn are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import Party
from agents.play.payoffs import payoffs_of
from agents.population import Side
from agents.seller import Seller
from agents.view import Feedback
from mechanisms.outcome import Outcome
from mechanisms.questions import BuyerQuestion
from sim.market.guard import attempt, fault_of, reason_of, repr_in_short
from sim.market.invariants import SLACK, broken_rule, misfit

Said = Sequence[tuple[BuyerQuestion, NDArray[Any]]]
"""The questions of an auction, each with the answers that counted, shape `(n, *question.shape)`."""


def failure(error: BaseException) -> str:
    """What is wrong where a mechanism raises."""
    return f"the mechanism failed with {reason_of(error)}"


def examined(
    party: Party, outcome: Any, absent: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], str | None]:
    """Payoffs in money of one auction, shape (n,), and the first rule that its outcome breaks, or None.

    `absent` is a mask of those of whom nothing was received in time, as for `broken_rule`.
    """
    return _weighed(_examined, party, outcome, absent)


def fitted(party: Party, outcome: Any) -> tuple[NDArray[Any], str | None]:
    """The same if it breaks no rule that `examined` sees besides: whether the outcome fits the buyers."""
    return _weighed(_fitted, party, outcome)


def _weighed(
    weigh: Callable[..., tuple[NDArray[Any], str | None]], party: Party, outcome: Any, *more: Any
) -> tuple[NDArray[Any], str | None]:
    if not isinstance(outcome, Outcome):
        return np.zeros(party.n), f"the conversation ended in {repr_in_short(outcome)}, not in an Outcome"
    found, fault = attempt(weigh, party, outcome, *more)
    if found is None:
        return np.zeros(party.n), f"allocation and payments do not fit the buyers: {fault}"
    return found


def _examined(
    party: Party, outcome: Outcome, absent: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], str | None]:
    payoffs = payoffs_of(party, outcome)
    return payoffs, broken_rule(party, outcome, payoffs, absent)


def _fitted(party: Party, outcome: Outcome) -> tuple[NDArray[Any], str | None]:
    return payoffs_of(party, outcome), misfit(party, outcome)


def out_of_stock(seller: Seller, outcome: Outcome) -> str | None:
    """What is wrong if more was sold in one auction than there is; None if nothing is."""
    if seller.stock is None:
        return None
    sold, fault = attempt(seller.space.handed_out, outcome.allocation)
    if sold is None:
        return f"it cannot be said how much was sold: {fault}"
    if np.all(sold <= seller.stock + SLACK):
        return None
    return f"sold {sold} units where {seller.stock} were in stock"


def teach(
    seller: Seller, sides: Sequence[Side], party: Party, said: Said, outcome: Outcome, payoffs: NDArray[Any]
) -> list[tuple[Side, str]]:
    """Tell those who learn how one auction ended; return who failed at it, and why."""
    failed, raises = [], party.raises
    for side in sides:
        strategy = side.group.strategy
        if not strategy.memoryless:
            feedback = feedback_of(side, seller, party, said, outcome, payoffs)
            try:  # `attempt`, written out: learners are told in every auction
                strategy.observe(feedback)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 — strategies may be anybody's code
                failed.append((side, fault_of(strategy.observe, error, strategy if raises else None)))
    return failed


def feedback_of(
    side: Side, seller: Seller, party: Party, said: Said, outcome: Outcome, payoffs: NDArray[Any]
) -> Feedback:
    """What one side is told; arrays of its own."""
    seats, group, payments, causes = side.seats, side.group, outcome.payments, outcome.causes
    told, paid = seller.plan.discloses, payments[seats]
    answers = []
    for question, counted in said:
        if question.to is None or _concerns(question.to, side):
            answers.append((question, counted[seats]))
    return Feedback(
        seats,
        side.buyers,
        party.n,
        party.mechanism,
        party.values[seats],
        group.utility,
        tuple(answers),
        outcome.allocation[seats],
        paid,
        payoffs[seats],
        {"price": paid} if causes is None else {cause: part[seats] for cause, part in causes.items()},
        None if told == "own" else float(payments.item(payments.argmax())),
        said[0][1].copy() if told == "bids" and said else None,
        group.prior,
    )


def _concerns(to: tuple[int, ...], side: Side) -> bool:
    """Whether a question that went to some seats was put to a member of the side."""
    return not set(to).isdisjoint(side.seats.tolist())
