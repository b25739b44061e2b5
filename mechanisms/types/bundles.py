"""Bundles of goods: types that value every bundle, and bidders who want one package each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.types.space import SLACK, TypeSpace

MOST_ASSIGNMENTS = 100_000
"""The most ways to give the goods to buyers that are tried."""


def bundles(goods: int) -> NDArray[np.bool_]:
    """Which goods each bundle holds, shape (2^goods - 1, goods): bundle b holds g if bit g of b + 1 is set.

    >>> bundles(2).astype(int).tolist()
    [[1, 0], [0, 1], [1, 1]]
    """
    return (np.arange(1, 2**goods)[:, None] >> np.arange(goods)) & 1 == 1


def bundle_of(held: NDArray[Any]) -> NDArray[np.intp]:
    """Index of the bundle of goods that are held, from a mask of shape `(..., goods)`; -1 for none."""
    return (np.asarray(held, dtype=np.intp) << np.arange(np.shape(held)[-1])).sum(axis=-1) - 1


@lru_cache(maxsize=64)
def assignments(n: int, goods: int) -> NDArray[np.intp]:
    """The bundle of each buyer (-1 for none) in every way to give the goods, shape (ways, n).

    The ways come in the order in which ties are broken: the first good first, to the buyer of the lowest
    index, and rather to somebody than to nobody. ValueError for more than `MOST_ASSIGNMENTS` of them.
    """
    if (n + 1) ** goods > MOST_ASSIGNMENTS:
        raise ValueError(
            f"n = {n} buyers and {goods} goods make {(n + 1) ** goods} ways to give them; "
            f"at most {MOST_ASSIGNMENTS} are tried"
        )
    owner = np.array(list(product(range(n + 1), repeat=goods)))
    return bundle_of(np.arange(n)[:, None] == owner[:, None, :])


def worth_of_ways(values: FloatArray, got: NDArray[np.intp]) -> FloatArray:
    """The value of each buyer's bundle in each way: `(..., n, bundles)` to `(..., ways, n)`."""
    each = [np.where(of_one < 0, 0.0, values[..., i, of_one]) for i, of_one in enumerate(got.T)]
    return np.stack(each, axis=-1)


@dataclass(frozen=True)
class Bundles(TypeSpace):
    """One unit of each of some goods, and a value for every bundle of them, in the order of `bundles`.

    An allocation is 1 where a buyer gets just this bundle: the types are tables (XOR bids).
    """

    goods: int = 2

    @property
    def type_shape(self) -> tuple[int, ...]:
        """A value for each bundle."""
        return (2**self.goods - 1,)

    @property
    def allocation_shape(self) -> tuple[int, ...]:
        """A place for each bundle."""
        return (2**self.goods - 1,)

    @property
    def kinds(self) -> int:
        """The goods."""
        return self.goods

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The value of the bundle that she gets."""
        return (valuations * allocation).sum(axis=-1)

    def together(self, one: NDArray[Any], other: NDArray[Any]) -> FloatArray:
        """The bundle of all goods that both bundles hold."""
        held = bundles(self.goods)
        goods = one @ held.astype(float) + other @ held
        whole = bundle_of(goods > 0.5)
        return (whole[..., None] == np.arange(len(held))).astype(float)

    def item_values(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The values of the bundles."""
        return valuations

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The best of all ways to give the goods."""
        ways = assignments(types.shape[-2], self.goods)
        return worth_of_ways(types, ways).sum(axis=-1).max(axis=-1)

    def handed_out(self, allocation: NDArray[Any]) -> FloatArray:
        """Units of each good."""
        return (allocation @ bundles(self.goods)).sum(axis=-2)

    def feasible(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """At most one bundle a buyer, and no good twice."""
        one_each = (allocation.sum(axis=-1) <= 1 + SLACK).all(axis=-1)
        once = (self.handed_out(allocation) <= 1 + SLACK).all(axis=-1)
        return (allocation >= 0).all(axis=(-2, -1)) & one_each & once

    def types_of(self, draws: FloatArray) -> FloatArray:
        """Monotone tables: a bundle is worth the highest draw among the bundles within it."""
        holds = bundles(self.goods)
        within = (holds[:, None] >= holds[None]).all(axis=-1)
        return np.where(within, draws[..., None, :], -np.inf).max(axis=-1)


@dataclass(frozen=True)
class Packages(TypeSpace):
    """Single-minded bidders: seat i wants the goods in `packages[i]`, all of them; her type is their value.

    An allocation of 1 means that a bidder gets her package.
    """

    packages: tuple[tuple[int, ...], ...]

    @property
    def kinds(self) -> int:
        """The goods."""
        return 1 + max(max(package) for package in self.packages)

    @property
    def _holds(self) -> FloatArray:
        """Which goods each seat's package holds, shape (n, kinds)."""
        return np.array([[float(good in package) for good in range(self.kinds)] for package in self.packages])

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The value of her package."""
        return valuations * allocation

    def item_values(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The value."""
        return valuations

    def handed_out(self, allocation: NDArray[Any]) -> FloatArray:
        """Units of each good."""
        return allocation @ self._holds

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The best set of packages that have no good in common."""
        chosen = np.array(list(product((0.0, 1.0), repeat=len(self.packages))))
        possible = chosen[(self.handed_out(chosen) <= 1).all(axis=-1)]
        return (types @ possible.T).max(axis=-1)

    def feasible(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """No good twice, and no package more than once."""
        once = (self.handed_out(allocation) <= 1 + SLACK).all(axis=-1)
        return np.asarray(((allocation >= 0) & (allocation <= 1 + SLACK)).all(axis=-1) & once)
