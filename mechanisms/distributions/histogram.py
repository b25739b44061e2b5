"""The piecewise uniform distribution: a histogram as a density, and so a smooth estimate from data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, finite_vector, probability_array
from mechanisms.distributions.base import ContinuousDistribution
from mechanisms.distributions.discrete import Discrete


@dataclass(frozen=True, init=False)
class PiecewiseUniform(ContinuousDistribution):
    """Uniform within each bin: `edges` (k + 1, strictly increasing) and `masses` (k, summing to 1).

    Bins of mass 0 are allowed, and leave the support where they stand at an end.
    """

    edges: tuple[float, ...]
    masses: tuple[float, ...]

    def __init__(self, edges: ArrayLike, masses: ArrayLike) -> None:
        """Raise ValueError if edges do not increase, masses are no probabilities, or lengths disagree."""
        borders = finite_vector("edges", edges, minimum_length=2)
        if (np.diff(borders) <= 0).any():
            raise ValueError(f"edges must strictly increase, not {borders.tolist()}")
        weights = probability_array("masses", masses)
        if weights.shape != (borders.size - 1,):
            raise ValueError(f"masses must have shape ({borders.size - 1},), one a bin, not {weights.shape}")
        object.__setattr__(self, "edges", tuple(borders.tolist()))
        object.__setattr__(self, "masses", tuple(weights.tolist()))

    @classmethod
    def from_data(cls, samples: ArrayLike, bins: int | Sequence[float] | None = None) -> PiecewiseUniform:
        """Return the histogram of `samples`, a vector with at least two distinct values.

        `bins` is a number of bins of equal width between the least and the greatest sample, or their edges,
        which must cover the samples. The default is the Rice rule: 2 n^(1/3) bins, rounded up.
        """
        data = finite_vector("samples", samples)
        if data.min() == data.max():
            raise ValueError(f"samples must have two distinct values, not only {data[0]}; Discrete takes one")
        if bins is None:
            bins = int(np.ceil(2 * data.size ** (1 / 3)))
        counts, edges = np.histogram(data, bins=_edges(bins, data))
        if counts.sum() < data.size:
            low, high = data.min(), data.max()
            raise ValueError(f"bins must cover the samples, [{low}, {high}], not {edges.tolist()}")
        return cls(edges, counts / counts.sum())

    @classmethod
    def around(cls, atoms: Discrete, width: float = 1e-6) -> PiecewiseUniform:
        """Return `atoms` without atoms: each value's probability is spread evenly around it.

        A bin reaches from its value v by `width` times |v| to both sides (for 0: of the least other size),
        but at most a third of the way to a neighbour. For what is defined without atoms only, such as the
        equilibrium of a first-price auction: it is the perturbed game of Harsanyi (1973), and a value itself,
        in the middle of its bin, stands for the median of what the equilibrium with atoms mixes over.
        """
        positive = atoms.probabilities > 0
        values, masses = atoms.values[positive], atoms.probabilities[positive]
        sizes = np.abs(values)
        least = sizes[sizes > 0].min(initial=np.inf)
        half = width * np.where(sizes > 0, sizes, least if np.isfinite(least) else 1.0)
        if values.size > 1:
            room = np.diff(values) / 3
            half = np.minimum(half, np.minimum(np.append(room, np.inf), np.append(np.inf, room)))
        bins = np.stack([masses, np.zeros(masses.size)], axis=-1).ravel()[:-1]
        return cls(np.stack([values - half, values + half], axis=-1).ravel(), bins)

    @property
    def support(self) -> tuple[float, float]:
        """From the first to the last bin of positive mass."""
        edges, _ = self._knots()
        return float(edges[0]), float(edges[-1])

    @property
    def mean(self) -> float:
        """The masses times the bins' midpoints."""
        edges = np.array(self.edges)
        return float(np.array(self.masses) @ (edges[:-1] + edges[1:]) / 2)

    def breakpoints(self) -> FloatArray:
        """The edges of the support's bins: between them everything is polynomial."""
        return self._knots()[0]

    def _knots(self) -> tuple[FloatArray, FloatArray]:
        """Edges of the support's bins and the distribution function there, which ends at exactly 1."""
        positive = np.flatnonzero(self.masses)
        first, last = positive[0], positive[-1] + 1
        cumulative = np.minimum(np.cumsum((0.0, *self.masses[first:last])), 1)
        cumulative[-1] = 1
        return np.array(self.edges[first : last + 1]), cumulative

    def _cdf(self, value: FloatArray) -> FloatArray:
        edges, cumulative = self._knots()
        return np.interp(value, edges, cumulative)

    def _pdf(self, value: FloatArray) -> FloatArray:
        edges = np.array(self.edges)
        density = np.array(self.masses) / np.diff(edges)
        place = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, density.size - 1)
        return np.where((value >= edges[0]) & (value <= edges[-1]), density[place], 0.0)[()]

    def _quantile(self, u: FloatArray) -> FloatArray:
        edges, cumulative = self._knots()
        piece = np.maximum(np.searchsorted(cumulative, u, side="left") - 1, 0)  # never a flat piece
        rise = cumulative[piece + 1] - cumulative[piece]
        value = edges[piece] + (u - cumulative[piece]) / rise * (edges[piece + 1] - edges[piece])
        return np.minimum(value, edges[piece + 1])


def _edges(bins: int | Sequence[float], data: FloatArray) -> FloatArray:
    if isinstance(bins, int | np.integer):
        if bins < 1:
            raise ValueError(f"bins must be >= 1, not {bins}")
        return np.linspace(data.min(), data.max(), int(bins) + 1)
    return finite_vector("bins", bins, minimum_length=2)
