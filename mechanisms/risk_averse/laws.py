"""Laws of how many units are sold, and the factors that come of them (risk-averse seller, Sections 1 to 4).

Sales of different buyers are independent here: their number has a Poisson-binomial law.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, float_array, without_nan
from mechanisms.conversation import check_count
from mechanisms.risk_averse.attitude import Attitude

QUADRATURE_NODES = 96
"""Enough for 1e-12 in `one_pass_factor`; fewer buyers than twice as many are integrated exactly."""


def gamma(k: int) -> float:
    """γ(k) = 1 − k^k / (k! e^k): the expected share of k units that Poisson(k) many buyers take.

    γ(1) = 1 − 1/e, and γ(k) approaches 1 − 1/sqrt(2πk). Raises TypeError or ValueError unless k is an integer
    of at least 1.
    """
    check_count("k", k)
    return -math.expm1(k * math.log(k) - math.lgamma(k + 1) - k)


def chances(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as a float array of numbers in [0, 1] (up to 1e-9, which is cut off), or raise."""
    array = without_nan(name, float_array(name, values))
    outside = (array < -1e-9) | (array > 1 + 1e-9)
    if outside.any():
        raise ValueError(f"{name} must be in [0, 1], not {float(array[outside].ravel()[0])!r}")
    return np.clip(array, 0.0, 1.0)


def poisson_binomial(probabilities: ArrayLike) -> FloatArray:
    """Return the law of the number of successes of independent trials.

    `probabilities` has shape (..., n), the result (..., n + 1): Pr[N = 0], …, Pr[N = n]. Raises ValueError
    for probabilities outside [0, 1].
    """
    trials = chances("probabilities", probabilities)
    law = np.zeros((*trials.shape[:-1], trials.shape[-1] + 1))
    law[..., 0] = 1.0
    for i in range(trials.shape[-1]):
        one_more = law[..., : i + 1] * trials[..., i, None]
        law[..., : i + 1] -= one_more
        law[..., 1 : i + 2] += one_more
    return law


def poisson_counts(mean: float, most: int) -> FloatArray:
    """Return the law of min(N, most) for N Poisson with this mean, shape (most + 1,)."""
    if mean == 0:
        return np.eye(1, most + 1)[0]
    law = np.exp(np.arange(most) * math.log(mean) - mean - _log_factorials(most))
    return np.append(law, max(0.0, 1.0 - float(law.sum())))


def _log_factorials(most: int) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most)))])[:most]


def one_pass_factor(sale_probabilities: ArrayLike, units: int) -> float:
    """c(q, k) = ∫₀¹ Pr[Σ_i Bernoulli(t q_i) < k] dt, the factor of one pass in random order.

    `sale_probabilities` are q_i, shape (n,): the total probability with which buyer i would be sold a unit if
    there were no limit of k `units`. One pass in random order earns at least c times the utility without the
    limit (sharper than the paper's Lemmas 12 and 13; proof in docs/theory/one_pass.md). The integrand is a
    polynomial of degree n in t: Gauss–Legendre is exact, or within 1e-12 for many buyers.
    """
    check_count("units", units)
    q = np.atleast_1d(chances("sale_probabilities", sale_probabilities))
    if q.size < units:
        return 1.0
    nodes, weights = np.polynomial.legendre.leggauss(min(q.size // 2 + 1, QUADRATURE_NODES))
    times = (nodes + 1) / 2
    return float(weights / 2 @ _fewer(times[:, None] * q, units))


def sharper_one_pass_factor(sale_probabilities: ArrayLike, units: int) -> float:
    """min_i ∫₀¹ Pr[Σ_{j≠i} Bernoulli(t q_j) < k] dt: a greater factor of one pass than `one_pass_factor`.

    Whether a unit is left for buyer i is up to the others alone. With c_i her integral, Harris's and
    Chebyshev's inequalities hold for each buyer's gain by itself: U(one pass) >= Σ_i c_i (i's part of
    U(soft)). The least c_i is that of the buyer with the least q_i. It is 1 for as many buyers as units.
    """
    q = np.atleast_1d(chances("sale_probabilities", sale_probabilities))
    return one_pass_factor(np.delete(q, q.argmin()), units) if q.size else 1.0


def _fewer(probabilities: FloatArray, units: int) -> FloatArray:
    """Pr[N < units], of shape (...), for independent trials of shape (..., n)."""
    law = np.zeros((*probabilities.shape[:-1], units))
    law[..., 0] = 1.0
    for i in range(probabilities.shape[-1]):
        one_more = law * probabilities[..., i, None]
        law -= one_more
        law[..., 1:] += one_more[..., :-1]
    return law.sum(axis=-1)


def one_pass_guarantee(k: int) -> float:
    """min(k/(k + 1), γ(k)): the least `one_pass_factor` over all q with Σ q_i <= k (computed for k <= 20)."""
    return min(k / (k + 1), gamma(k))


def top_utility(amounts: ArrayLike, units: int, utility: Attitude) -> FloatArray:
    """U_k: the utility of the sum of the k = `units` largest amounts; shape (..., n) to (...).

    Symmetric, monotone and submodular in amounts >= 0 for a concave, nondecreasing utility (Lemma 2).
    """
    check_count("units", units)
    money = np.asarray(amounts, dtype=np.float64)
    largest = np.sort(money, axis=-1)[..., max(0, money.shape[-1] - units) :]
    return np.asarray(utility(largest.sum(axis=-1)), dtype=np.float64)[()]
