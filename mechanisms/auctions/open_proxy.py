"""Open proxy auction with a hard close: eBay's rules (Ockenfels and Roth 2006).

A buyer names a maximum; the auction bids for her as little as it takes to lead. The rules are eBay's: the
leader pays one increment over the second highest maximum, but never more than her own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.ranking import single_sale
from mechanisms.comparison import at_least
from mechanisms.conversation import Conversation, Mechanism, check_count, check_money
from mechanisms.outcome import Outcome
from mechanisms.questions import InviteBid


@dataclass(frozen=True)
class OpenProxy(Mechanism):
    """Proxy bidding in `rounds` rounds, from the price `start`, with a least raise of `increment`.

    increment, start
        Money, at least 0.
    rounds
        At least 1. After the last one bidding closes, whatever happened in it.

    In each round everybody is told the standing price and its leader, and may name a maximum. It counts if
    it is at least the standing price and an increment (before the first bid: at least `start`); the leader
    may raise her own maximum by any amount. Whoever is silent keeps her maximum. Bids of one round arrive
    together and face the same standing price. The highest maximum leads, among equal ones the earlier round
    and then the lowest index. The standing price is the second highest maximum and an increment, or the
    leader's maximum if that is less; `start` while there is no second.

    Raises TypeError or ValueError for an increment that is no finite amount of at least 0, then for rounds
    that are no integer of at least 1, then for a start that is no finite amount of at least 0.
    """

    increment: float
    rounds: int
    start: float = 0.0

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_money("increment", self.increment)
        check_count("rounds", self.rounds)
        check_money("start", self.start)

    def conversation(self, n: int) -> Conversation:
        """Invite bids, round after round."""
        maxima, since = np.full(n, -np.inf), np.zeros(n, dtype=np.intp)
        price, leader = float(self.start), None
        for number in range(self.rounds):
            bids = (yield InviteBid(None, price, leader, float(self.increment), number, self.rounds)).values
            raised = self._counts(bids, maxima, price, leader)
            maxima[raised], since[raised] = bids[raised], number
            price, leader = self._standing(maxima, since)
        if leader is None:
            return Outcome.nothing(n)
        return single_sale((n,), leader, price, price, 0.0)

    def _counts(
        self, bids: NDArray[Any], maxima: NDArray[Any], price: float, leader: int | None
    ) -> NDArray[np.bool_]:
        """Which bids are high enough to change their bidder's maximum."""
        if leader is None:
            return at_least(bids, price)
        enough = at_least(bids, price + self.increment)
        enough[leader] = True
        return enough & (bids > maxima)

    def _standing(self, maxima: NDArray[Any], since: NDArray[np.intp]) -> tuple[float, int | None]:
        """The standing price and its leader."""
        best = float(maxima.max(initial=-np.inf))
        if best == -np.inf:
            return float(self.start), None
        leader = min(np.flatnonzero(maxima == best).tolist(), key=lambda i: int(since[i]))
        second = float(np.delete(maxima, leader).max(initial=-np.inf))
        return max(float(self.start), min(best, second + self.increment)), leader
