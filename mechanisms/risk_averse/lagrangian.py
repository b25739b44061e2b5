"""The profile Lagrangian: an upper bound on the DSIC optimum by simulation, the sharpest one here.

For θ in [0, 1] and w, g as in `bounds`, OPT <= E_v[max over S, |S| <= k, and prices p_i <= v_i for i in S,
of U(Σ p_i) − θ Σ_S (g(p_i) − w_i(v_i))]. The maximum at a profile is found by a dynamic program over (units
sold, revenue); the mean is estimated on a sample, after θ and b were chosen on another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.conversation import check_count
from mechanisms.distributions import Discrete
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.bounds import bounds_of, shifted, virtual_utility
from mechanisms.risk_averse.buyers import buyers, check_seller, useful_prices
from mechanisms.risk_averse.money import MoneyGrid, Rounding, money_grid
from mechanisms.risk_averse.sales import TooLargeError

CELLS = 400
"""Multiples of the unit of money where prices have no common one: then they are rounded up."""
MOST_WORK = 2_000_000_000
"""Profiles × buyers × prices × states that are gone through for one choice of θ and b."""
STANDARD_ERRORS = 4.0
"""How many standard errors are added to the estimate."""
WEIGHTS = (0.25, 0.5, 0.75, 1.0)
SHIFT_FACTORS = (0.6, 1.0, 1.6)
TRIAL_PROFILES = 200


@dataclass(frozen=True)
class SimulatedBound:
    """An upper bound that holds but for bad luck in the sample (less than one time in 10,000).

    bound
        The estimate and four standard errors.
    estimate, standard_error
        Of the Lagrangian's mean over profiles.
    weight, shift
        θ and b.
    """

    bound: float
    estimate: float
    standard_error: float
    weight: float
    shift: float


def profile_bound(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    utility: Attitude,
    rng: np.random.Generator,
    profiles: int = 2_000,
) -> SimulatedBound:
    """Return the profile Lagrangian's bound from a sample of `profiles` type profiles, at least 2.

    Raises TypeError or ValueError for bad buyers, units, utility or profiles, and TooLargeError for an
    instance whose dynamic programs are too long; then `utility_bounds` has bounds without simulation.
    """
    priors = buyers(values, probabilities)
    attitude = check_seller(utility, priors, units)
    check_count("profiles", profiles, least=2)
    prices = useful_prices(priors)
    most = min(units, len(priors))
    grid = money_grid(prices, most * float(prices.max()), CELLS, Rounding.UP, exact_cells=2 * CELLS)
    work = profiles * len(priors) * prices.size * most * grid.cells
    if work > MOST_WORK:
        raise TooLargeError(
            f"{profiles} profiles of {len(priors)} buyers, {prices.size} prices and {most} units take {work} "
            f"steps, more than {MOST_WORK}; use fewer profiles, or utility_bounds"
        )
    lagrangian = _Lagrangian(priors, prices, grid, most, attitude)
    weight, shift = lagrangian.best_multipliers(bounds_of(priors, units, attitude).shift, rng)
    sample = lagrangian.maxima(weight, shift, rng, profiles)
    error = float(sample.std(ddof=1) / np.sqrt(profiles))
    estimate = float(sample.mean())
    return SimulatedBound(estimate + STANDARD_ERRORS * error, estimate, error, weight, shift)


@dataclass(frozen=True, eq=False)
class _Lagrangian:
    """The Lagrangian of one instance."""

    priors: tuple[Discrete, ...]
    prices: FloatArray
    grid: MoneyGrid
    most: int
    utility: Attitude

    def best_multipliers(self, shift: float, rng: np.random.Generator) -> tuple[float, float]:
        """θ and b with the least mean on a small sample, the same one for all."""
        seed = int(rng.integers(2**63))
        choices = list(product(WEIGHTS, (factor * shift for factor in SHIFT_FACTORS)))
        means = [
            self.maxima(weight, b, np.random.default_rng(seed), TRIAL_PROFILES).mean()
            for weight, b in choices
        ]
        return choices[int(np.argmin(means))]

    def maxima(self, weight: float, shift: float, rng: np.random.Generator, count: int) -> FloatArray:
        """The Lagrangian's maximum at each of `count` sampled profiles."""
        gain = shifted(self.utility, shift)
        costs = weight * gain(self.prices)
        best = np.full((count, self.most + 1, self.grid.cells), -np.inf)
        best[:, 0, 0] = 0.0
        for prior in self.priors:
            values = prior.sample(rng, count)
            credit = weight * virtual_utility(prior, gain)(gain(values))
            self._buyer(best, values, credit, costs)
        utilities = np.asarray(self.utility(self.grid.amounts), dtype=np.float64)
        return (best + utilities).max(axis=(1, 2))

    def _buyer(self, best: FloatArray, values: FloatArray, credit: FloatArray, costs: FloatArray) -> None:
        """Let one more buyer pay any price up to her value, or not buy: `best` is changed."""
        before = best[:, :-1].copy()
        for price, step, cost in zip(self.prices, self.grid.steps.astype(int), costs, strict=True):
            pays = np.flatnonzero(values >= price * (1 - 1e-12))
            sold = before[pays, :, : self.grid.cells - step] + (credit[pays] - cost)[:, None, None]
            best[pays, 1:, step:] = np.maximum(best[pays, 1:, step:], sold)
