"""Who knows how much of whom: a directed network with a resolution, and cut points, for each edge.

The buyer at the tail of an edge knows in which bin of the edge's cut points the value of the buyer at its
head falls. Bins of two edges into the same buyer usually cross, so that two neighbours together know more
than either; with common cut points the second one adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents.knowledge.network import Neighbours
from mechanisms.conversation import check_count
from mechanisms.distributions import JointDistribution


def drawn_cuts(bins: int, value_bound: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Ascending cut points of so many bins, drawn uniformly, without repetition, from 1 … B−1.

    B bins or more tell the value itself. TypeError or ValueError for what is not at least 1.
    """
    check_count("bins", bins)
    check_count("value_bound", value_bound)
    return np.sort(rng.choice(value_bound - 1, size=min(bins, value_bound) - 1, replace=False)) + 1


@dataclass(frozen=True, eq=False)
class Acquaintances:
    """E edges among n buyers, sorted by the one who knows.

    network
        `network.of(i)` are those of whom buyer i knows something.
    knower
        Shape (E,): who knows; the one known is `network.listed`.
    cuts
        Shape (E, r): each edge's cut points in ascending order, the row filled up with inf. Bin k holds the
        values from the k-th cut point (below the first: from −inf) to below the next.
    """

    network: Neighbours
    knower: NDArray[np.int64]
    cuts: NDArray[np.float64]

    @classmethod
    def of(cls, network: Neighbours, cuts: Sequence[ArrayLike]) -> Acquaintances:
        """One sequence of cut points for each entry of `network.listed`.

        Raises ValueError for another number of them, or cut points that are not finite and increasing, and
        for an edge from a buyer to herself.
        """
        knower = np.repeat(np.arange(len(network)), np.diff(network.starts))
        if len(cuts) != len(knower):
            raise ValueError(f"cuts must be one sequence for each of {len(knower)} edges, got {len(cuts)}")
        if (knower == network.listed).any():
            raise ValueError("network must not join a buyer to herself: she knows her value anyway")
        rows = [np.asarray(row, dtype=float) for row in cuts]
        padded = np.full((len(rows), max((row.size for row in rows), default=0)), np.inf)
        for edge, row in enumerate(rows):
            if row.ndim != 1 or not np.isfinite(row).all() or (np.diff(row) <= 0).any():
                raise ValueError(f"cuts[{edge}] must be finite and increasing, got {row.tolist()}")
            padded[edge, : row.size] = row
        return cls(network, knower, padded)

    @classmethod
    def common(cls, network: Neighbours, cuts: ArrayLike) -> Acquaintances:
        """The same cut points for all edges."""
        return cls.of(network, [np.asarray(cuts, dtype=float)] * len(network.listed))

    @classmethod
    def by_person(cls, network: Neighbours, cuts: Sequence[ArrayLike]) -> Acquaintances:
        """One sequence of cut points for each person, shared by all who know something of her.

        A second one who knows her then knows no more of her than the first. Raises ValueError for another
        number of sequences than persons, and as `of` does.
        """
        if len(cuts) != len(network):
            raise ValueError(f"cuts must be one sequence for each of {len(network)} persons, got {len(cuts)}")
        return cls.of(network, [cuts[person] for person in network.listed.tolist()])

    @classmethod
    def drawn(
        cls, network: Neighbours, resolution: int | Sequence[int], value_bound: int, rng: np.random.Generator
    ) -> Acquaintances:
        """Cut points drawn uniformly, without repetition, from 1 … B−1, for each edge on its own.

        resolution
            How many bins an edge tells apart, at least 1 (nothing is known): one number, or one for each
            edge. B or more: the value itself is known.
        value_bound
            B, at least 1.
        """
        check_count("value_bound", value_bound)
        edges = len(network.listed)
        bins = np.broadcast_to(np.asarray(resolution), (edges,)).tolist()
        for edge, count in enumerate(bins):
            check_count(f"resolution[{edge}]", count)
        return cls.of(network, [drawn_cuts(count, value_bound, rng) for count in bins])

    @property
    def n(self) -> int:
        """The number of buyers."""
        return len(self.network)

    def edges_of(self, buyer: int) -> slice:
        """The buyer's edges."""
        return slice(int(self.network.starts[buyer]), int(self.network.starts[buyer + 1]))

    def bounds(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower (inclusive) and upper (exclusive) end of the bin that each edge tells, both of shape (E,).

        values
            Shape (n,): the true values.
        """
        known = values[self.network.listed][:, None]
        below = self.cuts <= known
        lower = np.where(below, self.cuts, -np.inf).max(axis=1, initial=-np.inf)
        upper = np.where(below, np.inf, self.cuts).min(axis=1, initial=np.inf)
        return lower, upper

    def partitions(self, prior: JointDistribution) -> tuple[NDArray[np.intp], ...]:
        """The label tables of the same knowledge on a small prior: own type, and the bins of those known.

        Raises ValueError if the prior is of another number of buyers.
        """
        if prior.n != self.n:
            raise ValueError(f"prior must be of {self.n} buyers, got {prior.n}")
        return tuple(self._partition(prior, i) for i in range(self.n))

    def _partition(self, prior: JointDistribution, i: int) -> NDArray[np.intp]:
        labels = np.indices(prior.shape)[i]
        edges = self.edges_of(i)
        for known, cuts in zip(self.network.listed[edges].tolist(), self.cuts[edges], strict=True):
            along = [1] * prior.n
            along[known] = -1
            bins = np.searchsorted(cuts, prior.values[known], side="right").reshape(along)
            labels = labels * (len(cuts) + 1) + bins
        return np.unique(labels, return_inverse=True)[1].reshape(prior.shape)
