"""Stage: what all auctions of a market share: the clock, the people, the draws and the books."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.nature import Nature
from agents.population import Population, Side
from agents.seller import Seller
from agents.view import Feedback
from sim.draws import DrawAhead, Stream
from sim.ledger import Ledger
from sim.records import Records


class Stage:
    """Handed to whoever runs auctions; every stream of draws belongs to the run's seed.

    Attributes
    ----------
    mixing
        Draws for randomised answers, by buyer.
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
        self.env = simpy.Environment()
        self.population = population
        self.sellers = sellers
        self.nature = nature
        self.records = records
        self.ledger = Ledger(records, population, sellers)
        self.mixing = DrawAhead(Stream(seed, "mixing"), len(population))
        self._latency = DrawAhead(Stream(seed, "latency"), len(population))
        self._chance = [Stream(seed, "chance").generator(seller.number) for seller in sellers]

    @property
    def now(self) -> float:
        """Simulated time."""
        return float(self.env.now)

    def auction_number(self, seller: Seller, k: int) -> int:
        """Number of a seller's k-th auction: known ahead, and unlike any other's."""
        return k * len(self.sellers) + seller.number

    def latencies(self, buyers: NDArray[np.intp]) -> NDArray[np.float64]:
        """How long the next message of each of distinct buyers travels, shape (m,)."""
        return self.travel_times(buyers, self._latency.take(buyers)[0])

    def travel_times(self, buyers: NDArray[np.intp], uniforms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Exponential travel times of the buyers' mean latencies, from uniforms of the same shape."""
        return -self.population.latency[buyers] * np.log1p(-uniforms)

    def tell(self, side: Side, feedback: Feedback, auction: int, question_number: int) -> None:
        """Let a side learn from its last answer; if it cannot, that is recorded, and the market goes on."""
        try:
            side.group.strategy.observe(feedback)
        except Exception as error:  # noqa: BLE001 — strategies may be anybody's code
            reason = f"observe: {type(error).__name__}: {error}"
            self.ledger.write_refusals(auction, question_number, side.buyers.tolist(), reason)

    def chance_uniform(self, seller: Seller) -> float:
        """The next uniform number for chance moves of a seller's mechanism."""
        return float(self._chance[seller.number].random())
