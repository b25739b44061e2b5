"""Reserve prices estimated from a sample of reports: what a seller without a prior may do instead of asking.

For one good a reserve from the raw frequencies of the others' reports never binds: the price that maximises
p · #{j : v_j ≥ p} over the others is at most the highest of them, which the winner pays anyway. So the raw
estimate is only of use for several units; for one good the estimate has to be smoothed, or of a family.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray, check_field
from mechanisms.comparison import at_least


class ReserveEstimate(ABC):
    """A rule from a sample of values to a monopoly price."""

    @abstractmethod
    def reserve(self, sample: FloatArray) -> float:
        """The estimated monopoly price for a sample of shape (m,), m >= 1, at least 0."""


@dataclass(frozen=True)
class RawFrequencies(ReserveEstimate):
    """The smallest p that maximises p times the part of the sample at or above p."""

    def reserve(self, sample: FloatArray) -> float:
        """One of the sample's values."""
        prices = np.sort(sample)
        revenues = prices * np.arange(len(prices), 0, -1)
        return float(prices[np.argmax(at_least(revenues, revenues.max()))])


@dataclass(frozen=True)
class Smoothed(ReserveEstimate):
    """Each value of the sample counts as uniform within `bandwidth` of it (a box kernel), cut off at 0.

    bandwidth
        Money, above 0; None: 1.06 s m^(−1/5) times √3, Silverman's rule for a box of the same spread.

    Raises TypeError or ValueError for a bandwidth that is no number above 0.
    """

    bandwidth: float | None = None

    def __post_init__(self) -> None:
        if self.bandwidth is not None:
            check_field(self, "bandwidth", above=0)

    def reserve(self, sample: FloatArray) -> float:
        """The best price for the smoothed sample, exactly: p S(p) is quadratic between the boxes' ends."""
        width = self._width(sample)
        if width == 0:
            return float(sample[0])
        ends = np.unique(np.concatenate([[0.0], np.maximum(sample - width, 0.0), sample + width]))
        survival = self._survival(sample, ends, width)
        slope = -np.diff(survival) / np.diff(ends)
        vertex = (survival[:-1] + slope * ends[:-1]) / np.where(slope > 0, 2 * slope, 1.0)
        inside = np.clip(np.where(slope > 0, vertex, ends[1:]), ends[:-1], ends[1:])
        prices = np.concatenate([ends, inside])
        revenues = prices * self._survival(sample, prices, width)
        return float(prices[revenues >= revenues.max() * (1 - 1e-12)].min())

    def _width(self, sample: FloatArray) -> float:
        if self.bandwidth is not None:
            return self.bandwidth
        return float(np.sqrt(3) * 1.06 * sample.std() * len(sample) ** -0.2)

    @staticmethod
    def _survival(sample: FloatArray, prices: FloatArray, width: float) -> FloatArray:
        """Mean over the sample of Pr[box ≥ p]; what would lie below 0 lies at 0."""
        return np.clip((sample + width - prices[:, None]) / (2 * width), 0, 1).mean(axis=1)


@dataclass(frozen=True)
class ExponentialFit(ReserveEstimate):
    """The monopoly price of the exponential distribution of the sample's mean: that mean."""

    def reserve(self, sample: FloatArray) -> float:
        """The mean."""
        return float(sample.mean())


@dataclass(frozen=True)
class UniformFit(ReserveEstimate):
    """The monopoly price of the uniform distribution up to (m+1)/m times the highest of m values."""

    def reserve(self, sample: FloatArray) -> float:
        """Half of the unbiased estimate of the upper end."""
        return float(sample.max() * (1 + 1 / len(sample)) / 2)
