"""What a buyer thinks of bundles and of lotteries over them (buy-many paper, Section 2).

A lottery is a vector of probabilities, one for each item, drawn independently: it gives the bundle S with
probability Pr(q, S) = Π_{j in S} q_j Π_{j not in S} (1 − q_j). Its value is the expectation of the bundle's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, float_array, read_only

TABLE_ITEMS = 16
"""The most items of a table over bundles."""


class Valuation(ABC):
    """A monotone valuation of bundles of n items, 0 for nothing.

    n
        Number of items.
    submodular
        Whether an item is worth the less, the more one has. Then what another lottery adds falls with
        every lottery bought.
    """

    n: int
    submodular: bool

    @abstractmethod
    def value(self, lottery: FloatArray) -> FloatArray:
        """Expected value of lotteries of shape (..., n): shape (...)."""

    @property
    @abstractmethod
    def relevant(self) -> NDArray[np.bool_]:
        """Shape (n,): which items ever add value."""

    @cached_property
    def total(self) -> float:
        """Value of all items together, v([n])."""
        return float(self.value(np.ones(self.n)))

    def after(self, misses: FloatArray, more: FloatArray) -> FloatArray:
        """Value once further lotteries are bought: shape (a, b).

        `misses` (a, n) are the probabilities of still lacking an item, `more` (b, n) the probabilities that
        the further lotteries miss it.
        """
        return self.value(1 - misses[:, None] * more)

    def table(self) -> FloatArray:
        """Value of every bundle: shape (2, ..., 2), indexed by the n indicators."""
        if self.n > TABLE_ITEMS:
            raise ValueError(f"a table over bundles has at most {TABLE_ITEMS} items, not {self.n}")
        bundles = np.moveaxis(np.indices((2,) * self.n), 0, -1)
        return self.value(bundles.astype(float))


class AdditiveValuation(Valuation):
    """The sum of the values of one's items; `values` of shape (n,)."""

    submodular = True

    def __init__(self, values: ArrayLike) -> None:
        """Raise ValueError unless values are finite and at least 0."""
        self.values = _item_values(values)
        self.n = self.values.size

    @property
    def relevant(self) -> NDArray[np.bool_]:
        """Items of positive value."""
        return self.values > 0

    def value(self, lottery: FloatArray) -> FloatArray:
        """Σ_j x_j q_j."""
        return lottery @ self.values

    def after(self, misses: FloatArray, more: FloatArray) -> FloatArray:
        """As in `Valuation`, by one product of matrices."""
        return self.values.sum() - (misses * self.values) @ more.T


class UnitDemandValuation(Valuation):
    """The value of one's best item; `values` of shape (n,)."""

    submodular = True

    def __init__(self, values: ArrayLike) -> None:
        """Raise ValueError unless values are finite and at least 0."""
        self.values = _item_values(values)
        self.n = self.values.size
        self._order = np.argsort(-self.values, kind="stable")

    @property
    def relevant(self) -> NDArray[np.bool_]:
        """Items of positive value."""
        return self.values > 0

    def value(self, lottery: FloatArray) -> FloatArray:
        """Expected maximum: an item counts when one gets it and none that is better."""
        got = lottery[..., self._order]
        no_better = np.ones_like(got)
        no_better[..., 1:] = np.cumprod(1 - got, axis=-1)[..., :-1]
        return (got * no_better) @ self.values[self._order]


class TableValuation(Valuation):
    """A monotone table over bundles: `table` of shape (2, ..., 2), one axis for each of n >= 1 items.

    `table[1, 0]` is the value of having the first of two items and not the second.
    """

    def __init__(self, table: ArrayLike) -> None:
        """Raise ValueError unless the table is finite, monotone, and gives 0 to nothing."""
        bundles = float_array("table", table)
        if not _is_table(bundles.shape) or not 1 <= bundles.ndim <= TABLE_ITEMS:
            raise ValueError(
                f"table must have an axis of length 2 for each of 1 to {TABLE_ITEMS} items, "
                f"not shape {bundles.shape}"
            )
        _check_monotone(bundles)
        self._table = read_only(bundles)
        self.n = bundles.ndim
        self.submodular = _is_submodular(bundles)

    @property
    def relevant(self) -> NDArray[np.bool_]:
        """Items that add something to some bundle."""
        gains = [np.diff(self._table, axis=item).max() for item in range(self.n)]
        return np.array(gains) > 0

    def value(self, lottery: FloatArray) -> FloatArray:
        """The multilinear extension Σ_S v(S) Pr(q, S), contracted item by item."""
        lead = lottery.shape[:-1]
        rest: FloatArray = np.broadcast_to(self._table, (*lead, *self._table.shape))
        for item in range(self.n - 1, -1, -1):
            chance = lottery[(..., item, *(None,) * item)]
            rest = (1 - chance) * rest[..., 0] + chance * rest[..., 1]
        return rest

    def table(self) -> FloatArray:
        """The table itself."""
        return self._table


