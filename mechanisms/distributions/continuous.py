"""Continuous distributions of values with closed forms: the textbook families and their traps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray, finite_number, number_in
from mechanisms.distributions.base import ContinuousDistribution


@dataclass(frozen=True)
class Uniform(ContinuousDistribution):
    """Uniform on [low, high], low < high."""

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        finite_number("low", self.low)
        number_in("high", self.high, above=self.low)

    @property
    def support(self) -> tuple[float, float]:
        """(low, high)."""
        return float(self.low), float(self.high)

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
        number_in("exponent", self.exponent, above=0)

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
        number_in("rate", self.rate, above=0)

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
        finite_number("mu", self.mu)
        number_in("sigma", self.sigma, above=0)

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


@dataclass(frozen=True)
class TruncatedNormal(ContinuousDistribution):
    """A normal variable with mean mu and deviation sigma > 0, given that it is in the finite [low, high].

    Raises ValueError if that interval has next to no probability (less than 1e-12).
    """

    mu: float
    sigma: float
    low: float
    high: float

    def __post_init__(self) -> None:
        finite_number("mu", self.mu)
        number_in("sigma", self.sigma, above=0)
        finite_number("low", self.low)
        number_in("high", self.high, above=self.low)
        if self._mass < 1e-12:
            raise ValueError(f"low and high must hold probability >= 1e-12, not {self._mass!r}")

    @property
    def support(self) -> tuple[float, float]:
        """(low, high)."""
        return float(self.low), float(self.high)

    @property
    def mean(self) -> float:
        """mu + sigma (phi(a) - phi(b)) / (Phi(b) - Phi(a)), at the standardised ends a < b."""
        a, b = self._ends
        return float(self.mu + self.sigma * (_normal_density(a) - _normal_density(b)) / self._mass)

    @property
    def _ends(self) -> tuple[FloatArray, FloatArray]:
        return (
            np.asarray((self.low - self.mu) / self.sigma),
            np.asarray((self.high - self.mu) / self.sigma),
        )

    @property
    def _mass(self) -> float:
        a, b = self._ends
        return float(_normal_cdf(b) - _normal_cdf(a))

    def _cdf(self, value: FloatArray) -> FloatArray:
        inside = np.clip(value, self.low, self.high)
        share = (_normal_cdf((inside - self.mu) / self.sigma) - _normal_cdf(self._ends[0])) / self._mass
        return np.clip(share, 0, 1)

    def _pdf(self, value: FloatArray) -> FloatArray:
        inside = np.clip(value, self.low, self.high)
        density = _normal_density((inside - self.mu) / self.sigma) / (self.sigma * self._mass)
        return np.where(value == inside, density, 0.0)[()]

    def _quantile(self, u: FloatArray) -> FloatArray:
        a, b = self._ends
        normal = _normal_quantile(_normal_cdf(a) + u * (_normal_cdf(b) - _normal_cdf(a)))
        return np.clip(self.mu + self.sigma * normal, self.low, self.high)


@dataclass(frozen=True)
class EqualRevenue(ContinuousDistribution):
    """F(v) = 1 - low/v on [low, cap), with an atom of probability low/cap at the cap; 0 < low < cap.

    Every price in [low, cap] earns `low` from one buyer. `pdf` is the density below the cap.
    """

    cap: float
    low: float = 1.0

    def __post_init__(self) -> None:
        number_in("low", self.low, above=0)
        number_in("cap", self.cap, above=self.low)

    @property
    def support(self) -> tuple[float, float]:
        """(low, cap)."""
        return float(self.low), float(self.cap)

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
