"""Lotteries that only the highest bidder can win (robust paper, Section 1.5.3).

A rule of this kind looks at the two highest bids x >= y alone. It is a finite lottery over what happens to
the highest bidder; all others get and pay nothing. Bids are in [0, 1]; a bidder who makes no bid counts as
one of value 0, and never wins.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray, check_seats
from mechanisms.auctions.ranking import top_two
from mechanisms.conversation import DirectLottery
from mechanisms.outcome import Lottery, Outcome
from mechanisms.robust.markov import LotteryConstants, check_market, lottery_constants


@dataclass(frozen=True)
class Branches:
    """What can happen to the highest bidder: chances, goods and payments, each of shape (..., b)."""

    chances: FloatArray
    goods: FloatArray
    paid: FloatArray


@dataclass(frozen=True)
class MarkovLottery(DirectLottery):
    """A highest-bidder rule that secures r among I bidders whose values have means of at least μ.

    bidders
        I, an integer of at least 2: as many must report. Who does not come has the report `-inf`.
    mean
        μ in (0, 1).

    A bidder who bids more wins no less often, and pays what truth asks for: truth is a dominant strategy in
    expectation over the seller's draws. Ties go to the lowest index.

    Raises TypeError or ValueError for other bidders or means.
    """

    bidders: int
    mean: float

    def __post_init__(self) -> None:
        bidders, mean = check_market(self.bidders, self.mean)
        object.__setattr__(self, "bidders", bidders)
        object.__setattr__(self, "mean", mean)

    @property
    def constants(self) -> LotteryConstants:
        """σ*, r and μ − r of Theorem 1.5.3."""
        return lottery_constants(self.bidders, self.mean)

    @property
    def sigma(self) -> float:
        """σ*, the worth of a unit of each bidder's mean to the seller, in (0, 1/(I − 1))."""
        return self.constants.sigma

    @property
    def worst_case_revenue(self) -> float:
        """r: no distribution of the Markov set brings less in expectation."""
        return self.constants.value

    @property
    def breakpoints(self) -> tuple[float, ...]:  # type: ignore[override]
        """The chance to win has a kink at r."""
        return (self.worst_case_revenue,)

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as the rule is for."""
        return self.bidders

    @abstractmethod
    def _chance(self, highest: FloatArray, second: FloatArray) -> FloatArray:
        """The chance that the highest bidder gets the good, elementwise for 0 <= second <= highest <= 1."""

    @abstractmethod
    def _fee(self, highest: FloatArray, second: FloatArray) -> FloatArray:
        """What she pays in expectation, elementwise."""

    @abstractmethod
    def _branches(self, highest: FloatArray, second: FloatArray) -> Branches:
        """What can happen to her; the means are `_chance` and `_fee`."""

    def revenue_from(self, highest: FloatArray, second: FloatArray) -> FloatArray:
        """Expected revenue from the two highest bids, elementwise for 0 <= second <= highest <= 1."""
        return self._fee(highest, second)

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """Expected allocation and payments, for bids of shape `(..., n)` in [0, 1]; `-inf` is no bid.

        Raises ValueError for other bids, or another number of bidders than the rule is for.
        """
        winner, highest, second, comes = _ranked(reports, self.bidders)
        chance = np.where(comes, self._chance(highest, second), 0.0)
        fee = np.where(comes, self._fee(highest, second), 0.0)
        return Outcome(_at(winner, chance, reports), _at(winner, fee, reports))

    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """The joint draw of allocation and payments; as `outcome`, but a bid above 1 counts as 1.

        Who overbids in a market breaks nothing, and gains nothing.
        """
        winner, highest, second, comes = _ranked(np.minimum(reports, 1.0), self.bidders)
        branches = self._branches(highest, second)
        shape = (*branches.chances.shape, np.shape(reports)[-1])
        seats = np.broadcast_to(winner[..., None], branches.chances.shape)
        goods, paid = (
            _at(seats, np.where(comes[..., None], part, 0.0), np.broadcast_to(0.0, shape))
            for part in (branches.goods, branches.paid)
        )
        return Lottery(branches.chances, Outcome(goods, paid))


def _ranked(
    reports: NDArray[Any], bidders: int
) -> tuple[NDArray[np.intp], FloatArray, FloatArray, NDArray[np.bool_]]:
    """The highest bidder, the two highest bids, and whether there is a bid at all; each of shape (...)."""
    bids = np.asarray(reports, dtype=float)
    check_seats("reports", bids, bidders)
    winner, highest, second = top_two(bids)
    if bids.size and not (np.max(highest) <= 1 and (bids.min() >= 0 or _no_others_below(bids))):
        wrong = bids[~((bids >= 0) & (bids <= 1)) & (bids != -np.inf)]
        raise ValueError(f"reports must be in [0, 1], or -inf for no bid, got {wrong[0]}")
    comes = np.asarray(highest) >= 0
    return np.asarray(winner), np.maximum(highest, 0.0), np.maximum(second, 0.0), comes


def _no_others_below(bids: FloatArray) -> bool:
    """Whether all bids below 0 are absences."""
    return bool((bids[bids < 0] == -np.inf).all())


def _at(winner: NDArray[np.intp], amounts: FloatArray, like: NDArray[Any]) -> FloatArray:
    """Zeros of the shape (..., n) of `like`, with the amounts, shape (...), at the winners' places."""
    placed: FloatArray = np.zeros(np.shape(like))
    if placed.size:
        rows = placed.reshape(-1, placed.shape[-1])
        rows[np.arange(len(rows)), np.ravel(winner)] = np.ravel(amounts)
    return placed
