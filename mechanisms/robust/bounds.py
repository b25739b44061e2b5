"""Bounds on what any mechanism can secure under the Markov set, the highest-bidder rules' or not.

Sharper than the paper's Theorem 1.5.4; proofs in docs/theory/robust.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.conversation import DirectLottery, check_count
from mechanisms.distributions import AtomicPrior, Prior
from mechanisms.robust.cell_programs import best_cell_mechanism, best_cell_nature
from mechanisms.robust.lottery import RandomReserveLottery
from mechanisms.robust.markov import check_market
from mechanisms.robust.natures import FaceNature, HighestBidderNature

MOST_STEPS = 80
CELLS_HELP = (1e-5, 0.9999)
"""Means for which the programs are asked: below, cells are too wide; above, there is nothing left to find."""
POWER = 0.02
"""Nodes are equidistant in this power: nearly in geometric progression, a little denser at high values."""


@dataclass(frozen=True)
class MarkovBounds:
    """The worst-case optimum lies between `lower` and `upper`.

    lower
        What `mechanism` secures over the whole Markov set.
    upper
        What no mechanism earns more than against `nature`, a distribution of the set.
    """

    lower: float
    mechanism: DirectLottery
    upper: float
    nature: Prior

    @property
    def certificate(self) -> float:
        """The share of the optimum that the mechanism is known to secure."""
        return self.lower / self.upper


def markov_bounds(bidders: int, mean: float, steps: int = 32) -> MarkovBounds:
    """The best known mechanism and nature under the Markov set.

    In closed form the mechanism is the `RandomReserveLottery`, which secures r, and the upper bound is the
    least of μ (all have μ), r (2 − r) and I/(I + t). For two bidders two linear programs do better: with 32
    cells they find a mechanism and a nature on cells that are within 1.2 % of each other for all means of at
    least 0.00001, within 0.5 % from 0.001. Below 0.00001, and above 0.9999, the closed forms stand: they are
    within 2.2 % of each other there.

    Parameters
    ----------
    bidders
        I, an integer of at least 2.
    mean
        μ in (0, 1).
    steps
        Cells of each value for two bidders, from 4 to 80; 0 for the closed forms, which are also what more
        bidders get.

    Raises
    ------
    TypeError, ValueError
        For anything else.

    >>> bounds = markov_bounds(3, 0.5)
    >>> round(bounds.lower, 5), round(bounds.upper, 5)
    (0.37741, 0.44212)
    """
    bidders, mean = check_market(bidders, mean)
    check_count("steps", steps, least=0)
    if 0 < steps < 4 or steps > MOST_STEPS:
        raise ValueError(f"steps must be 0 or between 4 and {MOST_STEPS}, got {steps}")
    closed = _closed_form(bidders, mean)
    cells_help = bidders == 2 and steps > 0 and CELLS_HELP[0] <= mean <= CELLS_HELP[1]
    return _improved(closed, mean, steps) if cells_help else closed


def _closed_form(bidders: int, mean: float) -> MarkovBounds:
    """r, and the least of the three bounds."""
    rule = RandomReserveLottery(bidders, mean)
    faces, pair = FaceNature(bidders, mean), HighestBidderNature(bidders, mean)
    natures: list[tuple[float, Prior]] = [
        (mean, AtomicPrior(np.full((1, bidders), mean), [1.0])),
        (pair.upper_bound, pair),
        (faces.upper_bound, faces),
    ]
    upper, nature = min(natures, key=_bound)
    lower = rule.worst_case_revenue
    return MarkovBounds(lower, rule, max(upper, lower), nature)  # near a mean of 1 rounding may cross them


def _improved(closed: MarkovBounds, mean: float, steps: int) -> MarkovBounds:
    """The same with the programs' mechanism and nature where these are better.

    `FaceNature` lives on [s, 1] and is one of the natures on cells: nodes go from s to 1, the seller's from 0
    as well.
    """
    least = 1 / (1 + FaceNature(2, mean).t)
    mechanism, lower = best_cell_mechanism(np.append(0.0, _nodes(least, steps)), mean)
    nature = best_cell_nature(_nodes(least, steps + 1), mean)
    sellers = ((closed.lower, closed.mechanism), (lower, mechanism))
    natures = ((closed.upper, closed.nature), (nature.upper_bound, nature))
    return MarkovBounds(*max(sellers, key=_bound), *min(natures, key=_bound))


def _bound(pair: tuple[float, Any]) -> float:
    return pair[0]


def _nodes(start: float, count: int) -> FloatArray:
    """Values from `start` to 1 whose powers are equidistant."""
    return np.append(start, np.append(np.linspace(start**POWER, 1, count)[1:-1] ** (1 / POWER), 1.0))
