"""Instances with a wide gap to bundling (buy-many paper, Section 4, Observation 15 and Appendix B)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import index

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, float_array, read_only
from mechanisms.menus.gaps import menu_gaps
from mechanisms.menus.incentives import TOLERANCE, BuyKCheck, SeveralPurchases
from mechanisms.menus.menu import Menu, check_purchases
from mechanisms.menus.purchase import Purchase, best_purchase

HUGE = 1e300
"""Stands for prices, in a type's own unit, that nobody could pay."""


@dataclass(frozen=True, eq=False)
class GapInstance:
    """Lemma 21's distribution and menu, from sets A_1 … A_N with x_i = q_i = the indicator of A_i.

    Type i = 1 … N values each item of A_i at C_i = (n + 1)^(2i) and comes with probability 1 / C_i; else the
    buyer wants nothing. Entry i sells A_i, for sure, at gap_i^k · C_i, with the gap not normalised.

    C_i soon leaves the range of a double, so everything about type i is told in units of C_i. Then her
    values are x_i, and since her probability times C_i is 1, payments in her unit simply add up to the
    expected revenue.

    sets
        Shape (N, n), of 0 and 1: the indicators.
    k
        The number of purchases for which the menu was priced.
    gaps
        Shape (N,): gap_i^k, whole numbers of at least 1.
    """

    sets: NDArray[np.int64]
    k: int
    gaps: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of sets, types and entries."""
        return len(self.sets)

    @property
    def n(self) -> int:
        """Number of items."""
        return self.sets.shape[1]

    @cached_property
    def units(self) -> tuple[int, ...]:
        """C_1 … C_N, exactly."""
        return tuple((self.n + 1) ** (2 * i) for i in range(1, len(self) + 1))

    @cached_property
    def probabilities(self) -> tuple[Fraction, ...]:
        """1 / C_1 … 1 / C_N and, last, what is left for the buyer who wants nothing; exactly."""
        shares = [Fraction(1, unit) for unit in self.units]
        return (*shares, 1 - sum(shares, Fraction(0)))

    @property
    def menu_gap(self) -> float:
        """MenuGap^k of the sequences."""
        return math.fsum((self.gaps / self.sets.sum(axis=1)).tolist())

    @property
    def revenue(self) -> int:
        """What the lemma says the menu earns from buyers who may buy up to k entries: Σ gap_i^k."""
        return int(self.gaps.sum())

    @cached_property
    def bundle_revenue(self) -> float:
        """BRev: the best price is some type's value of her set; it sells to her and all later types."""
        rare = 1 / (self.n + 1) ** 2
        tails = np.cumsum(rare ** np.arange(float(len(self))))
        return float((self.sets.sum(axis=1) * tails[::-1]).max())

    def menu_for(self, i: int) -> Menu:
        """The menu in the unit of type i = 0 … N − 1: prices divided by her C. Beyond 1e300 they are cut."""
        steps = np.arange(len(self)) - index(i)
        logs = steps * 2 * math.log(self.n + 1) + np.log(self.gaps)
        within = np.abs(logs) < math.log(HUGE)
        ratios = float((self.n + 1) ** 2) ** np.where(within, steps, 0)
        prices = np.where(within, self.gaps * ratios, np.where(logs > 0, HUGE, 0.0))
        return Menu(self.sets, prices)

    def purchase(self, i: int, k: float | None = None) -> Purchase:
        """What type i = 0 … N − 1 buys if she may buy up to k entries, told in her unit."""
        return best_purchase(self.menu_for(i), self.sets[i], self.k if k is None else k)

    def earned(self, k: float | None = None) -> float:
        """The menu's expected revenue if buyers may buy up to k entries, found by letting each type buy."""
        return math.fsum(self.purchase(i, k).payment for i in range(len(self)))

    def is_buy_k_ic(self, k: float | None = None) -> BuyKCheck:
        """Check buy-k incentive compatibility; gains are in the unit of the type that has them."""
        limit = check_purchases(self.k if k is None else k)
        choices = tuple(
            SeveralPurchases(i, self.purchase(i, 1), self.purchase(i, limit)) for i in range(len(self))
        )
        worst = max(choices, key=lambda choice: choice.gain)
        holds = worst.gain <= TOLERANCE * self.n
        return BuyKCheck(holds, max(worst.gain, 0.0), max(worst.gain, 0.0), choices, worst)

    @cached_property
    def menu(self) -> Menu:
        """The menu in money; ValueError if its prices leave the range of a double."""
        return Menu(self.sets, self._in_money(self.gaps))

    @cached_property
    def types(self) -> FloatArray:
        """Values in money, shape (N + 1, n), the buyer who wants nothing last; ValueError as `menu`."""
        scale = self._in_money(np.ones(len(self)))
        return np.vstack([self.sets * scale[:, None], np.zeros(self.n)])

    def _in_money(self, amounts: NDArray) -> FloatArray:
        if self.units[-1] * self.n > HUGE:
            raise ValueError(
                f"{len(self)} sets over {self.n} items make values up to (n + 1)^{2 * len(self)}, beyond "
                "the range of a double: use menu_for(i), in the unit of type i"
            )
        return np.array(self.units, dtype=float) * amounts


def gap_instance(family: ArrayLike, k: int) -> GapInstance:
    """Return Lemma 21's distribution and menu for sets given as indicator rows, shape (N, n).

    The order of the rows is the order of the sequence. Raises ValueError unless entries are 0 and 1, no set
    is empty, k is finite, and no set lies in the union of k earlier ones.
    """
    sets = float_array("family", family)
    if sets.ndim != 2 or 0 in sets.shape:
        raise ValueError(f"family must be of shape (sets, items), not {sets.shape}")
    if not np.isin(sets, (0, 1)).all():
        row, item = np.argwhere(~np.isin(sets, (0, 1)))[0]
        raise ValueError(f"family[{row}, {item}] must be 0 or 1, not {sets[row, item]}")
    if not sets.any(axis=1).all():
        raise ValueError(f"family[{int(np.argmin(sets.any(axis=1)))}] must hold an item, but is empty")
    limit = check_purchases(k)
    if limit == math.inf:
        raise ValueError("k must be finite, not inf")
    gaps = np.rint(menu_gaps(sets, sets, limit)).astype(np.int64)
    if (gaps < 1).any():
        row = int(np.argmin(gaps))
        raise ValueError(f"family[{row}] lies in the union of {limit} earlier sets: it has no gap to price")
    return GapInstance(read_only(sets.astype(np.int64)), int(limit), read_only(gaps))


def standard_basis_sequences(n: int) -> tuple[FloatArray, FloatArray]:
    """Return sequences (X, Q), both the standard basis: MenuGap^k is n for every k (Observation 15)."""
    return np.eye(_items(n)), np.eye(n)


def rare_items_distribution(n: int) -> tuple[FloatArray, FloatArray]:
    """Return types (n + 1, n) and probabilities (n + 1,) with SRev >= n and BRev < 2 (Claim 23).

    Type i = 1 … n wants item i alone, at 2^i, and comes with probability 2^−i; the last wants nothing. Each
    item earns 1 on its own. A bundle at 2^i sells with probability 2^(1−i) − 2^−n. The paper takes a
    distribution with these revenues from Hart and Nisan; this one is simple and has them too.
    """
    powers = 2.0 ** np.arange(1, _items(n) + 1)
    return np.vstack([np.diag(powers), np.zeros(n)]), np.append(1 / powers, 1 / powers[-1])


def _items(n: int) -> int:
    if not 1 <= index(n) <= 1000:
        raise ValueError(f"n must be from 1 to 1000, not {n}")
    return index(n)
