"""What 𝕄 is compared with: auctions that learn the prior from the reports themselves.

Baliga and Vohra (2003) price one half of the buyers by the other's reports; Segal (2003) prices each by all
the others'; Dhangwatnotai, Roughgarden and Yan (2010) take one report as the reserve. In all of them one's
own report never touches one's own price, so truth is dominant. The highest bidders are served if they meet
their personal reserves; a unit whose bidder does not meet hers stays unsold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.auctions.ranking import k_highest, lowest_accepted
from mechanisms.conservative.estimates import ReserveEstimate, Smoothed
from mechanisms.conversation import Conversation, DirectLottery, DirectMechanism, Mechanism, check_count
from mechanisms.outcome import Lottery, Outcome
from mechanisms.questions import AskValue, Chance


@dataclass(frozen=True)
class SegalAuction(DirectMechanism):
    """k units: the k highest bidders, each at the (k+1)st bid or her reserve, estimated from all other bids.

    supply
        k, at least 1. With k = 1 the raw frequencies never bind (see `mechanisms.conservative.estimates`).
    estimate
        From the others' bids to a reserve. With nobody else there is none.

    Ties go to the lowest index. Raises TypeError or ValueError for a supply that is no integer of at least 1,
    TypeError for an estimate that is no `ReserveEstimate`.
    """

    supply: int = 1
    estimate: ReserveEstimate = field(default_factory=Smoothed)

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_count("supply", self.supply)
        _check_estimate(self.estimate)

    @property
    def units(self) -> int:  # type: ignore[override]
        """The supply."""
        return self.supply

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for bids of shape `(..., n)`, profile by profile."""
        bids = np.asarray(reports, dtype=float)
        among, next_highest = k_highest(bids, self.supply)
        reserves = np.zeros(bids.shape)
        for winner in map(tuple, np.argwhere(among)):
            others = np.delete(bids[winner[:-1]], winner[-1])
            reserves[winner] = _reserve(self.estimate, others)
        return _sale(bids, among, next_highest, reserves)


@dataclass(frozen=True)
class BaligaVohraAuction(Mechanism):
    """The buyers are split at random in halves; either half's reserve is estimated from the other's bids.

    supply, estimate
        As in `SegalAuction`.
    split
        For each buyer whether she is in the second half, to fix the split; None: drawn uniformly, n // 2 of
        them in the second half.

    Raises as `SegalAuction`; in a conversation ValueError if `split` is not for n buyers.
    """

    supply: int = 1
    estimate: ReserveEstimate = field(default_factory=Smoothed)
    split: tuple[bool, ...] | None = None

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_count("supply", self.supply)
        _check_estimate(self.estimate)

    @property
    def units(self) -> int:  # type: ignore[override]
        """The supply."""
        return self.supply

    def conversation(self, n: int) -> Conversation:
        """Collect bids, split, and sell."""
        bids = (yield AskValue()).values
        second = self.split
        if second is None:
            drawn: list[bool] = []
            for i in range(n):
                share = (n // 2 - sum(drawn)) / (n - i)
                drawn.append((yield Chance((1 - share, share))) == 1)
            second = tuple(drawn)
        if len(second) != n:
            raise ValueError(f"split must be for {n} buyers, got {len(second)} entries")
        half = np.array(second, dtype=bool)
        reserves = np.where(
            half, _reserve(self.estimate, bids[~half]), _reserve(self.estimate, bids[half])
        )
        among, next_highest = k_highest(bids, self.supply)
        return _sale(bids, among, next_highest, reserves)


@dataclass(frozen=True)
class SingleSampleAuction(DirectLottery):
    """A buyer drawn at random cannot win; her bid is the reserve of Vickrey's auction among the others.

    From n >= 2 independent values of one regular density it earns at least (1/2)(n − 1)/n of the optimum;
    values with atoms may earn any smaller part.

    `sampled` fixes her index. Ties go to the lowest index; a sampled buyer who makes no bid sets no
    reserve. Raises TypeError or ValueError for an index that is no integer of at least 0.
    """

    sampled: int | None = None

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.sampled is not None:
            check_count("sampled", self.sampled, least=0)

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """One, or enough for the sampled index."""
        return 1 if self.sampled is None else self.sampled + 1

    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """One branch for each buyer who may be sampled."""
        bids = np.asarray(reports, dtype=float)
        n = bids.shape[-1]
        samples = range(n) if self.sampled is None else [self.sampled]
        ends = [self._given(bids, sample) for sample in samples]
        weights = np.full((*bids.shape[:-1], len(ends)), 1 / max(len(ends), 1))
        allocation = np.stack([end.allocation for end in ends], axis=-2)
        return Lottery(weights, Outcome(allocation, np.stack([end.payments for end in ends], axis=-2)))

    @staticmethod
    def _given(bids: FloatArray, sample: int) -> Outcome:
        staying = bids.copy()
        staying[..., sample] = -np.inf
        among, second = k_highest(staying, 1)
        reserve = np.maximum(bids[..., sample, None], 0.0)
        return _sale(staying, among, second, np.broadcast_to(reserve, bids.shape))


def _reserve(estimate: ReserveEstimate, bids: FloatArray) -> float:
    """The estimate from those who bid at all; 0 if nobody did."""
    sample = bids[np.isfinite(bids)]
    return estimate.reserve(sample) if sample.size else 0.0


def _sale(
    bids: FloatArray, among: NDArray[np.bool_], next_highest: FloatArray, reserves: FloatArray
) -> Outcome:
    """Serve those `among` the highest who meet their reserves, at the next bid or the reserve."""
    wins = among & (bids >= lowest_accepted_each(reserves))
    prices = np.minimum(np.maximum(next_highest[..., None], reserves), bids)
    return Outcome(wins.astype(float), np.where(wins, prices, 0.0))


def lowest_accepted_each(reserves: FloatArray) -> FloatArray:
    """The least bid that meets each reserve, elementwise."""
    return np.asarray(lowest_accepted(reserves))  # type: ignore[arg-type]


def _check_estimate(estimate: Any) -> None:
    if not isinstance(estimate, ReserveEstimate):
        raise TypeError(f"estimate must be a ReserveEstimate, got {estimate!r}")
