"""Posted prices for bundles; the buyer takes the one she likes best (robust paper, Definition 2.2.3).

Bundles are numbered in the order of `np.ndindex((2,) * items)`: the last item counts least, and 0 is nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, float_array, without_nan
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.conversation import Conversation, Mechanism
from mechanisms.distributions import Discrete, Distribution
from mechanisms.distributions.uniforms import shape_of
from mechanisms.menus import Menu, PostedMenu
from mechanisms.outcome import Outcome
from mechanisms.questions import Chance, Draw, Question
from mechanisms.robust.ranges import Ranges
from mechanisms.robust.regret_pricing import MinimaxRegretPricing
from mechanisms.types import TypeSpace, unit_of_each

MOST_ITEMS = 16
"""Bundles of no more items are listed."""


@dataclass(frozen=True)
class BundlePrices(Mechanism):
    """A price for each bundle; one buyer takes one bundle.

    prices
        2^items numbers of at least 0 in the order of the bundles; the first, for nothing, is 0. An infinite
        price means that the bundle is not offered.

    Ties go to the seller: the dearest bundle, then the first of the largest ones (`bundle_regret` breaks them
    against her). Raises TypeError or ValueError for other prices, or for more than `MOST_ITEMS` items.
    """

    prices: tuple[float, ...]

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "prices", tuple(bundle_prices(self.prices).tolist()))

    @classmethod
    def separate(cls, item_prices: ArrayLike) -> BundlePrices:
        """Prices of bundles that are sums of the items' prices, (items,); they may be infinite."""
        each = float_array("item_prices", item_prices)
        return cls(tuple(np.where(item_sets(each.size), each, 0.0).sum(axis=-1).tolist()))

    @property
    def items(self) -> int:
        """As many as the bundles are made of."""
        return len(self.prices).bit_length() - 1

    @property
    def space(self) -> TypeSpace:
        """Additive values of the items; a number for one."""
        return unit_of_each(self.items)

    @cached_property
    def bundles(self) -> NDArray[np.bool_]:
        """Shape (2^items, items): what is in each bundle."""
        return item_sets(self.items)

    def choice(self, values: ArrayLike) -> NDArray[np.intp]:
        """The bundle (...) that a buyer of values (..., items) takes; values below 0 count as 0."""
        worth = np.maximum(without_nan("values", values), 0.0) @ self.bundles.T.astype(float)
        prices = np.array(self.prices)
        utility = worth - prices
        slack = RELATIVE_SLACK * np.maximum(np.where(np.isfinite(prices), prices, 0.0), worth)
        tied = utility >= utility.max(axis=-1, keepdims=True) - slack
        dearest = np.where(tied, prices, -1.0)
        top = dearest >= dearest.max(axis=-1, keepdims=True) * (1 - RELATIVE_SLACK)
        return np.where(tied & top, self.bundles.sum(axis=-1), -1).argmax(axis=-1)

    def outcome(self, values: ArrayLike) -> Outcome:
        """What a buyer of values (..., items) gets, (..., items), and pays, (...,)."""
        chosen = self.choice(values)
        return Outcome(self.bundles[chosen].astype(float), np.array(self.prices)[chosen])

    def conversation(self, n: int) -> Conversation:
        """Show the bundles on offer to the one buyer; ValueError for another number of buyers."""
        offered = np.flatnonzero(np.isfinite(self.prices))[1:]
        if not len(offered):
            return _nothing(n, self.items)
        menu = Menu(self.bundles[offered].astype(float), np.array(self.prices)[offered])
        return PostedMenu(menu).conversation(n)


def _nothing(n: int, items: int) -> Conversation:
    """A conversation without a question."""
    return Outcome.nothing(n, items)
    yield


