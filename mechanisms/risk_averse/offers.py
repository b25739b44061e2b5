"""The masses that independent randomised prices implement: the polytope of Section 3's covering program.

x_ij is the probability that buyer i is offered price j; Σ_j x_ij <= 1 for all i (as the program is read), and
at most k sales are expected. A linear function of the masses is maximised in closed form, by one multiplier.
"""

from __future__ import annotations

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.risk_averse.greedy import Masses

BISECTIONS = 50


def best_offers(chances: FloatArray, gains: FloatArray, units: int) -> Masses:
    """Maximise Σ_ij chances_ij x_ij gains_j over Σ_j x_ij <= 1, Σ_ij chances_ij x_ij <= units, x >= 0.

    chances
        Shape (n, m): Pr[v_i >= p_j].
    gains
        Shape (m,): what a sale at each price adds, at least 0.

    At the multiplier λ of the units each buyer is offered a best price for gains − λ; at the critical λ two
    such choices are mixed so that exactly `units` sales are expected. The bound is the dual's value, which is
    valid at any λ. The design is x, shape (n, m).
    """
    if _sales(_choice(chances, gains, 0.0), chances) <= units:
        chosen, price = _choice(chances, gains, 0.0), 0.0
    else:
        chosen, price = _mixed(chances, gains, units)
    surplus = np.maximum(chances * (gains - price), 0.0).max(axis=1).sum()
    return Masses((chosen * chances).sum(axis=0), chosen, float(price * units + surplus))


def _mixed(chances: FloatArray, gains: FloatArray, units: int) -> tuple[FloatArray, float]:
    """The mixture of the choices just below and just above the critical multiplier, and that multiplier."""
    low, high = 0.0, float(gains.max())
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if _sales(_choice(chances, gains, middle), chances) > units:
            low = middle
        else:
            high = middle
    many = _choice(chances, gains, low)
    few = _choice(chances, gains, high)
    most, least = _sales(many, chances), _sales(few, chances)
    share = (units - least) / (most - least) if most > units else 1.0
    return share * many + (1 - share) * few, high


def _choice(chances: FloatArray, gains: FloatArray, price: float) -> FloatArray:
    """Each buyer's best price when a sale costs `price`; none where nothing is gained."""
    surplus = chances * (gains - price)
    best = surplus.argmax(axis=1)
    rows = np.arange(chances.shape[0])
    chosen = np.zeros_like(chances)
    chosen[rows, best] = surplus[rows, best] > 0
    return chosen


def _sales(chosen: FloatArray, chances: FloatArray) -> float:
    return float((chosen * chances).sum())
