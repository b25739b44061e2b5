"""Transfers: what people pay one another behind the seller's back, checked and recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.population import Side, whole_numbers
from agents.view import Feedback, SidePayments
from sim.market.guard import attempt, numbers, repr_in_short

if TYPE_CHECKING:
    from sim.market.ledger import Ledger

def write_side_payments(
    ledger: Ledger, auction: int, time: float, side: Side, feedback: Feedback, raises: bool = False
) -> None:
    """Ask a group for its side payments after an auction, and record them, person by person.

    What the strategy raises, or payments that cannot be, become a failure with its reason in the name of the
    group's first member, and nothing is paid; with `raises` a StrategyError. Names of the same person pay
    nothing.
    """
    agreed, fault = attempt(side_payments, side, feedback, blamed=side.group.strategy if raises else None)
    if fault is not None:
        ledger.write_failures(auction, [int(side.buyers[0])], "side_payments", fault)
    if agreed is None:
        return
    transfers, persons = ledger.records["transfers"], ledger.persons
    reason = transfers.code("reason", ledger.transfer_reasons.kept(agreed.reason))
    who = persons[agreed.payers].tolist(), persons[agreed.payees].tolist()
    for payer, payee, amount in zip(*who, agreed.amounts.tolist(), strict=True):
        if amount > 0 and payer != payee:
            transfers.row(time, payer, payee, amount, reason)


def side_payments(side: Side, feedback: Feedback) -> SidePayments | None:
    """What the group's strategy says, in plain arrays; raises unless members pay finite amounts from 0 on."""
    said = side.group.strategy.side_payments(feedback)
    if said is None:
        return None
    if not isinstance(said, SidePayments):
        raise TypeError(f"side payments must be SidePayments, got {repr_in_short(said)}")
    if not isinstance(said.reason, str):
        raise TypeError(f"reason must be a text, got {repr_in_short(said.reason)}")
    payers, payees = (whole_numbers(name, getattr(said, name)) for name in ("payers", "payees"))
    amounts = numbers("amounts", said.amounts)
    if not payers.shape == payees.shape == amounts.shape:
        raise ValueError("payers, payees and amounts must be vectors of one length")
    strangers = np.setdiff1d(np.concatenate([payers, payees]), side.buyers)
    if strangers.size:
        raise ValueError(f"payers and payees must be members who took part, got {strangers.tolist()}")
    if not np.all(np.isfinite(amounts) & (amounts >= 0)):
        raise ValueError(f"amounts must be finite and at least 0, got {amounts.tolist()}")
    return SidePayments(payers, payees, amounts, str(said.reason))
