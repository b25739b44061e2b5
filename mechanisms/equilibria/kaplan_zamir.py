"""First price, two uniform values on different intervals (Kaplan and Zamir 2012, Economic Theory 50; 2015).

Values are uniform on [l_1, h_1] and [l_2, h_2], l_1 < l_2. Let m = (l_1 + l_2) / 2 and d = (l_2 - l_1) / 2.
No bid below m wins. The inverse bid functions x_1, x_2 solve the first-order conditions
x_1' (x_2 - b) = x_1 - l_1 and x_2' (x_1 - b) = x_2 - l_2. Their sum can be integrated:
(x_1 - b)(x_2 - b) = (b - m)^2, since x_1 = m at b = m. So the top bid is
t = (h_1 h_2 - m^2) / (h_1 + h_2 - 2m), and each 1 / (x_i - l_i) solves a linear equation, whose solution is

    x_1 = l_1 + 1 / ((l_2 - b) / d^2 + c_1 (b - m) exp(-d / (b - m))),
    x_2 = l_2 + 1 / ((l_1 - b) / d^2 + c_2 (b - m) exp( d / (b - m))),

with c_i such that x_i(t) = h_i. Values of the first bidder below m cannot win; they bid themselves.
Where supports are disjoint there are further equilibria, in which such values bid above themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray, number_in
from mechanisms.auctions import FirstPrice
from mechanisms.distributions.continuous import Uniform
from mechanisms.distributions.signals import IndependentPrivateValues
from mechanisms.equilibria.equilibrium import KnownEquilibrium
from mechanisms.equilibria.single_item import highest_rival
from mechanisms.quadrature import between_cuts, inverse

NEAREST = 1e-4
"""Lows are at least this part of the range of bids apart: inverse bids then hold 1e-6 of it."""


@dataclass(frozen=True)
class InverseBids:
    """The two inverse bid functions, on bids from `least` to `top`."""

    first: Uniform
    second: Uniform

    @property
    def least(self) -> float:
        """m: the least bid that wins."""
        return (self.first.low + self.second.low) / 2

    @property
    def top(self) -> float:
        """t: the greatest bid."""
        first, second, least = self.first.high, self.second.high, self.least
        return (first * second - least**2) / (first + second - 2 * least)

    def value_of_first(self, bids: FloatArray) -> FloatArray:
        """x_1, elementwise, for bids in (least, top]."""
        return self._solution(bids, self.first, self.second.low, -1.0)

    def value_of_second(self, bids: FloatArray) -> FloatArray:
        """x_2, elementwise, for bids in (least, top]."""
        return self._solution(bids, self.second, self.first.low, 1.0)

    def _solution(self, bids: FloatArray, own: Uniform, other_low: float, sign: float) -> FloatArray:
        """l + 1 / (p(b) + (1 / (h - l) - p(t)) g(b) / g(t)): p the particular solution, g the other one."""
        half = (self.second.low - self.first.low) / 2
        above, top = np.maximum(bids - self.least, 1e-300), self.top - self.least
        with np.errstate(over="ignore"):
            growth = above / top * np.exp(sign * half * (1 / above - 1 / top))
        scale = 1 / (own.high - own.low) - (other_low - self.top) / half**2
        return own.low + 1 / ((other_low - bids) / half**2 + scale * growth)

    def revenue(self) -> float:
        """The top bid less the integral of Pr[both bid below b], by quadrature over [least, top]."""
        bids, weights = between_cuts(np.array([self.least, self.top]), 200)
        below = self.first.cdf(self.value_of_first(bids)) * self.second.cdf(self.value_of_second(bids))
        return self.top - float((weights * below).sum())


@dataclass(frozen=True)
class _FirstBid:
    """The first bidder's bid: her value up to m, the inverse of x_1 above."""

    curves: InverseBids

    def __call__(self, values: FloatArray) -> FloatArray:
        curves = self.curves
        serious = inverse(curves.value_of_first, values, curves.least, curves.top)
        return np.where(values <= curves.least, values, serious)


