"""The choice of a seller: by what a buyer has experienced and by what she has heard (logit choice).

Logit choice with a temperature is McFadden's (1974), known in learning as Boltzmann exploration.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agents.town.experience import Tally
from mechanisms.conversation import check_money


class SellerChoice(ABC):
    """How a buyer chooses a seller. A new rule overrides `odds`."""

    @abstractmethod
    def odds(self, own: Tally, heard: Tally) -> NDArray[np.float64]:
        """Shape `(..., sellers)`: proportional to the probabilities, from tallies `(..., 2, sellers)`.

        At least 0, and above 0 for one seller at least.
        """

    def probabilities(self, own: Tally, heard: Tally) -> NDArray[np.float64]:
        """Shape `(..., sellers)`: probability of each seller, from tallies of shape `(..., 2, sellers)`."""
        odds = self.odds(own, heard)
        return odds / odds.sum(axis=-1, keepdims=True)

    def choose(self, own: Tally, heard: Tally, uniforms: NDArray[np.float64] | float) -> NDArray[np.intp]:
        """Shape `(...)`: the seller that a uniform number in [0, 1) selects for each buyer."""
        cumulated = np.add.accumulate(self.odds(own, heard), axis=-1)
        reached = uniforms * cumulated[..., -1]
        return np.add.reduce(cumulated[..., :-1] <= reached[..., None], axis=-1, dtype=np.intp)


@dataclass(frozen=True)
class Uniformly(SellerChoice):
    """Any seller, with equal probability."""

    def odds(self, own: Tally, heard: Tally) -> NDArray[np.float64]:
        """One for each."""
        return np.ones((*own.shape[:-2], own.shape[-1]))


@dataclass(frozen=True)
class Logit(SellerChoice):
    """Seller s with probability proportional to exp(expected payoff of s / temperature).

    temperature
        In units of money, above 0. Near 0 the best seller is taken nearly always; far above the differences
        between sellers the choice is nearly uniform.
    heard_weight
        How much a visit that a neighbour tells of counts beside one of one's own; at least 0.
    optimism
        The payoff that is expected of a seller of whom nothing is known, in money. Above what sellers give on
        average, it makes buyers try those they do not know. At least 0.
    optimism_weight
        As how many visits of one's own that expectation counts, above 0.

    The expected payoff is the weighted mean of visits seen, visits heard of, and the optimism.
    TypeError for what is not a number, ValueError out of range.
    """

    temperature: float = 0.1
    heard_weight: float = 0.25
    optimism: float = 0.0
    optimism_weight: float = 1.0

    def __post_init__(self) -> None:
        check_money("temperature", self.temperature, positive=True)
        check_money("heard_weight", self.heard_weight)
        check_money("optimism", self.optimism)
        check_money("optimism_weight", self.optimism_weight, positive=True)

    def expected_payoffs(self, own: Tally, heard: Tally) -> NDArray[np.float64]:
        """Shape `(..., sellers)`: what a buyer expects of each seller, in money."""
        known = own + self.heard_weight * heard + self._believed
        return known[..., 0, :] / known[..., 1, :]

    @cached_property
    def _believed(self) -> Tally:
        """Shape `(2, 1)`: the optimism as a tally, the same for every seller."""
        return self.optimism_weight * np.array([[self.optimism], [1.0]])

    def odds(self, own: Tally, heard: Tally) -> NDArray[np.float64]:
        """Exponentials of the expected payoffs, relative to the best seller's, so that none overflows."""
        expected = self.expected_payoffs(own, heard)
        best = np.maximum.reduce(expected, axis=-1, keepdims=True)
        return np.exp((expected - best) / self.temperature)
