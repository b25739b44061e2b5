"""Incremental bidding: outbid by the least raise, again and again, as in an auction held by voice.

Ockenfels and Roth, "Late and multiple bidding in second price Internet auctions", Games and Economic Behavior
55 (2006), find such bidders on eBay; sniping is a good answer to them, because they have no time to react.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.strategies.base import Answer, Strategy
from agents.view import View
from mechanisms.comparison import at_least
from mechanisms.questions import SILENT, InviteBid


@dataclass(frozen=True)
class Incremental(Strategy):
    """Raise an open bid by one increment while somebody else leads, up to the value; truthful elsewhere."""

    def raise_bid(self, question: InviteBid, view: View) -> Answer:
        """The least bid that counts, unless one leads already or it is above the value: then silence.

        Before the first bid that is the starting price; later the standing price and one increment.
        """
        opening = question.leader is None
        least = question.price if opening else question.price + question.increment
        willing = at_least(view.values, least) & (opening or view.seats != question.leader)
        return np.where(willing, least, SILENT)
