"""Payments that an allocation rule implies (robust paper, Proposition 1.2.2 (i))."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, finite_vector
from mechanisms.quadrature import between_cuts
from mechanisms.robust.expected import Rule

POINTS = 12
"""Nodes between two cuts."""


def envelope_payments(mechanism: Rule, profile: ArrayLike, lowest: float = 0.0) -> FloatArray:
    """What ex-post incentive compatibility makes each bidder pay, from the chances to win alone.

    m_i = q_i(v) v_i − the integral of q_i(x, v_-i) over x from `lowest` to v_i (1.1), for a rule that gives a
    bidder of the lowest value no utility. By quadrature, cut at the others' values and the mechanism's
    breakpoints: exact up to rounding where the chances are smooth between them.

    profile
        Shape (n,): values of at least `lowest`.
    """
    values = finite_vector("profile", profile)
    if values.min() < lowest:
        raise ValueError(f"profile must be at least {lowest}, got {values.min()}")
    chances = mechanism.outcome(values).allocation
    cuts = np.concatenate([[lowest], values, np.array(mechanism.breakpoints, dtype=float)])
    paid = np.zeros(values.size)
    for i, own in enumerate(values):
        reports, weights = between_cuts(np.clip(cuts, lowest, own), POINTS)
        profiles = np.tile(values, (reports.size, 1))
        profiles[:, i] = reports
        paid[i] = chances[i] * own - weights @ mechanism.outcome(profiles).allocation[:, i]
    return paid
