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
SELLERS_POWER, NATURES_POWER = 0.25, 0.15
"""Nodes are equidistant in these powers: denser at low values, less than in geometric progression."""


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
    least of μ (all have μ), r (2 − r) and I/(I + t). For two bidders two linear programs do better: they
    find a mechanism and a nature on cells that are within 1.2 % of each other for means from 0.05 to 0.9, and
    farther apart below 0.01.

    Parameters
    ----------
    bidders
        I, an integer of at least 2.
    mean
        μ in (0, 1).
    steps
        Cells of each value for two bidders, from 4 to 80; 0 for the closed forms.

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
    return closed if bidders > 2 or steps == 0 else _improved(closed, mean, steps)


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
    return MarkovBounds(rule.worst_case_revenue, rule, upper, nature)


def _improved(closed: MarkovBounds, mean: float, steps: int) -> MarkovBounds:
    """The same with the programs' mechanism and nature where these are better.

    `FaceNature` lives on [s, 1]: the seller's nodes are 0 and values from 0.9 s, nature's begin at 0.8 s.
    """
    least = 1 / (1 + FaceNature(2, mean).t)
    mechanism, lower = best_cell_mechanism(np.append(0.0, _nodes(0.9 * least, steps, SELLERS_POWER)), mean)
    nature = best_cell_nature(_nodes(0.8 * least, steps + 1, NATURES_POWER), mean)
    sellers = ((closed.lower, closed.mechanism), (lower, mechanism))
    natures = ((closed.upper, closed.nature), (nature.upper_bound, nature))
    return MarkovBounds(*max(sellers, key=_bound), *min(natures, key=_bound))


def _bound(pair: tuple[float, Any]) -> float:
    return pair[0]


def _nodes(start: float, count: int, power: float) -> FloatArray:
    """Values from `start` to 1 whose powers are equidistant."""
    return np.append(np.linspace(start**power, 1, count)[:-1] ** (1 / power), 1.0)
