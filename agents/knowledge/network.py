"""Networks: who hears from whom, as flat arrays (compressed sparse rows) made from a networkx graph."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.validation import check_share
from mechanisms.conversation import check_count

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Lists of neighbours, one after the other.

    starts
        Shape `(n + 1,)`: person i's neighbours are `listed[starts[i]:starts[i + 1]]`.
    listed
        Shape `(edges,)`: persons 0 … n−1, ascending within each list.
    """

    starts: NDArray[np.int64]
    listed: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, person: int) -> NDArray[np.int64]:
        """The neighbours of one person."""
        return self.listed[self.starts[person] : self.starts[person + 1]]

    @classmethod
    def none(cls, n: int) -> Neighbours:
        """n persons who hear from nobody."""
        check_count("n", n)
        return cls(np.zeros(n + 1, dtype=np.int64), np.empty(0, dtype=np.int64))

    @classmethod
    def from_graph(cls, graph: networkx.Graph) -> Neighbours:
        """The neighbours in a graph whose nodes are 0 … n−1; in a directed one, i hears from her successors.

        Raises ValueError for other nodes.
        """
        n = len(graph)
        if set(graph) != set(range(n)):
            raise ValueError(f"graph must have the nodes 0 to {n - 1}, got {sorted(graph, key=str)[:5]} …")
        lists = [sorted(graph.adj[person]) for person in range(n)]
        starts = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        return cls(starts, np.fromiter(chain.from_iterable(lists), dtype=np.int64, count=int(starts[-1])))


def small_world(n: int, degree: int, rewiring: float, rng: np.random.Generator) -> Neighbours:
    """A small world (Watts and Strogatz 1998): a ring of n persons with near ties, some of them led far away.

    degree
        Neighbours on the ring, half on each side: even, at least 0 and below n.
    rewiring
        Probability that a tie is led elsewhere, from 0 to 1.

    TypeError for what is no integer or number, ValueError out of range.
    """
    check_count("n", n)
    check_count("degree", degree, least=0)
    if degree % 2 or degree >= n:
        raise ValueError(f"degree must be even and below n = {n}, got {degree}")
    check_share("rewiring", rewiring)
    if degree == 0:
        return Neighbours.none(n)
    import networkx

    seed = int(rng.integers(2**32))
    return Neighbours.from_graph(networkx.watts_strogatz_graph(n, degree, rewiring, seed=seed))
