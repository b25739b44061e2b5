"""Zero-sum games of a seller and nature, with finitely many actions each (robust paper, Remark 2.2.1).

Nature may be held to a moment of her mixture, such as the mean of the values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray


@dataclass(frozen=True, eq=False)
class Moment:
    """A constraint on nature's mixture y: Σ_b function[b] y[b] >= least.

    function
        Shape (b,).
    """

    function: FloatArray
    least: float

    def __post_init__(self) -> None:
        if not self.function.max() > self.least:
            raise ValueError(
                f"least must be below the function's maximum {self.function.max()}, not {self.least}: "
                "no mixture is strictly inside"
            )


@dataclass(frozen=True, eq=False)
class ZeroSumGame:
    """What the seller gets, (a, b), when she plays a and nature b.

    seller_actions, nature_actions
        What the actions are, with a and b as first axes: prices, reserves, values.
    moment
        What holds nature's mixture; None if nothing does.
    """

    payoffs: FloatArray
    seller_actions: FloatArray
    nature_actions: FloatArray
    moment: Moment | None = None

    @property
    def range(self) -> float:
        """Greatest payoff less the least one."""
        return float(self.payoffs.max() - self.payoffs.min())

    def guarantee(self, seller: FloatArray) -> float:
        """What the seller's mixture (a,) earns at least."""
        return self.least(seller @ self.payoffs)

    def hope(self, nature: FloatArray) -> float:
        """What the seller earns at most against nature's mixture (b,)."""
        return float((self.payoffs @ nature).max())

    def least(self, payoffs: FloatArray) -> float:
        """The least mean of payoffs (b,) under a mixture that nature may choose."""
        return float(payoffs @ least_mixture(payoffs, self.moment))

    def value(self) -> tuple[float, float]:
        """Bounds on the value of the game, from below and above, by linear program: an independent check.

        Variables: the seller's mixture x (a,), the price of the moment λ >= 0, and a number t such that
        x · payoffs[:, b] >= t + λ function[b] for each b. She is sure of t + λ least, which is maximised. As
        some action of nature is above the least moment, λ is at most the range over its distance.
        """
        from mechanisms.programs import maximise

        rows, columns = self.payoffs.shape
        function, least = (np.zeros(columns), -1.0) if self.moment is None else (
            self.moment.function, self.moment.least)
        dearest = self.range / (function.max() - least)
        size = float(np.abs(self.payoffs).max() + dearest * np.abs(function).max())
        solution = maximise(
            np.concatenate([np.zeros(rows), [least if self.moment else 0.0, 1.0]]),
            at_most=(np.column_stack([-self.payoffs.T, function, np.ones(columns)]), np.zeros(columns)),
            equal=(np.append(np.ones(rows), [0.0, 0.0])[None], [1.0]),
            bounds=(np.append(np.zeros(rows + 1), -size), np.append(np.ones(rows), [dearest, size])),
        )
        mixture = np.maximum(solution.x[:rows], 0.0)
        return self.guarantee(mixture / mixture.sum()), solution.upper_bound


def least_mixture(payoffs: FloatArray, moment: Moment | None) -> FloatArray:
    """The mixture (b,) of the least mean payoff that meets the moment: of two actions at most.

    Of the points (function, payoff) the lower hull is wanted where it crosses the least moment. A line
    through one point on either side is lowered to the point farthest below it, until there is none.
    """
    mixture = np.zeros(len(payoffs))
    if moment is None:
        mixture[payoffs.argmin()] = 1.0
        return mixture
    function = moment.function
    low = _first(payoffs, -function)
    if function[low] >= moment.least:
        mixture[low] = 1.0
        return mixture
    high = _first(-function, payoffs)
    tolerance = 1e-14 * float(np.abs(payoffs).max())
    while True:
        slope = (payoffs[high] - payoffs[low]) / (function[high] - function[low])
        above = payoffs - payoffs[low] - slope * (function - function[low])
        lowest = int(above.argmin())
        if above[lowest] >= -tolerance:
            break
        low, high = (low, lowest) if function[lowest] >= moment.least else (lowest, high)
    share = (moment.least - function[low]) / (function[high] - function[low])
    mixture[low], mixture[high] = 1 - share, share
    return mixture


def _first(keys: FloatArray, ties: FloatArray) -> int:
    """Where the least key is; of several, the one of the least `ties`."""
    best = np.flatnonzero(keys == keys.min())
    return int(best[ties[best].argmin()])