def as_valuation(values: ArrayLike | Valuation, n: int | None = None, name: str = "values") -> Valuation:
    """Read one buyer's type: a vector (n,) is additive, an array (2, ..., 2) of n >= 2 axes a table.

    Raises ValueError if it does not fit `n` items.
    """
    if isinstance(values, Valuation):
        valuation = values
    else:
        try:
            array = np.asarray(values)
            if array.ndim == 0:
                raise ValueError(f"must be a vector of values or a table over bundles, not {values!r}")
            valuation = AdditiveValuation(array) if array.ndim == 1 else TableValuation(array)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name}: {error}") from None
    if n is not None and valuation.n != n:
        raise ValueError(f"{name} must be of {n} items like the menu, not of {valuation.n}")
    return valuation


def as_valuations(
    types: ArrayLike | list[Valuation] | tuple[Valuation, ...], n: int | None = None, name: str = "types"
) -> tuple[Valuation, ...]:
    """Read types: an array (T, n) of additive values, (T, 2, ..., 2) of tables, or a list of either.

    Raises ValueError if there are none, or if they are of different numbers of items.
    """
    rows = list(types) if isinstance(types, Iterable) else []
    if not rows:
        raise ValueError(f"{name} must hold at least one type, not {types!r}")
    valuations = tuple(as_valuation(one, n, f"{name}[{t}]") for t, one in enumerate(rows))
    sizes = sorted({valuation.n for valuation in valuations})
    if len(sizes) > 1:
        raise ValueError(f"{name} must all be of the same number of items, not of {sizes}")
    return valuations


def additive_values(types: ArrayLike | list[Valuation] | tuple[Valuation, ...], purpose: str) -> FloatArray:
    """Read types that must be additive: shape (T, n); TypeError says that `purpose` needs them so."""
    valuations = as_valuations(types)
    rows = []
    for t, valuation in enumerate(valuations):
        if not isinstance(valuation, AdditiveValuation):
            raise TypeError(f"{purpose} takes additive types, an array (T, n); types[{t}] is another")
        rows.append(valuation.values)
    return np.array(rows)


def unit_demand_table(values: ArrayLike) -> FloatArray:
    """Table over bundles of a buyer who uses only her best item: shape (2, ..., 2)."""
    return UnitDemandValuation(values).table()


def _item_values(values: ArrayLike) -> FloatArray:
    vector = float_array("values", values)
    if vector.ndim != 1 or not vector.size:
        raise ValueError(f"values must be a vector of one number for each item, not shape {vector.shape}")
    wrong = ~(np.isfinite(vector) & (vector >= 0))
    if wrong.any():
        item = int(np.argmax(wrong))
        raise ValueError(f"values[{item}] must be finite and at least 0, not {vector[item]}")
    return read_only(vector)


def _is_table(shape: tuple[int, ...]) -> bool:
    return all(size == 2 for size in shape)


def _check_monotone(table: FloatArray) -> None:
    if not np.isfinite(table).all():
        raise ValueError(f"table must be finite, not {table[~np.isfinite(table)][0]}")
    nothing = (0,) * table.ndim
    if table[nothing] != 0:
        raise ValueError(f"table must give 0 to nothing, not {table[nothing]}")
    for item in range(table.ndim):
        gains = np.diff(table, axis=item)
        if (gains < 0).any():
            where = tuple(int(i) for i in np.argwhere(gains < 0)[0])
            raise ValueError(
                f"table must be monotone: adding item {item} to bundle {where} lowers the value "
                f"by {-gains[where]}"
            )


def _is_submodular(table: FloatArray) -> bool:
    """Whether no item is worth more when another one is there; rounding is forgiven."""
    slack = 1e-12 * float(table.max())
    gains = (
        np.diff(np.diff(table, axis=first), axis=second)
        for first in range(table.ndim)
        for second in range(first)
    )
    return all(bool((gain <= slack).all()) for gain in gains)
