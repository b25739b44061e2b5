"""Rules on cells pass the suite of mechanisms."""

import numpy as np

from mechanisms.robust import CellMechanism
from sim.audit.library import reserve_by_cells
from sim.conformance.mechanism import MechanismConformance


class TestCellMechanism(MechanismConformance):
    """Two bidders with values in [0, 1]; bidder 0 or a coin wins ties."""

    ties_to_lowest = False
    instances = (
        reserve_by_cells(),
        CellMechanism(np.array([0.0, 1.0]), np.zeros((2, 2)), np.array([[0.5, 0.5]]), np.zeros(2)),
    )

    def draw_values(self, mechanism, rng, shape):
        return rng.integers(0, 9, shape) / 8

    def sizes(self, mechanism):
        return (2,)
