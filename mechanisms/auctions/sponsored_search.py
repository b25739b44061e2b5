"""Sponsored search: positions of different click rates go to the highest bids for a click.

Edelman, Ostrovsky and Schwarz 2007, "Internet advertising and the generalized second-price auction", American
Economic Review 97; Varian 2007, International Journal of Industrial Organization 25.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray, finite_vector
from mechanisms.conversation import DirectMechanism
from mechanisms.outcome import Outcome
from mechanisms.types import Positions


@dataclass(frozen=True)
class _PositionAuction(DirectMechanism):
    """The higher a bid for a click, the better the position; the pricing is the subclass's.

    `click_rates` are at least 0, one for each position, in any order: the best position is that of most
    clicks. Ties go to the lowest index. Raises TypeError or ValueError for other rates.
    """

    click_rates: tuple[float, ...]

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        rates = finite_vector("click_rates", self.click_rates)
        if not rates.size or (rates < 0).any():
            raise ValueError(f"click_rates must be at least one, none below 0, got {self.click_rates!r}")
        object.__setattr__(self, "click_rates", tuple(rates.tolist()))

    @property
    def space(self) -> Positions:
        """A value a click, and the positions."""
        return Positions(self.click_rates)

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for bids of shape `(..., n)`; allocation `(..., n, positions)`. ValueError for NaN."""
        bids = np.asarray(reports, dtype=float)
        if np.isnan(bids).any():
            raise ValueError("reports must be numbers, or -inf for no bid, got NaN")
        n, positions = bids.shape[-1], len(self.click_rates)
        order = np.argsort(-bids, axis=-1, kind="stable")
        ranked = np.maximum(np.take_along_axis(bids, order, axis=-1), 0.0)
        best_first = np.argsort(-np.array(self.click_rates), kind="stable")
        rates = np.array(self.click_rates)[best_first]
        padded = np.concatenate([ranked, np.zeros((*bids.shape[:-1], positions + 1))], axis=-1)
        prices = self._prices(rates, padded[..., : positions + 1])
        allocation, payments = np.zeros((*bids.shape, positions)), np.zeros(bids.shape)
        for rank in range(min(n, positions)):
            winner = order[..., rank, None]
            bid = np.take_along_axis(bids, winner, axis=-1)
            taken = (bid > -np.inf).astype(float)
            np.put_along_axis(allocation[..., best_first[rank]], winner, taken, axis=-1)
            np.put_along_axis(payments, winner, taken * prices[..., rank, None], axis=-1)
        return Outcome(allocation, payments)

    @abstractmethod
    def _prices(self, rates: FloatArray, bids: FloatArray) -> FloatArray:
        """What each position costs, `(..., K)`, from descending rates (K,) and bids (..., K + 1)."""


@dataclass(frozen=True)
class GeneralizedSecondPrice(_PositionAuction):
    """Each click costs the next lower bid (GSP): truth is not dominant with two positions or more."""

    def _prices(self, rates: FloatArray, bids: FloatArray) -> FloatArray:
        return rates * bids[..., 1:]


@dataclass(frozen=True)
class PositionVCG(_PositionAuction):
    """Each position costs what the others lose by its taker's presence (VCG): truth is dominant."""

    @property
    def name(self) -> str:
        """Name for tables."""
        return "position VCG"

    def _prices(self, rates: FloatArray, bids: FloatArray) -> FloatArray:
        steps = rates - np.append(rates[1:], 0.0)
        return np.cumsum((steps * bids[..., 1:])[..., ::-1], axis=-1)[..., ::-1]
