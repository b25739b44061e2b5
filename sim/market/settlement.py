"""Settlement: how an auction ends: its outcome is examined, and those who learn are told."""

from __future__ import annotations

from collections.abc import Sequence
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
from sim.market.guard import attempt, reason_of, shown
from sim.market.invariants import SLACK, broken_rule
from sim.market.side_payments import write_side_payments
from sim.market.stage import Stage

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
    if not isinstance(outcome, Outcome):
        return np.zeros(party.n), f"the conversation ended in {shown(outcome)}, not in an Outcome"
    found, fault = attempt(_examined, party, outcome, absent)
    if found is None:
        return np.zeros(party.n), f"allocation and payments do not fit the buyers: {fault}"
    return found


def _examined(
    party: Party, outcome: Outcome, absent: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], str | None]:
    payoffs = payoffs_of(party, outcome)
    return payoffs, broken_rule(party, outcome, payoffs, absent)


def out_of_stock(seller: Seller, outcome: Outcome) -> str | None:
    """What is wrong if more was sold in one auction than there is; None if nothing is."""
    if seller.stock is None:
        return None
    sold, fault = attempt(seller.plan.mechanism.space.handed_out, outcome.allocation)
    if sold is None:
        return f"it cannot be said how much was sold: {fault}"
    if np.all(sold <= seller.stock + SLACK):
        return None
    return f"sold {sold} units where {seller.stock} were in stock"


def stacked(outcomes: Sequence[Outcome]) -> Outcome:
    """Outcomes of several auctions whose payments have the same causes, a row each."""
    first = outcomes[0]
    if len(outcomes) == 1:
        one = None if first.causes is None else {name: part[None] for name, part in first.causes.items()}
        return Outcome(first.allocation[None], first.payments[None], one)
    causes = {name: _rows([outcome.itemised[name] for outcome in outcomes]) for name in first.causes or ()}
    allocation = _rows([outcome.allocation for outcome in outcomes])
    return Outcome(allocation, _rows([outcome.payments for outcome in outcomes]), causes or None)


def _rows(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Arrays of one shape on a new leading axis; `stack` takes longer for many small ones."""
    return np.concatenate(arrays).reshape(len(arrays), *arrays[0].shape)


def concerned(sides: Sequence[Side]) -> list[Side]:
    """Those whom the end of an auction concerns: who learn, or pay one another."""
    return [side for side in sides if not side.group.strategy.memoryless or side.group.colludes]


def tell(
    stage: Stage,
    seller: Seller,
    auction: int,
    closed: float,
    sides: Sequence[Side],
    party: Party,
    said: Said,
    outcome: Outcome,
    payoffs: NDArray[Any],
) -> None:
    """Tell some sides of one auction how it ended, and record what they pay one another."""
    for side in sides:
        if not side.group.strategy.memoryless:
            feedback = _feedback(seller, side, party, said, outcome, payoffs)
            _, fault = attempt(side.group.strategy.observe, feedback)
            if fault is not None:
                reason = f"observe: {fault}"
                stage.ledger.write_refusals(auction, len(said) - 1, side.buyers.tolist(), reason)
        if side.group.colludes:
            told = _feedback(seller, side, party, said, outcome, payoffs)
            write_side_payments(stage.ledger, auction, closed, side, told)


def _feedback(
    seller: Seller, side: Side, party: Party, said: Said, outcome: Outcome, payoffs: NDArray[Any]
) -> Feedback:
    """What one side is told; arrays of its own."""
    seats, payments = side.seats, outcome.payments
    told = seller.plan.discloses
    return Feedback(
        seats,
        side.buyers,
        party.n,
        party.mechanism,
        party.values[seats],
        side.group.utility,
        tuple([(q, counted[seats]) for q, counted in said if q.to is None or _concerns(q.to, side)]),
        outcome.allocation[seats],
        payments[seats],
        payoffs[seats],
        {cause: part[seats] for cause, part in outcome.itemised.items()},
        None if told == "own" else float(payments.item(payments.argmax())),
        said[0][1].copy() if told == "bids" and said else None,
        side.group.prior,
    )


def _concerns(to: tuple[int, ...], side: Side) -> bool:
    """Whether a question that went to some seats was put to a member of the side."""
    return not set(to).isdisjoint(side.seats.tolist())
