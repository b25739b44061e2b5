"""Stage: what all auctions of a market share: the clock, the people, the draws and the books."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.nature import Nature
from agents.play.asking import sample_mixed
from agents.population import Population, Side
from agents.seller import Seller
from agents.view import Mixed
from mechanisms.questions import BuyerQuestion, Chance, branch
from sim.draws import DrawAhead, Stream
from sim.market.ledger import Ledger
from sim.records import Records


class Stage:
    """Handed to whoever runs auctions; every stream of draws belongs to the run's seed.

    Attributes
    ----------
    answer_limit
        Seconds that a strategy may take for an answer; None for no limit.
    mixing
        Draws for randomised answers, by buyer.
    raises
        Whether a strategy that fails stops the run with a StrategyError, in place of a row in the records.
    """

    def __init__(
        self,
        seed: int,
        population: Population,
        sellers: Sequence[Seller],
        nature: Nature,
        records: Records,
    ) -> None:
        self.seed = seed
        self.raises = False
        self.env = simpy.Environment()
        self.population = population
        self.sellers = sellers
        self.nature = nature
        self.records = records
        self.ledger = Ledger(records, population, sellers)
        self.answer_limit: float | None = None
        self.mixing = DrawAhead(Stream(seed, "mixing"), len(population))
        self._latency = DrawAhead(Stream(seed, "latency"), len(population))
        self._claimed = np.zeros(len(population), dtype=bool)
        self._chance = [Stream(seed, "chance").generator(seller.number) for seller in sellers]

    @property
    def now(self) -> float:
        """Simulated time."""
        return float(self.env.now)

    def at(self, time: float, do: Callable[[simpy.Event], None]) -> None:
        """Let `do` be called at this very time, or at once if it is past.

        SimPy adds a delay to the clock; the sum is rounded, and what is due at the end of a run must not
        happen before.
        """
        now = self.env.now
        delay = time - now
        if now + delay != time:
            delay = math.nextafter(delay, math.inf if now + delay < time else 0.0)
        self.env.timeout(max(0.0, delay)).callbacks.append(do)

    def auction_number(self, seller: Seller, k: Any) -> Any:
        """Number of a seller's k-th auction: known ahead, and unlike any other's; elementwise for arrays."""
        return k * len(self.sellers) + seller.number

    def claim(self, members: NDArray[np.intp]) -> None:
        """Note the buyers who belong to one seller; ValueError if they cannot, or already do."""
        size = len(self.population)
        unknown = members[(members < 0) | (members >= size)]
        if not len(members) or len(unknown):
            got = unknown[0] if len(unknown) else "none"
            raise ValueError(f"members must be buyers from 0 to {size - 1}, at least one, got {got}")
        who, times = np.unique(members, return_counts=True)
        if (times > 1).any():
            raise ValueError(f"members must be distinct, got {who[times > 1][0]} more than once")
        if self._claimed[who].any():
            raise ValueError(f"members must belong to one panel, but {who[self._claimed[who]][0]} is in two")
        self._claimed[who] = True

    def latencies(self, buyers: NDArray[np.intp]) -> NDArray[np.float64]:
        """How long the next message of each of distinct buyers travels, shape (m,)."""
        return self.travel_times(buyers, self._latency.take(buyers)[0])

    def travel_times(self, buyers: NDArray[np.intp], uniforms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Exponential travel times of the buyers' mean latencies, from uniforms of the same shape."""
        return -self.population.latency[buyers] * np.log1p(-uniforms)

    def resolve(self, mixed: Mixed, side: Side, question: BuyerQuestion) -> NDArray[Any]:
        """A definite answer of a side in one auction, by the buyers' own draws."""
        return sample_mixed(mixed, self.mixing.take(side.buyers)[0])

    def chance(self, seller: Seller, question: Chance) -> int:
        """A branch of a chance move of a seller's mechanism, by her own stream."""
        return branch(question.probabilities, self.chance_uniform(seller))

    def chance_uniform(self, seller: Seller) -> float:
        """The next uniform number for chance moves of a seller's mechanism."""
        return float(self._chance[seller.number].random())
