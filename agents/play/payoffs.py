"""Payoffs: what an outcome is worth to each participant, less what she pays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import Party
from mechanisms.outcome import Outcome


def payoffs_of(party: Party, outcome: Outcome) -> NDArray[np.float64]:
    """Value less payment of each buyer, shape `(*lead, n)`."""
    worth = party.values * outcome.allocation
    if worth.ndim > outcome.payments.ndim:
        worth = worth.sum(axis=-1)
    return worth - outcome.payments
