"""Transfers: what people pay one another behind the seller's back, checked and recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.play.asking import MISBEHAVIOUR, StrategyError, in_words
from agents.population import Side
from agents.view import Feedback, SidePayments

if TYPE_CHECKING:
    from sim.market.ledger import Ledger

def write_side_payments(
    ledger: Ledger, auction: int, time: float, side: Side, feedback: Feedback, raises: bool = False
) -> None:
    """Ask a group for its side payments after an auction, and record them, person by person.

    Strategies may be anybody's code: what they raise, or payments that cannot be, become a failure with its
    reason in the name of the group's first member, and nothing is paid; with `raises` a StrategyError. Names
    of the same person pay nothing.
    """
    try:
        agreed = side.group.strategy.side_payments(feedback)
        if agreed is not None:
            _check(agreed, side)
    except MISBEHAVIOUR as error:
        if raises:
            raise StrategyError(f"side_payments of {side.group.strategy!r}: {in_words(error)}") from error
        ledger.write_failures(auction, [int(side.buyers[0])], "side_payments", in_words(error))
        return
    if agreed is None:
        return
    transfers, persons = ledger.records["transfers"], ledger.persons
    reason_code = transfers.code("reason", agreed.reason)
    for payer, payee, amount in zip(agreed.payers, agreed.payees, agreed.amounts.tolist(), strict=True):
        if amount > 0 and persons[payer] != persons[payee]:
            transfers.row(time, int(persons[payer]), int(persons[payee]), amount, reason_code)


def _check(agreed: SidePayments, side: Side) -> None:
    """Raise unless members of this side pay finite amounts of at least 0."""
    if not isinstance(agreed, SidePayments):
        raise TypeError(f"side payments must be SidePayments, got {agreed!r}")
    shapes = {np.shape(agreed.payers), np.shape(agreed.payees), np.shape(agreed.amounts)}
    if len(shapes) != 1 or len(shapes.pop()) != 1:
        raise ValueError("payers, payees and amounts must be vectors of one length")
    strangers = np.setdiff1d(np.concatenate([agreed.payers, agreed.payees]), side.buyers)
    if strangers.size:
        raise ValueError(f"payers and payees must be members who took part, got {strangers.tolist()}")
    if not np.all(np.isfinite(agreed.amounts) & (agreed.amounts >= 0)):
        raise ValueError(f"amounts must be finite and at least 0, got {agreed.amounts.tolist()}")
