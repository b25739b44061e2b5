"""Pareto robust optimality as a program on a grid of values (robust paper, Definition 1.3.1).

A rule that is ex-post incentive compatible and individually rational is Pareto robustly optimal if no other
such rule earns at least as much at every profile of values and more at some. On a grid the search for one
that does is a linear program in chances q and utilities u: payments are q v − u, and with single values no
incentive but that between neighbours binds. The witness is the better rule.

Vickrey's auction is Pareto robustly optimal in the continuum where the lowest value is above 0 (Proposition
1.3.2). On a grid of step h it is not: at the highest value against the lowest another rule gains up to
h v̄/(v̲ + h), which vanishes with the step unless v̲ = 0. What a grid's program gains at a profile bounds what
can be gained there on the interval, and tends to it along finer grids; a verdict comes from no single one, so
that this is not a notion of the audit. Proofs in docs/theory/robust.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, finite_vector, read_only
from mechanisms.conversation import check_count, check_has_rule
from mechanisms.outcome import Outcome
from mechanisms.robust.expected import Rule
from mechanisms.robust.rows import RowBuilder

MOST_UNKNOWNS = 20_000
GAIN = 1e-9
"""Gains that are smaller, relative to the highest value, are rounding."""


@dataclass(frozen=True, eq=False)
class Improvement:
    """The rule on the grid that earns never less than the given one, and gains most.

    values
        Shape (B,): the grid of each bidder.
    outcome
        Its allocation and payments at all profiles, shape (B, …, B, I).
    gains
        Shape (B, …, B): what it earns more, at least 0 up to rounding.
    """

    values: FloatArray
    outcome: Outcome
    gains: FloatArray

    @property
    def dominates(self) -> bool:
        """Whether it earns more somewhere: then the given rule is not Pareto robustly optimal here."""
        return self.largest_gain > GAIN * float(self.values[-1])

    @property
    def largest_gain(self) -> float:
        """What it earns more where it gains most."""
        return float(self.gains.max())

    @property
    def profile(self) -> FloatArray:
        """The values there, shape (I,): the witness."""
        return self.values[list(np.unravel_index(int(self.gains.argmax()), self.gains.shape))]


def pareto_improvement(
    mechanism: Rule, bidders: int, values: ArrayLike, at: tuple[int, ...] | None = None
) -> Improvement:
    """Search for a rule that earns never less than `mechanism` on a grid, and somewhere more.

    Parameters
    ----------
    mechanism
        One with a closed rule; what it earns on the grid is the standard.
    bidders
        I, an integer of at least 2.
    values
        The grid of every bidder, increasing and at least 0.
    at
        A profile, as I indices into `values`: maximise the gain there. By default the sum of all gains.

    Raises
    ------
    TypeError, ValueError
        For a mechanism without a closed rule, other numbers, a grid of more than 20,000 unknowns, and a
        mechanism that earns more on the grid than incentive compatibility and rationality allow.
    """
    check_has_rule(mechanism)
    grid = _checked_grid(bidders, values)
    shape = (grid.size,) * bidders
    profiles = np.stack(np.meshgrid(*[grid] * bidders, indexing="ij"), axis=-1)
    standard = mechanism.outcome(profiles).revenue
    rows = RowBuilder()
    won = rows.variables(*shape, bidders, most=1.0)
    utility = rows.variables(*shape, bidders, most=float(grid[-1]))
    gains = rows.variables(*shape, most=float(grid[-1]))
    seats = range(bidders)
    for i in seats:
        _honest(rows, grid, _own_first(won[..., i], i), _own_first(utility[..., i], i))
    rows.at_most(1.0, *[(won[..., i], 1.0) for i in seats])
    paid = [(won[..., i], profiles[..., i]) for i in seats] + [(utility[..., i], -1.0) for i in seats]
    rows.equal(standard, (gains, -1.0), *paid)
    found = rows.maximise((gains if at is None else gains[tuple(at)], 1.0))
    payments = found[won] * profiles - found[utility]
    outcome = Outcome(read_only(found[won]), read_only(payments))
    return Improvement(read_only(grid), outcome, read_only(outcome.revenue - standard))


def _checked_grid(bidders: int, values: ArrayLike) -> FloatArray:
    check_count("bidders", bidders, least=2)
    grid = finite_vector("values", values, minimum_length=2)
    if grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise ValueError(f"values must increase from at least 0, got {grid.tolist()}")
    if 2 * bidders * grid.size**bidders > MOST_UNKNOWNS:
        raise ValueError(f"values must give at most {MOST_UNKNOWNS} unknowns, got {grid.size} values")
    return grid


def _own_first(array: NDArray[Any], bidder: int) -> NDArray[Any]:
    return np.moveaxis(array, bidder, 0)


def _honest(rows: RowBuilder, grid: FloatArray, won: NDArray[Any], utility: NDArray[Any]) -> None:
    """Neighbouring values do not envy each other: h q(below) <= u(above) − u(below) <= h q(above)."""
    steps = np.diff(grid).reshape(-1, *[1] * (won.ndim - 1))
    rows.at_most(0.0, (won[:-1], steps), (utility[:-1], 1.0), (utility[1:], -1.0))
    rows.at_most(0.0, (won[1:], -steps), (utility[:-1], -1.0), (utility[1:], 1.0))
