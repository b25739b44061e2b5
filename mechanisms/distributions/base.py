"""What a distribution of one value is: support, distribution function, quantiles, mean, samples.

Everything is sampled through `quantile`, from uniform numbers, so that one uniform is one value whatever
the distribution, and streams of draws stay aligned when distributions change.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, without_nan
from mechanisms.distributions.uniforms import draw_uniforms

Distortion = Callable[[FloatArray], FloatArray]
"""A nondecreasing map of [0, 1] onto itself, elementwise."""


class Distribution(ABC):
    """A probability distribution on the real line.

    A new distribution overrides `support`, `mean`, `_cdf`, `_quantile` and `distorted_mean`, and
    `_sale_probability` if it has atoms. All functions of values are elementwise on arrays of any shape.
    """

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Least and greatest value (lo, hi) of the support; either may be infinite."""

    @property
    @abstractmethod
    def mean(self) -> float:
        """The expected value."""

    @abstractmethod
    def distorted_mean(self, distortion: Distortion) -> float:
        """The mean under the distribution function g(F), for the given g.

        With g the distribution function of an order statistic of uniforms, it is the mean of that order
        statistic of the values.
        """

    @abstractmethod
    def _cdf(self, value: FloatArray) -> FloatArray:
        """Pr[V <= value], elementwise; infinite values are possible."""

    @abstractmethod
    def _quantile(self, u: FloatArray) -> FloatArray:
        """Inverse of the distribution function at u in [0, 1], elementwise."""

    def _sale_probability(self, price: FloatArray) -> FloatArray:
        """Pr[V >= price], elementwise; right as it stands when there are no atoms."""
        return 1 - self._cdf(price)

    def cdf(self, value: ArrayLike) -> FloatArray:
        """Distribution function F(v) = Pr[V <= v]. Raises ValueError for NaN."""
        return self._cdf(without_nan("value", value))

    def sale_probability(self, price: ArrayLike) -> FloatArray:
        """Pr[V >= price]: how often a posted price sells, for a buyer who buys when indifferent.

        It counts an atom at the price itself, unlike 1 - F. Raises ValueError for NaN.
        """
        return self._sale_probability(without_nan("price", price))

    def quantile(self, u: ArrayLike) -> FloatArray:
        """Least v of the support with F(v) >= u, for u in [0, 1]. Raises ValueError for other u."""
        u = np.asarray(u, dtype=np.float64)
        inside = (u >= 0) & (u <= 1)
        if not inside.all():
            raise ValueError(f"u must be in [0, 1], not {float(u[~inside].ravel()[0])!r}")
        return self._quantile(u)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> FloatArray:
        """Independent values of shape `size`: quantiles of uniforms drawn from `rng`, one for each value."""
        return self._quantile(draw_uniforms(rng, size))


class ContinuousDistribution(Distribution):
    """A distribution with a density `pdf`; it may have one atom besides, if its docstring says so.

    A new one overrides `support`, `mean`, `_cdf`, `_pdf` and `_quantile`.
    """

    @abstractmethod
    def _pdf(self, value: FloatArray) -> FloatArray:
        """Density, elementwise; 0 off the support."""

    def pdf(self, value: ArrayLike) -> FloatArray:
        """Density f(v), 0 off the support. Raises ValueError for NaN."""
        return self._pdf(without_nan("value", value))

    def breakpoints(self) -> FloatArray:
        """Finite values, increasing, between which quadrature is safe: quantiles, or the kinks of F."""
        inner = self.quantile(np.array([1e-6, 1e-3, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999, 1 - 1e-6]))
        ends = np.array([end for end in self.support if np.isfinite(end)])
        return np.unique(np.concatenate([ends, inner]))

    def distorted_mean(self, distortion: Distortion) -> float:
        """The mean under g(F), by quadrature: E[X] = a - integral of G below a + integral of 1 - G above a.

        Raises ValueError if the mean is not finite.
        """
        from scipy.integrate import quad

        if not np.isfinite(self.mean):
            raise ValueError(f"distribution must have a finite mean, not {self.mean}")

        def below(value: float) -> float:
            return float(distortion(self._cdf(np.asarray(value))))

        def above(value: float) -> float:
            return 1 - below(value)

        knots = self.breakpoints()
        scale = float(knots[-1] - knots[0])
        lo, hi = self.support
        total = float(knots[0])
        for start, end in pairwise(knots):
            total += quad(above, start, end)[0]
        if hi == np.inf:
            total += scale * quad(lambda x: above(knots[-1] + scale * x), 0, np.inf)[0]
        if lo == -np.inf:
            total -= scale * quad(lambda x: below(knots[0] - scale * x), 0, np.inf)[0]
        return total
