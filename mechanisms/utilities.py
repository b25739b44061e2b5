"""Attitudes to risk: concave, nondecreasing utilities of money with U(0) = 0 (risk-averse seller, Section 1).

Money is the argument: a buyer's value less her payment, or a seller's revenue. The paper's buyers have
U(t) = -inf for t < 0, which enters its programs as a constraint (no price above the value). Here utilities
are finite on the whole line, because a misreport may bring a loss and is to be evaluated; how each utility
goes on below 0 is said in its docstring.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, check_field, finite_vector, float_array, without_nan

CONCAVITY_TOLERANCE = 1e-9
"""Relative to the size of the utilities compared: what `validate_utility` forgives to rounding."""


class Utility(ABC):
    """A concave, nondecreasing function of money with U(0) = 0, elementwise on arrays of any shape.

    A new utility overrides `_utility` and `_inverse`, and `supremum` if it is bounded above.
    """

    @property
    def supremum(self) -> float:
        """The least upper bound of the utility; infinite unless a subclass says otherwise."""
        return np.inf

    @property
    def is_risk_neutral(self) -> bool:
        """Whether the utility is linear, so that only expected money matters."""
        return False

    def __str__(self) -> str:
        """For people to read: numbers with four digits.

        >>> str(CARA(2 / 13.668609848344655)), str(Capped(1000.0)), str(Linear())
        ('CARA(risk_aversion=0.1463)', 'Capped(cap=1000)', 'Linear()')
        """
        return re.sub(r"\d+\.\d+(e[+-]?\d+)?", lambda number: f"{float(number[0]):.4g}", repr(self))

    def __call__(self, money: ArrayLike) -> FloatArray:
        """Utility of `money`, of the same shape; NaN stays NaN."""
        return self._utility(np.asarray(money, dtype=np.float64))

    def inverse(self, utility: ArrayLike) -> FloatArray:
        """Least money whose utility is at least `utility`: the certainty equivalent of an expected utility.

        Raises ValueError if a utility is NaN, or is above what any amount of money gives.
        """
        level = without_nan("utility", utility)
        if (level > self.supremum).any():
            raise ValueError(f"utility must be <= {self.supremum!r}, not {float(level.max())!r}")
        return self._inverse(level)

    @abstractmethod
    def _utility(self, money: FloatArray) -> FloatArray:
        """Utility of money, elementwise."""

    @abstractmethod
    def _inverse(self, level: FloatArray) -> FloatArray:
        """Least money with at least this utility, elementwise; `level` is at most the supremum."""


@dataclass(frozen=True)
class Linear(Utility):
    """Risk neutrality: U(x) = x."""

    @property
    def is_risk_neutral(self) -> bool:
        """True: only expected money matters."""
        return True

    def _utility(self, money: FloatArray) -> FloatArray:
        return money[()]

    def _inverse(self, level: FloatArray) -> FloatArray:
        return level[()]


@dataclass(frozen=True)
class CARA(Utility):
    """Constant absolute risk aversion a > 0: U(x) = (1 - exp(-a x)) / a, on the whole line.

    The slope at 0 is 1, and U is below 1/a. A loss of more than about 709/a overflows to -inf.
    """

    risk_aversion: float

    def __post_init__(self) -> None:
        check_field(self, "risk_aversion", above=0)

    @property
    def supremum(self) -> float:
        """1/a, approached as money grows."""
        return 1 / self.risk_aversion

    def _utility(self, money: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):
            return -np.expm1(-self.risk_aversion * money) / self.risk_aversion

    def _inverse(self, level: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return -np.log1p(-np.minimum(self.risk_aversion * level, 1)) / self.risk_aversion


@dataclass(frozen=True)
class Power(Utility):
    """Power utility: U(x) = x^r for x >= `threshold`, with exponent r in (0, 1].

    No finite concave function on the line equals x^r (r < 1) on all x >= 0, since its slope at 0 is infinite.
    So below the threshold t > 0 the curve is replaced by the line through (0, 0) and (t, t^r), which goes on
    to losses with its slope t^(r-1) >= 1 for t <= 1. That is concave. A smaller threshold makes losses worse,
    and in the limit U(x) = -inf for x < 0, as in the paper. Money between 0 and t is rounding at the default.
    """

    exponent: float
    threshold: float = 1e-9

    def __post_init__(self) -> None:
        check_field(self, "exponent", above=0, at_most=1)
        check_field(self, "threshold", above=0)

    @property
    def is_risk_neutral(self) -> bool:
        """Whether the exponent is 1."""
        return self.exponent == 1

    def _utility(self, money: FloatArray) -> FloatArray:
        slope = self.threshold ** (self.exponent - 1)
        curve = np.maximum(money, self.threshold) ** self.exponent
        return np.where(money < self.threshold, slope * money, curve)[()]

    def _inverse(self, level: FloatArray) -> FloatArray:
        at_threshold = self.threshold**self.exponent
        slope = self.threshold ** (self.exponent - 1)
        with np.errstate(over="ignore"):
            curve = np.maximum(level, at_threshold) ** (1 / self.exponent)
        return np.where(level < at_threshold, level / slope, curve)[()]


@dataclass(frozen=True)
class CRRA(Utility):
    """Constant relative risk aversion rho in [0, 1): U(x) = x^(1-rho) / (1-rho) for x >= `threshold`.

    Below the threshold it is the line through 0, for the reason given at `Power`. The marginal utility at
    x = 1 is 1. Relative risk aversion of 1 and more (the logarithm) has no finite U(0), and is refused.
    """

    risk_aversion: float
    threshold: float = 1e-9
    _power: Power = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_field(self, "risk_aversion", at_least=0, below=1)
        object.__setattr__(self, "_power", Power(1 - self.risk_aversion, self.threshold))

    @property
    def is_risk_neutral(self) -> bool:
        """Whether the risk aversion is 0."""
        return self._power.is_risk_neutral

    def _utility(self, money: FloatArray) -> FloatArray:
        return self._power(money) / self._power.exponent

    def _inverse(self, level: FloatArray) -> FloatArray:
        return self._power.inverse(level * self._power.exponent)


@dataclass(frozen=True)
class Capped(Utility):
    """Money counts up to a cap > 0 and not beyond: U(x) = min(x, cap); losses count in full."""

    cap: float

    def __post_init__(self) -> None:
        check_field(self, "cap", above=0)

    @property
    def supremum(self) -> float:
        """The cap, reached."""
        return self.cap

    def _utility(self, money: FloatArray) -> FloatArray:
        return np.minimum(money, self.cap)

    def _inverse(self, level: FloatArray) -> FloatArray:
        return level[()]


@dataclass(frozen=True, init=False)
class PiecewiseLinear(Utility):
    """The concave polygon through `points`, pairs (money, utility) that include (0, 0).

    The first and last pieces go on with their slopes. Raises ValueError, in this order, if there are fewer
    than two points, if money does not strictly increase, if (0, 0) is missing, if the first piece does not
    rise, if a later piece falls, or if a piece is steeper than the one before it.
    """

    points: tuple[tuple[float, float], ...]

    def __init__(self, points: Sequence[Sequence[float]]) -> None:
        table = float_array("points", points)
        if table.ndim != 2 or table.shape[1] != 2 or len(table) < 2:
            raise ValueError(f"points must be at least two pairs (money, utility), not shape {table.shape}")
        finite_vector("points", table.ravel())
        if (np.diff(table[:, 0]) <= 0).any():
            raise ValueError(f"points must have strictly increasing money, not {table[:, 0].tolist()}")
        if not (table == 0).all(axis=1).any():
            raise ValueError(f"points must include (0, 0), not only {table.tolist()}")
        object.__setattr__(self, "points", tuple((float(x), float(u)) for x, u in table))
        slopes = self._slopes()
        if slopes[0] <= 0 or slopes.min() < 0:
            raise ValueError(f"points must rise first and never fall, but the slopes are {slopes.tolist()}")
        if (np.diff(slopes) > CONCAVITY_TOLERANCE * slopes[0]).any():
            raise ValueError(f"points must be concave, but the slopes are {slopes.tolist()}")

    @property
    def supremum(self) -> float:
        """The last point's utility if the last piece is flat, else infinite."""
        return self.points[-1][1] if self._slopes()[-1] == 0 else np.inf

    @property
    def is_risk_neutral(self) -> bool:
        """Whether all pieces have the same slope."""
        return len(set(self._slopes().tolist())) == 1

    def _slopes(self) -> FloatArray:
        money, utility = np.array(self.points).T
        return np.diff(utility) / np.diff(money)

    def _utility(self, money: FloatArray) -> FloatArray:
        knots, heights = np.array(self.points).T
        slopes = self._slopes()
        piece = np.clip(np.searchsorted(knots, money, side="right") - 1, 0, len(slopes) - 1)
        with np.errstate(invalid="ignore"):
            on_piece = heights[piece] + slopes[piece] * (money - knots[piece])
        beyond_flat_end = (money > knots[-1]) & (slopes[-1] == 0)
        return np.where(beyond_flat_end, heights[-1], on_piece)[()]

    def _inverse(self, level: FloatArray) -> FloatArray:
        knots, heights = np.array(self.points).T
        rising = self._slopes() > 0  # only the last pieces can be flat, and nothing above them is asked for
        piece = np.clip(np.searchsorted(heights, level, side="left") - 1, 0, int(rising.sum()) - 1)
        return (knots[piece] + (level - heights[piece]) / self._slopes()[piece])[()]


