"""Parameters at the edge of what doubles hold: the answer is right, or refused with the reason."""

import numpy as np
import pytest
from scipy.integrate import quad

from mechanisms.auctions.equilibrium import all_pay
from mechanisms.distributions import TruncatedNormal, Uniform
from mechanisms.equilibria.equilibrium import equilibrium_loss
from mechanisms.equilibria.kaplan_zamir import first_price_two_uniforms


@pytest.mark.parametrize("sigma", [1e-2, 1.0, 1e2, 9e3])
@pytest.mark.parametrize("mu", [0.2, 0.5])
def test_truncated_normals_are_those_of_their_density(sigma, mu):
    """Quadrature of exp(-(v - mu)^2 / 2 sigma^2), which needs no differences of tails."""
    prior = TruncatedNormal(mu, sigma, 0.0, 1.0)

    def density(v):
        return np.exp(-((v - mu) ** 2) / (2 * sigma**2))

    def area(to, weight=lambda v: 1.0):
        return quad(lambda v: weight(v) * density(v), 0, to, points=[min(mu, to)], epsabs=1e-13)[0]

    assert prior.mean == pytest.approx(area(1, lambda v: v) / area(1), rel=1e-6)
    for v in (0.1, 0.3, 0.9):
        assert float(prior.cdf(v)) == pytest.approx(area(v) / area(1), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("sigma", [1e5, 1e8, 1e150])
def test_truncated_normals_that_are_flat_are_refused(sigma):
    with pytest.raises(ValueError, match=r"sigma must be at most 10000.*take Uniform\(0.0, 1.0\)"):
        TruncatedNormal(0.5, sigma, 0.0, 1.0)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_all_pay_bids_of_tiny_values(n):
    """b(v) = (n-1) v^n / n (Krishna, Section 3.2), relative to itself, down to where doubles end."""
    values = np.array([1e-160, 1e-100, 1e-60, 1e-30, 1e-10, 1e-5, 1e-3, 0.1, 0.77, 1.0])
    exact = (n - 1) / n * values**n
    np.testing.assert_allclose(all_pay(Uniform(), n, 0.0)(values), exact, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("low", [1e-1, 1e-2, 1e-3, 2e-4])
def test_two_uniforms_with_near_lows_are_in_equilibrium(low):
    found = first_price_two_uniforms((0, 1), (low, 1))
    for bidder in (0, 1):
        assert equilibrium_loss(found, bidder).max() <= found.precision


@pytest.mark.parametrize("low", [1e-5, 1e-8, 1e-12])
def test_two_uniforms_with_lows_too_near_are_refused(low):
    with pytest.raises(ValueError, match=r"second low must be at least .* above the first"):
        first_price_two_uniforms((0, 1), (low, 1))
