"""f(q): the expected utility of independent Poisson sales at each price, and its gradient (in place of A.1).

At each price p a Poisson(q_p) number of sales is on offer, independently, and the seller keeps the k dearest:
f(q) = E[U_k]. It is what is left of independent payments that are split into infinitely small pieces
(Lemma 8's proof), so that any mechanism of independent payments with masses q earns at least f(q). States are
(units sold, revenue); prices come in decreasing order.
"""

from __future__ import annotations

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.laws import poisson_counts
from mechanisms.risk_averse.money import MoneyGrid, add_moved, ahead

NEGLIGIBLE = 1e-16
"""Numbers of sales of no more probability are left out."""


def poisson_utility(
    masses: FloatArray, grid: MoneyGrid, units: int, utility: Attitude
) -> tuple[float, FloatArray]:
    """Return f(q) and ∂f/∂q_p = E[U_k(… + p) − U_k(…)], shape (m,).

    `masses` are q, shape (m,), for the m prices of `grid`, at least 0; equal prices are one level.
    """
    levels, place = np.unique(-grid.steps, return_inverse=True)
    steps, means = -levels, np.bincount(place, weights=masses, minlength=levels.size)
    laws = _forward(means, steps, grid.cells, units)
    final = np.broadcast_to(np.asarray(utility(grid.amounts), dtype=np.float64), (units + 1, grid.cells))
    values = final.copy()
    gains = np.empty(levels.size)
    for level in reversed(range(levels.size)):
        gains[level] = _gain(laws[level + 1], values, steps[level])
        values = _before(values, float(means[level]), steps[level])
    return float(values[0, 0]), gains[place]


def _forward(means: FloatArray, steps: FloatArray, cells: int, units: int) -> list[FloatArray]:
    """The laws of (units sold, revenue), shape (k + 1, cells), before the first price and after each."""
    law = np.zeros((units + 1, cells))
    law[0, 0] = 1.0
    laws = [law]
    for mean, step in zip(means.tolist(), steps.tolist(), strict=True):
        laws.append(_after(laws[-1], mean, step))
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


def _gain(law: FloatArray, values: FloatArray, step: float) -> float:
    """What one more sale at this price adds, for the law after it and the values of what follows."""
    one_more = ahead(values[1:], step)
    return float((law[:-1] * (one_more - values[:-1])).sum())
