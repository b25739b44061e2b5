"""The best prices for given lotteries, one for each type, under buy-k incentive compatibility.

With the lotteries fixed every constraint is linear in the prices; those that bind are found one by one.
"""

from __future__ import annotations

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.menus.menu import Menu
from mechanisms.menus.programs import discounted
from mechanisms.menus.purchase import best_purchase
from mechanisms.programs import ProgramError, maximise

MARGIN = 1e-8
"""Several purchases shall be worse than one by this part of the value of all items: no tie is left."""
MANY = 10_000
"""Stands for an endless number of copies."""
NOTHING = 1e-9
"""Chances below this are 0, those as near to 1 are 1."""


def best_prices(
    values: FloatArray, weights: FloatArray, lotteries: FloatArray, bundles: FloatArray, k: float
) -> Menu | None:
    """Return the menu of these lotteries (T, n) at the prices that earn most, or None if there are none.

    `bundles` (M, T) are the multisets whose constraints are looked at first; others of size at most k are
    added as buyers find them. Prices are shaded a trifle (`programs.SHADE`).
    """
    tidy = np.where(lotteries < NOTHING, 0.0, np.where(lotteries > 1 - NOTHING, 1.0, lotteries))
    rows, limits, first = _constraints(values, tidy, bundles)
    active = first
    known = rows.shape[0]
    worth = (values * tidy).sum(axis=1)
    while True:
        try:
            prices = maximise(weights, (rows[active], limits[active]), bounds=(0.0, worth)).x
        except ProgramError:
            return None
        excess = (rows @ prices - limits)[:known]
        worst = np.argsort(-excess)[:5]
        new = np.setdiff1d(worst[excess[worst] > 1e-10 * values.sum(axis=1).max()], active)
        if len(new):
            active = np.concatenate([active, new])
            continue
        if k <= bundles.sum(axis=1).max():
            return discounted(tidy, prices)
        found = _tempting(values, tidy, prices, k)
        if not len(found):
            return discounted(tidy, prices)
        more_rows, more_limits, _ = _constraints(values, tidy, found)
        violated = more_rows @ prices - more_limits > 1e-9
        if not violated.any():
            return discounted(tidy, prices)
        active = np.concatenate([active, len(rows) + np.arange(violated.sum())])
        rows = np.concatenate([rows, more_rows[violated]])
        limits = np.concatenate([limits, more_limits[violated]])


def _constraints(
    values: FloatArray, lotteries: FloatArray, bundles: FloatArray
) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Rows p_t − Σ m_i p_i <= x_t(q_t) − x_t(Lot(m)) for all t and m; and which have at most one entry."""
    count = len(values)
    together = 1 - np.prod((1 - lotteries)[None] ** bundles[:, :, None], axis=1)
    own = (values * lotteries).sum(axis=1)
    several = bundles[:, lotteries.any(axis=1)].sum(axis=1) > 1
    margin = MARGIN * values.sum(axis=1)[:, None] * several
    limits = own[:, None] - values @ together.T - margin
    rows = np.eye(count)[:, None] - bundles[None]
    single = np.broadcast_to(bundles.sum(axis=1) <= 1, limits.shape)
    return rows.reshape(-1, count), limits.ravel(), np.flatnonzero(single.ravel())


def _tempting(values: FloatArray, lotteries: FloatArray, prices: FloatArray, k: float) -> FloatArray:
    """Multisets that some type prefers to her own entry."""
    menu = Menu(lotteries, prices)
    found = []
    for value, lottery, price in zip(values, lotteries, prices, strict=True):
        best = best_purchase(menu, value, k)
        if best.utility > value @ lottery - price:
            counts = np.bincount(np.array(best.committed, dtype=int), minlength=len(menu)).astype(float)
            counts[list(best.endless)] = MANY
            found.append(counts)
    return np.array(found).reshape(-1, len(menu))
