"""What sales by lottery share: a buyer says her type, and nature draws whether she buys and at what price.

The order in which buyers are asked does not depend on what they report, so that each has nothing to think of
but her own lottery: where that is truthful in expectation, so is the mechanism (Section 4).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, float_array
from mechanisms.comparison import at_least
from mechanisms.conversation import Conversation, Mechanism, check_count
from mechanisms.outcome import Outcome
from mechanisms.questions import AskValue, Chance, Question
from mechanisms.risk_averse.attitude import Attitude, check_attitude
from mechanisms.risk_averse.known_buyers import price_vector, type_values, value_probabilities
from mechanisms.risk_averse.revenue import RevenueLaw

ROUNDING = 1e-9
"""How far a lottery's probabilities may leave [0, 1], and their sum 1."""

Table = tuple[tuple[float, ...], ...]


def lottery_tables(
    name: str, lotteries: Sequence[ArrayLike], values: Sequence[FloatArray], m: int
) -> tuple[Table, ...]:
    """Return a table (types, m) of probabilities for each buyer, cut off to [0, 1], or raise."""
    if len(lotteries) != len(values):
        raise ValueError(f"{name} must hold a table for each of {len(values)} buyers, not {len(lotteries)}")
    tables = []
    for i, (own, grid) in enumerate(zip(lotteries, values, strict=True)):
        table = float_array(f"{name}[{i}]", own)
        if table.shape != (len(grid), m):
            expected = f"({len(grid)}, {m}), types by prices"
            raise ValueError(f"{name}[{i}] must have shape {expected}, not {table.shape}")
        probable = (table >= -ROUNDING) & (table <= 1 + ROUNDING)
        if not probable.all():
            odd = float(table[~probable][0])
            raise ValueError(f"{name}[{i}] must hold probabilities from 0 to 1, not {odd!r}")
        tables.append(tuple(map(tuple, np.clip(table, 0.0, 1.0).tolist())))
    return tuple(tables)


@dataclass(frozen=True, init=False)
class LotterySale(Mechanism):
    """A sale of k = `units` units to n buyers by lotteries: the base of `OnePass` and `Rounds`.

    values
        For each buyer her types' values, increasing. A report is rounded down to them; below the lowest, and
        in silence, there is nothing for her.
    prices
        m amounts of money, at least 0.
    lotteries
        For each buyer a table (types, m): the probability that a buyer of that type is sold a unit at that
        price, when she is asked. Never above her value.
    units
        At least 1.

    Raises TypeError or ValueError, in this order, for values, prices, lotteries that are not as above, and
    for fewer units.
    """

    values: tuple[tuple[float, ...], ...]
    prices: tuple[float, ...]
    lotteries: tuple[Table, ...]
    units: int

    ex_post_ir: ClassVar[bool] = True

    def __init__(
        self, values: Sequence[ArrayLike], prices: ArrayLike, lotteries: Sequence[ArrayLike], units: int
    ) -> None:
        grids = type_values(values)
        money = price_vector(prices)
        object.__setattr__(self, "values", tuple(tuple(grid.tolist()) for grid in grids))
        object.__setattr__(self, "prices", tuple(money.tolist()))
        object.__setattr__(self, "lotteries", lottery_tables("lotteries", lotteries, grids, money.size))
        for i, (table, grid) in enumerate(zip(self.lotteries, grids, strict=True)):
            self._check_lottery(i, np.array(table), grid)
        check_count("units", units)
        object.__setattr__(self, "units", units)

    def _check_lottery(self, i: int, table: FloatArray, grid: FloatArray) -> None:
        most = float(table.sum(axis=1).max())
        if most > 1 + ROUNDING:
            raise ValueError(f"lotteries[{i}] must sum to at most 1 for each type, not {most!r}")
        above = (table > 0) & ~at_least(grid[:, None], np.array(self.prices))
        if above.any():
            type_, price = np.argwhere(above)[0]
            raise ValueError(
                f"lotteries[{i}] must not sell above the value, but sells to {grid[type_]} "
                f"at {self.prices[price]}"
            )

    @property
    def n(self) -> int:
        """The number of buyers."""
        return len(self.values)

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as there are lotteries for."""
        return self.n

    def conversation(self, n: int) -> Conversation:
        """Ask one buyer after another until the units are gone."""
        if n != self.n:
            raise ValueError(f"{self.name} is for {self.n} buyers, not for {n}")
        got, paid = np.zeros(n), np.zeros(n)
        for buyer in (yield from self.order()):
            if got.sum() == self.units:
                break
            drawn = yield from ask_and_draw(buyer, self.values[buyer], self.lotteries[buyer])
            if drawn is not None:
                got[buyer], paid[buyer] = 1.0, self.prices[drawn]
        return Outcome(got, paid)

    @abstractmethod
    def order(self) -> Generator[Question, Any, list[int]]:
        """Let nature draw who is asked, and in which order, whatever they will report."""

    @abstractmethod
    def revenue_law(self, probabilities: Sequence[ArrayLike]) -> RevenueLaw:
        """The exact law of revenue; raises as `expected_utility` does."""

    def expected_utility(self, probabilities: Sequence[ArrayLike], utility: Attitude) -> float:
        """The seller's expected utility from truthful buyers, exactly.

        `probabilities` are of each buyer's types; `utility` is concave with U(0) = 0. Raises TypeError or
        ValueError for others, TooLargeError if the prices have too many different sums.
        """
        check_attitude(utility, max(self.prices) * min(self.units, self.n))
        return self.revenue_law(probabilities).expected_utility(utility)

    def masses(self, probabilities: Sequence[ArrayLike]) -> FloatArray:
        """Shape (n, m): with what probability each buyer is sold to at each price, if she is asked.

        Raises TypeError or ValueError for probabilities that do not fit the values or sum to 1.
        """
        own = value_probabilities(probabilities, tuple(np.array(grid) for grid in self.values))
        return np.stack([f @ np.array(table) for f, table in zip(own, self.lotteries, strict=True)])


def ask_and_draw(
    buyer: int, grid: Sequence[float], table: Table
) -> Generator[Question, Any, int | None]:
    """Ask a buyer for her value, and let nature draw from the lottery of that type: its column, or None."""
    replies = yield AskValue(to=(buyer,))
    type_ = rounded_down(replies.values[buyer], grid)
    if type_ is None:
        return None
    lottery = table[type_]
    drawn = yield Chance((*lottery, max(0.0, 1.0 - sum(lottery))))
    return drawn if drawn < len(lottery) else None


def rounded_down(report: float, grid: Sequence[float]) -> int | None:
    """The index of the highest value of `grid` that is at most the report, or None below the lowest."""
    reached = np.flatnonzero(at_least(report, np.array(grid)))
    return int(reached[-1]) if reached.size else None
