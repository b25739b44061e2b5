"""Types that are signals of a value: private, affiliated and common values (Milgrom and Weber 1982).

A model says how signals and values are drawn together. For an auction of one item it also says what a bidder
may conclude from her own signal x: how the highest rival signal y is distributed, and what she expects the
item to be worth to her given x and y, Milgrom and Weber's v(x, y).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.conversation import check_count
from mechanisms.distributions.base import Distribution
from mechanisms.distributions.prior import IndependentPrior
from mechanisms.distributions.uniforms import draw_uniforms
from mechanisms.quadrature import between_cuts

POINTS = 20
"""Nodes of the quadrature between neighbouring cuts."""
TAIL = 1e-13
"""Probability beyond the support that stands for an infinite one."""


@dataclass(frozen=True)
class SignalDraw:
    """Signals and values drawn together, each of shape `(..., n)`, or `(..., n, k)` for vectors."""

    signals: FloatArray
    values: FloatArray


@dataclass(frozen=True)
class HighestRival:
    """Quadrature over the highest rival signal, given one's own: three arrays of shape `(..., q)`.

    `weights` sum to 1; `values` are the expected values given both signals.
    """

    signals: FloatArray
    weights: FloatArray
    values: FloatArray


class TypeModel(ABC):
    """A joint distribution of n bidders' signals and values."""

    private: ClassVar[bool] = True
    """Whether a bidder's signal is her value."""
    width: ClassVar[int] = 0
    """Numbers in one type; 0 for a plain number."""

    @property
    @abstractmethod
    def n(self) -> int:
        """The number of bidders."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> SignalDraw:
        """Independent draws; `size` is their number, or their shape."""

    @abstractmethod
    def support(self, bidder: int) -> tuple[float, float]:
        """Least and greatest signal of a bidder, finite."""


class SignalModel(TypeModel):
    """A model of signals that are numbers, for auctions of one item."""

    @abstractmethod
    def highest_rival(self, bidder: int, signals: FloatArray, cut: FloatArray) -> HighestRival:
        """The highest rival signal given the bidder's own, `signals`, with a cut of the quadrature at `cut`.

        `signals`, inside the support, and `cut`, anywhere, have the same shape `(...)`.
        """


class IndependentPrivateValues(SignalModel):
    """Independent private values: bidder i's is drawn from `marginals[i]`.

    The highest of several rivals stands for all of them, so that they must be alike. Raises ValueError for
    fewer than two bidders, or three and more with different marginals; TypeError for other marginals.
    """

    def __init__(self, marginals: Iterable[Distribution]) -> None:
        self.prior = IndependentPrior(marginals)
        if self.n < 2:
            raise ValueError(f"marginals must be at least two, not {self.n}")
        if self.n > 2 and len(set(self.prior.marginals)) > 1:
            raise ValueError(f"marginals of more than two bidders must be alike, not {self.prior.marginals}")

    @property
    def n(self) -> int:
        """One for each marginal."""
        return self.prior.n

    @classmethod
    def identical(cls, marginal: Distribution, n: int) -> IndependentPrivateValues:
        """The model of n >= 2 bidders with the same marginal."""
        check_count("n", n, least=2)
        return cls([marginal] * n)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> SignalDraw:
        """Values, which are the signals."""
        values = self.prior.sample(rng, size)
        return SignalDraw(values, values)

    def support(self, bidder: int) -> tuple[float, float]:
        """Of the bidder's marginal; an infinite end is cut off with probability 1e-13."""
        marginal = self.prior.marginals[bidder]
        low, high = marginal.support
        return (
            low if np.isfinite(low) else float(marginal.quantile(TAIL)),
            high if np.isfinite(high) else float(marginal.quantile(1 - TAIL)),
        )

    def highest_rival(self, bidder: int, signals: FloatArray, cut: FloatArray) -> HighestRival:
        """Quadrature over the level u of the highest rival in their distribution: density (n - 1) u^(n-2)."""
        rival = self.prior.marginals[1 if bidder == 0 else 0]
        level = rival.cdf(cut)
        levels, weights = between_cuts(
            np.stack([np.zeros_like(level), level, np.ones_like(level)], axis=-1), POINTS
        )
        weights = weights * (self.n - 1) * levels ** (self.n - 2)
        values = np.broadcast_to(signals[..., None], levels.shape)
        return HighestRival(rival.quantile(levels), weights, values)

    def __repr__(self) -> str:
        return f"IndependentPrivateValues({self.prior!r})"


