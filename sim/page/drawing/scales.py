"""Scales: from amounts to pixels, where the ticks stand, and how far an axis reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """A straight scale: the amount `low` stands at pixel `start`, `high` at `end`.

    Raises ValueError if `low` is not below `high`, or one of them is not finite.

    >>> Scale(0, 10, 50, 450)(5.0)
    array(250.)
    """

    low: float
    high: float
    start: float
    end: float

    def __post_init__(self) -> None:
        if not -math.inf < self.low < self.high < math.inf:
            raise ValueError(f"low is {self.low} and high {self.high}; low must be below high, both finite")

    def __call__(self, amounts: Any) -> NDArray[np.float64]:
        """Pixels of amounts of any shape."""
        share = (np.asarray(amounts, dtype=float) - self.low) / (self.high - self.low)
        return np.asarray(self.start + share * (self.end - self.start))

    def held(self, amounts: Any) -> NDArray[np.float64]:
        """Pixels of amounts, those beyond an end moved to that end."""
        return self(np.clip(np.asarray(amounts, dtype=float), self.low, self.high))


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round amounts from `low` to `high`, at most `most` steps apart.

    >>> ticks(0, 10), ticks(0, 1), ticks(-3, 40, 4)
    ([0.0, 2.0, 4.0, 6.0, 8.0, 10.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 20.0, 40.0])
    """
    step = _step((high - low) / most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * k, 12) + 0.0 for k in range(first, last + 1)]


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return power * next(step for step in _STEPS if step >= least / power * (1 - 1e-9))


def tick_words(amount: float) -> str:
    """An amount at a tick: thousands apart, thousandths and millions by their power.

    >>> [tick_words(each) for each in (0.0, 0.25, 1500.0, 2e6, 0.00004)]
    ['0', '0.25', '1,500', '2M', '4e-05']
    """
    if abs(amount) >= 1e6:
        return f"{amount / 1e6:,.6g}M"
    return f"{amount:,.6g}" if abs(amount) >= 1e-3 else f"{amount:g}"


def roomy(reach: float) -> float:
    """The least of 1, 1.5, 2, 3, 4, 5, 6 and 8, times a power of ten, that is at least `reach`, so that
    axes grow rarely.

    >>> roomy(59.0), roomy(61.0), roomy(0.0041), roomy(8.1)
    (60.0, 80.0, 0.005, 10.0)
    """
    power = 10.0 ** math.floor(math.log10(max(reach, 1e-9)))
    enough = reach / power * (1 - 1e-9)
    return round(next(step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step >= enough) * power, 12)


def roomy_range(low: float, high: float) -> tuple[float, float]:
    """An axis from 0 to above `high`, and from below `low` if that is negative.

    >>> roomy_range(0.0, 37.5), roomy_range(-2.2, 0.7), roomy_range(0.0, 0.0)
    ((0.0, 40.0), (-3.0, 0.8), (0.0, 1.0))
    """
    return (-roomy(-low) if low < 0 else 0.0), (roomy(high) if high > 0 else 0.0 if low < 0 else 1.0)
