"""Finite joint distributions over type profiles, as tables: common priors and the beliefs that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from math import prod
from operator import index

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import (
    FloatArray,
    finite_vector,
    float_array,
    probability_array,
    read_only,
    without_nan,
)
from mechanisms.distributions.discrete import Discrete
from mechanisms.distributions.prior import Prior

MAX_CELLS = 10_000_000
"""The largest table that is built from parts; larger priors are for `IndependentPrior` and `MixturePrior`."""


class JointDistribution(Prior):
    """A probability for each profile of the grid: `table` of shape (B_1, ..., B_n), nonnegative, sum 1.

    `values` holds for each buyer the types of her axis: numbers (B_i,), strictly increasing, or distinct
    vectors, the rows of an array (B_i, numbers). Arrays are read-only.
    Profiles of probability 0 are on the grid but not in the support. Make one with `from_table`, `product`,
    `mixture` or `from_data`.
    """

    def __init__(self, table: ArrayLike, values: Sequence[ArrayLike] | None = None) -> None:
        """Do as `from_table` does."""
        masses = probability_array("table", table)
        if masses.ndim == 0 or 0 in masses.shape:
            raise ValueError(f"table must have an axis for each buyer, not be of shape {masses.shape}")
        self.table = read_only(masses)
        self.values = _grids(masses.shape, values)
        support = np.nonzero(masses)
        self._support = read_only(np.stack(support, axis=-1))
        self._masses = read_only(masses[support])
        self._cumulative = read_only(np.minimum(np.cumsum(self._masses), 1))

    @classmethod
    def from_table(cls, table: ArrayLike, values: Sequence[ArrayLike] | None = None) -> JointDistribution:
        """Return the distribution with this table.

        `values` gives each buyer's types, numbers that strictly increase, or the distinct rows of an array;
        by default they are the numbers 0 .. B_i - 1.
        Raises TypeError or ValueError if the table is not of nonnegative numbers that sum to 1 (within 1e-9),
        or if values do not fit it or do not increase.
        """
        return cls(table, values)

    @classmethod
    def product(cls, marginals: Sequence[Discrete]) -> JointDistribution:
        """Return the distribution of independent values, on the product of the marginals' grids."""
        if not len(marginals):
            raise ValueError("marginals must hold at least one distribution")
        for buyer, marginal in enumerate(marginals):
            if not isinstance(marginal, Discrete):
                raise TypeError(f"marginals[{buyer}] must be a Discrete, not {marginal!r}")
        _refuse_size(tuple(marginal.values.size for marginal in marginals))
        table = reduce(np.multiply.outer, [marginal.probabilities for marginal in marginals])
        return cls(table, [marginal.values for marginal in marginals])

    @classmethod
    def mixture(cls, weights: ArrayLike, components: Sequence[JointDistribution]) -> JointDistribution:
        """Return the mixture of distributions over the same buyers, on the union of their grids.

        Raises ValueError if weights are no probabilities, one for each component, or if buyers differ.
        """
        shares = probability_array("weights", weights)
        if shares.shape != (len(components),):
            raise ValueError(f"weights must be one for each of {len(components)} components")
        sizes = [component.n for component in components]
        if len(set(sizes)) > 1:
            raise ValueError(f"components must have the same number of buyers, not {sizes}")
        values = [
            np.unique(np.concatenate(grids), axis=0)
            for grids in zip(*(c.values for c in components), strict=True)
        ]
        _refuse_size(tuple(map(len, values)))
        table = np.zeros([len(grid) for grid in values])
        for share, component in zip(shares, components, strict=True):
            places = [place_of(g, own) for g, own in zip(values, component.values, strict=True)]
            table[np.ix_(*places)] += share * component.table
        return cls(table, values)

    @classmethod
    def from_data(cls, profiles: ArrayLike) -> JointDistribution:
        """Return the empirical distribution of observed profiles, the rows of an array of shape (m, n)."""
        rows = float_array("profiles", profiles)
        if rows.ndim != 2 or 0 in rows.shape:
            raise ValueError(f"profiles must be rows of an array (m, n), m, n >= 1, not shape {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError(f"profiles must be finite, not {rows[~np.isfinite(rows)][0]}")
        values, places = zip(*(np.unique(column, return_inverse=True) for column in rows.T), strict=True)
        _refuse_size(tuple(grid.size for grid in values))
        counts = np.zeros([grid.size for grid in values])
        np.add.at(counts, places, 1)
        return cls(counts / len(rows), values)

    @property
    def n(self) -> int:
        """The number of buyers."""
        return self.table.ndim

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of types of each buyer, (B_1, ..., B_n)."""
        return self.table.shape

    @property
    def type_shape(self) -> tuple[int, ...]:
        """() for types that are numbers, else (numbers,)."""
        return self.values[0].shape[1:]

    @property
    def uniforms_per_profile(self) -> int:
        """One."""
        return 1

    def support_indices(self) -> NDArray[np.intp]:
        """Return the support as indices into `table`, shape (P, n), in lexicographic order."""
        return self._support

    def support_probabilities(self) -> FloatArray:
        """Return the probabilities of the support's profiles, shape (P,), all positive, in the same order."""
        return self._masses

    def profiles(self) -> FloatArray:
        """Return the support's type profiles, shape (P, n, *type_shape), in lexicographic order."""
        columns = [grid[self._support[:, buyer]] for buyer, grid in enumerate(self.values)]
        return np.stack(columns, axis=1)

    def probability(self, profile: ArrayLike) -> FloatArray:
        """Probability of profiles of shape (..., n, *type_shape): shape (...), and 0 for types off the grid.

        Raises ValueError for NaN, or for another last axis.
        """
        profile = without_nan("profile", profile)
        width = len(self.type_shape)
        if profile.ndim <= width or profile.shape[profile.ndim - 1 - width :] != (self.n, *self.type_shape):
            what = f"{self.n} values" if not width else f"shape {(self.n, *self.type_shape)} at the end"
            raise ValueError(f"profile must have a last axis of {what}, not shape {profile.shape}")
        places = [
            place_of(grid, profile.take(buyer, axis=-1 - width)) for buyer, grid in enumerate(self.values)
        ]
        on_grid = np.min(places, axis=0) >= 0
        return np.where(on_grid, self.table[tuple(places)], 0.0)[()]

    def index_of(self, profile: ArrayLike) -> tuple[int, ...]:
        """Where one profile, shape (n, *type_shape), stands in the table; ValueError if off the grid."""
        places = tuple(int(place_of(g, v)) for g, v in zip(self.values, np.asarray(profile), strict=True))
        if min(places) < 0:
            raise ValueError(f"values must lie on the prior's grid, got {np.asarray(profile).tolist()}")
        return places

    def expectation(self, function: ArrayLike) -> FloatArray:
        """Expected value of a function given on the table, shape (..., B_1, ..., B_n): shape (...).

        Entries off the support are not looked at, so they may be infinite or NaN.
        """
        array = np.asarray(function, dtype=np.float64)
        if array.ndim < self.n or array.shape[array.ndim - self.n :] != self.shape:
            raise ValueError(f"function must end in the table's shape {self.shape}, not have {array.shape}")
        return array[(..., *self._support.T)] @ self._masses

    def marginal(self, buyers: int | Sequence[int] | NDArray[np.integer]) -> Discrete | JointDistribution:
        """Return the distribution of one buyer's value (a `Discrete`), or of several, in the order given.

        Where types are vectors, that of one buyer is a joint distribution too. Raises ValueError for a buyer
        who is not among 0 .. n - 1, or named twice.
        """
        if not isinstance(buyers, Sequence | np.ndarray):
            buyer = self._buyer(buyers)
            if self.type_shape:
                return self.marginal((buyer,))
            others = tuple(j for j in range(self.n) if j != buyer)
            return Discrete(self.values[buyer], self.table.sum(axis=others))
        kept = [self._buyer(buyer) for buyer in buyers]
        if not kept or len(set(kept)) < len(kept):
            raise ValueError(f"buyers must be distinct and at least one, not {tuple(buyers)!r}")
        summed = self.table.sum(axis=tuple(j for j in range(self.n) if j not in kept))
        order = [sorted(kept).index(buyer) for buyer in kept]
        return JointDistribution(summed.transpose(order), [self.values[buyer] for buyer in kept])

    def condition(self, event: ArrayLike | Mapping[int, ArrayLike]) -> JointDistribution:
        """Return the posterior on an event, on the same grid: Bayes' rule.

        `event` is a boolean array of the table's shape, such as the cell of a partition, or a mapping from
        buyers to their values. Raises ValueError if the event has probability 0.
        """
        mask = self._fixed(event) if isinstance(event, Mapping) else np.asarray(event)
        if mask.dtype != np.bool_:
            raise TypeError(f"event must be boolean, or a mapping from buyers to values, not {mask.dtype}")
        if mask.shape != self.shape:
            raise ValueError(f"event must have the table's shape {self.shape}, not {mask.shape}")
        kept = np.where(mask, self.table, 0.0)
        total = kept.sum()
        if total == 0:
            what = dict(event) if isinstance(event, Mapping) else f"{int(mask.sum())} profiles of the table"
            raise ValueError(f"event must have positive probability, but has 0: {what}")
        return JointDistribution(kept / total, self.values)

    def integer_table(self, buyers: Sequence[int], bound: int) -> FloatArray:
        """Return the joint probabilities of some buyers' values among the integers 0 .. bound - 1.

        Shape (bound,) * len(buyers); the sum is below 1 if there are larger values. Raises ValueError if a
        buyer's grid holds anything but integers of at least 0.
        """
        kept = [self._buyer(buyer) for buyer in buyers]
        table = np.zeros((bound,) * len(kept))
        places = [_as_integers(self.values[buyer]) for buyer in kept]
        axes = [*kept, *(j for j in range(self.n) if j not in kept)]
        joint = self.table.transpose(axes).sum(axis=tuple(range(len(kept), self.n)))
        below = np.ix_(*(place < bound for place in places))
        table[np.ix_(*(place[place < bound] for place in places))] = joint[below]
        return table

    def value_bound(self, buyers: Sequence[int]) -> int:
        """Return the least B such that all values on these buyers' grids are below B."""
        return 1 + int(np.floor(max(self.values[self._buyer(buyer)][-1] for buyer in buyers)))

    def is_product(self, tolerance: float = 1e-12) -> bool:
        """Whether the values are independent: no entry is off the product of marginals by more than this."""
        axes = [tuple(j for j in range(self.n) if j != i) for i in range(self.n)]
        product = reduce(np.multiply.outer, [self.table.sum(axis=others) for others in axes])
        return bool(np.abs(self.table - product).max() <= tolerance)

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        place = np.searchsorted(self._cumulative, u[..., 0], side="right")
        return self.profiles()[np.minimum(place, self._masses.size - 1)]

    def _buyer(self, buyer: object) -> int:
        number = index(buyer)  # type: ignore[arg-type]
        if not 0 <= number < self.n:
            raise ValueError(f"buyers must be in 0 .. {self.n - 1}, not {number}")
        return number

    def _fixed(self, event: Mapping[int, ArrayLike]) -> NDArray[np.bool_]:
        """The profiles in which each named buyer has the given value, as a mask."""
        mask = np.ones(self.shape, dtype=bool)
        for name, value in event.items():
            buyer = self._buyer(name)
            along = [1] * self.n
            along[buyer] = -1
            there = np.arange(self.shape[buyer]) == place_of(self.values[buyer], without_nan("event", value))
            mask &= there.reshape(along)
        return mask

    def __eq__(self, other: object) -> bool:
        """Return whether grids and tables are the same to the last bit."""
        if not isinstance(other, JointDistribution):
            return NotImplemented
        same_grids = self.shape == other.shape and all(map(np.array_equal, self.values, other.values))
        return bool(same_grids and np.array_equal(self.table, other.table))

    def __hash__(self) -> int:
        return hash((self.shape, self.table.tobytes(), *(grid.tobytes() for grid in self.values)))

    def __reduce__(self) -> tuple[object, ...]:
        return JointDistribution, (self.table, self.values)  # unpickled arrays are read-only again

    def __repr__(self) -> str:
        return f"<JointDistribution of shape {self.shape}, {self._masses.size} profiles in the support>"


def _as_integers(grid: FloatArray) -> NDArray[np.intp]:
    """Return a grid of integers of at least 0 as indices, or raise ValueError."""
    if (grid % 1 != 0).any() or grid[0] < 0:
        raise ValueError(f"values must be integers of at least 0, not {grid.tolist()}")
    return grid.astype(np.intp)


def _refuse_size(shape: tuple[int, ...]) -> None:
    if prod(shape) > MAX_CELLS:
        raise ValueError(f"table must have at most {MAX_CELLS} cells, not {prod(shape)}, of shape {shape}")


def _grids(shape: tuple[int, ...], values: Sequence[ArrayLike] | None) -> tuple[FloatArray, ...]:
    """Each buyer's type values, checked against the table's shape."""
    if values is None:
        return tuple(read_only(np.arange(size, dtype=np.float64)) for size in shape)
    if len(values) != len(shape):
        raise ValueError(f"values must be one grid for each of {len(shape)} buyers, not {len(values)}")
    grids = []
    for buyer, (size, given) in enumerate(zip(shape, values, strict=True)):
        vectors = np.ndim(given) == 2
        checked = _finite_rows if vectors else finite_vector
        grid = checked(f"values[{buyer}]", given)
        if len(grid) != size:
            raise ValueError(f"values[{buyer}] must have length {size}, the table's, not {len(grid)}")
        if not vectors and (np.diff(grid) <= 0).any():
            raise ValueError(f"values[{buyer}] must strictly increase, not {grid.tolist()}")
        if vectors and len(np.unique(grid, axis=0)) < size:
            raise ValueError(f"values[{buyer}] must hold distinct rows, not {grid.tolist()}")
        grids.append(read_only(grid))
    if len({grid.shape[1:] for grid in grids}) > 1:
        raise ValueError(f"values must be types of one shape, not {sorted({g.shape[1:] for g in grids})}")
    return tuple(grids)


def _finite_rows(name: str, given: ArrayLike) -> FloatArray:
    rows = float_array(name, given)
    if not np.isfinite(rows).all():
        raise ValueError(f"{name} must be finite, not {rows[~np.isfinite(rows)][0]}")
    return rows


def place_of(grid: FloatArray, types: ArrayLike) -> NDArray[np.intp]:
    """Where types stand on a grid of numbers (B,) or vectors (B, numbers); -1 for what is not on it."""
    if grid.ndim == 1:
        place = np.minimum(np.searchsorted(grid, types), grid.size - 1)
        return np.where(grid[place] == types, place, -1)
    same = (grid == np.asarray(types)[..., None, :]).all(axis=-1)
    return np.where(same.any(axis=-1), same.argmax(axis=-1), -1)
