"""Goods for buyers: one good in one or several units, several goods, one unit of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.questions import LARGEST_ANSWER
from mechanisms.types.space import SLACK, TypeSpace, total


@dataclass(frozen=True)
class OneGood(TypeSpace):
    """`supply` units of one good, for buyers who want one each; the type is its value.

    Types and reports may lie below 0 if `least` does: what nobody wants to have.
    """

    supply: int = 1
    least: float = 0.0

    @property
    def report_range(self) -> tuple[float, float]:
        """From `least`."""
        return (self.least, LARGEST_ANSWER)

    @property
    def units(self) -> int:
        """The supply."""
        return self.supply

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """Value times quantity."""
        return valuations * allocation

    def together(self, one: NDArray[Any], other: NDArray[Any]) -> FloatArray:
        """One unit at most: she wants no other."""
        return np.minimum(one + other, 1.0)

    def item_values(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The value."""
        return valuations

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The highest values that are above 0, one unit each."""
        return sum_of_highest(self.valuations(types), self.supply)

    def feasible(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """No quantity below 0, and no more than there is."""
        there = self.supply * (1 + SLACK)
        if allocation.ndim == 1 and allocation.size:  # one profile: the cost of NumPy's calls decides
            least = allocation.item(allocation.argmin())
            return np.bool_(least >= 0 and total(allocation) <= there)  # type: ignore[return-value]
        fits: NDArray[np.bool_] = allocation @ np.ones(allocation.shape[-1]) <= there
        if allocation.size and allocation.min() >= 0:  # along a short axis NumPy takes ten times as long
            return fits
        return fits & (allocation.min(axis=-1, initial=0.0) >= 0)

    def involved(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """Who gets anything."""
        return allocation != 0

    def shaded(self, types: NDArray[Any], share: Any, sells: Any = False) -> FloatArray:
        """That share of the value."""
        return types * share if sells is False else super().shaded(types, share, sells)

    def traded(self, allocation: NDArray[Any]) -> FloatArray:
        """All units that are sold."""
        return allocation.sum(axis=-1)

    def complaint(self, allocation: NDArray[Any]) -> str:
        """How much was sold."""
        return f"sold {allocation.sum(axis=0)} units where {self.supply} were on offer"


@lru_cache(maxsize=256)
def one_good(supply: int) -> OneGood:
    """The space of `supply` units of one good; the same object for the same supply."""
    return OneGood(supply)


@dataclass(frozen=True)
class DiminishingUnits(TypeSpace):
    """`supply` units of one good; a type holds the value of the first, second, … unit, which does not rise.

    Allocations are quantities, shape `(..., n)`; a fraction of the next unit counts in proportion.
    """

    supply: int = 2

    @property
    def type_shape(self) -> tuple[int, ...]:
        """A value for each unit."""
        return (self.supply,)

    @property
    def units(self) -> int:
        """The supply."""
        return self.supply

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The sum of the values of the units that she gets."""
        share = np.clip(np.asarray(allocation)[..., None] - np.arange(self.supply), 0.0, 1.0)
        return (valuations * share).sum(axis=-1)

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The highest of all values for a unit."""
        return sum_of_highest(types.reshape(*types.shape[:-2], -1), self.supply)

    def feasible(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """No quantity below 0, and no more than there is."""
        return one_good(self.supply).feasible(allocation)

    def complaint(self, allocation: NDArray[Any]) -> str:
        """How much was sold."""
        return one_good(self.supply).complaint(allocation)

    def types_of(self, draws: FloatArray) -> FloatArray:
        """The draws in descending order."""
        return -np.sort(-draws, axis=-1)


@dataclass(frozen=True)
class SeveralGoods(TypeSpace):
    """What spaces of `goods` different goods share, `supply` units of each: a value and a quantity a good."""

    goods: int
    supply: int = 1

    @property
    def type_shape(self) -> tuple[int, ...]:
        """A value for each good."""
        return (self.goods,)

    @property
    def allocation_shape(self) -> tuple[int, ...]:
        """A quantity of each good."""
        return (self.goods,)

    def together(self, one: NDArray[Any], other: NDArray[Any]) -> FloatArray:
        """One unit of each good at most: she wants no other."""
        return np.minimum(one + other, 1.0)

    @property
    def units(self) -> int:
        """The supply of each."""
        return self.supply

    def feasible(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """No quantity below 0, and of no good more than there is."""
        there = allocation.sum(axis=-2) <= self.supply * (1 + SLACK)
        return (allocation >= 0).all(axis=(-2, -1)) & there.all(axis=-1)

    def complaint(self, allocation: NDArray[Any]) -> str:
        """How much was sold of each."""
        return f"sold {allocation.sum(axis=0)} units where {self.supply} were on offer"


@dataclass(frozen=True)
class Additive(SeveralGoods):
    """Several goods, valued at the sum."""

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The sum over goods."""
        return (valuations * allocation).sum(axis=-1)

    def item_values(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The values."""
        return valuations

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """Each good to those who value it most."""
        return sum_of_highest(np.swapaxes(types, -1, -2), self.supply).sum(axis=-1)


@dataclass(frozen=True)
class UnitDemand(SeveralGoods):
    """Several goods for buyers who want one: what they get is worth its best part.

    An expected allocation gives at most one unit, so that its worth is the sum; a realised one may give more.
    """

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The best of what she gets for sure; in proportion where she gets at most one unit in all."""
        got = valuations * allocation
        one_at_most = np.sum(allocation, axis=-1) <= 1 + SLACK
        return np.where(one_at_most, got.sum(axis=-1), got.max(axis=-1))

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The optimal assignment."""
        from scipy.optimize import linear_sum_assignment

        best = np.empty(types.shape[:-2])
        for profile in np.ndindex(best.shape):
            gains = np.tile(np.maximum(types[profile], 0.0), self.supply)
            best[profile] = gains[linear_sum_assignment(gains, maximize=True)].sum()
        return best


def unit_of_each(goods: int, valued: type[SeveralGoods] = Additive) -> TypeSpace:
    """The space of one unit of each of some goods, `valued` so; of one good alone, types are numbers."""
    return valued(goods) if goods > 1 else one_good(1)


def sum_of_highest(values: FloatArray, count: int) -> FloatArray:
    """The sum of the `count` highest of the values on the last axis, those below 0 counted as 0."""
    if not values.shape[-1]:
        return np.zeros(values.shape[:-1])
    if count == 1:
        if values.ndim == 1:  # one profile: the cost of NumPy's calls decides
            best: float = values.item(values.argmax())
            return np.float64(max(best, 0.0))  # type: ignore[return-value]
        return np.maximum(values.max(axis=-1), 0.0)
    return np.maximum(-np.sort(-values, axis=-1)[..., :count], 0.0).sum(axis=-1)
