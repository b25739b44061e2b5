"""The optimal highest-bidder-lottery (robust paper, Theorem 1.5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.distributions.uniforms import draw_uniforms
from mechanisms.robust.highest_bidder import Branches, MarkovLottery

CHARGES = ("always", "winner")


@dataclass(frozen=True)
class HighestBidderLottery(MarkovLottery):
    """The best rule under the Markov set among those that give the good to nobody but the highest bidder.

    charge
        "always": the highest bidder pays σ*(x − r)⁺ + (I − 1) σ* y for her chance, whether she gets the good
        or not (1.13). "winner": she pays only when she gets it, then more; the same in expectation.

    Raises TypeError or ValueError for other bidders, means or charges.
    """

    charge: str = "always"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.charge not in CHARGES:
            raise ValueError(f"charge must be one of {', '.join(map(repr, CHARGES))}, got {self.charge!r}")

    @property
    def ex_post_ir(self) -> bool:  # type: ignore[override]
        """Only if losers do not pay; in expectation over the draw nobody ever loses."""
        return self.charge == "winner"

    def _chance(self, highest: FloatArray, second: FloatArray) -> FloatArray:
        """(1.12), with the second highest bid for the maximum over the others."""
        r, own, rival = self.worst_case_revenue, highest, second
        floor = np.maximum(rival, r)
        rise = np.log(np.maximum(own, r) / floor)
        chance = self.sigma * (rise + np.where(rival >= r, self.bidders - r / floor, self.bidders - 1))
        return np.minimum(chance, 1.0)

    def _fee(self, highest: FloatArray, second: FloatArray) -> FloatArray:
        """(1.13), integrated."""
        r = self.worst_case_revenue
        return self.sigma * (np.maximum(highest - r, 0.0) + (self.bidders - 1) * second)

    def _branches(self, highest: FloatArray, second: FloatArray) -> Branches:
        """She gets the good, or not."""
        chance, fee = self._chance(highest, second), self._fee(highest, second)
        chances = np.stack([chance, 1 - chance], axis=-1)
        if self.charge == "always":
            paid = np.stack([fee, fee], axis=-1)
        else:
            paid = np.stack([np.minimum(fee / chance, highest), np.zeros_like(fee)], axis=-1)
        return Branches(chances, _gets(chances, 1), paid)


@dataclass(frozen=True)
class RandomReserveLottery(MarkovLottery):
    """The second price auction whose reserve is 0 with chance (I − 1) σ*, else of density σ*/x on [r, 1].

    It secures r as well, and earns never less than the optimal highest-bidder-lottery: more by
    σ* (r + y (ln(y/r) − 1)) wherever the second bid y exceeds r. Sharper than the paper's Theorem 1.5.3;
    proof in docs/theory/robust.md.

    The winner pays the second bid if that is above the reserve; else, in the lottery that is played, the
    mean of the reserves between the two bids, which is the same to everybody who does not fear risk.

    Raises TypeError or ValueError for other bidders or means.
    """

    ex_post_ir: ClassVar[bool] = True

    def _chance(self, highest: FloatArray, second: FloatArray) -> FloatArray:
        """The chance that the reserve is at most the highest bid."""
        return self.reserve_cdf(highest)

    def _fee(self, highest: FloatArray, second: FloatArray) -> FloatArray:
        """The second bid where it exceeds the reserve, and the reserve itself up to the highest."""
        return second * self.reserve_cdf(second) + self._reserves_between(highest, second)

    def _branches(self, highest: FloatArray, second: FloatArray) -> Branches:
        """A reserve up to the second bid, one between the two bids, one above the highest."""
        below, total = self.reserve_cdf(second), self.reserve_cdf(highest)
        between = total - below
        price = self._reserves_between(highest, second) / np.where(between > 0, between, 1.0)
        price = np.clip(price, second, highest)
        chances = np.stack([below, between, 1 - total], axis=-1)
        return Branches(chances, _gets(chances, 2), np.stack([second, price, np.zeros_like(price)], axis=-1))

    def reserve_cdf(self, price: FloatArray) -> FloatArray:
        """The chance of a reserve of at most `price`, elementwise for prices in [0, 1]."""
        rise = np.log(np.maximum(price, self.worst_case_revenue) / self.worst_case_revenue)
        return np.minimum(self.sigma * (self.bidders - 1 + rise), 1.0)

    def sample_reserves(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> FloatArray:
        """Independent reserves of shape `size`, from a uniform each."""
        uniforms = draw_uniforms(rng, size)
        atom = self.sigma * (self.bidders - 1)
        rise = np.exp((np.maximum(uniforms, atom) - atom) / self.sigma)
        return np.where(uniforms < atom, 0.0, self.worst_case_revenue * rise)

    def _reserves_between(self, highest: FloatArray, second: FloatArray) -> FloatArray:
        """The integral of x σ*/x over the reserves in (second, highest]."""
        return self.sigma * np.maximum(highest - np.maximum(second, self.worst_case_revenue), 0.0)


def _gets(chances: FloatArray, winning: int) -> FloatArray:
    """One unit in the first `winning` branches, none in the others, shape (..., b)."""
    return np.broadcast_to(np.arange(chances.shape[-1]) < winning, chances.shape).astype(float)
