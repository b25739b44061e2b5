"""The ascending clock (English) auction in Milgrom and Weber's (1982) button form.

The price rises from the reserve, everybody sees who leaves, nobody comes back, and the last one in buys at
the price at which the last but one left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mechanisms.auctions.random_ties import Ties, check_ties, one_of
from mechanisms.auctions.ranking import lowest_accepted, single_sale
from mechanisms.conversation import Conversation, Mechanism, check_money
from mechanisms.outcome import Outcome
from mechanisms.questions import CallPrice


@dataclass(frozen=True)
class AscendingClock(Mechanism):
    """The clock rises from `reserve` (money, at least 0) until at most one buyer is left; she pays its price.

    At each price at which somebody leaves, those who stay are told and asked again for the price at which
    they will leave, so that the clock jumps from exit to exit. Who names less than the reserve at the start
    never comes in; who is silent later leaves at once. If the last ones leave together, the good goes to one
    of them at that price: to the lowest index, or by lot. Raises TypeError or ValueError for a reserve that
    is no finite amount of at least 0, and for other `ties` than "lowest" or "by lot".
    """

    reserve: float = 0.0
    ties: Ties = "lowest"

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_money("reserve", self.reserve)
        check_ties(self.ties)

    def conversation(self, n: int) -> Conversation:
        """Call the reserve, then jump from exit to exit."""
        price = float(self.reserve)
        limits = (yield CallPrice(price=price)).values
        active = [i for i in range(n) if limits[i] >= lowest_accepted(price)]
        exits = (price,) * (n - len(active))
        while len(active) > 1:
            price = max(price, min(limits[i].item() for i in active))
            staying = [i for i in active if limits[i] > price]
            exits += (price,) * (len(active) - len(staying))
            if len(staying) > 1:
                limits = (yield CallPrice(to=tuple(staying), price=price, exits=exits)).values
            active = staying or (yield from one_of(active, self.ties))
        return self._sale(n, active, price)

    def _sale(self, n: int, active: list[int], price: float) -> Outcome:
        """Sell to the one who is left, if anybody is."""
        if not active:
            return Outcome.nothing(n)
        return single_sale((n,), active[0], price, price, self.reserve)
