"""An upper bound from what there is to earn: no mechanism earns more at a profile than the k largest values.

With M the sum of the k largest values, revenue R <= M at every profile, and E[R] <= Myerson's revenue. Under
these two alone min(M, cap) is the best revenue, with the cap at which its mean is Myerson's revenue; so
OPT <= E[U(min(M, cap))], which Jensen's bound is never below. Sharper than the others where values are rare:
then how much there is to earn is a risk that no mechanism can take away. Proof in
docs/theory/risk_averse_seller.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.distributions import Discrete
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.money import Rounding, money_grid
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.sales import Offers, forward_law

CELLS = 1_000
"""Multiples of the unit of money where values have no common one: then they are rounded up."""
MOST_WORK = 400_000_000
"""Values of all buyers × units × states; for more the bound is infinite."""


def capped_bound(priors: Sequence[Discrete], units: int, utility: Attitude, revenue: float) -> float:
    """E[U(min(M, cap))] for Myerson's `revenue`; infinite for instances that are too large."""
    law = values_law(_splinters(priors), min(units, len(priors)))
    if law is None:
        return np.inf
    cap = cap_of(law, revenue)
    return float(np.asarray(utility(np.minimum(law.amounts, cap)), dtype=np.float64) @ law.probabilities)


def cap_of(law: RevenueLaw, mean: float) -> float:
    """The cap at which E[min(M, cap)] is `mean`; the greatest amount if E[M] is no more."""
    reached = np.cumsum(law.amounts * law.probabilities)
    above = 1.0 - np.cumsum(law.probabilities)
    means = np.maximum.accumulate(reached + law.amounts * np.maximum(above, 0.0))
    return float(np.interp(mean, np.append(0.0, means), np.append(0.0, law.amounts)))


def values_law(splinters: Offers, units: int) -> RevenueLaw | None:
    """The law of the sum of the `units` largest of independent amounts; None if that takes too long."""
    if not splinters.prices.size:
        return RevenueLaw(np.zeros(1), np.ones(1))
    grid = money_grid(
        splinters.prices, splinters.most_revenue(units), CELLS, Rounding.UP, exact_cells=3 * CELLS
    )
    if splinters.prices.size * units * grid.cells > MOST_WORK:
        return None
    return RevenueLaw.of(grid.amounts, forward_law(splinters.chances, grid, units).sum(axis=0))


def _splinters(priors: Sequence[Discrete]) -> Offers:
    """Independent amounts, in decreasing order, of which each buyer's greatest one is her value.

    Her value is v with probability Pr[value = v | value <= v] each. Those below her value can only add to the
    sum of the largest.
    """
    values = np.concatenate([prior.values for prior in priors])
    shares = np.concatenate([_shares(prior.probabilities) for prior in priors])
    order = np.argsort(-values, kind="stable")
    matter = order[values[order] > 0]
    return Offers.made(values[matter], shares[matter])


def _shares(probabilities: FloatArray) -> FloatArray:
    """Pr[value = v | value <= v] for increasing values."""
    below = np.cumsum(probabilities)
    return np.minimum(np.divide(probabilities, below, out=np.zeros_like(below), where=below > 0), 1.0)
