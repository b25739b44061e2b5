"""Open proxy auction with a hard close: eBay's rules (Ockenfels and Roth 2006).

A buyer names a maximum; the auction bids for her as little as it takes to lead. The rules are eBay's: the
leader pays one increment over the second highest maximum, but never more than her own.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions.random_ties import Ties, check_ties, one_of
from mechanisms.auctions.ranking import single_sale
from mechanisms.comparison import at_least
from mechanisms.conversation import Conversation, Mechanism, check_count, check_money
from mechanisms.outcome import Outcome
from mechanisms.questions import InviteBid, Question


@dataclass(frozen=True)
class OpenProxy(Mechanism):
    """Proxy bidding in `rounds` rounds, from the price `start`, with a least raise of `increment`.

    increment
        Money, at least 0: the least raise; or tiers of it, pairs of a standing price, ascending from 0, and
        the least raise from there on, as eBay's.
    start
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

    increment: float | tuple[tuple[float, float], ...]
    rounds: int
    start: float = 0.0
    ties: Ties = "lowest"

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._check_increment()
        check_count("rounds", self.rounds)
        check_money("start", self.start)
        check_ties(self.ties)

    def _check_increment(self) -> None:
        if not isinstance(self.increment, tuple):
            check_money("increment", self.increment)
            return
        for place, (price, least) in enumerate(self.increment):
            check_money(f"increment[{place}] price", price)
            check_money(f"increment[{place}] raise", least)
        prices = [price for price, _ in self.increment]
        if not prices or prices[0] != 0 or sorted(set(prices)) != prices:
            raise ValueError(f"increment must have tiers of ascending prices from 0, got {self.increment!r}")

    def least_raise(self, price: float) -> float:
        """By how much a bid must exceed a standing price."""
        if not isinstance(self.increment, tuple):
            return float(self.increment)
        return float(max(tier for tier in self.increment if tier[0] <= price)[1])

    def conversation(self, n: int) -> Conversation:
        """Invite bids, round after round."""
        maxima, since = np.full(n, -np.inf), np.zeros(n)
        price, leader = float(self.start), None
        for number in range(self.rounds):
            least = self.least_raise(price)
            bids = (yield InviteBid(None, price, leader, least, number, self.rounds)).values
            raised = self._counts(bids, maxima, price, leader)
            maxima[raised], since[raised] = bids[raised], number
            leader = yield from self._leader(maxima, since)
            price = self._standing(maxima, leader)
        if leader is None:
            return Outcome.nothing(n)
        return single_sale((n,), leader, price, price, 0.0)

    def _counts(
        self, bids: NDArray[Any], maxima: NDArray[Any], price: float, leader: int | None
    ) -> NDArray[np.bool_]:
        """Which bids are high enough to change their bidder's maximum."""
        if leader is None:
            return at_least(bids, price)
        enough = at_least(bids, price + self.least_raise(price))
        enough[leader] = True
        return enough & (bids > maxima)

    def _leader(
        self, maxima: NDArray[Any], since: NDArray[Any]
    ) -> Generator[Question, Any, int | None]:
        """The highest maximum's bidder, the first of equal ones; who wins a lot comes first from then on."""
        best = float(maxima.max(initial=-np.inf))
        if best == -np.inf:
            return None
        equals = np.flatnonzero(maxima == best)
        first = equals[since[equals] == since[equals].min()].tolist()
        (leader,) = yield from one_of(first, self.ties)
        if len(first) > 1:
            since[leader] -= 0.5
        return int(leader)

    def _standing(self, maxima: NDArray[Any], leader: int | None) -> float:
        """The standing price."""
        if leader is None:
            return float(self.start)
        second = float(np.delete(maxima, leader).max(initial=-np.inf))
        if second == -np.inf:
            return float(self.start)
        return max(float(self.start), min(float(maxima[leader]), second + self.least_raise(second)))
