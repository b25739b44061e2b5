"""Payoffs: what an outcome is worth to each participant, less what she pays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import Party
from mechanisms.outcome import Outcome


def payoffs_of(party: Party, outcome: Outcome) -> NDArray[np.float64]:
    """Worth less payment of each participant, in money, shape `(*lead, n)`; as the mechanism's space says."""
    return party.space.payoffs(party.values, outcome.allocation, outcome.payments)
