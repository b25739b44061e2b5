"""The exact law of revenue of Myerson's auction from independent buyers with finite values.

A risk-averse seller compares it with her own prices. All winners pay thresholds against one rival, the best
of those who lose, so that given her the others' payments are independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mechanisms._validation import FloatArray, TooLargeError
from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.auctions.virtual_values import IronedVirtualValue, ironed_virtual_value, share_ties
from mechanisms.distributions import Discrete
from mechanisms.risk_averse.money import MoneyGrid, money_grid
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.sales import FINE_CELLS, offer_forward

ROUNDING = 1e-15
"""Revenue of no greater probability is owed to rounding."""

Rival = tuple[float, FloatArray, FloatArray]
"""A probability; and what each buyer would pay against this rival, and how likely she beats her, (n,)."""


def myerson_revenue_law(priors: Sequence[Discrete], units: int) -> RevenueLaw:
    """Return the law of revenue of `MyersonAuction(priors, units)` with truthful buyers.

    Raises TypeError or ValueError as the auction does, TypeError for priors that are not `Discrete`, and
    TooLargeError where values have no common unit of money.
    """
    MyersonAuction(tuple(priors), units)
    for i, prior in enumerate(priors):
        if not isinstance(prior, Discrete):
            raise TypeError(f"priors[{i}] must be a Discrete, not {prior!r}")
    curves = share_ties([ironed_virtual_value(prior) for prior in priors])
    top = float(max(curve.values[-1] for curve in curves))
    most = min(units, len(curves))
    grid = money_grid(np.concatenate([curve.values for curve in curves]), max(top, 1.0) * most, FINE_CELLS)
    if not grid.exact:
        raise TooLargeError("values have no common unit of money: round them, or simulate the auction")
    law = np.zeros(grid.cells)
    for chance, payments, beaten in _rivals(curves):
        law += chance * _winners(payments, beaten, grid, most)[most]
    law += _winners(*_at_reserves(curves), grid, most)[: most + 1].sum(axis=0)
    return RevenueLaw.of(grid.amounts, np.where(law > ROUNDING, law, 0.0))


def _rivals(curves: Sequence[IronedVirtualValue]) -> Iterator[Rival]:
    """Each buyer at each virtual value of at least 0, as the best of those who lose."""
    for j, rival in enumerate(curves):
        for level in np.unique(rival.levels[rival.levels >= 0]):
            chance = float(rival.cell_probabilities[rival.levels == level].sum())
            least = [float(curve.least_report(level, above=i > j)) for i, curve in enumerate(curves)]
            beaten = _chances(curves, np.array(least))
            beaten[j] = 0.0
            yield chance, np.array(least), beaten


def _at_reserves(curves: Sequence[IronedVirtualValue]) -> tuple[FloatArray, FloatArray]:
    """What each buyer pays where no more than the units are wanted, and how likely she is to pay it."""
    least = np.array([float(curve.least_report(np.array(0.0))) for curve in curves])
    return least, _chances(curves, least)


def _chances(curves: Sequence[IronedVirtualValue], least: FloatArray) -> FloatArray:
    """The probability that each buyer's value is at least so much."""
    pairs = zip(curves, least, strict=True)
    return np.array([curve.cell_probabilities[curve.values >= amount].sum() for curve, amount in pairs])


def _winners(payments: FloatArray, chances: FloatArray, grid: MoneyGrid, most: int) -> FloatArray:
    """The law of (how many pay, revenue); of more than `most` only that they do, in the last row."""
    law = np.zeros((most + 2, grid.cells))
    law[0, 0] = 1.0
    for payment, chance in zip(payments, chances, strict=True):
        if chance > 0:
            offer_forward(law, float(chance), float(round(payment / grid.unit)))
    return law
