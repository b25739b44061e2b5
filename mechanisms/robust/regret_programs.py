"""Least worst-case regret on a grid of values, by linear program (robust paper, (2.6), its dual, and (3.1)).

A grid relaxes the continuum's problem, so that values are from below: z_n <= z* = 1/e of the range
(Lemma 2.3.2), rising to it. `grid_regret` is z_n in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, finite_vector, float_array, probability_array
from mechanisms.conversation import check_count
from mechanisms.robust.grid_screening import Grid
from mechanisms.robust.ranges import Ranges

TOLERANCE = 1e-7
"""What a lie may bring more than the truth, as a share of the range."""
ROUNDS = 60
"""Programs of so many sets of lies are tried."""


@dataclass(frozen=True, eq=False)
class GridMechanism:
    """The mechanism of least worst-case regret on a grid of k profiles, and nature's answer to it.

    value
        Its worst-case regret; no lie brings more than `TOLERANCE` of the range.
    lower_bound
        No mechanism has less, by weak duality.
    values, allocation, payments
        Shapes (k, items), (k, items), (k,) for one buyer; (k, bidders, items) twice, and (k, bidders).
    nature
        Shape (k,): the probabilities of profiles at which no mechanism has less regret.
    """

    value: float
    lower_bound: float
    values: FloatArray
    allocation: FloatArray
    payments: FloatArray
    nature: FloatArray


def grid_regret(upper: ArrayLike, cost: ArrayLike, steps: int) -> float:
    """z_n in closed form: Σ (v̄_j − c_j)⁺ max_k (k/n)(H_n − H_k), H the harmonic numbers, n = `steps`.

    For (3.1) it is the same, whatever the number of bidders. Ranges as in `Ranges`, steps at least 1.

    Nature's k/n-th of the range and above: against a buyer whose share is at least j/n with probability
    k/j, j = k … n, every price of at least k/n earns k/n, and the mean share is k/n (1 + H_n − H_k). The
    seller's side of the proof is in docs/theory/regret.md.
    """
    check_count("steps", steps)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, steps + 1))])
    shares = np.arange(steps + 1) / steps
    return Ranges(upper, cost).total * float((shares * (harmonic[-1] - harmonic)).max())


def regret_program(upper: ArrayLike, cost: ArrayLike, steps: int) -> GridMechanism:
    """Solve (2.6): the least worst-case regret where values are c + (k/n)(v̄ − c), k = 0 … n, n = `steps`.

    Items whose cost reaches their upper bound are not sold. Ranges as in `Ranges`; TypeError or ValueError
    for steps that are no integer of at least 1, or a grid with more than `MOST_LIES` lies.
    """
    ranges = Ranges(upper, cost)
    sold = np.flatnonzero(ranges.width > 0)
    check_count("steps", steps)
    if not len(sold):
        nothing = np.zeros((1, ranges.items))
        return GridMechanism(0.0, 0.0, ranges.upper[None], nothing, np.zeros(1), np.ones(1))
    grid = Grid(ranges.width[sold], 1, steps)
    found = _solved(grid)
    values, allocation = np.tile(ranges.upper, (len(grid), 1)), np.zeros((len(grid), ranges.items))
    values[:, sold] = ranges.cost[sold] + grid.surplus[:, 0]
    allocation[:, sold] = found.allocation[:, 0]
    payments = found.payments[:, 0] + allocation @ ranges.cost
    return GridMechanism(found.value, found.lower_bound, values, allocation, payments, found.nature)


def auction_regret_program(upper: ArrayLike, bidders: int, steps: int) -> GridMechanism:
    """Solve (3.1) on the grid of values (k/n) v̄, k = 0 … n = `steps`, of all bidders and items.

    The grid has (steps + 1)^(bidders · items) profiles. Upper bounds as in `Ranges`; TypeError or ValueError
    for fewer than 2 bidders, bad steps, or a grid with more than `MOST_LIES` lies.
    """
    ranges = Ranges(upper)
    check_count("bidders", bidders, least=2)
    return _solved(Grid(ranges.width, bidders, steps))


def _solved(grid: Grid) -> GridMechanism:
    """Solve with some lies forbidden, add those that tempt, and again, until none does."""
    from scipy.sparse import vstack

    from mechanisms.programs import ProgramError, maximise

    always = vstack([grid.regret_rows(), grid.rational_rows(), grid.stock_rows()])
    limits = np.concatenate([-grid.best, np.zeros(len(grid) * grid.bidders), np.ones(len(grid) * grid.items)])
    objective = np.zeros(grid.variables)
    objective[-1] = -1.0
    bounds, total = _bounds(grid), float(grid.best.max())
    lies = grid.neighbours()
    for _ in range(ROUNDS):
        matrix = vstack([always, grid.truth_rows(lies)], format="csr")
        right = np.concatenate([limits, np.zeros(len(lies))])
        solution = maximise(objective, at_most=(matrix, right), bounds=bounds, interior=True)
        tempting = grid.temptations(solution.x, TOLERANCE * total)
        if not len(tempting):
            return _mechanism(grid, solution.x, -solution.upper_bound, np.array(solution.at_most_multipliers))
        lies = lies.and_also(tempting)
    raise ProgramError(f"lies still tempt after {ROUNDS} programs with {grid.steps} steps")


def _bounds(grid: Grid) -> tuple[FloatArray, FloatArray]:
    """Of allocations, payments and regret: no payment of an optimum exceeds what is at stake.

    Revenue is then at least −total, and what the others pay at most (bidders − 1) · total.
    """
    total, seats = float(grid.best.max()), len(grid) * grid.bidders
    lower = np.concatenate([np.zeros(seats * grid.items), np.full(seats + 1, -grid.bidders * total)])
    upper = np.concatenate([np.ones(seats * grid.items), np.full(seats + 1, total)])
    return lower, upper


def _mechanism(grid: Grid, x: FloatArray, bound: float, multipliers: FloatArray) -> GridMechanism:
    allocation, payments = grid.split(x)
    value = float((grid.best - payments.sum(axis=-1)).max())
    nature = multipliers[: len(grid)]
    return GridMechanism(value, bound, grid.surplus, allocation, payments, nature / nature.sum())


@dataclass(frozen=True, eq=False)
class GridNature:
    """Nature's side of (2.6): its linear dual (2.7), on a grid of k values.

    value
        The expected regret that no mechanism on the grid falls below.
    values, probabilities
        Shapes (k, items) and (k,).
    """

    value: float
    values: FloatArray
    probabilities: FloatArray


def regret_dual_program(upper: ArrayLike, cost: ArrayLike, steps: int) -> GridNature:
    """Solve (2.7), the dual of (2.6), with multipliers for all lies at once: meant for some 400 values.

    Variables: probabilities α (k,), β (k,) of rationality, γ (k, k) of lies (truth first), λ (k, items) of
    the bounds on probabilities, in surpluses as in `Grid`. Parameters and errors as in `regret_program`, and
    ValueError for an item that is not sold.
    """
    from scipy.sparse import csr_array, eye_array, hstack, kron, vstack

    from mechanisms.programs import maximise

    ranges = Ranges(upper, cost)
    if not (ranges.width > 0).all():
        raise ValueError(f"cost must be below upper, not {ranges.cost.tolist()} and {ranges.upper.tolist()}")
    grid = Grid(ranges.width, 1, steps)
    surplus, k, items = grid.surplus[:, 0], len(grid), ranges.items
    one, ones = eye_array(k), csr_array(np.ones((1, k)))
    by_truth, by_lie = kron(one, ones), kron(ones, one)
    nothing = csr_array((k, k * items))
    flow = hstack([-one, one, by_truth - by_lie, nothing])
    total = csr_array((np.ones(k), (np.zeros(k, dtype=int), np.arange(k))), shape=(1, flow.shape[1]))
    owed = [
        hstack([csr_array((k, k)), surplus[:, j, None] * one,
                surplus[:, j, None] * by_truth - by_lie * np.repeat(surplus[:, j], k),
                kron(-one, np.eye(items)[j : j + 1])])
        for j in range(items)
    ]
    objective = np.concatenate([grid.best, np.zeros(k + k * k), -np.ones(k * items)])
    solution = maximise(objective, at_most=(vstack(owed, format="csr"), np.zeros(k * items)),
                        equal=(vstack([flow, total], format="csr"), np.append(np.zeros(k), 1.0)))
    return GridNature(solution.value, ranges.cost + surplus, solution.x[:k])


def least_regret_against(values: ArrayLike, probabilities: ArrayLike, upper: ArrayLike,
                         cost: ArrayLike = 0.0) -> float:
    """The least expected regret of any mechanism for one buyer of finitely many values (k, items).

    The problem on the right of the saddle point condition (2.11), with truth and rationality asked for at
    these values only: a lower bound on the worst-case regret of every mechanism. Raises ValueError for values
    outside the ranges or below the cost, or probabilities (k,) that are none.
    """
    from mechanisms.menus.programs import optimal_menu

    ranges = Ranges(upper, cost)
    points = ranges.checked(float_array("values", values))
    weights = probability_array("probabilities", finite_vector("probabilities", probabilities))
    if points.shape != (weights.size, ranges.items):
        raise ValueError(f"values must have the shape ({weights.size}, {ranges.items}), not {points.shape}")
    surplus = points - ranges.cost
    if not (surplus >= 0).all():
        raise ValueError(f"values must be at least the cost, not {points[(surplus < 0).any(axis=1)][0]}")
    best = optimal_menu(surplus, weights)
    return float(weights @ surplus.sum(axis=1)) - best.upper_bound
