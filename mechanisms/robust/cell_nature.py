"""A nature for two bidders on cells, with virtual values that are constant there up to a known factor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechanisms._validation import FloatArray, finite_vector, float_array, read_only
from mechanisms.distributions import Prior


@dataclass(frozen=True, eq=False)
class CellNature(Prior):
    """Density w_kl v_1⁻² v_2⁻² on cells, u_l v_j⁻² on the lines where the other has 1, and an atom at (1, 1).

    nodes
        Shape (M + 1,), from s > 0 to 1: the cells are [x_k, x_{k+1}).
    weights
        Shape (M, M), symmetric, at least 0: w.
    lines
        Shape (M,), at least 0: u, the same on both lines.
    corner
        At least 0: the mass at (1, 1).

    Raises TypeError or ValueError for anything else, and unless the total mass is 1 within 1e-9.
    """

    nodes: FloatArray
    weights: FloatArray
    lines: FloatArray
    corner: float

    def __post_init__(self) -> None:
        nodes = finite_vector("nodes", self.nodes, minimum_length=2)
        if not nodes[0] > 0 or nodes[-1] != 1 or (np.diff(nodes) <= 0).any():
            raise ValueError(f"nodes must increase from above 0 to 1, got {nodes.tolist()}")
        weights, lines = float_array("weights", self.weights), float_array("lines", self.lines)
        m = nodes.size - 1
        if weights.shape != (m, m) or (weights < 0).any() or (weights != weights.T).any():
            raise ValueError(f"weights must be a symmetric array of shape {(m, m)}, at least 0")
        if lines.shape != (m,) or (lines < 0).any() or not self.corner >= 0:
            raise ValueError(f"lines must be of shape {(m,)}, and they and the corner at least 0")
        for name, array in (("nodes", nodes), ("weights", weights), ("lines", lines)):
            object.__setattr__(self, name, read_only(array))
        if abs(self._pieces.sum() - 1) > 1e-9:
            raise ValueError(f"weights, lines and corner must have mass 1, got {self._pieces.sum()}")

    @property
    def n(self) -> int:
        """Two."""
        return 2

    @property
    def uniforms_per_profile(self) -> int:
        """One for the cell or line, and one for each value."""
        return 3

    @property
    def _drops(self) -> FloatArray:
        """The integral of v⁻² over each cell."""
        return -np.diff(1 / self.nodes)

    @cached_property
    def _pieces(self) -> FloatArray:
        """Masses of the cells, row by row, of the line v_1 = 1, of the line v_2 = 1, and of the corner."""
        d = self._drops
        line = self.lines * d
        return np.concatenate([(self.weights * d * d[:, None]).ravel(), line, line, [self.corner]])

    @property
    def mean(self) -> float:
        """The mean of each value."""
        d, logarithms = self._drops, np.diff(np.log(self.nodes))
        return float(logarithms @ self.weights @ d + self.lines @ (d + logarithms) + self.corner)

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        m = self.lines.size
        piece = np.searchsorted(np.cumsum(self._pieces)[:-1], u[..., 0], side="right")
        row, column = np.divmod(piece, m)  # rows m and m + 1 are the lines, m + 2 is the corner
        cells = np.stack([np.where(row < m, row, column), column], axis=-1)
        ends = 1 / self.nodes
        values = 1 / (ends[cells] - u[..., 1:] * self._drops[cells])
        ones = np.stack([(row == m) | (row == m + 2), row >= m + 1], axis=-1)
        return np.where(ones, 1.0, values)

    @cached_property
    def upper_bound(self) -> float:
        """What no mechanism exceeds in expectation: the integral of the highest virtual value, if above 0.

        The virtual value of bidder 1 in cell (k, l), times the density, is φ_kl v_2⁻², with
        φ_kl = w_kl/x_{k+1} − Σ_{k' > k} w_k'l d_k' − u_l; that of bidder 2 is φ_lk v_1⁻². On the lines and
        in the corner the one with 1 has the highest, 1.
        """
        masses = self.weights * self._drops[:, None]
        above = masses[::-1].cumsum(axis=0)[::-1] - masses
        levels = np.maximum(self.weights / self.nodes[1:, None] - above - self.lines, 0.0)
        ratio = np.sqrt(levels.T / np.where(levels > 0, levels, 1.0))
        ratio = np.clip(np.where(levels > 0, ratio, np.inf), self.nodes[0], 1 / self.nodes[0])
        own, other = split_integrals(self.nodes, ratio)
        inside = (levels * own + levels.T * other).sum()
        return float(inside + 2 * self.lines @ self._drops + self.corner)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CellNature):
            return NotImplemented
        pairs = zip(self._arrays, other._arrays, strict=True)
        return self.corner == other.corner and all(np.array_equal(mine, theirs) for mine, theirs in pairs)

    def __hash__(self) -> int:
        return hash((self.corner, *(array.tobytes() for array in self._arrays)))

    @property
    def _arrays(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.nodes, self.weights, self.lines

    def __reduce__(self) -> tuple[object, ...]:
        return CellNature, (*self._arrays, self.corner)

    def __repr__(self) -> str:
        return f"<CellNature on {self.lines.size} cells of each value, mean {self.mean:.6g}>"


def split_integrals(nodes: FloatArray, ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Over each cell (k, l): the integral of v_2⁻² where v_1 >= ratio · v_2, and of v_1⁻² elsewhere.

    `ratio` > 0 has shape (..., M, M), as the results.
    """
    a, b, c, d = nodes[:-1, None], nodes[1:, None], nodes[None, :-1], nodes[None, 1:]
    first, last = np.clip(a / ratio, c, d), np.clip(b / ratio, c, d)  # below: all of v_1; above: none
    log = np.log(last / first)
    own = (b - a) * (1 / c - 1 / first) + b * (1 / first - 1 / last) - ratio * log
    other = (1 / a - 1 / b) * (d - last) + (last - first) / a - log / ratio
    return own, other