@dataclass(frozen=True)
class RandomPostedPrices(Mechanism):
    """A price for each item, drawn independently by nature; the one buyer sees them and chooses.

    laws
        Of each item's price, at least 0; None for an item that is not sold.

    Truth is dominant at every draw. Raises TypeError or ValueError for other laws, or for more than
    `MOST_ITEMS` items.
    """

    laws: tuple[Distribution | None, ...]

    ex_post_ir: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "laws", tuple(self.laws))
        if not self.laws:
            raise ValueError("laws must hold one for each item, got none")
        for j, law in enumerate(self.laws):
            if not (law is None or isinstance(law, Distribution)):
                raise TypeError(f"laws[{j}] must be a Distribution or None, got {law!r}")
            if law is not None and law.support[0] < 0:
                raise ValueError(f"laws[{j}] must be of prices of at least 0, got {law.support[0]}")
        item_sets(self.items)

    @classmethod
    def of_least_regret(
        cls, upper: Sequence[float] | float, cost: Sequence[float] | float = 0.0
    ) -> RandomPostedPrices:
        """The laws that make (2.3) of posted prices.

        With these the buyer's expected allocation and payment are those of `MinimaxRegretPricing(upper,
        cost)`, and so is the worst-case regret. Errors as there.
        """
        return cls(MinimaxRegretPricing(upper, cost).price_laws)

    @property
    def items(self) -> int:
        """As many as there are laws."""
        return len(self.laws)

    @property
    def space(self) -> TypeSpace:
        """Additive values of the items; a number for one."""
        return unit_of_each(self.items)

    def sample_prices(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> FloatArray:
        """Item prices (*size, items), independent; infinite for items that are not sold."""
        never = np.full(shape_of(size), np.inf)
        columns = [never if law is None else law.sample(rng, size) for law in self.laws]
        return np.stack(columns, axis=-1)

    def conversation(self, n: int) -> Conversation:
        """Draw a price for each item that is sold, then show all bundles."""
        prices = []
        for law in self.laws:
            prices.append((yield from _drawn(law)))
        return (yield from BundlePrices.separate(prices).conversation(n))


def _drawn(law: Distribution | None) -> Generator[Question, Any, float]:
    """Nature draws a price; infinity where there is no law."""
    if law is None:
        return float(np.inf)
    if isinstance(law, Discrete):
        return float(law.values[(yield Chance(tuple(law.probabilities.tolist())))])
    return float((yield Draw(law)))


def item_sets(items: int) -> NDArray[np.bool_]:
    """Shape (2^items, items): what is in each bundle; ValueError for more than `MOST_ITEMS` items."""
    if items > MOST_ITEMS:
        raise ValueError(f"bundles are of at most {MOST_ITEMS} items, not {items}")
    return np.array(list(np.ndindex((2,) * items)), dtype=bool)


def bundle_prices(prices: ArrayLike) -> FloatArray:
    """Prices of bundles as floats; TypeError or ValueError unless 2^items of at least 0, the first 0."""
    array = without_nan("prices", float_array("prices", prices))
    if array.ndim != 1 or array.size < 2 or array.size & (array.size - 1):
        raise ValueError(f"prices must be a vector of 2^items numbers, not of shape {array.shape}")
    if not (array >= 0).all():
        raise ValueError(f"prices must be at least 0, not {float(array[array < 0][0])}")
    if array[0] != 0:
        raise ValueError(f"prices[0], for nothing, must be 0, not {float(array[0])}")
    return array


def split_prices(prices: ArrayLike) -> FloatArray:
    """Least total price at which each bundle can be put together of disjoint bundles (Remark 2.4.4).

    A buyer who may take several bundles pays these, so that markups on bundles come to nothing. Prices and
    errors as in `BundlePrices`.

    >>> split_prices([0.0, 1.0, 1.0, 3.0])
    array([0., 1., 1., 2.])
    """
    array = bundle_prices(prices)
    for bundle in range(1, array.size):
        array[bundle] = min(array[part] + array[bundle ^ part] for part in _parts(bundle))
    return array


def _parts(bundle: int) -> Iterator[int]:
    """The subsets of a bundle, as bits, except the empty one."""
    part = bundle
    while part:
        yield part
        part = (part - 1) & bundle


def bundle_regret(prices: ArrayLike, upper: ArrayLike, cost: ArrayLike = 0.0) -> float:
    """Worst-case regret of posted prices for bundles, where the buyer's ties fall against the seller: (2.16).

    On the values at which a bundle is among the best, the regret is the largest of finitely many linear
    functions, one for each set of items whose values exceed their costs: 4^items small linear programs.
    Prices and errors as in `BundlePrices`; ranges as in `Ranges`. Meant for up to 4 items.
    """
    posted, ranges = bundle_prices(prices), Ranges(upper, cost)
    if posted.size != 2**ranges.items:
        raise ValueError(f"prices must be 2^items = {2**ranges.items} numbers, not {posted.size}")
    rows = item_sets(ranges.items).astype(float)
    worst = -np.inf
    for bundle in np.flatnonzero(np.isfinite(posted)).tolist():
        worst = max(worst, _worst_surplus(bundle, posted, rows, ranges) - posted[bundle]
                    + rows[bundle] @ ranges.cost)
    return float(worst)


def _worst_surplus(bundle: int, prices: FloatArray, rows: FloatArray, ranges: Ranges) -> float:
    """The largest 1ᵀ(v − c)⁺ among values at which the bundle is a best one; −∞ if there are none."""
    from mechanisms.programs import ProgramError, maximise

    rivals = np.isfinite(prices) & (np.arange(len(prices)) != bundle)
    differences, limits = rows[rivals] - rows[bundle], prices[rivals] - prices[bundle]
    try:
        return max(
            maximise(wanted, at_most=(differences, limits), bounds=(0.0, ranges.upper)).value
            - float(wanted @ ranges.cost) for wanted in rows
        )
    except ProgramError:  # nobody likes the bundle best
        return -np.inf
