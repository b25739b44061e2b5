"""Equilibria of auctions of one item with independent private values: first price and all-pay."""

from __future__ import annotations

from functools import partial

import numpy as np

from mechanisms._validation import FloatArray, number_in
from mechanisms.auctions import AllPay, FirstPrice, SecondPrice
from mechanisms.auctions.equilibrium import pay_as_bid
from mechanisms.conversation import check_count
from mechanisms.distributions.base import ContinuousDistribution
from mechanisms.distributions.continuous import Uniform
from mechanisms.distributions.order_statistics import expected_second_highest
from mechanisms.distributions.signals import IndependentPrivateValues
from mechanisms.equilibria.equilibrium import KnownEquilibrium
from mechanisms.equilibria.single_item import highest_rival
from mechanisms.utilities import Power


def first_price_uniform(
    n: int, low: float = 0.0, high: float = 1.0, exponent: float = 1.0
) -> KnownEquilibrium:
    """First price, n >= 2 values uniform on [low, high], power utility t^r, r = `exponent` in (0, 1].

    b(v) = low + (v - low) (n-1) / (n-1+r). Averse to risk, bidders bid as if they had more rivals.
    """
    check_count("n", n, least=2)
    r = number_in("exponent", exponent, above=0, at_most=1)
    prior = Uniform(number_in("low", low, at_least=0), high)
    share = (n - 1) / (n - 1 + r)
    return KnownEquilibrium(
        name=f"first price, {n} uniform values on [{low:g}, {high:g}], utility t^{r:g}",
        source="Cox, Smith and Walker 1988, J. Risk and Uncertainty 1; Krishna, sections 2.3 and 4.1",
        mechanism=FirstPrice(),
        model=IndependentPrivateValues.identical(prior, n),
        strategies=(partial(_shaded, low=prior.low, share=share),) * n,
        opponents=highest_rival,
        utility=Power(r),
        revenue=prior.low + (prior.high - prior.low) * share * n / (n + 1),
    )


def _shaded(values: FloatArray, low: float, share: float) -> FloatArray:
    return low + (values - low) * share


def first_price(prior: ContinuousDistribution, n: int) -> KnownEquilibrium:
    """First price, n >= 2 risk-neutral bidders with values from any continuous prior: E[highest rival | win].

    The bids are interpolated by `mechanisms.auctions.equilibrium.pay_as_bid`, hence the wider precision. By
    revenue equivalence the seller earns the expected second-highest value.
    """
    check_count("n", n, least=2)
    return KnownEquilibrium(
        name=f"first price, {n} values from {prior!r}",
        source="Krishna, Auction Theory, Proposition 2.2",
        mechanism=FirstPrice(),
        model=IndependentPrivateValues.identical(prior, n),
        strategies=(pay_as_bid(prior, n, 1, 0.0),) * n,
        opponents=highest_rival,
        revenue=float(expected_second_highest(prior, n)),
        precision=1e-6,
    )


def second_price(prior: ContinuousDistribution, n: int) -> KnownEquilibrium:
    """Second price, n >= 2 values from any continuous prior: truth, which is dominant."""
    check_count("n", n, least=2)
    return KnownEquilibrium(
        name=f"second price, {n} values from {prior!r}",
        source="Vickrey 1961, J. Finance 16; Krishna, Proposition 2.1",
        mechanism=SecondPrice(),
        model=IndependentPrivateValues.identical(prior, n),
        strategies=(_truth,) * n,
        opponents=highest_rival,
        revenue=float(expected_second_highest(prior, n)),
    )


def _truth(values: FloatArray) -> FloatArray:
    return values


def all_pay_uniform(n: int) -> KnownEquilibrium:
    """All-pay, n >= 2 values uniform on [0, 1]: b(v) = (n-1) v^n / n. Revenue (n-1) / (n+1)."""
    check_count("n", n, least=2)
    return KnownEquilibrium(
        name=f"all-pay, {n} uniform values",
        source="Krishna, Auction Theory, section 3.2",
        mechanism=AllPay(),
        model=IndependentPrivateValues.identical(Uniform(), n),
        strategies=(partial(_all_pay_bid, n=n),) * n,
        opponents=highest_rival,
        revenue=(n - 1) / (n + 1),
    )


def _all_pay_bid(values: FloatArray, n: int) -> FloatArray:
    return (n - 1) / n * values**n


def first_price_common_low(high: tuple[float, float], low: float = 0.0) -> KnownEquilibrium:
    """First price, two bidders, uniform values on [low, high[i]]: the lower ends are common.

    With widths w_i and k_i = 1/w_i^2 - 1/w_j^2, a value of low + x bids low + x / (1 + sqrt(1 - k_i x^2)).
    """
    priors = [Uniform(number_in("low", low, at_least=0), top) for top in high]
    widths = [prior.high - prior.low for prior in priors]
    k = widths[0] ** -2 - widths[1] ** -2
    return KnownEquilibrium(
        name=f"first price, uniform values on [{low:g}, {high[0]:g}] and [{low:g}, {high[1]:g}]",
        source="Plum 1992, Int. J. Game Theory 20; Krishna, section 4.3",
        mechanism=FirstPrice(),
        model=IndependentPrivateValues(priors),
        strategies=(partial(_plum_bid, low=low, k=k), partial(_plum_bid, low=low, k=-k)),
        opponents=highest_rival,
        revenue=low + _plum_revenue(*widths),
    )


def _plum_bid(values: FloatArray, low: float, k: float) -> FloatArray:
    excess = values - low
    return low + excess / (1 + np.sqrt(np.maximum(1 - k * excess**2, 0)))


def _plum_revenue(first: float, second: float) -> float:
    """Integral of 1 - F_1(x_1(b)) F_2(x_2(b)) over bids b, with inverse bids x_i = 2b / (1 + k_i b^2).

    With top bid t = w_1 w_2 / (w_1 + w_2) and k = |k_i|, that is t less 1 / (w_1 w_2) times the integral of
    4 b^2 / (1 - k^2 b^4) over [0, t], which is done by partial fractions.
    """
    top = first * second / (first + second)
    root = abs(first**-2 - second**-2) ** 0.5
    if root * top < 1e-3:
        won = 4 * top**3 / 3 * (1 + 3 * (root * top) ** 4 / 7)
    else:
        won = 2 / root**3 * (np.arctanh(root * top) - np.arctan(root * top))
    return float(top - won / (first * second))
