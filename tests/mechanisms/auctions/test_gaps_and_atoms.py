"""Monopoly prices and optimal auctions where a continuous prior has gaps and atoms: against enumeration.

Only uppermost values before which nothing is lost can be best prices: the lower end of each piece, the
atoms, and the peak of each uniform piece's parabola. Optimal revenue is compared with Elkind's (2007) for a
finite prior that is as fine as the continuous one is cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from mechanisms._validation import FloatArray
from mechanisms.auctions.myerson import MyersonAuction, monopoly_price, optimal_revenue
from mechanisms.auctions.virtual_values import ironed_virtual_value
from mechanisms.distributions import Discrete, Distribution, PiecewiseUniform
from mechanisms.distributions.base import Distortion

COUNT = 300
CELL = 1 / 4096
"""Prices are known up to a cell of that part of the range."""


@dataclass(frozen=True)
class Mixture(Distribution):
    """A histogram and a finite prior, mixed: `share` is the weight of the atoms."""

    smooth: PiecewiseUniform
    atoms: Discrete
    share: float

    @property
    def support(self) -> tuple[float, float]:
        ends = (self.smooth.support, self.atoms.support)
        if self.share == 0:
            return self.smooth.support
        return min(low for low, _ in ends), max(high for _, high in ends)

    @property
    def mean(self) -> float:
        return (1 - self.share) * self.smooth.mean + self.share * self.atoms.mean

    def distorted_mean(self, distortion: Distortion) -> float:
        raise NotImplementedError

    def _cdf(self, value: FloatArray) -> FloatArray:
        return (1 - self.share) * self.smooth.cdf(value) + self.share * self.atoms.cdf(value)

    def _sale_probability(self, price: FloatArray) -> FloatArray:
        smooth, atoms = self.smooth.sale_probability(price), self.atoms.sale_probability(price)
        return (1 - self.share) * smooth + self.share * atoms

    def _quantile(self, u: FloatArray) -> FloatArray:
        """Exact: between knots F is linear, at atoms it jumps."""
        knots = np.union1d(self.smooth.edges, self.atoms.values)
        before = 1 - self.sale_probability(knots)
        steps = np.stack([before, self.cdf(knots)], axis=-1).ravel()
        steps = np.maximum.accumulate(np.append(steps[:-1], 1.0))
        values = np.repeat(knots, 2)
        right = np.clip(np.searchsorted(steps, u, side="left"), 1, steps.size - 1)
        rise = steps[right] - steps[right - 1]
        part = np.divide(u - steps[right - 1], rise, out=np.zeros(np.shape(u)), where=rise > 0)
        found = values[right - 1] + np.clip(part, 0, 1) * (values[right] - values[right - 1])
        return np.clip(found, *self.support)


def drawn(rng: np.random.Generator) -> Mixture:
    """A random prior: some pieces are empty, some values are atoms, inside the pieces or in the gaps."""
    edges = np.cumsum(rng.uniform(0.2, 3.0, size=rng.integers(3, 8)))
    edges -= edges[0] * rng.integers(2)
    masses = rng.dirichlet(np.ones(edges.size - 1)) * (rng.random(edges.size - 1) < 0.6)
    if not masses.any():
        masses[0] = 1.0
    atoms = rng.uniform(0, edges[-1] * 1.3, size=rng.integers(1, 4))
    weights = rng.dirichlet(np.ones(atoms.size))
    share = float(rng.choice([0.0, rng.random()]))
    return Mixture(PiecewiseUniform(edges, masses / masses.sum()), Discrete(atoms, weights), share)


def best_revenue(prior: Mixture) -> float:
    """The best of p · Pr[V >= p] over the candidates named above."""
    knots = np.union1d(prior.smooth.edges, prior.atoms.values)
    sells = prior.sale_probability(knots)
    after = 1 - prior.cdf(knots)
    slope = (sells[1:] - after[:-1]) / np.diff(knots)
    with np.errstate(divide="ignore", invalid="ignore"):
        peaks = (knots[:-1] - after[:-1] / slope) / 2
    peaks = peaks[(peaks > knots[:-1]) & (peaks < knots[1:])]
    prices = np.append(knots, peaks)
    return float((prices * prior.sale_probability(prices)).max())


def test_no_price_stands_in_a_gap():
    """Masses .7, 0, .3 on [0, 1], [1, 4], [4, 5]: from 1 to 4 each price sells with .3, so 4 earns 1.2."""
    prior = PiecewiseUniform([0, 1, 4, 5], [0.7, 0, 0.3])
    assert monopoly_price(prior) == 4.0
    assert optimal_revenue(prior, 1) == pytest.approx(1.2, abs=1e-9)
    sale = MyersonAuction(prior).outcome(np.array([[3.9], [4.0], [4.5]]))
    assert sale.allocation[:, 0].tolist() == [0, 1, 1]
    assert sale.payments[:, 0].tolist() == [0, 4, 4]


def test_the_monopoly_price_earns_the_most():
    rng = np.random.default_rng(20)
    for _ in range(COUNT):
        prior = drawn(rng)
        price, best = monopoly_price(prior), best_revenue(prior)
        assert price * float(prior.sale_probability(price)) >= best * (1 - CELL), prior
        assert optimal_revenue(prior, 1) == pytest.approx(best, rel=2e-3), prior


def test_no_threshold_stands_in_a_gap():
    """Whatever level is to be reached, the least report that does it is a value that occurs."""
    rng = np.random.default_rng(21)
    for _ in range(COUNT // 3):
        prior = drawn(rng)
        curve = ironed_virtual_value(prior)
        levels = rng.uniform(-prior.support[1], prior.support[1], size=200)
        reports = curve.least_report(levels)
        reports = reports[np.isfinite(reports) & (reports < prior.support[1])]
        around = prior.cdf(reports * (1 + 1e-6) + 1e-6) - prior.cdf(reports * (1 - 1e-6))
        assert (around > 0).all(), (prior, reports[around <= 0])


def test_optimal_revenue_is_that_of_a_fine_finite_prior():
    """A finite prior of quantiles at the middles of 4,000 equal ranks is near; so is its revenue, n = 3."""
    rng = np.random.default_rng(22)
    middles = (np.arange(4000) + 0.5) / 4000
    for _ in range(COUNT // 10):
        prior = drawn(rng)
        fine = Discrete.from_data(prior.quantile(middles))
        assert optimal_revenue(prior, 3) == pytest.approx(optimal_revenue(fine, 3), rel=3e-3), prior


def test_the_optimal_auction_earns_the_optimal_revenue():
    """With its payments on a sample of profiles, two buyers, within five standard errors."""
    rng = np.random.default_rng(23)
    for _ in range(10):
        prior = drawn(rng)
        paid = MyersonAuction(prior).outcome(prior.sample(rng, (40_000, 2))).payments.sum(axis=1)
        error = paid.std() / np.sqrt(paid.size)
        assert abs(paid.mean() - optimal_revenue(prior, 2)) <= 5 * error + 2e-3 * paid.mean(), prior