@dataclass(frozen=True)
class _SecondBid:
    """The second bidder's bid: the inverse of x_2."""

    curves: InverseBids

    def __call__(self, values: FloatArray) -> FloatArray:
        return inverse(self.curves.value_of_second, values, self.curves.least, self.curves.top)


def first_price_two_uniforms(first: tuple[float, float], second: tuple[float, float]) -> KnownEquilibrium:
    """First price, two bidders with values uniform on `first` and `second`, intervals (low, high).

    Raises ValueError unless 0 <= l_1 < l_2 and both highs exceed the mean m of the lows (else the second
    bidder wins at once); for equal lows see `first_price_common_low`. Raises it too where the lows are nearer
    than `NEAREST` of the range of bids: there the solution's two parts cancel, and what is left is rounding.
    """
    low = number_in("first low", first[0], at_least=0)
    above = number_in("second low", second[0], above=low)
    number_in("first high", first[1], above=(low + above) / 2)
    curves = InverseBids(Uniform(*first), Uniform(*second))
    least = NEAREST * (curves.top - curves.least)
    if above - low < least:
        raise ValueError(
            f"second low must be at least {least:g} above the first, {low!r}, not {above!r}: of nearer lows "
            "only rounding is left; first_price_common_low takes equal ones"
        )
    return KnownEquilibrium(
        name=f"first price, uniform values on {list(first)} and {list(second)}",
        source="Kaplan and Zamir 2012, Economic Theory 50, on two uniform values without a minimum bid",
        mechanism=FirstPrice(),
        model=IndependentPrivateValues([curves.first, curves.second]),
        strategies=(_FirstBid(curves), _SecondBid(curves)),
        opponents=highest_rival,
        revenue=curves.revenue(),
        precision=max(1e-12, 1e-14 * (curves.top - curves.least) ** 3 / (above - low) ** 2),
    )


def first_price_disjoint_linear() -> KnownEquilibrium:
    """First price, values uniform on [0, 5] and [6, 7]: a second equilibrium, piecewise linear.

    The weak bidder bids v/4 + 3 up to 4 and v/2 + 2 above, the strong one v/2 + 1. Weak values below 4 bid
    above themselves, and never win.
    """
    return _disjoint("piecewise linear", _weak_linear, _strong_linear, revenue=_linear_revenue())


def _weak_linear(values: FloatArray) -> FloatArray:
    return np.where(values <= 4, values / 4 + 3, values / 2 + 2)


def _strong_linear(values: FloatArray) -> FloatArray:
    return values / 2 + 1


def _linear_revenue() -> float:
    """4.5 less the integral over [4, 4.5] of Pr[both bid below b] = (2b - 4)/5 (2b - 8)."""
    return 4.5 - (4 / 5) * (0.5**3 / 3 + 2 * 0.5**2 / 2)


def first_price_disjoint_flat() -> KnownEquilibrium:
    """First price, values uniform on [0, 5] and [6, 7]: a third equilibrium, in which the strong always win.

    The weak bidder bids v/5 + 4, above herself, and the strong one 5 whatever her value. Revenue 5.
    """
    return _disjoint("flat", _weak_flat, _strong_flat, revenue=5.0)


def _weak_flat(values: FloatArray) -> FloatArray:
    return values / 5 + 4


def _strong_flat(values: FloatArray) -> FloatArray:
    return np.full(np.shape(values), 5.0)


def _disjoint(kind: str, weak: object, strong: object, revenue: float) -> KnownEquilibrium:
    return KnownEquilibrium(
        name=f"first price, uniform values on [0, 5] and [6, 7], {kind}",
        source="Kaplan and Zamir 2015, Economic Theory Bulletin 3, on multiple equilibria",
        mechanism=FirstPrice(),
        model=IndependentPrivateValues([Uniform(0, 5), Uniform(6, 7)]),
        strategies=(weak, strong),  # type: ignore[arg-type]
        opponents=highest_rival,
        revenue=revenue,
    )
