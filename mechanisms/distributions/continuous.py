"""Continuous distributions of values with closed forms: the textbook families and their traps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, check_field
from mechanisms.distributions.base import ContinuousDistribution


@dataclass(frozen=True)
class Uniform(ContinuousDistribution):
    """Uniform on [low, high], low < high."""

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        check_field(self, "low")
        check_field(self, "high", above=self.low)

    @property
    def support(self) -> tuple[float, float]:
        """(low, high)."""
        return self.low, self.high

    @property
    def mean(self) -> float:
        """The midpoint."""
        return (self.low + self.high) / 2

    def _cdf(self, value: FloatArray) -> FloatArray:
        return (np.clip(value, self.low, self.high) - self.low) / (self.high - self.low)

    def _pdf(self, value: FloatArray) -> FloatArray:
        return ((value >= self.low) & (value <= self.high)) / (self.high - self.low)

    def _quantile(self, u: FloatArray) -> FloatArray:
        return np.minimum(self.low + u * (self.high - self.low), self.high)


@dataclass(frozen=True)
class PowerLaw(ContinuousDistribution):
    """F(v) = v^a on [0, 1], a > 0: the maximum of a uniform values when a is an integer."""

    exponent: float

    def __post_init__(self) -> None:
        check_field(self, "exponent", above=0)

    @property
    def support(self) -> tuple[float, float]:
        """(0, 1)."""
        return 0.0, 1.0

    @property
    def mean(self) -> float:
        """a / (a + 1)."""
        return self.exponent / (self.exponent + 1)

    def _cdf(self, value: FloatArray) -> FloatArray:
        return np.clip(value, 0, 1) ** self.exponent

    def _pdf(self, value: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):  # for a < 1 the density is infinite at 0
            density = self.exponent * np.clip(value, 0, 1) ** (self.exponent - 1)
        return np.where((value >= 0) & (value <= 1), density, 0.0)[()]

    def _quantile(self, u: FloatArray) -> FloatArray:
        return u ** (1 / self.exponent)


@dataclass(frozen=True)
class Exponential(ContinuousDistribution):
    """F(v) = 1 - exp(-rate v) on [0, inf), rate > 0."""

    rate: float = 1.0

    def __post_init__(self) -> None:
        check_field(self, "rate", above=0)

    @property
    def support(self) -> tuple[float, float]:
        """(0, inf)."""
        return 0.0, np.inf

    @property
    def mean(self) -> float:
        """1 / rate."""
        return 1 / self.rate

    def _cdf(self, value: FloatArray) -> FloatArray:
        return -np.expm1(-self.rate * np.maximum(value, 0))

    def _sale_probability(self, price: FloatArray) -> FloatArray:
        return np.exp(-self.rate * np.maximum(price, 0))

    def _pdf(self, value: FloatArray) -> FloatArray:
        return np.where(value >= 0, self.rate * np.exp(-self.rate * np.maximum(value, 0)), 0.0)[()]

    def _quantile(self, u: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return -np.log1p(-u) / self.rate


@dataclass(frozen=True)
class LogNormal(ContinuousDistribution):
    """exp of a normal variable with mean mu and standard deviation sigma > 0, on [0, inf)."""

    mu: float = 0.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        check_field(self, "mu")
        check_field(self, "sigma", above=0)

    @property
    def support(self) -> tuple[float, float]:
        """(0, inf)."""
        return 0.0, np.inf

    @property
    def mean(self) -> float:
        """exp(mu + sigma^2 / 2)."""
        return float(np.exp(self.mu + self.sigma**2 / 2))

    def _standardised(self, value: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return (np.log(np.maximum(value, 0)) - self.mu) / self.sigma

    def _cdf(self, value: FloatArray) -> FloatArray:
        return _normal_cdf(self._standardised(value))

    def _sale_probability(self, price: FloatArray) -> FloatArray:
        return _normal_cdf(-self._standardised(price))

    def _pdf(self, value: FloatArray) -> FloatArray:
        positive = np.where(value > 0, value, 1.0)
        density = _normal_density(self._standardised(positive)) / (positive * self.sigma)
        return np.where(value > 0, density, 0.0)[()]

    def _quantile(self, u: FloatArray) -> FloatArray:
        return np.exp(self.mu + self.sigma * _normal_quantile(u))


SHORTEST = 1e-4
"""A truncated normal's interval is at least so much of its deviation long: its mean is then right to 1e-6."""


