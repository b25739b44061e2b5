"""Products and mixtures of products on one grid: conditioning without enumerating profiles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, read_only
from mechanisms.distributions import Discrete, IndependentPrior, MixturePrior, Prior


@dataclass(frozen=True, eq=False)
class Structured:
    """A mixture of K products over n buyers and one grid of B values.

    grid
        Shape (B,), increasing, at least 0.
    weights
        Shape (K,), positive.
    masses
        Shape (K, n, B): each component's marginals.
    """

    grid: FloatArray
    weights: FloatArray
    masses: FloatArray

    @property
    def n(self) -> int:
        """The number of buyers."""
        return self.masses.shape[1]

    @cached_property
    def integers(self) -> NDArray[np.intp] | None:
        """The grid as integers; None if it holds anything else."""
        whole = (self.grid % 1 == 0).all()
        return self.grid.astype(np.intp) if whole else None

    def on_integers(self, probabilities: FloatArray, bound: int) -> FloatArray:
        """Probabilities (B,) on the grid, spread over 0 … bound−1; larger values are left out.

        ValueError for a grid of anything but integers.
        """
        integers = self.integers
        if integers is None:
            raise ValueError(f"values must be integers of at least 0, got the grid {self.grid.tolist()}")
        if len(integers) == bound == integers[-1] + 1:
            return probabilities
        spread = np.zeros(bound)
        below = integers < bound
        spread[integers[below]] = probabilities[below]
        return spread

    def places(self, values: ArrayLike) -> np.ndarray:
        """Indices of values on the grid, −1 for a value that is not on it."""
        values = np.asarray(values, dtype=float)
        place = np.minimum(np.searchsorted(self.grid, values), len(self.grid) - 1)
        return np.where(self.grid[place] == values, place, -1)


def structure_of(prior: Prior) -> Structured:
    """The structure of an `IndependentPrior`, or of a `MixturePrior` of such, with `Discrete` marginals.

    The grid is the union of all marginals' grids. Raises TypeError for any other prior, ValueError for
    negative values.
    """
    if isinstance(prior, MixturePrior):
        products, weights = [_marginals(part) for part in prior.components], np.array(prior.weights)
    else:
        products, weights = [_marginals(prior)], np.ones(1)
    distinct: dict[Discrete, int] = {}
    for marginals in products:
        for marginal in marginals:
            distinct.setdefault(marginal, len(distinct))
    grid = np.unique(np.concatenate([marginal.values for marginal in distinct]))
    if grid[0] < 0:
        raise ValueError(f"prior must have values of at least 0, got {grid[0]}")
    rows = np.zeros((len(distinct), len(grid)))
    for marginal, row in distinct.items():
        rows[row, np.searchsorted(grid, marginal.values)] = marginal.probabilities
    places = np.array([[distinct[marginal] for marginal in marginals] for marginals in products])
    held = weights > 0
    return Structured(read_only(grid), read_only(weights[held]), read_only(rows[places[held]]))


def _marginals(prior: Prior) -> list[Discrete]:
    if isinstance(prior, IndependentPrior):
        marginals = [marginal for marginal in prior.marginals if isinstance(marginal, Discrete)]
        if len(marginals) == prior.n:
            return marginals
    raise TypeError(f"prior must be a product, or mixture of products, of Discrete, not {prior!r}")


def star_masses(prior: Structured, star: int, values: FloatArray) -> FloatArray:
    """Masses (B,) of the star's value given the others' (`values` of shape (n,), her own not looked at).

    They do not know yet that she is the star. Up to a factor; zeros if the others' values are impossible.
    """
    return prior_given(prior, log_likelihoods(prior, values, star), star)


def log_likelihoods(
    prior: Structured, values: FloatArray, without: int, unknown: ArrayLike = ()
) -> FloatArray:
    """log of each component's weight times the probability of the values, shape (K,); −inf where it is 0.

    The values of buyer `without` and of the buyers `unknown` are not looked at.
    """
    places = prior.places(values)
    looked_at = np.ones(prior.n, dtype=bool)
    looked_at[without] = False
    looked_at[np.asarray(unknown, dtype=np.intp)] = False
    if (places[looked_at] < 0).any():
        return np.full(len(prior.weights), -np.inf)
    with np.errstate(divide="ignore"):
        chances = np.log(prior.masses[:, np.flatnonzero(looked_at), places[looked_at]])
    return chances.sum(axis=1) + np.log(prior.weights)


def prior_given(prior: Structured, log_weights: FloatArray, buyer: int) -> FloatArray:
    """Masses (B,) of one buyer's value under components with these logarithmic weights, up to a factor."""
    highest = log_weights.max()
    if highest == -np.inf:
        return np.zeros(len(prior.grid))
    return np.exp(log_weights - highest) @ prior.masses[:, buyer]
