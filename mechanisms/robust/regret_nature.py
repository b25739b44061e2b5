"""Nature's distributions, that leave every seller at least the optimal regret (robust paper, (2.10), (3.6)).

One number s decides all: F(s) = 1 − 1/(e s) on [1/e, 1), with an atom of 1/e at 1. For one buyer every value
is c + s (v̄ − c), (2.10): the values are comonotone. Among several bidders one, each as likely, has the values
s v̄, and all others have none, (3.6). The distribution functions are 0 below c + (v̄ − c)/e.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.conversation import check_count
from mechanisms.distributions import EqualRevenue
from mechanisms.distributions.uniforms import draw_uniforms
from mechanisms.robust.ranges import Ranges

SHARE = EqualRevenue(cap=1.0, low=float(1 / np.e))
"""The law of s: every price in its support sells for 1/e on average."""


@dataclass(frozen=True, eq=False)
class NaturePricing:
    """The values (items,) of one buyer: (2.10).

    An item whose cost reaches its upper bound is never sold and causes no regret; its value is v̄.
    """

    ranges: Ranges

    @property
    def mean(self) -> FloatArray:
        """c + (2/e)(v̄ − c), shape (items,)."""
        return self.at(np.array(SHARE.mean))

    def at(self, share: FloatArray) -> FloatArray:
        """The values (..., items) at s of shape (...)."""
        moving = self.ranges.cost + share[..., None] * self.ranges.width
        return np.where(self.ranges.width > 0, np.minimum(moving, self.ranges.upper), self.ranges.upper)

    def cdf(self, values: ArrayLike) -> FloatArray:
        """Pr[ṽ <= v], shape (...), for v (..., items); ValueError for another last axis or NaN."""
        bound = _profile(values, (self.ranges.items,))
        share = np.where(self.ranges.width > 0, self.ranges.share(bound),
                         np.where(bound >= self.ranges.upper, 1.0, 0.0))
        return SHARE.cdf(share.min(axis=-1))

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> FloatArray:
        """Independent values (*size, items), one uniform number each."""
        return self.at(SHARE.sample(rng, size))


@dataclass(frozen=True, eq=False)
class NatureAuction:
    """The values (bidders, items) of several bidders: (3.6)."""

    ranges: Ranges
    bidders: int

    @property
    def mean(self) -> FloatArray:
        """(2/e) v̄ / bidders for each, shape (bidders, items)."""
        return np.tile(SHARE.mean * self.ranges.upper / self.bidders, (self.bidders, 1))

    @cached_property
    def _one(self) -> NaturePricing:
        return NaturePricing(self.ranges)

    def cdf(self, values: ArrayLike) -> FloatArray:
        """Pr[ṽ <= v], shape (...), for v (..., bidders, items): the mean over who has the values."""
        bound = _profile(values, (self.bidders, self.ranges.items))
        possible = (bound >= 0).all(axis=(-2, -1))
        return np.where(possible, self._one.cdf(bound).mean(axis=-1), 0.0)[()]

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> FloatArray:
        """Independent values (*size, bidders, items): one uniform number for who, one for how much."""
        uniforms = draw_uniforms(rng, size, 2)
        who = np.minimum((uniforms[..., 0] * self.bidders).astype(int), self.bidders - 1)
        hers = who[..., None] == np.arange(self.bidders)
        return np.where(hers[..., None], self._one.at(SHARE.quantile(uniforms[..., 1]))[..., None, :], 0.0)


def nature_pricing(upper: ArrayLike, cost: ArrayLike = 0.0) -> NaturePricing:
    """Nature's side of the saddle point of Theorem 2.3.2; ranges and errors as in `Ranges`."""
    return NaturePricing(Ranges(upper, cost))


def nature_auction(upper: ArrayLike, bidders: int) -> NatureAuction:
    """Nature's side of the saddle point of Theorem 3.3.1.

    Upper bounds as in `Ranges`, then TypeError or ValueError for fewer than 2 bidders.
    """
    ranges = Ranges(upper)
    check_count("bidders", bidders, least=2)
    return NatureAuction(ranges, bidders)


def nature_on_grid(upper: ArrayLike, cost: ArrayLike, steps: int) -> tuple[FloatArray, FloatArray]:
    """The finite distributions ℙ_n of Lemma 2.3.3 that tend to (2.10): values (k, items), probabilities (k,).

    Values are c + (k/n)(v̄ − c) for k = ⌊n/e⌋ … n = `steps`. Ranges as in `Ranges`; TypeError or ValueError
    unless steps is an integer above e (1 + e), that is, at least 11.
    """
    nature = nature_pricing(upper, cost)
    check_count("steps", steps, least=11)
    places = np.arange(int(steps / np.e), steps + 1)
    inner = steps / (np.e * places[:-1] * places[1:])
    return nature.at(places / steps), np.append(inner, 1 - inner.sum())


def _profile(values: ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    array = np.asarray(values, dtype=float)
    if array.shape[-len(shape):] != shape:
        raise ValueError(f"values must have the shape (..., {', '.join(map(str, shape))}), not {array.shape}")
    if np.isnan(array).any():
        raise ValueError("values must not be NaN")
    return array
