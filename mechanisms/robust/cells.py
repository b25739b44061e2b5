"""Two bidders on cells: a mechanism and a nature with few parameters that are exact between the nodes, too.

Nodes 0 = x_0 < … < x_N = 1 cut [0, 1) into cells [x_k, x_{k+1}); the value 1 is a cell of its own, number N.
What a bidder faces depends on the cell of her rival's report only, and on the report itself where both are
compared. So the mechanism is ex-post incentive compatible whatever its parameters, and its worst case over
a cell is the minimum of a convex function in one variable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray, check_seats, finite_vector, float_array, read_only
from mechanisms.conversation import DirectLottery
from mechanisms.outcome import Lottery, Outcome


@dataclass(frozen=True, eq=False)
class CellMechanism(DirectLottery):
    """Each bidder is offered the good at a random price whose law is read off her rival's cell.

    nodes
        Shape (N + 1,), from 0 to 1, increasing.
    atoms
        Shape (N + 1, N + 1): chance of the price x_k for the rival's cell l.
    spread
        Shape (N, N + 1): chance of a price uniform on cell k for the rival's cell l.
    match
        Shape (N + 1,): chance of the rival's own report as the price, for the rival's cell l; who bids
        more, or the same with the lower index, takes it.

    She gets the good, and pays the price, when it is at most her report. The chances must leave the good
    to one bidder at most: up to cells k and l of the two, the chances sum to at most 1.

    Raises TypeError or ValueError for arrays that do not fit, negative chances, or chances that sum to more.
    """

    nodes: FloatArray
    atoms: FloatArray
    spread: FloatArray
    match: FloatArray

    ex_post_ir: ClassVar[bool] = True
    least_buyers: ClassVar[int] = 2

    def __post_init__(self) -> None:
        nodes = finite_vector("nodes", self.nodes, minimum_length=2)
        if nodes[0] != 0 or nodes[-1] != 1 or (np.diff(nodes) <= 0).any():
            raise ValueError(f"nodes must increase from 0 to 1, got {nodes.tolist()}")
        object.__setattr__(self, "nodes", read_only(nodes))
        n = nodes.size
        for name, shape in (("atoms", (n, n)), ("spread", (n - 1, n)), ("match", (n,))):
            chances = float_array(name, getattr(self, name))
            if chances.shape != shape or not (chances >= 0).all():
                raise ValueError(f"{name} must be chances of shape {shape}, got shape {chances.shape}")
            object.__setattr__(self, name, read_only(chances))
        given = greatest_chance(self.atoms, self.spread, self.match)
        if given > 1 + 1e-12:
            raise ValueError(f"atoms, spread and match must give the good to one at most, got chance {given}")

    @property
    def breakpoints(self) -> tuple[float, ...]:  # type: ignore[override]
        """The nodes."""
        return tuple(self.nodes.tolist())

    @property
    def below(self) -> tuple[FloatArray, FloatArray]:
        """Chance to win at the prices below each node, and the payment then, shapes (N + 1, N + 1)."""
        middles = (self.nodes[1:] + self.nodes[:-1]) / 2
        each = self.atoms[:-1] + self.spread
        paid = self.atoms[:-1] * self.nodes[:-1, None] + self.spread * middles[:, None]
        start = np.zeros((1, self.nodes.size))
        return np.concatenate([start, each.cumsum(axis=0)]), np.concatenate([start, paid.cumsum(axis=0)])

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """Expected allocation and payments for reports of shape `(..., 2)` in [0, 1]; `-inf` is no bid.

        Raises ValueError for other reports, or another number of bidders.
        """
        bids = np.asarray(reports, dtype=float)
        check_seats("reports", bids, 2)
        if not ((bids == -np.inf) | ((bids >= 0) & (bids <= 1))).all():
            wrong = bids[~((bids >= 0) & (bids <= 1)) & (bids != -np.inf)]
            raise ValueError(f"reports must be in [0, 1], or -inf for no bid, got {wrong[0]}")
        own, rival = np.maximum(bids, 0.0), np.maximum(bids[..., ::-1], 0.0)
        beats = np.stack([bids[..., 0] >= bids[..., 1], bids[..., 1] > bids[..., 0]], axis=-1)
        chance, paid = self._faces(own, rival, beats)
        comes = bids >= 0
        return Outcome(np.where(comes, chance, 0.0), np.where(comes, paid, 0.0))

    def _faces(
        self, own: FloatArray, rival: FloatArray, beats: NDArray[np.bool_]
    ) -> tuple[FloatArray, FloatArray]:
        """Chance and expected payment of each bidder, elementwise."""
        k, column = self._cell(own), self._cell(rival)
        start, width = self.nodes[k], np.append(np.diff(self.nodes), 1.0)[k]
        within = np.concatenate([self.spread, np.zeros((1, self.nodes.size))])[k, column]
        matched = np.where(beats, self.match[column], 0.0)
        below, paid_below = (part[k, column] for part in self.below)
        chance = below + self.atoms[k, column] + within * (own - start) / width + matched
        paid = paid_below + self.atoms[k, column] * start + within * (own**2 - start**2) / (2 * width)
        return chance, paid + matched * rival

    def _cell(self, values: FloatArray) -> NDArray[np.intp]:
        return np.searchsorted(self.nodes, values, side="right") - 1

    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """Bidder 0 gets the good, bidder 1 does, or nobody; the winner pays the mean of her prices.

        As `outcome`, but a bid above 1 counts as 1.
        """
        reports = np.minimum(reports, 1.0)
        mean = self.outcome(reports)
        chances = mean.allocation
        prices = mean.payments / np.where(chances > 0, chances, 1.0)
        prices = np.minimum(prices, np.maximum(reports, 0.0))
        nobody = np.zeros_like(prices[..., :1])
        winner = np.broadcast_to(np.eye(3)[:, :2], (*chances.shape[:-1], 3, 2))
        rest = np.maximum(1 - chances.sum(axis=-1, keepdims=True), 0.0)
        paid = winner * np.concatenate([prices, nobody], axis=-1)[..., None]
        return Lottery(np.concatenate([chances, rest], axis=-1), Outcome(winner, paid))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CellMechanism):
            return NotImplemented
        return all(map(np.array_equal, self._arrays, other._arrays))

    def __hash__(self) -> int:
        return hash(tuple(array.tobytes() for array in self._arrays))

    @property
    def _arrays(self) -> tuple[FloatArray, ...]:
        return self.nodes, self.atoms, self.spread, self.match

    def __reduce__(self) -> tuple[object, ...]:
        return CellMechanism, self._arrays

    def __repr__(self) -> str:
        return f"<CellMechanism with {self.nodes.size} nodes>"


def greatest_chance(atoms: FloatArray, spread: FloatArray, match: FloatArray) -> float:
    """The greatest chance, over all pairs of reports, that the good is given away; it must not exceed 1."""
    reached = atoms.cumsum(axis=0)
    reached[:-1] += spread.cumsum(axis=0)
    reached[-1] += spread.sum(axis=0)
    lower_cell = np.minimum.outer(np.arange(len(atoms)), np.arange(len(atoms)))
    return float((reached + reached.T + match[lower_cell]).max())


def secured(mechanism: CellMechanism, mean: float) -> float:
    """A bound from below on the worst-case expected revenue under the Markov set, by the dual program (1.8).

    The greatest λ(σ) + 2 σ μ over σ, with λ(σ) the minimum of the revenue less σ (x + y) over all reports x
    and y, a concave function of σ. Every σ proves a bound, so the search need not be exact.
    """
    from scipy.optimize import minimize_scalar

    def missed(sigma: float) -> float:
        return -_level(mechanism, sigma) - 2 * sigma * mean

    return -float(minimize_scalar(missed, bounds=(0.0, 0.5 / (1 - mean)), method="bounded",
                                  options={"xatol": 1e-10}).fun)


def _level(mechanism: CellMechanism, sigma: float) -> float:
    """λ(σ): cells are searched exactly, but on the diagonal the whole square, which can only lower it."""
    reached = mechanism.below[1] + mechanism.atoms * mechanism.nodes[:, None]
    widths = np.append(np.diff(mechanism.nodes), 0.0)
    spread = np.concatenate([mechanism.spread, np.zeros((1, mechanism.nodes.size))])
    high = reached + _least(mechanism.nodes, widths, spread, np.full_like(spread, sigma))
    slope = sigma - np.broadcast_to(mechanism.match[:, None], spread.shape)
    low = reached + _least(mechanism.nodes, widths, spread, slope)
    total = high + low.T
    return float(total[np.tril_indices(len(total))].min())


def _least(nodes: FloatArray, widths: FloatArray, spread: FloatArray, slope: FloatArray) -> FloatArray:
    """Minimum over x in cell k of spread (x² − x_k²)/(2 width) − slope x, shape (N + 1, N + 1)."""
    start, width = nodes[:, None], widths[:, None]
    ends = np.stack([-slope * start, spread * (start + width / 2) - slope * (start + width)])
    turn = np.clip(slope * width / np.where(spread > 0, spread, 1.0), start, start + width)
    inner = np.where(width > 0, spread * (turn**2 - start**2) / (2 * np.where(width > 0, width, 1.0)), 0.0)
    return np.minimum(ends.min(axis=0), np.where(spread > 0, inner - slope * turn, np.inf))