def validate_utility(utility: Callable[[FloatArray], ArrayLike], grid: ArrayLike) -> None:
    """Check a user's utility on a grid of money: elementwise, finite, U(0) = 0, nondecreasing, concave.

    `grid` holds at least three amounts; 0 is added. Raises TypeError if `utility` cannot be called, and
    ValueError, with the amounts at fault, if it breaks one of the conditions in the order above. What happens
    between the grid's points is not seen.
    """
    if not callable(utility):
        raise TypeError(f"utility must be callable, not {utility!r}")
    money = np.unique(np.append(finite_vector("grid", grid, minimum_length=3), 0.0))
    levels = np.asarray(utility(money), dtype=np.float64)
    if levels.shape != money.shape:
        raise ValueError(f"utility must be elementwise: shape {money.shape} gave shape {levels.shape}")
    if not np.isfinite(levels).all():
        raise ValueError(f"utility must be finite, but is not at {money[~np.isfinite(levels)][0]}")
    at_zero = float(levels[money == 0][0])
    if abs(at_zero) > CONCAVITY_TOLERANCE * np.abs(levels).max():
        raise ValueError(f"utility must be 0 at 0, not {at_zero!r}")
    slack = CONCAVITY_TOLERANCE * np.maximum(np.abs(levels[:-1]), np.abs(levels[1:]))
    falls = np.flatnonzero(np.diff(levels) < -slack)
    if falls.size:
        start, end = money[falls[0]], money[falls[0] + 1]
        raise ValueError(f"utility must not decrease, but falls from {start} to {end}")
    _refuse_convexity(money, levels)


def _refuse_convexity(money: FloatArray, levels: FloatArray) -> None:
    """Raise ValueError if a point lies below the chord of its neighbours on the grid."""
    weight = (money[1:-1] - money[:-2]) / (money[2:] - money[:-2])
    chord = (1 - weight) * levels[:-2] + weight * levels[2:]
    size = np.max([np.abs(levels[:-2]), np.abs(levels[1:-1]), np.abs(levels[2:])], axis=0)
    below = np.flatnonzero(levels[1:-1] < chord - CONCAVITY_TOLERANCE * size)
    if below.size:
        at = below[0] + 1
        raise ValueError(
            f"utility must be concave, but at {money[at]} it is below the chord "
            f"from {money[at - 1]} to {money[at + 1]}"
        )
