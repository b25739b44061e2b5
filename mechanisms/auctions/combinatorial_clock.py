"""The combinatorial clock auction: prices of goods rise while they are wanted by more than one.

Porter, Rassenti, Roopnarine and Smith 2003, "Combinatorial auction design", PNAS 100; without its repeated
re-opening: when the clocks stand still, the best combination of all bids ever made wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.conversation import Conversation, Mechanism, check_count, check_money
from mechanisms.outcome import Outcome
from mechanisms.questions import ShowMenu
from mechanisms.types import Bundles
from mechanisms.types.bundles import assignments, bundles, worth_of_ways


@dataclass(frozen=True)
class CombinatorialClock(Mechanism):
    """In each round everybody names the bundle that she wants at the present prices of the goods.

    goods
        At least 2, one unit of each.
    increment
        Money, above 0: by how much the price of a good rises that several want.
    rounds
        At least 1: the most rounds.
    start
        Money, at least 0: the prices of the first round.

    A bundle that somebody named is her bid of what it cost then. When no good is wanted by two, or after the
    last round, the bids of greatest total win (ties as in `mechanisms.types.bundles.assignments`), one a
    buyer, and are paid. Raises TypeError or ValueError for anything else.
    """

    goods: int = 2
    increment: float = 1.0
    rounds: int = 100
    start: float = 0.0

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_count("goods", self.goods, least=2)
        check_money("increment", self.increment, positive=True)
        check_count("rounds", self.rounds)
        check_money("start", self.start)

    @property
    def space(self) -> Bundles:
        """A value for each bundle."""
        return Bundles(self.goods)

    def conversation(self, n: int) -> Conversation:
        """Show the bundles at their prices, round after round, then choose among the bids."""
        contents = bundles(self.goods)
        entries = tuple(map(tuple, np.eye(len(contents)).tolist()))
        prices, bids = np.full(self.goods, float(self.start)), np.full((n, len(contents)), -np.inf)
        for _ in range(self.rounds):
            costs = contents @ prices
            wanted = (yield ShowMenu(entries=entries, prices=tuple(costs.tolist()))).values[:, 0].astype(int)
            named = np.flatnonzero(wanted >= 0)
            bids[named, wanted[named]] = costs[wanted[named]]
            demand = contents[wanted[named]].sum(axis=0)
            if (demand <= 1).all():
                break
            prices = prices + self.increment * (demand > 1)
        return self._best(bids)

    def _best(self, bids: NDArray[Any]) -> Outcome:
        """The bids of greatest total that share no good."""
        ways = assignments(len(bids), self.goods)
        worth = worth_of_ways(bids, ways)
        best = int(worth.sum(axis=-1).argmax())
        allocation = (ways[best][:, None] == np.arange(bids.shape[1])).astype(float)
        return Outcome(allocation, worth[best] + 0.0)
