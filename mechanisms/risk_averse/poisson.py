"""f(q): the expected utility of independent Poisson sales at each price, and its gradient (in place of A.1).

At each price p a Poisson(q_p) number of sales is on offer, independently, and the seller keeps the k dearest:
f(q) = E[U_k]. It is what is left of independent payments that are split into infinitely small pieces
(Lemma 8's proof), so that any mechanism of independent payments with masses q earns at least f(q). States are
(units sold, revenue); prices come in decreasing order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.laws import poisson_counts
from mechanisms.risk_averse.money import MoneyGrid, add_moved, ahead
from mechanisms.risk_averse.sales import offer_backward, offer_forward, sale_gain, worth

NEGLIGIBLE = 1e-16
"""Numbers of sales of no more probability are left out."""


def poisson_utility(
    masses: FloatArray, grid: MoneyGrid, units: int, utility: Attitude,
    offers: Sequence[tuple[int, float]] = (),
) -> tuple[float, FloatArray]:
    """Return f(q) and ∂f/∂q_p = E[U_k(… + p) − U_k(…)], shape (m,).

    masses
        q, shape (m,), for the m prices of `grid`, at least 0; equal prices are one level.
    offers
        Offers to single buyers besides: the index of the price, and the probability that it is taken.
    """
    levels, place = np.unique(-grid.steps, return_inverse=True)
    means = np.bincount(place, weights=masses, minlength=levels.size).astype(np.float64).tolist()
    singles: list[list[float]] = [[] for _ in means]
    for price, chance in offers:
        singles[place[price]].append(chance)
    steps = (-levels).tolist()
    laws = _forward(list(zip(steps, means, singles, strict=True)), grid.cells, units)
    values = worth(grid, units, utility)
    gains = np.empty(levels.size)
    for level in reversed(range(levels.size)):
        gains[level] = sale_gain(laws[level], values, steps[level])
        for chance in singles[level]:
            values = offer_backward(values, chance, steps[level])
        values = _before(values, means[level], steps[level])
    return float(values[0, 0]), gains[place]


def _forward(
    levels: list[tuple[float, float, list[float]]], cells: int, units: int
) -> list[FloatArray]:
    """The laws of (units sold, revenue), shape (k + 1, cells), after each level of prices."""
    law = np.zeros((units + 1, cells))
    law[0, 0] = 1.0
    laws = []
    for step, mean, singles in levels:
        law = _after(law, mean, step)
        for chance in singles:
            offer_forward(law, chance, step)
        laws.append(law)
    return laws


def _after(law: FloatArray, mean: float, step: float) -> FloatArray:
    """The law after Poisson(mean) buyers took the price, as long as there were units."""
    k = law.shape[0] - 1
    counts = poisson_counts(mean, k)
    at_least = np.cumsum(counts[::-1])[::-1]
    later = law * np.append(np.full(k, counts[0]), 1.0)[:, None]
    for sold in range(1, k + 1):
        if at_least[sold] <= NEGLIGIBLE:
            break
        add_moved(later[sold:k], law[: k - sold] * counts[sold], sold * step)
        add_moved(later[k], law[k - sold] * at_least[sold], sold * step)
    return later


def _before(values: FloatArray, mean: float, step: float) -> FloatArray:
    """The value of each state before Poisson(mean) buyers come to the price."""
    k = values.shape[0] - 1
    counts = poisson_counts(mean, k)
    at_least = np.cumsum(counts[::-1])[::-1]
    earlier = values * np.append(np.full(k, counts[0]), 1.0)[:, None]
    for sold in range(1, k + 1):
        if at_least[sold] <= NEGLIGIBLE:
            break
        moved = ahead(values[sold:], sold * step)
        earlier[: k - sold] += counts[sold] * moved[:-1]
        earlier[k - sold] += at_least[sold] * moved[-1]
    return earlier


