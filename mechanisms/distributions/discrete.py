"""Finite distributions of one value: a grid of values and their probabilities, or a sample's frequencies."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, finite_vector, probability_array, read_only, without_nan
from mechanisms.distributions.base import Distortion, Distribution


class Discrete(Distribution):
    """Finitely many values with probabilities.

    Attributes: `values`, strictly increasing, and `probabilities`, both read-only of shape (B,). Values
    given twice are merged. Values of probability 0 stay on the grid (a report there is possible) but are
    not in the support.
    """

    def __init__(self, values: ArrayLike, probabilities: ArrayLike) -> None:
        """Raise TypeError or ValueError for values that are not finite, or probabilities that are not."""
        grid = finite_vector("values", values)
        masses = probability_array("probabilities", probabilities)
        if masses.shape != grid.shape:
            raise ValueError(f"probabilities must have the shape of values {grid.shape}, not {masses.shape}")
        merged, place = np.unique(grid, return_inverse=True)
        self.values = read_only(merged)
        self.probabilities = read_only(np.bincount(place, weights=masses).astype(np.float64))
        cumulative = np.minimum(np.cumsum(self.probabilities), 1)
        cumulative[np.flatnonzero(self.probabilities)[-1] :] = 1
        self._cumulative = read_only(np.concatenate([[0.0], cumulative]))

    @classmethod
    def from_data(cls, samples: ArrayLike) -> Discrete:
        """Return the empirical distribution: each value with its frequency in `samples`, a vector."""
        values, counts = np.unique(finite_vector("samples", samples), return_counts=True)
        return cls(values, counts / counts.sum())

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest value of positive probability."""
        positive = self.values[self.probabilities > 0]
        return float(positive[0]), float(positive[-1])

    @property
    def mean(self) -> float:
        """The sum of values times probabilities."""
        return float(self.values @ self.probabilities)

    def pmf(self, value: ArrayLike) -> FloatArray:
        """Pr[V = value], elementwise; 0 off the grid. Raises ValueError for NaN."""
        value = without_nan("value", value)
        place = np.minimum(np.searchsorted(self.values, value), self.values.size - 1)
        return np.where(self.values[place] == value, self.probabilities[place], 0.0)[()]

    def distorted_mean(self, distortion: Distortion) -> float:
        """The mean under g(F): the sum of values times the steps of g(F)."""
        return float(self.values @ np.diff(distortion(self._cumulative)))

    def _cdf(self, value: FloatArray) -> FloatArray:
        return self._cumulative[np.searchsorted(self.values, value, side="right")]

    def _sale_probability(self, price: FloatArray) -> FloatArray:
        tails = np.append(np.cumsum(self.probabilities[::-1])[::-1], 0.0)
        first = int(np.flatnonzero(self.probabilities)[0])
        tails[: first + 1] = 1
        return np.minimum(tails, 1)[np.searchsorted(self.values, price, side="left")]

    def _quantile(self, u: FloatArray) -> FloatArray:
        lowest = int(np.flatnonzero(self.probabilities)[0])
        place = np.searchsorted(self._cumulative[1:], u, side="left")
        return self.values[np.maximum(place, lowest)]

    def __eq__(self, other: object) -> bool:
        """Return whether grids and probabilities are the same to the last bit."""
        if not isinstance(other, Discrete):
            return NotImplemented
        return bool(
            np.array_equal(self.values, other.values)
            and np.array_equal(self.probabilities, other.probabilities)
        )

    def __hash__(self) -> int:
        return hash((self.values.tobytes(), self.probabilities.tobytes()))

    def __reduce__(self) -> tuple[object, ...]:
        return Discrete, (self.values, self.probabilities)  # unpickled arrays are read-only again

    def __repr__(self) -> str:
        return f"Discrete(values={self.values.tolist()}, probabilities={self.probabilities.tolist()})"