@dataclass(frozen=True)
class TruncatedNormal(ContinuousDistribution):
    """A normal variable with mean mu and deviation sigma > 0, given that it is in the finite [low, high].

    Raises ValueError if that interval has next to no probability (less than 1e-300), or is shorter than a
    `SHORTEST` part of sigma: there the variable is uniform but for a trifle, and differences of normal tails
    would be rounding.
    """

    mu: float
    sigma: float
    low: float
    high: float

    def __post_init__(self) -> None:
        check_field(self, "mu")
        check_field(self, "sigma", above=0)
        check_field(self, "low")
        check_field(self, "high", above=self.low)
        if self.high - self.low < SHORTEST * self.sigma:
            raise ValueError(
                f"sigma must be at most {(self.high - self.low) / SHORTEST:g}, {1 / SHORTEST:g} times the "
                f"length of [{self.low!r}, {self.high!r}], not {self.sigma!r}; take Uniform({self.low!r}, "
                f"{self.high!r}), from which it differs by rounding as long as mu is within a few sigma"
            )
        if self._mass < 1e-300:
            raise ValueError(f"low and high must hold probability >= 1e-300, not {self._mass!r}")

    @property
    def support(self) -> tuple[float, float]:
        """(low, high)."""
        return self.low, self.high

    @property
    def mean(self) -> float:
        """mu + sigma (phi(a) - phi(b)) / (Phi(b) - Phi(a)), at the standardised ends a < b."""
        a = np.asarray((self.low - self.mu) / self.sigma)
        b = np.asarray((self.high - self.mu) / self.sigma)
        return float(self.mu + self.sigma * (_normal_density(a) - _normal_density(b)) / self._mass)

    def _tail(self, value: ArrayLike) -> FloatArray:
        """Pr of a normal tail at `value`: the upper one if the interval is mostly above mu, else the lower.

        That tail is small where the interval is far from mu, so that differences keep their digits.
        """
        sign = -1 if self.low + self.high > 2 * self.mu else 1
        return _normal_cdf(sign * (np.asarray(value) - self.mu) / self.sigma)

    @property
    def _mass(self) -> float:
        return float(abs(self._tail(self.high) - self._tail(self.low)))

    def _cdf(self, value: FloatArray) -> FloatArray:
        share = np.abs(self._tail(np.clip(value, self.low, self.high)) - self._tail(self.low)) / self._mass
        return np.clip(share, 0, 1)

    def _pdf(self, value: FloatArray) -> FloatArray:
        inside = np.clip(value, self.low, self.high)
        density = _normal_density((inside - self.mu) / self.sigma) / (self.sigma * self._mass)
        return np.where(value == inside, density, 0.0)[()]

    def _quantile(self, u: FloatArray) -> FloatArray:
        sign = -1 if self.low + self.high > 2 * self.mu else 1
        normal = sign * _normal_quantile((1 - u) * self._tail(self.low) + u * self._tail(self.high))
        return np.clip(self.mu + self.sigma * normal, self.low, self.high)


@dataclass(frozen=True)
class EqualRevenue(ContinuousDistribution):
    """F(v) = 1 - low/v on [low, cap), with an atom of probability low/cap at the cap; 0 < low < cap.

    Every price in [low, cap] earns `low` from one buyer. `pdf` is the density below the cap.
    """

    cap: float
    low: float = 1.0

    def __post_init__(self) -> None:
        check_field(self, "low", above=0)
        check_field(self, "cap", above=self.low)

    @property
    def support(self) -> tuple[float, float]:
        """(low, cap)."""
        return self.low, self.cap

    @property
    def mean(self) -> float:
        """low (1 + ln(cap / low))."""
        return float(self.low * (1 + np.log(self.cap / self.low)))

    def _cdf(self, value: FloatArray) -> FloatArray:
        return np.where(value >= self.cap, 1.0, 1 - self.low / np.clip(value, self.low, self.cap))[()]

    def _sale_probability(self, price: FloatArray) -> FloatArray:
        return np.where(price > self.cap, 0.0, self.low / np.clip(price, self.low, self.cap))[()]

    def _pdf(self, value: FloatArray) -> FloatArray:
        inside = (value >= self.low) & (value < self.cap)
        return np.where(inside, self.low / np.clip(value, self.low, self.cap) ** 2, 0.0)[()]

    def _quantile(self, u: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.minimum(self.low / (1 - u), self.cap)


def _normal_cdf(z: FloatArray) -> FloatArray:
    from scipy.special import ndtr

    return ndtr(z)


def _normal_quantile(u: FloatArray) -> FloatArray:
    from scipy.special import ndtri

    return ndtri(u)


def _normal_density(z: FloatArray) -> FloatArray:
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
