"""Two items, and lotteries for which one visit earns ever more than bundling (buy-many paper, Section 1).

That a single visit can earn any multiple of bundling's revenue is due to Hart and Nisan; the paper shows
that with two items a second visit ends it. The ladder here is a plain construction of the same kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechanisms._validation import FloatArray, read_only
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.conversation import check_count
from mechanisms.menus.menu import Menu

RATIO = 1e6
"""How much more each type wants everything than the one before."""
MOST_IN_MONEY = 49
"""Types whose values stay below 1e300."""


def shell_lotteries(shells: int) -> FloatArray:
    """Return lotteries of two items on quarter circles of the radii 1/S … S/S, from the inside out: (N, 2).

    Neighbours on a circle are about √(2/S) apart. So each lies about 1/S ahead of its neighbours in its own
    direction, as it does of the circle before, and its gap is about 1/S. There are about r √(S/2) π/2 of
    them on a circle of radius r: the gaps add up to a multiple of √S.

    Raises TypeError or ValueError unless `shells` is an integer of at least 1.
    """
    check_count("shells", shells)
    spacing = math.sqrt(2 / shells)
    points = []
    for shell in range(1, shells + 1):
        radius = shell / shells
        steps = max(1, math.floor(math.pi / 2 * radius / spacing))
        angles = np.linspace(0, math.pi / 2, steps + 1)
        points.append(radius * np.stack([np.cos(angles), np.sin(angles)], axis=1))
    found = np.clip(np.concatenate(points), 0, 1)
    return np.where(found < RELATIVE_SLACK, 0.0, found)  # the cosine of a right angle rounds


@dataclass(frozen=True, eq=False)
class Ladder:
    """Types and entries, one each for a sequence of lotteries; type i wants her lottery's direction.

    Type i = 0 … N − 1 values the items in proportion to q_i, both together at C_i = `RATIO`^(i + 1), and
    comes with probability 1 / C_i; else the buyer wants nothing. Everything about her is told in units of
    C_i; then payments simply add up to the expected revenue, as in `GapInstance`.

    lotteries
        Shape (N, 2).
    k
        The number of visits, 1 or 2, for which entries are priced: entry i costs gap_i^k C_i; those without
        a gap are not sold.
    """

    lotteries: FloatArray
    k: int

    def __post_init__(self) -> None:
        lotteries = Menu(self.lotteries, np.zeros(len(self.lotteries))).probabilities
        if self.k not in (1, 2):
            raise ValueError(f"k must be 1 or 2, not {self.k!r}")
        if not lotteries.any(axis=1).all():
            raise ValueError("lotteries must each give something")
        object.__setattr__(self, "lotteries", lotteries)

    def __len__(self) -> int:
        """Number of types."""
        return len(self.lotteries)

    @cached_property
    def values(self) -> FloatArray:
        """Shape (N, 2): each type's values, in her unit."""
        return read_only(self.lotteries / self.lotteries.sum(axis=1, keepdims=True))

    @cached_property
    def gaps(self) -> FloatArray:
        """Shape (N,): gap_i^k, at least 0; normalised, as everyone values everything at 1."""
        gaps = np.empty(len(self))
        for i, (value, own) in enumerate(zip(self.values, self.lotteries, strict=True)):
            earlier = _bundles(self.lotteries[:i], self.k) @ value
            gaps[i] = value @ own - earlier.max(initial=0.0)
        return read_only(np.where(gaps > RELATIVE_SLACK, gaps, 0.0))

    @property
    def bundle_revenue(self) -> float:
        """BRev: what any type values everything at; it sells to her and, for little, to later ones."""
        return (1 - RATIO ** -len(self)) / (1 - 1 / RATIO)

    @property
    def item_revenue(self) -> float:
        """SRev: the best price of each item on its own is some type's value of it.

        It is at least 2 if some type wants item 0 alone and another item 1 alone, as on quarter circles. No
        buy-2 incentive compatible menu earns more than 2 + 2N / `RATIO`: so item prices are then as good as
        the best menu for two visits, but for this trifle. Proof. Let type i buy the lottery m_i at p_i, in
        her unit. She must not prefer what any two earlier types buy, which cost her at most 2 / `RATIO`: so
        p_i <= gap_i² + 2 / `RATIO`, with gaps of the m_i, and these add up to at most 2 (Lemma 7).
        """
        return math.fsum(self._best_price(worth) for worth in self.values.T)

    def _best_price(self, worth: FloatArray) -> float:
        """What the best price of one item earns, shape (N,) its value to each type in her unit.

        All later types who want the item buy it too: they value it at more, if chances are 0 or well above
        1 / `RATIO`. To the type whose value is the price, the j-th type after her counts `RATIO`^−j.
        """
        best, later = 0.0, 0.0
        for value in worth[::-1].tolist():
            wants = value > RELATIVE_SLACK
            later = later / RATIO + wants
            best = max(best, value * later if wants else 0.0)
        return best

    def menu_for(self, i: int) -> Menu:
        """The entries that type i can afford, priced in her unit; those of later types cost too much."""
        sold = np.flatnonzero(self.gaps[: i + 1])
        return Menu(self.lotteries[sold], self.gaps[sold] * RATIO ** (sold - float(i)))

    def in_money(self) -> tuple[Menu, FloatArray, FloatArray]:
        """The menu; types (N + 1, 2), the buyer who wants nothing last; and their probabilities.

        Raises ValueError if values leave the range of a double.
        """
        if len(self) > MOST_IN_MONEY:
            raise ValueError(f"{len(self)} types have values beyond the range of a double")
        units = RATIO ** np.arange(1.0, len(self) + 1)
        sold = np.flatnonzero(self.gaps)
        menu = Menu(self.lotteries[sold], self.gaps[sold] * units[sold])
        types = np.vstack([self.values * units[:, None], np.zeros(2)])
        return menu, types, np.append(1 / units, 1 - math.fsum((1 / units).tolist()))

    def earned(self, visits: int) -> float:
        """The expected revenue if every type buys the best of at most one or two entries, ties to the seller.

        Priced for one visit and visited once, the gaps' sum and a trifle. Priced for two and visited twice,
        at most twice the gaps' sum, as a second copy of her own entry may be worth its price to a type.

        Raises ValueError for other numbers of visits.
        """
        if visits not in (1, 2):
            raise ValueError(f"visits must be 1 or 2, not {visits!r}")
        return math.fsum(self._payment(i, visits) for i in range(len(self)))

    def _payment(self, i: int, visits: int) -> float:
        menu = self.menu_for(i)
        prices = menu.prices
        utilities = _bundles(menu.probabilities, visits) @ self.values[i]
        paid = prices if visits == 1 else np.concatenate([prices, (prices[:, None] + prices).ravel()])
        utilities = utilities - paid
        best = max(float(utilities.max()), 0.0)
        return float(paid[utilities >= best - RELATIVE_SLACK].max(initial=0.0))


def _bundles(lotteries: FloatArray, visits: int) -> FloatArray:
    """What single lotteries give, and then, for two visits, pairs of them: shape (m, 2) or (m + m², 2)."""
    if visits == 1:
        return lotteries
    missed = 1 - lotteries
    pairs = 1 - missed[:, None] * missed
    return np.concatenate([lotteries, pairs.reshape(-1, lotteries.shape[1])])
