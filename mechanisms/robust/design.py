"""The seller's design problem under the Markov set as a program on a grid (robust paper, (1.11)).

Values are multiples of 1/steps. By convexity the best rule may treat bidders alike, so its unknowns are the
chances q(a; o) of a bidder with value a whose rivals have the values o. She pays q(a; o) a less the utility
∫ q(x; o) dx over x <= a that ex-post incentive compatibility asks for. Where q is a step function of a

    m(a; o) = q(a; o) a − h Σ_{a' < a} q(a'; o),    h = 1/steps,

which is the most that it allows on the grid. Every rule of the continuum, looked at on the grid alone, is
then feasible and pays at least as much, and nature is held to the grid as well: the value is never below the
optimum of the continuum. Where q is linear between the grid's values the sum is that of trapezoids; the value
is then on no certain side, but much closer: for two bidders its error falls with h². For more it falls with h
only: where three share a tie, a third of the good stands for the middle of a jump from nothing to all.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray, read_only
from mechanisms.conversation import check_count
from mechanisms.robust.markov import check_market
from mechanisms.robust.rows import RowBuilder

MOST_UNKNOWNS = 40_000
RULES = ("any", "highest", "efficient")
UTILITY_WEIGHTS = {"steps": (1.0, 0.0), "linear": (0.5, 0.5)}
"""How a step of the integral of the chances weighs those at its lower and its upper end."""


@dataclass(frozen=True, eq=False)
class GridDesign:
    """The best rule on a grid, and what it secures there.

    value
        Worst-case expected revenue over the distributions on the grid with means of at least μ.
    upper_bound
        A bound on it by weak duality, from the solver's multipliers.
    grid
        Shape (K + 1,): the values.
    chances
        Shape (K + 1, R): q(a; o), a column for each multiset o of rivals' values.
    rivals
        Shape (R, I − 1): the multisets, as indices into `grid`, ascending.
    """

    value: float
    upper_bound: float
    grid: FloatArray
    chances: FloatArray
    rivals: NDArray[np.intp]


def design_program(
    bidders: int, mean: float, steps: int, rule: str = "highest", chances: str = "steps"
) -> GridDesign:
    """Maximise the worst-case expected revenue over ex-post IC and IR rules on a grid.

    Parameters
    ----------
    bidders, mean
        I >= 2 and μ in (0, 1).
    steps
        K, at least 2: values 0, 1/K, …, 1.
    rule
        "any"; "highest": nobody but a highest bidder may get the good, as in (1.11); or "efficient": one of
        them gets it for certain.
    chances
        "steps" or "linear": how the chances run between the grid's values.

    Raises
    ------
    TypeError, ValueError
        For anything else, and for a grid of more than 40,000 unknown chances.
    """
    bidders, mean = check_market(bidders, mean)
    check_count("steps", steps, least=2)
    _check_word("rule", rule, RULES)
    _check_word("chances", chances, tuple(UTILITY_WEIGHTS))
    unknowns = (steps + 1) * comb(steps + bidders - 1, bidders - 1)
    if unknowns > MOST_UNKNOWNS:
        raise ValueError(f"steps must give at most {MOST_UNKNOWNS} unknowns, got {unknowns}")
    grid = np.linspace(0.0, 1.0, steps + 1)
    rivals = np.array(list(combinations_with_replacement(range(steps + 1), bidders - 1)))
    rows = RowBuilder()
    won = rows.variables(len(grid), len(rivals), most=1.0)
    utility = rows.variables(len(grid), len(rivals), most=1.0)
    sigma, floor = _plane(rows, bidders, mean)
    below, above = UTILITY_WEIGHTS[chances]
    rows.equal(0.0, (utility[0], 1.0))
    rows.equal(0.0, (utility[1:], 1.0), (utility[:-1], -1.0), (won[:-1], -below / steps),
               (won[1:], -above / steps))
    rows.at_most(0.0, (won[:-1], 1.0), (won[1:], -1.0))
    if rule != "any":
        rows.equal(0.0, (won[np.nonzero(np.arange(steps + 1)[:, None] < rivals.max(axis=1))], 1.0))
    _one_good_above_the_plane(rows, grid, rivals, won, utility, sigma, floor)
    if rule == "efficient":
        profiles, columns = _profiles(len(grid), rivals)
        rows.equal(1.0, *[(won[profiles[:, i], columns[:, i]], 1.0) for i in range(bidders)])
    found = rows.maximise((floor, 1.0), (sigma, bidders * mean))
    return GridDesign(rows.value, rows.upper_bound, grid, read_only(found[won]), read_only(rivals))


def _check_word(name: str, word: str, allowed: tuple[str, ...]) -> None:
    if word not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {word!r}")


def _plane(rows: RowBuilder, bidders: int, mean: float) -> tuple[Any, Any]:
    """Slope and level at 0 of the plane below the revenue.

    At 0 and at 1 the revenue is at most 0 and 1; where the plane is worth nothing it is not wanted. So the
    level is at least −μ/(1 − μ), and the slope at most 1/(I (1 − μ)).
    """
    sigma = rows.variables(1, most=1 / (bidders * (1 - mean)))
    return sigma, rows.variables(1, least=-mean / (1 - mean), most=0.0)


def _one_good_above_the_plane(rows: RowBuilder, grid: FloatArray, rivals: Any, won: Any, utility: Any,
                              sigma: Any, floor: Any) -> None:
    """At each profile one good at most, and a revenue of at least floor + sigma Σ v (1.11b)."""
    profiles, columns = _profiles(len(grid), rivals)
    faces = [(profiles[:, i], columns[:, i]) for i in range(profiles.shape[1])]
    rows.at_most(1.0, *[(won[face], 1.0) for face in faces])
    rows.at_most(
        0.0, (np.repeat(floor, len(profiles)), 1.0),
        (np.repeat(sigma, len(profiles)), grid[profiles].sum(axis=1)),
        *[(won[face], -grid[face[0]]) for face in faces], *[(utility[face], 1.0) for face in faces],
    )


def _profiles(size: int, rivals: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All multisets of I values, shape (P, I), and for each place the column of its rivals, shape (P, I)."""
    bidders = rivals.shape[1] + 1
    column = {tuple(row): number for number, row in enumerate(rivals.tolist())}
    profiles = list(combinations_with_replacement(range(size), bidders))
    seats = [[column[p[:i] + p[i + 1 :]] for i in range(bidders)] for p in profiles]
    return np.array(profiles), np.array(seats)
