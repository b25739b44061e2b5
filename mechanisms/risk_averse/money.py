"""A common unit of money, and a grid of its multiples on which laws of revenue are computed.

Prices that have a common unit are exact on the grid. Others are spread over the two multiples next to them,
which keeps their mean, so that a concave utility can only lose (Jensen); or rounded up, so that an increasing
one can only gain; or down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import numpy as np

from mechanisms._validation import FloatArray

LARGEST_DENOMINATOR = 10_000
"""Ratios of prices with greater denominators have no common unit here."""
RATIO_TOLERANCE = 1e-12
EXACT_CELLS = 50_000
"""With more multiples of the common unit up to the greatest revenue, money is rounded."""


class Rounding(Enum):
    """What becomes of a price that is no multiple of the unit."""

    SPREAD = "spread"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, eq=False)
class MoneyGrid:
    """The multiples 0, 1, … of a unit of money.

    unit
        Money.
    steps
        Shape (m,): each price in units; whole numbers, or fractions where prices are spread.
    cells
        How many multiples there are: no revenue is above (cells − 1) units.
    exact
        Whether all prices are multiples of the unit.
    """

    unit: float
    steps: FloatArray
    cells: int
    exact: bool

    @property
    def amounts(self) -> FloatArray:
        """The money at each cell, shape (cells,)."""
        return np.asarray(self.unit * np.arange(self.cells), dtype=np.float64)


def money_grid(
    prices: FloatArray, top: float, cells: int, rounding: Rounding = Rounding.SPREAD,
    exact_cells: int = EXACT_CELLS,
) -> MoneyGrid:
    """Return a grid for prices of shape (m,), all finite and >= 0, and sums of them up to `top` > 0.

    It is exact if there is a common unit with at most `exact_cells` multiples; else it has about `cells` of
    them and prices are rounded. Sums of fewer than `cells` rounded prices stay on the grid.
    """
    unit = common_unit(prices)
    if unit is not None and top / unit < exact_cells:
        return MoneyGrid(unit, np.round(prices / unit), round(top / unit) + 1, exact=True)
    unit = top / cells
    steps = np.asarray(_ROUNDED[rounding](prices / unit), dtype=np.float64)
    extra = math.ceil(top / float(prices.max())) + 1  # each sale may be rounded up by less than one unit
    return MoneyGrid(unit, steps, cells + extra + 1, exact=False)


def _spread(steps: FloatArray) -> FloatArray:
    return steps


def _up(steps: FloatArray) -> FloatArray:
    return np.asarray(np.ceil(steps * (1 - 1e-12)), dtype=np.float64)


def _down(steps: FloatArray) -> FloatArray:
    return np.asarray(np.floor(steps * (1 + 1e-12)), dtype=np.float64)


_ROUNDED = {Rounding.SPREAD: _spread, Rounding.UP: _up, Rounding.DOWN: _down}


def common_unit(prices: FloatArray) -> float | None:
    """The greatest money of which all positive prices are multiples (to 1e-12); None if there is none.

    Ratios to the least positive price must have denominators up to `LARGEST_DENOMINATOR`.

    >>> round(common_unit(np.array([0.25, 0.0, 1.1])), 12)
    0.05
    """
    positive = np.unique(prices[prices > 0])
    if positive.size == 0:
        return 1.0
    ratios = [Fraction(ratio).limit_denominator(LARGEST_DENOMINATOR) for ratio in positive / positive[0]]
    errors = np.abs([float(ratio) for ratio in ratios] - positive / positive[0])
    if (errors > RATIO_TOLERANCE * positive / positive[0]).any():
        return None
    common = math.lcm(*(ratio.denominator for ratio in ratios))
    divisor = math.gcd(*(int(ratio * common) for ratio in ratios))
    return float(positive[0]) * divisor / common


def add_moved(target: FloatArray, source: FloatArray, steps: float) -> None:
    """Add to `target` what `source` holds, `steps` cells higher on the last axis.

    A fraction of a step is spread over two cells; what would leave the grid is lost (nothing does that has
    positive probability).
    """
    low = int(steps)
    share = steps - low
    if share == 0.0:
        target[..., low:] += source[..., : source.shape[-1] - low]
        return
    target[..., low:] += (1 - share) * source[..., : source.shape[-1] - low]
    target[..., low + 1 :] += share * source[..., : source.shape[-1] - low - 1]


def ahead(values: FloatArray, steps: float) -> FloatArray:
    """The `values` that stand `steps` cells higher on the last axis; beyond the grid the last one counts."""
    low = int(steps)
    share = steps - low
    whole = _shifted(values, low)
    return whole if share == 0.0 else (1 - share) * whole + share * _shifted(values, low + 1)


def _shifted(values: FloatArray, cells: int) -> FloatArray:
    moved = np.empty_like(values)
    kept = max(0, values.shape[-1] - cells)
    moved[..., :kept] = values[..., cells:]
    moved[..., kept:] = values[..., -1:]
    return moved
