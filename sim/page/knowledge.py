"""Who knows how much: what the buyers' colour can stand for, and whom they know.

Where buyers know something of one another's values, knowledge is a partition of all type profiles, and its
amount the logarithm of the number of cells that her own type leaves open: 0 bits for nothing but her own
value. In a town it is the number of neighbours who tell a buyer what they earned where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.protocol import Knowledge
from agents.knowledge.town import TownKnowledge
from agents.play.table_knowledge import TableKnowledge

if TYPE_CHECKING:
    from sim.market.market import Market

BITS, NEIGHBOURS = "what she knows of others (bits)", "neighbours who tell her"


def knowledge(market: Market) -> tuple[str, NDArray[np.float64]] | None:
    """What is counted, and shape (buyers,): how much each knows; None where nobody knows of anybody."""
    amount, what = np.zeros(len(market.population)), ""
    for entry in dict.fromkeys(market.entries):
        known, neighbours = entry.knowledge, entry.neighbours
        if known is not None:
            what, bits = BITS, _bits(known)
            members = np.arange(len(amount))[entry.members]
            amount[members] = bits if len(bits) == len(members) else bits.mean()
        elif neighbours is not None and len(neighbours.listed):
            what = NEIGHBOURS
            amount = np.diff(neighbours.starts)[market.population.persons].astype(float)
    return (what, amount) if what else None


def _bits(known: Knowledge) -> NDArray[np.float64]:
    """Shape (n,): the logarithm of the cells that each tells apart, beside her own type."""
    if isinstance(known, TableKnowledge):
        possible = known.prior.table > 0
        tables = zip(known.partitions, np.indices(known.prior.shape), strict=True)
        cells = [[len(np.unique(labels[possible])) for labels in pair] for pair in tables]
        return np.log2(np.array([all_cells / own_types for all_cells, own_types in cells]))
    if isinstance(known, TownKnowledge):
        acquaintances = known.acquaintances
        bins = 1 + np.isfinite(acquaintances.cuts).sum(axis=1)
        return np.bincount(acquaintances.knower, np.log2(bins), acquaintances.n).astype(float)
    return np.zeros(known.n)


def ties(market: Market) -> NDArray[Any]:
    """Who hears from, or knows of, whom: pairs of buyers, shape (ties, 2), each pair once; none elsewhere."""
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for entry in dict.fromkeys(market.entries):
        neighbours, known = entry.neighbours, entry.knowledge
        if neighbours is not None:
            person = np.repeat(np.arange(len(neighbours)), np.diff(neighbours.starts))
            pairs.append(np.stack([person, neighbours.listed], axis=1))
        elif isinstance(known, TownKnowledge):
            members = np.arange(len(market.population))[entry.members]
            if known.n == len(members):
                edges = np.stack([known.acquaintances.knower, known.acquaintances.network.listed], axis=1)
                pairs.append(members[edges])
    return np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)
