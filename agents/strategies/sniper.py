"""Sniping: in an open auction with a hard close, bid once and at the last moment (Roth and Ockenfels 2002).

Roth and Ockenfels, "Last-minute bidding and the rules for ending second-price auctions", American Economic
Review 92: a late bid leaves no time for others to answer it, and runs the risk of arriving too late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.strategies.base import Answer, Strategy
from agents.validation import check_share
from agents.view import View
from mechanisms.questions import SILENT, BuyerQuestion, InviteBid


@dataclass(frozen=True)
class Sniper(Strategy):
    """Stay silent in an open proxy auction until its last round, then name the value; truthful elsewhere.

    delay
        Share of the last round's window that passes before the bid is sent, from 0 to 1. With the buyer's
        latency it decides whether the bid arrives. ValueError outside, TypeError if not a number.
    """

    delay: float = 0.9

    def __post_init__(self) -> None:
        check_share("delay", self.delay)

    def raise_bid(self, question: InviteBid, view: View) -> Answer:
        """Silence before the last round; then the value as the maximum."""
        return view.values if _is_last(question) else np.full_like(view.values, SILENT, dtype=float)

    def wait(self, question: BuyerQuestion, view: View) -> float:
        """The delay in the last round of an open auction; none elsewhere."""
        return self.delay if isinstance(question, InviteBid) and _is_last(question) else 0.0


def _is_last(question: InviteBid) -> bool:
    return question.round + 1 >= question.rounds
