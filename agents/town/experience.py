"""Experience: what each buyer has earned with each seller, and what her neighbours tell her of theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.network import Neighbours
from agents.validation import check_share
from mechanisms.conversation import check_count

Tally = NDArray[np.float64]
"""Shape `(..., 2, sellers)`: on the last but one axis first the sum of payoffs, then the number of visits.

Sums rather than means, because sums of several persons add up. With forgetting, both are discounted sums.
"""


class Experience:
    """Tallies of payoffs for all buyers and sellers, with word of mouth.

    buyers, sellers
        How many there are, at least 1 each.
    neighbours
        Whom each buyer hears from; one list for each buyer.
    memory
        How much an old visit to the same seller counts beside a new one, above 0 and at most 1. At 1 nothing
        is forgotten and the mean is the mean of all visits; below 1 it is an exponentially weighted mean.

    TypeError for counts that are no integers, ValueError out of range or for a network of another size.
    """

    def __init__(self, buyers: int, sellers: int, neighbours: Neighbours, memory: float = 1.0) -> None:
        check_count("buyers", buyers)
        check_count("sellers", sellers)
        check_share("memory", memory, positive=True)
        if len(neighbours) != buyers:
            raise ValueError(f"neighbours must list {buyers} buyers, got {len(neighbours)}")
        self.neighbours = neighbours
        self.memory = memory
        self._tallies: Tally = np.zeros((buyers, 2, sellers))

    def record(self, buyers: NDArray[Any], seller: int, payoffs: NDArray[Any]) -> None:
        """Enter one visit to `seller` for each of `buyers`, who are distinct; both arrays of shape `(m,)`."""
        told = np.ones((len(buyers), 2))
        told[:, 0] = payoffs
        self._tallies[buyers, :, seller] = self.memory * self._tallies[buyers, :, seller] + told

    def own(self, buyers: Any) -> Tally:
        """What a buyer has seen herself: `(2, sellers)` for one index, `(k, 2, sellers)` for k of them."""
        return self._tallies[buyers]

    def heard(self, buyer: int) -> Tally:
        """What a buyer's neighbours have seen, added up: `(2, sellers)`; zeros if she hears from nobody."""
        return np.add.reduce(self._tallies[self.neighbours.of(buyer)], axis=0)
