"""Knowledge from tables: a finite prior and a partition for each seat; beliefs by enumeration.

Azar, Chen and Micali, "Conservative-Bayesian Mechanism Design", Section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.partitions import check_partitions, own_type_partitions
from agents.knowledge.protocol import Beliefs, Said
from agents.play.posteriors import Posteriors
from mechanisms.conversation import Mechanism
from mechanisms.distributions import JointDistribution
from mechanisms.questions import Announce


class TableKnowledge:
    """A finite prior, and for each seat a partition of its profiles; by default everyone knows her own type.

    Raises as `check_partitions`; `during` raises ValueError for values off the prior's grid.
    """

    def __init__(self, prior: JointDistribution, partitions: Sequence[Any] | None = None) -> None:
        self.prior = prior
        self.partitions = check_partitions(
            prior, own_type_partitions(prior) if partitions is None else partitions
        )
        self._posteriors: dict[int, Posteriors] = {}

    @property
    def n(self) -> int:
        """The number of buyers of the prior."""
        return self.prior.n

    def during(self, mechanism: Mechanism, values: NDArray[np.float64]) -> Beliefs:
        """Beliefs by enumeration, remembered from one auction to the next."""
        if id(mechanism) not in self._posteriors:
            self._posteriors[id(mechanism)] = Posteriors(mechanism, self.prior, self.partitions)
        posteriors = self._posteriors[id(mechanism)]
        profile = self.prior.index_of(values)

        def belief(seat: int, heard: tuple[Announce, ...], said: Said) -> JointDistribution | None:
            return posteriors.belief(seat, posteriors.cell(seat, profile), heard, said)

        return belief
