"""Invariants of every auction, whoever plays: they are always checked, and a breach stops the run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import Party
from agents.play.payoffs import payoffs_of
from mechanisms.comparison import size_of
from mechanisms.outcome import Outcome
from mechanisms.types.space import total
from sim.market.guard import cut

SLACK = 1e-9
"""Slack for sums of money, relative to the size of the money at hand: the greatest value, or what is paid."""


LONGEST_RULE = 2_000
"""Characters of what a breach says: it may show arrays of any length."""


class BreachError(RuntimeError):
    """An auction broke a rule that always holds; `messages` are those of the auction."""

    def __init__(self, auction: int, rule: str, messages: list[str]) -> None:
        self.auction = auction
        self.rule = cut(rule, LONGEST_RULE)
        self.messages = messages
        story = "".join(f"\n  {line}" for line in messages)
        super().__init__(f"auction {auction}: {self.rule}; its messages:{story or ' none'}")


def broken_rule(
    party: Party, outcome: Outcome, payoffs: NDArray[Any], absent: NDArray[np.bool_] | None
) -> str | None:
    """The first rule that a realised outcome breaks, in words; None if it breaks none.

    `absent` is a mask of those who never took part, because nothing they were asked was answered in time
    (None if everybody did).
    """
    broken = misfit(party, outcome)
    if broken is not None:
        return broken
    allocation, payments = outcome.allocation, outcome.payments
    mechanism, space = party.mechanism, party.space
    paid = total(payments)
    if not (math.isfinite(paid) and math.isfinite(total(allocation.reshape(-1)))):
        return f"allocation and payments must be finite, got {allocation} and {payments}"
    if outcome.causes is not None and not _adds_up(outcome, paid):
        return "what buyers pay is not what the seller gets: the causes do not add up to the payments"
    if not space.feasible(allocation):
        return space.complaint(allocation)
    if absent is not None and (payments[absent].any() or allocation[absent].any()):
        return "somebody who did not take part was charged or served"
    if mechanism.ex_post_ir and not _nobody_honest_lost(party, payoffs):
        return "a truthful buyer lost in a mechanism that is ex-post individually rational"
    return None


def misfit(party: Party, outcome: Any) -> str | None:
    """Why an outcome does not fit the party, in words: no numbers, or not one for each; None if it fits."""
    if not isinstance(outcome, Outcome):
        return f"the conversation ended in {outcome!r}, not in an Outcome"
    allocation, payments = outcome.allocation, outcome.payments
    if not _are_numbers(outcome):
        return f"allocation and payments must be numbers, got dtypes {allocation.dtype}, {payments.dtype}"
    seats = (party.n,)
    shape = seats + party.space.allocation_shape
    if payments.shape != seats or allocation.shape != shape:
        wanted = f"of shapes {shape} and {seats}"
        return f"allocation and payments must be {wanted}, got {allocation.shape}, {payments.shape}"
    return None


def regular_rows(party: Party, outcome: Outcome, answered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of many outcomes, with a leading axis of rows, break no rule: `broken_rule` for a sweep."""
    allocation, payments = outcome.allocation, outcome.payments
    space = party.space
    fits = (payments.shape, allocation.shape) == (
        answered.shape,
        (*answered.shape, *space.allocation_shape),
    )
    if not fits or not _are_numbers(outcome) or outcome.causes is not None:
        return np.zeros(len(answered), dtype=bool)
    payoffs = payoffs_of(party, outcome)
    regular = np.isfinite(payments.sum(axis=1)) & space.feasible(allocation)
    if not answered.all():
        regular &= ~(~answered & ((payments != 0) | space.involved(allocation))).any(axis=1)
    if party.mechanism.ex_post_ir and not payoffs.min() >= 0:
        values = np.abs(party.values.reshape(len(answered), -1))
        slack = SLACK * np.where(np.isfinite(values), values, 0.0).max(axis=1)
        for side in party.sides:
            if side.group.honest:
                regular &= payoffs[:, side.seats].min(axis=1) >= -slack
    return regular


def _are_numbers(outcome: Outcome) -> bool:
    return outcome.allocation.dtype.kind in "fiub" and outcome.payments.dtype.kind in "fiub"


def _adds_up(outcome: Outcome, total: float) -> bool:
    parts = list(outcome.itemised.values())
    per_buyer = sum(parts, np.zeros(outcome.payments.shape))
    moved = sum((np.abs(part) for part in parts), np.abs(outcome.payments))
    close = (np.abs(per_buyer - outcome.payments) <= SLACK * moved).all()
    return bool(close) and abs(float(per_buyer.sum()) - total) <= SLACK * float(moved.sum())


def _nobody_honest_lost(party: Party, payoffs: NDArray[Any]) -> bool:
    if payoffs.item(payoffs.argmin()) >= 0:
        return True
    slack = SLACK * size_of(party.values)
    honest = [side.seats for side in party.sides if side.group.honest]
    return all(float(payoffs[seats].min()) >= -slack for seats in honest)
