"""One pass: every buyer is asked once, in uniformly random order, until the units are gone.

Sharper than the paper's rounds (Section 4, Lemmas 10 to 13); proof in docs/theory/one_pass.md. Truthful in
expectation where each buyer's lottery is: whether she is reached does not depend on her report.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mechanisms.questions import Chance, Question
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.first_sales import first_sales_law
from mechanisms.risk_averse.laws import one_pass_factor
from mechanisms.risk_averse.lottery_sale import LotterySale
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.sums import Sums


@dataclass(frozen=True, init=False)
class OnePass(LotterySale):
    """Ask every buyer once, in uniformly random order, and sell to her by her lottery, until sold out.

    Fields and errors as `LotterySale` says.
    """

    def order(self) -> Generator[Question, Any, list[int]]:
        """A uniformly random order of all buyers."""
        return (yield from random_order(self.n))

    def revenue_law(self, probabilities: Sequence[ArrayLike]) -> RevenueLaw:
        """The exact law of revenue; raises as `expected_utility` does."""
        sums = Sums.of(np.array(self.prices), min(self.units, self.n))
        return first_sales_law(sums, self.units, self.masses(probabilities))

    def soft_utility(self, probabilities: Sequence[ArrayLike], utility: Attitude) -> float:
        """The same without the limit of `units`: everyone who would be sold a unit is."""
        unlimited = OnePass(self.values, self.prices, self.lotteries, self.n)
        return unlimited.expected_utility(probabilities, utility)

    def factor(self, probabilities: Sequence[ArrayLike]) -> float:
        """c of R1: one pass earns at least c times `soft_utility`, whatever the seller's utility."""
        return one_pass_factor(self.masses(probabilities).sum(axis=1), self.units)


def random_order(n: int) -> Generator[Question, Any, list[int]]:
    """Let nature draw a uniformly random order of n, one place after the other."""
    left, order = list(range(n)), []
    while left:
        drawn = (yield Chance((1 / len(left),) * len(left))) if len(left) > 1 else 0
        order.append(left.pop(drawn))
    return order
