"""Buyers are asked in a fixed order, and sold to, or charged, by lottery: Algorithm 1 of Appendix D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray
from mechanisms.comparison import at_least
from mechanisms.conversation import Conversation, Mechanism, check_count
from mechanisms.outcome import Outcome
from mechanisms.risk_averse.known_buyers import checked_order, price_vector, type_values, value_probabilities
from mechanisms.risk_averse.laws import poisson_binomial
from mechanisms.risk_averse.lottery_sale import ROUNDING, Table, ask_and_draw, lottery_tables


@dataclass(frozen=True, init=False)
class SequentialSale(Mechanism):
    """Ask buyers in a fixed order while a unit is left; each pays by her lottery, with a unit or without.

    values
        For each buyer her types' values, increasing. A report is rounded down to them; below the lowest,
        and in silence, nothing happens.
    prices
        m amounts of money, at least 0.
    sales, charges
        For each buyer tables (types, m): the probability that she gets a unit at that price, and that she
        pays it without a unit, when she is asked. Together they sum to at most 1 for each type.
    sequence
        The buyers' local indices, each once, in the order in which they are asked.
    units
        At least 1.

    A buyer's payment may exceed her value, or buy nothing: then she takes part only for what she expects.
    Raises TypeError or ValueError, in the order of the fields.
    """

    values: tuple[tuple[float, ...], ...]
    prices: tuple[float, ...]
    sales: tuple[Table, ...]
    charges: tuple[Table, ...]
    sequence: tuple[int, ...]
    units: int

    def __init__(
        self,
        values: Sequence[ArrayLike],
        prices: ArrayLike,
        sales: Sequence[ArrayLike],
        charges: Sequence[ArrayLike],
        sequence: Sequence[int],
        units: int,
    ) -> None:
        grids = type_values(values)
        money = price_vector(prices)
        object.__setattr__(self, "values", tuple(tuple(grid.tolist()) for grid in grids))
        object.__setattr__(self, "prices", tuple(money.tolist()))
        object.__setattr__(self, "sales", lottery_tables("sales", sales, grids, money.size))
        object.__setattr__(self, "charges", lottery_tables("charges", charges, grids, money.size))
        self._check_sums()
        object.__setattr__(self, "sequence", checked_order("sequence", sequence, len(grids)))
        check_count("units", units)
        object.__setattr__(self, "units", units)

    def _check_sums(self) -> None:
        for i, table in enumerate(self._consequences):
            most = max(sum(row) for row in table)
            if most > 1 + ROUNDING:
                tables = f"sales[{i}] and charges[{i}]"
                raise ValueError(f"{tables} must sum to at most 1 for each type, not {most!r}")

    @property
    def _consequences(self) -> tuple[Table, ...]:
        """For each buyer (types, 2m): a unit at each price, then no unit at each payment."""
        pairs = zip(self.sales, self.charges, strict=True)
        return tuple(tuple((*s, *c) for s, c in zip(sales, charges, strict=True)) for sales, charges in pairs)

    @property
    def n(self) -> int:
        """The number of buyers."""
        return len(self.values)

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as there are lotteries for."""
        return self.n

    @property
    def ex_post_ir(self) -> bool:  # type: ignore[override]
        """Whether no lottery charges without a unit, or more than the value with one."""
        prices = np.array(self.prices)
        charged = any((np.array(table)[:, prices > 0] > 0).any() for table in self.charges)
        above = any(
            ((np.array(table) > 0) & ~at_least(np.array(grid)[:, None], prices)).any()
            for table, grid in zip(self.sales, self.values, strict=True)
        )
        return not charged and not above

    def conversation(self, n: int) -> Conversation:
        """Ask the buyers in order until the units are gone."""
        if n != self.n:
            raise ValueError(f"{self.name} is for {self.n} buyers, not for {n}")
        got, paid, m = np.zeros(n), np.zeros(n), len(self.prices)
        for buyer in self.sequence:
            if got.sum() == self.units:
                break
            drawn = yield from ask_and_draw(buyer, self.values[buyer], self._consequences[buyer])
            if drawn is not None:
                got[buyer], paid[buyer] = float(drawn < m), self.prices[drawn % m]
        return Outcome(got, paid)

    def expected_revenue(self, probabilities: Sequence[ArrayLike]) -> float:
        """What truthful buyers pay on average, exactly; raises if probabilities do not fit the values."""
        sold, paid = self.when_asked(probabilities)
        total = 0.0
        for place, buyer in enumerate(self.sequence):
            before = poisson_binomial(sold[list(self.sequence[:place])])
            total += float(before[: self.units].sum()) * float(paid[buyer])
        return total

    def when_asked(self, probabilities: Sequence[ArrayLike]) -> tuple[FloatArray, FloatArray]:
        """Shapes (n,): each buyer's probability of a unit, and expected payment, if she is asked."""
        masses = value_probabilities(probabilities, tuple(np.array(grid) for grid in self.values))
        sales = [f @ np.array(table) for f, table in zip(masses, self.sales, strict=True)]
        charges = [f @ np.array(table) for f, table in zip(masses, self.charges, strict=True)]
        sold = np.array([own.sum() for own in sales])
        return sold, (np.array(sales) + np.array(charges)) @ np.array(self.prices)


def by_payment_per_unit(mechanism: SequentialSale, probabilities: Sequence[ArrayLike]) -> tuple[int, ...]:
    """Algorithm 1's order: decreasing expected payment for each expected unit, ties by index."""
    sold, paid = mechanism.when_asked(probabilities)
    for_nothing = np.where(paid > 0, np.inf, 0.0)
    ratios = np.divide(paid, sold, out=for_nothing, where=sold > 0)
    return tuple(np.argsort(-ratios, kind="stable").tolist())
