"""M_rounds of Section 4: L rounds, in each of which every buyer is processed with probability 1/L.

As L grows the round of a buyer's processing, in units of L, becomes exponential, and the mechanism that of
one pass stopped at time 1 − 1/e: each buyer is asked with probability 1 − 1/e, in random order. That limit is
the default; L = n² rounds do not carry the paper's chain of inequalities at n = 2.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.conversation import check_count
from mechanisms.questions import Chance, Question
from mechanisms.risk_averse.first_sales import first_sales_law
from mechanisms.risk_averse.lottery_sale import LotterySale
from mechanisms.risk_averse.one_pass import random_order
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.sums import Sums

ASKED = -math.expm1(-1.0)
"""1 − 1/e: with what probability a buyer is processed in one of ever more rounds."""


@dataclass(frozen=True, init=False)
class Rounds(LotterySale):
    """Go `rounds` times through the buyers in local order; ask one not yet asked with probability 1/rounds.

    A buyer who is asked is sold to by her lottery; the sale ends when the units are gone.

    rounds
        L, an integer of at least 1, or infinite for the limit.

    Other fields and errors as `LotterySale` says; then TypeError or ValueError for other rounds.
    """

    rounds: float = math.inf

    def __init__(
        self,
        values: Sequence[ArrayLike],
        prices: ArrayLike,
        lotteries: Sequence[ArrayLike],
        units: int,
        rounds: float = math.inf,
    ) -> None:
        super().__init__(values, prices, lotteries, units)
        if rounds != math.inf:
            check_count("rounds", rounds)  # type: ignore[arg-type]
        object.__setattr__(self, "rounds", rounds)

    def order(self) -> Generator[Question, Any, list[int]]:
        """Who is asked at all, by round and then by index; in the limit in random order."""
        if self.rounds == math.inf:
            asked = yield from _coins(self.n)
            places = yield from random_order(len(asked))
            return [asked[place] for place in places]
        chances = (*self._round_law.tolist(), max(0.0, 1.0 - float(self._round_law.sum())))
        drawn = []
        for _ in range(self.n):
            drawn.append((yield Chance(chances)))
        reached = [buyer for buyer in range(self.n) if drawn[buyer] < self.rounds]
        return sorted(reached, key=lambda buyer: (drawn[buyer], buyer))

    @property
    def _round_law(self) -> FloatArray:
        """Shape (L,): the probability of being processed in each round."""
        return (1 - 1 / self.rounds) ** np.arange(self.rounds) / self.rounds

    def revenue_law(self, probabilities: Sequence[ArrayLike]) -> RevenueLaw:
        """The exact law of revenue; raises as `expected_utility` does."""
        masses, k = self.masses(probabilities), min(self.units, self.n)
        sums = Sums.of(np.array(self.prices), k)
        if self.rounds == math.inf:
            return first_sales_law(sums, self.units, ASKED * masses)
        return _law_of_rounds(sums, k, masses, self._round_law)


def _coins(n: int) -> Generator[Question, Any, list[int]]:
    """Each of n with probability 1 − 1/e."""
    asked = []
    for buyer in range(n):
        if (yield Chance((ASKED, 1 - ASKED))) == 0:
            asked.append(buyer)
    return asked


def _law_of_rounds(sums: Sums, k: int, masses: FloatArray, round_law: FloatArray) -> RevenueLaw:
    """The law of revenue: fewer than k sales in all, or the k-th sale to one buyer in one round.

    Then k − 1 of the others would have bought before, by round and index, and all the rest do not matter.
    """
    ever = np.full((1, len(masses)), round_law.sum())
    laws = [law[0] for law in _sold(sums, k - 1, masses, ever)]
    by_round, before_round = np.cumsum(round_law), np.cumsum(round_law) - round_law
    last = np.zeros(sums.levels[k].size)
    for i, own in enumerate(masses):
        others = np.delete(np.arange(len(masses)), i)
        earlier = np.where(others < i, by_round[:, None], before_round[:, None])
        last += sums.add(round_law @ _sold(sums, k - 1, masses[others], earlier)[k - 1], k - 1, own)
    return RevenueLaw.of(np.concatenate(sums.levels), np.concatenate([*laws, last]))


def _sold(sums: Sums, most: int, masses: FloatArray, asked: FloatArray) -> list[FloatArray]:
    """Laws of the sum of exactly a = 0 … `most` sales, each of shape (cases, len(levels[a])).

    `asked`, shape (cases, n): with what probability each buyer is asked in each case.
    """
    cases = len(asked)
    law = [np.zeros((cases, sums.levels[a].size)) for a in range(most + 1)]
    law[0][:] = 1.0
    for j, own in enumerate(masses):
        would_not = 1 - asked[:, j, None] * own.sum()
        for a in range(most, -1, -1):
            law[a] = would_not * law[a]
            if a:
                law[a] += sums.add(asked[:, j, None] * law[a - 1], a - 1, own)
    return law
