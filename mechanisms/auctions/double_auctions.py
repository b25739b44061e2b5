"""Double auctions of one good: sellers offer, buyers bid, and who trades at what price is one rule.

The first `sellers` seats sell one unit each, all others buy one. Of the lowest costs a_1 <= a_2 … and the
highest values b_1 >= b_2 …, q pairs can trade: the greatest q with b_q >= a_q. Ties go to the lowest index.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray, check_field
from mechanisms.conversation import DirectMechanism, check_count
from mechanisms.outcome import Outcome
from mechanisms.types import Traders


@dataclass(frozen=True)
class _DoubleAuction(DirectMechanism):
    """What both rules share: how offers are ranked. `sellers` is at least 1."""

    sellers: int

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_count("sellers", self.sellers)

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """One buyer beside the sellers."""
        return self.sellers + 1

    @property
    def space(self) -> Traders:
        """Net trades of the sellers and the buyers."""
        return Traders(self.sellers)

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for offers of shape `(..., n)`; ValueError for NaN, or nobody beside the sellers."""
        offers = np.asarray(reports, dtype=float)
        if not offers.ndim or offers.shape[-1] < self.least_buyers:
            raise ValueError(f"reports must be of at least {self.least_buyers}, got shape {offers.shape}")
        if np.isnan(offers).any():
            raise ValueError("reports must be numbers, or -inf for no offer, got NaN")
        costs = np.where(offers == -np.inf, np.inf, offers)[..., : self.sellers]
        costs, sellers_by_cost = _ranked(costs)
        values, buyers_by_value = _ranked(-offers[..., self.sellers :])
        values = -values
        pairs = min(costs.shape[-1], values.shape[-1])
        able = (values[..., :pairs] >= costs[..., :pairs]) & (costs[..., :pairs] < np.inf)
        count, price_of_sellers, price_of_buyers = self._decide(costs, values, able.sum(axis=-1))
        sells = np.argsort(sellers_by_cost, axis=-1) < count[..., None]
        buys = np.argsort(buyers_by_value, axis=-1) < count[..., None]
        net = np.concatenate([-sells.astype(float), buys.astype(float)], axis=-1)
        prices = np.where(net < 0, price_of_sellers[..., None], price_of_buyers[..., None])
        return Outcome(net, net * np.where(net != 0, prices, 0.0))

    @abstractmethod
    def _decide(
        self, costs: FloatArray, values: FloatArray, able: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], FloatArray, FloatArray]:
        """How many trade, what sellers get and what buyers pay, each `(...)`; `able` is q, 0 included."""


@dataclass(frozen=True)
class KDoubleAuction(_DoubleAuction):
    """All q pairs trade at k times the highest price that clears the market and 1 - k times the lowest.

    Chatterjee and Samuelson 1983, Operations Research 31; Rustichini, Satterthwaite and Williams 1994,
    Econometrica 62. What buyers pay is what sellers get. k is in [0, 1].
    """

    k: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_field(self, "k", at_least=0, at_most=1)

    @property
    def name(self) -> str:
        """Name for tables."""
        return "k-double auction"

    def _decide(
        self, costs: FloatArray, values: FloatArray, able: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], FloatArray, FloatArray]:
        lowest = np.maximum(_rank(costs, able, -np.inf), _rank(values, able + 1, -np.inf))
        highest = np.minimum(_rank(values, able, np.inf), _rank(costs, able + 1, np.inf))
        some = able > 0
        price = self.k * np.where(some, highest, 0.0) + (1 - self.k) * np.where(some, lowest, 0.0)
        return able, price, price


@dataclass(frozen=True)
class McAfee(_DoubleAuction):
    """McAfee's rule: truth is dominant, nobody loses, and the budget is never short.

    McAfee 1992, Journal of Economic Theory 56. With p the mean of a_{q+1} and b_{q+1}: if a_q <= p <= b_q all
    q pairs trade at p; otherwise, or if there is no such p, q - 1 pairs do, sellers for a_q, buyers at b_q.
    """

    @property
    def name(self) -> str:
        """Name for tables."""
        return "McAfee's double auction"

    def _decide(
        self, costs: FloatArray, values: FloatArray, able: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], FloatArray, FloatArray]:
        next_cost, next_value = _rank(costs, able + 1, np.inf), _rank(values, able + 1, -np.inf)
        last_cost, last_value = _rank(costs, able, -np.inf), _rank(values, able, np.inf)
        known = np.isfinite(next_cost) & np.isfinite(next_value)
        middle = (np.where(known, next_cost, 0.0) + np.where(known, next_value, 0.0)) / 2
        all_trade = known & (last_cost <= middle) & (middle <= last_value)
        count = np.where(all_trade, able, np.maximum(able - 1, 0))
        return count, np.where(all_trade, middle, last_cost), np.where(all_trade, middle, last_value)


def _ranked(amounts: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Amounts in ascending order, and whose they are; equal ones in the order of their indices."""
    order = np.argsort(amounts, axis=-1, kind="stable")
    return np.take_along_axis(amounts, order, axis=-1), order


def _rank(ranked: FloatArray, rank: NDArray[np.intp], otherwise: float) -> FloatArray:
    """The amount of a rank, from 1, of shape `(...)`; `otherwise` where there is none."""
    count = ranked.shape[-1]
    place = np.clip(rank - 1, 0, count - 1)
    amount = np.take_along_axis(ranked, place[..., None], axis=-1)[..., 0]
    return np.where((rank >= 1) & (rank <= count), amount, otherwise)
