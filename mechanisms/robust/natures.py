"""Natures that no mechanism, or no highest-bidder rule, does better against than the bounds say.

Both are limits of the densities that prove the bounds: dual solutions of the seller's program.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log1p

import numpy as np

from mechanisms._validation import FloatArray, check_field
from mechanisms.distributions import Prior
from mechanisms.robust.markov import check_market, lottery_constants


@dataclass(frozen=True)
class HighestBidderNature(Prior):
    """The α_ε of Theorem 1.7.1: one bidder high, the others just below r; every mean is μ.

    Each bidder is the high one with chance 1/I. Her value has density ρ r/v² on [r, 1], and δ r/ε more on
    [1 − ε, 1]; the others' values are uniform on [r − ε, r]. With ε = 0, the limit, she has 1 with chance r
    and the others have r. Then no highest-bidder rule earns more than r, and no mechanism more than
    r (2 − r) (Lemma 1.7.15).

    bidders, mean
        I >= 2 and μ in (0, 1).
    epsilon
        ε, from 0 to below r and 1 − r, and small enough that ρ > 0.

    Raises TypeError or ValueError for anything else.
    """

    bidders: int
    mean: float
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        check_market(self.bidders, self.mean)
        r = self.price
        check_field(self, "epsilon", at_least=0, below=min(r, 1 - r))
        if not self._shares[0] > 0:
            raise ValueError(f"epsilon must be so small that the density is positive, not {self.epsilon}")

    @property
    def n(self) -> int:
        """The number of bidders."""
        return self.bidders

    @property
    def uniforms_per_profile(self) -> int:
        """One for who is high, and one for each value."""
        return 1 + self.bidders

    @property
    def price(self) -> float:
        """r."""
        return lottery_constants(self.bidders, self.mean).value

    @property
    def upper_bound(self) -> float:
        """r (2 − r): no mechanism earns more in the limit of ε = 0."""
        return self.price * (2 - self.price)

    @cached_property
    def _shares(self) -> tuple[float, float]:
        """ρ and δ; both are 1 for ε = 0."""
        if self.epsilon == 0:
            return 1.0, 1.0
        constants, n, epsilon = lottery_constants(self.bidders, self.mean), self.bidders, self.epsilon
        r, inverse = constants.value, 1 / constants.sigma
        delta = (1 - r * (inverse - (n - 2)) - (n - 1) / 2 * (1 - 1 / r) * epsilon) / (
            1 - epsilon / 2 - r * (inverse - epsilon / 2 - (n - 2))
        )
        return (1 - delta * r) / (1 - r), delta

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        values = self.price - self.epsilon * (1 - u[..., 1:])
        who = np.minimum((u[..., :1] * self.bidders).astype(int), self.bidders - 1)
        own = np.take_along_axis(u[..., 1:], who, axis=-1)
        np.put_along_axis(values, who, self._high(own), axis=-1)
        return values

    def _high(self, u: FloatArray) -> FloatArray:
        """The high value's quantiles: ρ (1 − r/v) + δ r (v − 1 + ε)⁺/ε = u."""
        (rho, delta), r, epsilon = self._shares, self.price, self.epsilon
        rest = np.maximum(rho - u, 0.0)
        low = rho * r / np.maximum(rest, rho * r)
        if epsilon == 0:
            return low
        slope = delta * r / epsilon
        middle = rho - u - slope * (1 - epsilon)
        top = (-middle + np.sqrt(middle**2 + 4 * slope * rho * r)) / (2 * slope)
        return np.where(u <= rho * (1 - r / (1 - epsilon)), low, np.minimum(top, 1.0))


@dataclass(frozen=True)
class FaceNature(Prior):
    """Density c ∏ v_i⁻² on [s, 1)^I, and c ∏_{j≠i} v_j⁻² where bidder i alone has 1; s = 1/(1 + t).

    The same as: values of the equal revenue law on [s, 1] come independently, given that at most one of them
    is 1. Every mean is μ. No mechanism earns more than I/(I + t), the chance that somebody has 1. Sharper
    than the paper's Theorem 1.5.4; proof in docs/theory/robust.md.

    bidders, mean
        I >= 2 and μ in (0, 1).

    Raises TypeError or ValueError for anything else.
    """

    bidders: int
    mean: float

    def __post_init__(self) -> None:
        check_market(self.bidders, self.mean)

    @property
    def n(self) -> int:
        """The number of bidders."""
        return self.bidders

    @property
    def uniforms_per_profile(self) -> int:
        """One for the face, and one for each value."""
        return 1 + self.bidders

    @cached_property
    def t(self) -> float:
        """The t > 0 with μ = ((t + I − 1) ln(1 + t) + t)/(t² + I t); the mean falls in t."""
        from scipy.optimize import brentq

        n, mean = self.bidders, self.mean

        def excess(logarithm: float) -> float:
            t = float(np.exp(logarithm))
            return ((t + n - 1) * log1p(t) / t + 1) / (t + n) - mean

        return float(np.exp(brentq(excess, -40.0, 700.0, xtol=1e-14, rtol=1e-14)))

    @property
    def upper_bound(self) -> float:
        """I/(I + t): no mechanism earns more against it."""
        return self.bidders / (self.bidders + self.t)

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        values = 1 / (1 + self.t * (1 - u[..., 1:]))
        face = np.floor(u[..., :1] * (self.bidders + self.t))
        return np.where(np.arange(self.bidders) == face, 1.0, values)

    def cdf(self, value: FloatArray) -> FloatArray:
        """Chance that one bidder's value is at most `value`, elementwise."""
        inside = np.clip((1 + self.t - 1 / np.maximum(value, 1 / (1 + self.t))) / self.t, 0.0, 1.0)
        below = inside * (self.t + self.bidders - 1) / (self.t + self.bidders)
        return np.where(np.asarray(value) >= 1, 1.0, below)
