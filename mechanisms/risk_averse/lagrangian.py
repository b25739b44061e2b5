"""The profile Lagrangian: the sharpest upper bound on the DSIC optimum here, exact or by simulation.

For θ in [0, 1] and w, g as in `bounds`, OPT <= E_v[max over S, |S| <= k, and prices p_i <= v_i for i in S,
of U(Σ p_i) − θ Σ_S (g(p_i) − w_i(v_i))]. The maximum at a profile is found by a dynamic program over (units
sold, revenue). The mean is taken over all profiles where they are few; else it is estimated on a sample,
after θ and b were chosen on another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.conversation import check_count
from mechanisms.distributions import Discrete
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.bounds import bounds_of, gain_over, virtual_utility
from mechanisms.risk_averse.buyers import buyers, check_seller, useful_prices
from mechanisms.risk_averse.money import MoneyGrid, Rounding, money_grid

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
    """An upper bound; a simulated one holds but for bad luck in the sample (about one time in 30,000).

    bound
        The estimate and four standard errors.
    estimate, standard_error
        Of the Lagrangian's mean over profiles; the error is 0 if all profiles were gone through.
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
    """Return the profile Lagrangian's bound: of all type profiles if they are at most `profiles` (>= 2) many.

    Otherwise it is estimated on a sample of so many.

    Raises TypeError or ValueError for bad buyers, units, utility or profiles, and TooLargeError for an
    instance whose dynamic programs are too long; then `utility_bounds` has bounds without simulation.
    """
    priors = buyers(values, probabilities)
    attitude = check_seller(utility, priors, units)
    check_count("profiles", profiles, least=2)
    return profile_bound_of(priors, units, attitude, rng, profiles)


def profile_bound_of(
    priors: tuple[Discrete, ...], units: int, utility: Attitude, rng: np.random.Generator, profiles: int
) -> SimulatedBound:
    """The same for checked buyers, units and utility."""
    prices = useful_prices(priors)
    most = min(units, len(priors))
    grid = money_grid(prices, most * float(prices.max()), CELLS, Rounding.UP, exact_cells=2 * CELLS)
    work = profiles * len(priors) * prices.size * most * grid.cells
    if work > MOST_WORK:
        raise TooLargeError(
            f"{profiles} profiles of {len(priors)} buyers, {prices.size} prices and {most} units take {work} "
            f"steps, more than {MOST_WORK}; use fewer profiles, or utility_bounds"
        )
    lagrangian = _Lagrangian(priors, prices, grid, most, utility)
    start = bounds_of(priors, units, utility).shift
    if np.prod([float(prior.values.size) for prior in priors]) <= profiles:
        types, chances = _all_profiles(priors)
        weight, shift = lagrangian.best_multipliers(start, types, chances)
        mean = float(lagrangian.maxima(weight, shift, types) @ chances)
        return SimulatedBound(mean, mean, 0.0, weight, shift)
    trial = _sample(priors, rng, TRIAL_PROFILES)
    weight, shift = lagrangian.best_multipliers(start, trial, np.full(len(trial), 1 / len(trial)))
    maxima = lagrangian.maxima(weight, shift, _sample(priors, rng, profiles))
    error, mean = float(maxima.std(ddof=1) / np.sqrt(profiles)), float(maxima.mean())
    return SimulatedBound(mean + STANDARD_ERRORS * error, mean, error, weight, shift)


def _all_profiles(priors: Sequence[Discrete]) -> tuple[FloatArray, FloatArray]:
    """All type profiles, shape (P, n), and their probabilities."""
    types = np.stack(np.meshgrid(*(prior.values for prior in priors), indexing="ij"), axis=-1)
    chances = np.array(1.0)
    for prior in priors:
        chances = np.multiply.outer(chances, prior.probabilities)
    return types.reshape(-1, len(priors)), chances.ravel()


def _sample(priors: Sequence[Discrete], rng: np.random.Generator, count: int) -> FloatArray:
    """Type profiles drawn independently, shape (count, n)."""
    return np.stack([prior.sample(rng, count) for prior in priors], axis=1)


@dataclass(frozen=True, eq=False)
class _Lagrangian:
    """The Lagrangian of one instance."""

    priors: tuple[Discrete, ...]
    prices: FloatArray
    grid: MoneyGrid
    most: int
    utility: Attitude

    def best_multipliers(self, shift: float, types: FloatArray, chances: FloatArray) -> tuple[float, float]:
        """θ and b with the least mean over type profiles, shape (P, n), with probabilities (P,)."""
        choices = list(product(WEIGHTS, (factor * shift for factor in SHIFT_FACTORS)))
        means = [float(self.maxima(weight, b, types) @ chances) for weight, b in choices]
        return choices[int(np.argmin(means))]

    def maxima(self, weight: float, shift: float, types: FloatArray) -> FloatArray:
        """The Lagrangian's maximum at each type profile: shape (P, n) to (P,)."""
        gain = gain_over(self.utility, shift)
        costs = weight * gain(self.prices)
        best = np.full((len(types), self.most + 1, self.grid.cells), -np.inf)
        best[:, 0, 0] = 0.0
        for prior, values in zip(self.priors, types.T, strict=True):
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
