"""The quadrature of an auction of one item: the highest rival stands for all of them."""

from __future__ import annotations

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.distributions.signals import SignalModel
from mechanisms.equilibria.equilibrium import Encounter, KnownEquilibrium
from mechanisms.quadrature import inverse


def highest_rival(
    equilibrium: KnownEquilibrium, bidder: int, types: FloatArray, bids: FloatArray
) -> Encounter:
    """The highest rival's bid, cut at the signal with which she bids what the bidder does.

    With more than two bidders the strategies must be alike. Raises TypeError for a model of another kind.
    """
    model = equilibrium.model
    if not isinstance(model, SignalModel):
        raise TypeError(f"model must be a SignalModel, got {model!r}")
    other = 1 if bidder == 0 else 0
    strategy = equilibrium.strategies[other]
    rival = model.highest_rival(bidder, types, inverse(strategy, bids, *model.support(other)))
    reports = np.full((*rival.signals.shape, equilibrium.n), -np.inf)
    reports[..., bidder] = bids[..., None]
    reports[..., other] = strategy(rival.signals)
    return Encounter(reports, rival.weights, rival.values[..., None])
