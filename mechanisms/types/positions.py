"""Positions on a page: a value a click, and places of different click rates.

Edelman, Ostrovsky and Schwarz 2007, American Economic Review 97; Varian 2007, International Journal of
Industrial Organization 25.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.types.space import SLACK, TypeSpace


@dataclass(frozen=True)
class Positions(TypeSpace):
    """Places that bring `click_rates` clicks each; a type is the value of a click.

    An allocation is 1 where a bidder gets this place. The rates are at least 0, in any order.
    """

    click_rates: tuple[float, ...]

    @property
    def allocation_shape(self) -> tuple[int, ...]:
        """A place for each rate."""
        return (len(self.click_rates),)

    def clicks(self, allocation: NDArray[Any]) -> FloatArray:
        """Clicks that each bidder gets, shape `(..., n)`."""
        return allocation @ np.array(self.click_rates)

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """Clicks times the value of one."""
        return valuations * self.clicks(allocation)

    def together(self, one: NDArray[Any], other: NDArray[Any]) -> FloatArray:
        """The better of two places: she wants one."""
        return np.where((self.clicks(one) >= self.clicks(other))[..., None], one, other)

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The better places to those of higher values."""
        rates = -np.sort(-np.array(self.click_rates))
        ranked = np.maximum(-np.sort(-types, axis=-1), 0.0)
        many = min(len(rates), types.shape[-1])
        return ranked[..., :many] @ rates[:many]

    def feasible(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """One place for each at most, and one bidder in each at most."""
        full = (allocation.sum(axis=-2) <= 1 + SLACK).all(axis=-1)
        one_each = (allocation.sum(axis=-1) <= 1 + SLACK).all(axis=-1)
        return (allocation >= 0).all(axis=(-2, -1)) & full & one_each