class _SymmetricSignals(SignalModel):
    """Symmetric bidders whose signals lie in [0, top]; the subclass gives density, kinks and v(x, y)."""

    private: ClassVar[bool] = False
    top: ClassVar[float]

    def support(self, bidder: int) -> tuple[float, float]:
        """The same for all bidders."""
        return 0.0, self.top

    def highest_rival(self, bidder: int, signals: FloatArray, cut: FloatArray) -> HighestRival:
        """Quadrature over the highest rival signal y with its density given x."""
        ends = np.broadcast_arrays(0.0, self.top, signals, cut, *self._kinks(signals))
        nodes, weights = between_cuts(np.clip(np.stack(ends, axis=-1), 0.0, self.top), POINTS)
        own = signals[..., None]
        return HighestRival(nodes, weights * self.density(own, nodes), self.expected_value(own, nodes))

    @abstractmethod
    def density(self, signal: FloatArray, rival: FloatArray) -> FloatArray:
        """Of the highest rival signal y, given the own signal x strictly inside the support."""

    @abstractmethod
    def expected_value(self, signal: FloatArray, rival: FloatArray) -> FloatArray:
        """v(x, y): the expected value given the own signal and the highest rival one."""

    def _kinks(self, signals: FloatArray) -> tuple[FloatArray, ...]:
        """Where the density is not smooth in y, beside y = x."""
        return ()


@dataclass(frozen=True)
class CommonComponent(_SymmetricSignals):
    """Two bidders with signals x_i = s_i + t, and one value for both: the mean of the signals.

    s_1, s_2 and t are independent and uniform on [0, 1] (Krishna, Example 6.2).
    """

    top: ClassVar[float] = 2.0

    @property
    def n(self) -> int:
        """2."""
        return 2

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> SignalDraw:
        """Signals s_i + t and their mean."""
        parts = draw_uniforms(rng, size, 3)
        signals = parts[..., :2] + parts[..., 2:]
        return SignalDraw(signals, np.broadcast_to(signals.mean(axis=-1, keepdims=True), signals.shape))

    def density(self, signal: FloatArray, rival: FloatArray) -> FloatArray:
        """Length of the t in [0, 1] that are in [x - 1, x] and in [y - 1, y], over that for x alone."""
        return _common_length(np.minimum(signal, rival), np.maximum(signal, rival)) / _common_length(
            signal, signal
        )

    def expected_value(self, signal: FloatArray, rival: FloatArray) -> FloatArray:
        """The mean of the two signals."""
        return (signal + rival) / 2

    def _kinks(self, signals: FloatArray) -> tuple[FloatArray, ...]:
        return signals - 1, np.ones_like(signals), signals + 1


def _common_length(low: FloatArray, high: FloatArray) -> FloatArray:
    """Length of [max(high - 1, 0), min(low, 1)]."""
    return np.maximum(np.minimum(low, 1) - np.maximum(high - 1, 0), 0)


@dataclass(frozen=True)
class MineralRights(_SymmetricSignals):
    """n >= 3 bidders for one common value V, uniform on [0, 1]; given V, signals are uniform on [0, 2V].

    Given x and the highest rival signal y, V has a density that is as V^(-n) on [m, 1], m = max(x, y) / 2
    (Krishna, Example 6.1, has n = 3). Raises TypeError or ValueError for another n.
    """

    n: int = 3
    top: ClassVar[float] = 2.0

    def __post_init__(self) -> None:
        check_count("n", self.n, least=3)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> SignalDraw:
        """The common value, and signals given it."""
        uniforms = draw_uniforms(rng, size, self.n + 1)
        value, signals = uniforms[..., :1], uniforms[..., 1:]
        return SignalDraw(2 * value * signals, np.broadcast_to(value, signals.shape))

    def density(self, signal: FloatArray, rival: FloatArray) -> FloatArray:
        """Integral over V in [m, 1] of (n-1) y^(n-2) / (2V)^(n-1), with V as 1/V on [x/2, 1] given x."""
        n = self.n
        least = np.maximum(signal, rival) / 2
        return (rival / 2) ** (n - 2) / 2 * (least ** (1 - n) - 1) / np.log(2 / signal)

    def expected_value(self, signal: FloatArray, rival: FloatArray) -> FloatArray:
        """Mean of V under the density as V^(-n) on [m, 1]; 2m / (1 + m) for three bidders.

        The difference quotients are geometric sums in 1/m, multiplied by m^(n-2).
        """
        n = self.n
        least = np.maximum(signal, rival) / 2
        above = sum((least**power for power in range(1, n - 1)), start=np.zeros_like(least))
        below = sum((least**power for power in range(n - 1)), start=np.zeros_like(least))
        return (n - 1) / (n - 2) * above / below


@dataclass(frozen=True)
class SumOfSignals(_SymmetricSignals):
    """Two bidders with independent signals, uniform on [0, 1], and one value for both: their sum.

    The wallet game (Klemperer 1998, European Economic Review 42).
    """

    top: ClassVar[float] = 1.0

    @property
    def n(self) -> int:
        """2."""
        return 2

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> SignalDraw:
        """Signals and their sum."""
        signals = draw_uniforms(rng, size, 2)
        return SignalDraw(signals, np.broadcast_to(signals.sum(axis=-1, keepdims=True), signals.shape))

    def density(self, signal: FloatArray, rival: FloatArray) -> FloatArray:
        """1 on [0, 1]."""
        return np.ones(np.broadcast_shapes(signal.shape, rival.shape))

    def expected_value(self, signal: FloatArray, rival: FloatArray) -> FloatArray:
        """x + y."""
        return signal + rival
