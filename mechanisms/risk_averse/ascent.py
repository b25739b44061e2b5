"""Coordinate ascent over sequential prices: one buyer's price after another is made the best for the others'.

Take a buyer out of the line. The law of the state when the others have come down to a price (forward), and
what each state is worth from there on (backward), give what all her prices would add at once: Pr[v >= p]
times the mean of V(units + 1, revenue + p) − V(units, revenue).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.money import MoneyGrid
from mechanisms.risk_averse.sales import offer_backward, offer_forward, sale_gain, worth

LEAST_GAIN = 1e-10
"""Relative to the utility: smaller improvements are not made."""


@dataclass(frozen=True, eq=False)
class Line:
    """Who may be offered which prices.

    grid
        The m prices on a grid of money, in increasing order.
    chances
        Shape (n, m): Pr[v_i >= p_j], 0 for prices that buyer i is not to be offered.
    units, utility
        The seller's.
    """

    grid: MoneyGrid
    chances: FloatArray
    units: int
    utility: Attitude

    def expected_utility(self, choice: np.ndarray) -> float:
        """E[U_k] of a choice, shape (n,): the index of each buyer's price, −1 for none."""
        law = self.start()
        for i in self.order(choice):
            offer_forward(law, *self.offer(choice, i))
        return float((law * worth(self.grid, self.units, self.utility)).sum())

    def start(self) -> FloatArray:
        """The law before the first offer."""
        law = np.zeros((self.units + 1, self.grid.cells))
        law[0, 0] = 1.0
        return law

    def order(self, choice: np.ndarray) -> list[int]:
        """The buyers who are offered a price, in decreasing order of prices."""
        return [int(i) for i in np.argsort(-choice, kind="stable") if choice[i] >= 0]

    def offer(self, choice: np.ndarray, buyer: int) -> tuple[float, float]:
        """The probability that she takes her price, and the price on the grid."""
        return float(self.chances[buyer, choice[buyer]]), float(self.grid.steps[choice[buyer]])


def ascend(
    line: Line, choice: np.ndarray, sweeps: int, keep_on: Callable[[], bool] = lambda: True
) -> np.ndarray:
    """Return a choice of prices that is at least as good, after at most so many sweeps over the buyers.

    It ends where a sweep changes nothing: no buyer's price can then be improved alone. `keep_on` is asked
    before each buyer.
    """
    current = choice.copy()
    for _ in range(sweeps):
        if not _sweep(line, current, keep_on):
            break
    return current


def _sweep(line: Line, choice: np.ndarray, keep_on: Callable[[], bool]) -> bool:
    """Improve one buyer after another, in place; whether anything changed.

    A buyer just like one whose price was found to be best, with nothing changed since, is passed over.
    """
    kinds = np.unique(line.chances, axis=0, return_inverse=True)[1].ravel()
    stages = _Stages(line, choice)
    settled: set[tuple[int, int]] = set()
    changed = False
    for buyer in np.argsort(-choice, kind="stable"):
        if not keep_on():
            return False
        if (kinds[buyer], choice[buyer]) in settled:
            continue
        if stages.improve(int(buyer)):
            settled.clear()
            changed = True
        settled.add((kinds[buyer], choice[buyer]))
    return changed


class _Stages:
    """The laws before each buyer in line and the values after each, kept up to date."""

    def __init__(self, line: Line, choice: np.ndarray) -> None:
        self.line, self.choice = line, choice
        self.order = line.order(choice)
        self.laws = [line.start()]
        self.values = [worth(line.grid, line.units, line.utility)]
        self._extend_laws(0)
        self._extend_values(len(self.order))

    def improve(self, buyer: int) -> bool:
        """Give the buyer her best price; whether that is another one than before."""
        place = self.order.index(buyer) if self.choice[buyer] >= 0 else None
        if place is not None:
            self._remove(place)
        best, gain = self._best_price(buyer)
        before = self.choice[buyer]
        old = self._gain(buyer, int(before)) if before >= 0 else 0.0
        better = gain > old + LEAST_GAIN * abs(float(self.values[0][0, 0]))
        if better:
            self.choice[buyer] = best
        if self.choice[buyer] >= 0:
            self._insert(buyer)
        return bool(better)

    def _best_price(self, buyer: int) -> tuple[int, float]:
        offered = np.flatnonzero(self.line.chances[buyer] > 0)
        gains = [self._gain(buyer, int(price)) for price in offered]
        return (int(offered[np.argmax(gains)]), max(gains)) if gains and max(gains) > 0 else (-1, 0.0)

    def _gain(self, buyer: int, price: int) -> float:
        """What the price adds for a buyer who is not in line; she comes after those with the same price."""
        place = self._place(price)
        step = float(self.line.grid.steps[price])
        return float(self.line.chances[buyer, price]) * sale_gain(self.laws[place], self.values[place], step)

    def _place(self, price: int) -> int:
        return int(np.searchsorted(-self.choice[self.order], -price, side="right"))

    def _remove(self, place: int) -> None:
        del self.order[place]
        del self.laws[place + 1 :], self.values[: place + 1]
        self._extend_laws(place)
        self._extend_values(place)

    def _insert(self, buyer: int) -> None:
        place = self._place(int(self.choice[buyer]))
        self.order.insert(place, buyer)
        del self.laws[place + 1 :], self.values[:place]
        self._extend_laws(place)
        self._extend_values(place + 1)

    def _extend_laws(self, place: int) -> None:
        """Laws after the buyers from `place` on."""
        for buyer in self.order[place:]:
            law = self.laws[-1].copy()
            offer_forward(law, *self.line.offer(self.choice, buyer))
            self.laws.append(law)

    def _extend_values(self, place: int) -> None:
        """Values before the buyers ahead of `place`."""
        earlier: list[FloatArray] = []
        values = self.values[0]
        for buyer in reversed(self.order[:place]):
            values = offer_backward(values, *self.line.offer(self.choice, buyer))
            earlier.append(values)
        self.values[:0] = reversed(earlier)
