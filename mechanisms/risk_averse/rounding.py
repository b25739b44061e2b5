"""From randomised prices to deterministic ones, buyer after buyer, at no loss.

Those whose price is not chosen yet count as Poisson sales at their masses. A buyer's random price, as one
variable, is worth at least as much as her Poisson pieces (Lemma 6), and her best price at least as much as a
random one; so the value only grows, from f(q) to the utility of the prices that are chosen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.money import MoneyGrid
from mechanisms.risk_averse.poisson import poisson_utility


def choose_in_turn(
    design: FloatArray, chances: FloatArray, grid: MoneyGrid, units: int, utility: Attitude,
    keep_on: Callable[[], bool] = lambda: True,
) -> np.ndarray:
    """Return a choice of prices, shape (n,), worth at least f(q) on the grid's money; −1 for none.

    design
        Shape (n, m): the probability that buyer i is offered price j.
    chances
        Shape (n, m): Pr[v_i >= p_j].
    keep_on
        Asked before each buyer; where it says no, the others get no offer.
    """
    masses = (design * chances).sum(axis=0)
    offers: list[tuple[int, float]] = []
    choice = np.full(len(design), -1)
    for buyer in np.argsort(-(design * chances).sum(axis=1), kind="stable"):
        if not keep_on():
            break
        masses = np.maximum(masses - design[buyer] * chances[buyer], 0.0)
        _, gains = poisson_utility(masses, grid, units, utility, offers)
        best = int((chances[buyer] * gains).argmax())
        if chances[buyer, best] * gains[best] > 0:
            choice[buyer] = best
            offers.append((best, float(chances[buyer, best])))
    return choice
