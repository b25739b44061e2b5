"""The conjecture that no deterministic rule beats the best second price auction, as a program on grids.

The robust paper conjectures it for the Markov set (end of Section 1.5.3). On a grid 0, 1/K, …, 1 the best
deterministic rule is an integer program, and the best second price auction with a reserve for each bidder is
found by trying them all. Prices are thresholds on the grid: the least value with which the winner still wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from mechanisms._validation import FloatArray, read_only
from mechanisms.conversation import check_count
from mechanisms.programs import maximise
from mechanisms.robust.markov import check_market
from mechanisms.robust.rows import RowBuilder

MOST_UNKNOWNS = 2_000


@dataclass(frozen=True, eq=False)
class DeterministicDesign:
    """The best deterministic ex-post IC and IR rule on a grid.

    value
        What it secures over the distributions on the grid with means of at least μ.
    upper_bound
        What the solver proved that none exceeds.
    winners
        Shape (I, K + 1, …, K + 1), 0 or 1: who gets the good at each profile.
    """

    value: float
    upper_bound: float
    winners: FloatArray


def deterministic_program(
    bidders: int, mean: float, steps: int, seconds: float | None = None
) -> DeterministicDesign:
    """Maximise the worst-case expected revenue over deterministic rules on a grid of K = `steps` steps.

    Arguments as `design_program`, with a time limit in `seconds`; at most 2,000 unknowns. Raises TypeError
    or ValueError for others.
    """
    bidders, mean = check_market(bidders, mean)
    check_count("steps", steps, least=2)
    shape = (steps + 1,) * bidders
    if bidders * (steps + 1) ** bidders > MOST_UNKNOWNS:
        raise ValueError(f"steps must give at most {MOST_UNKNOWNS} unknowns, got {bidders} times {shape}")
    grid = np.linspace(0.0, 1.0, steps + 1)
    rows = RowBuilder()
    won = rows.variables(bidders, *shape, most=1.0, whole=True)
    utility = rows.variables(bidders, *shape, most=1.0)
    sigma = rows.variables(bidders, most=1 / (1 - mean))
    floor = rows.variables(1, least=-mean / (1 - mean), most=0.0)
    for i in range(bidders):
        q, u = np.moveaxis(won[i], i, 0), np.moveaxis(utility[i], i, 0)
        rows.at_most(0.0, (q[:-1], 1.0), (q[1:], -1.0))
        rows.equal(0.0, (u[0], 1.0))
        rows.equal(0.0, (u[1:], 1.0), (u[:-1], -1.0), (q[:-1], -1 / steps))
    rows.at_most(1.0, *[(won[i], 1.0) for i in range(bidders)])
    values = [grid.reshape([-1 if j == i else 1 for j in range(bidders)]) for i in range(bidders)]
    rows.at_most(
        0.0, (np.broadcast_to(floor, shape), 1.0),
        *[(np.broadcast_to(sigma[i], shape), values[i]) for i in range(bidders)],
        *[(won[i], -values[i]) for i in range(bidders)],
        *[(utility[i], 1.0) for i in range(bidders)],
    )
    found = rows.maximise((floor, 1.0), (sigma, mean), seconds=seconds)
    return DeterministicDesign(rows.value, rows.upper_bound, read_only(found[won]))


def best_personal_reserves(bidders: int, mean: float, steps: int) -> tuple[float, tuple[float, ...]]:
    """What the best second price auction with a reserve for each bidder secures on the grid, its reserves.

    The highest bidder gets the good if her value meets her own reserve; ties go to the lowest index.
    Arguments as `deterministic_program`.
    """
    bidders, mean = check_market(bidders, mean)
    check_count("steps", steps, least=2)
    grid = np.linspace(0.0, 1.0, steps + 1)
    profiles = np.stack(np.meshgrid(*[np.arange(steps + 1)] * bidders, indexing="ij"), axis=-1)
    profiles = profiles.reshape(-1, bidders)
    winner = profiles.argmax(axis=1)
    places = np.arange(len(profiles))
    earlier = np.arange(bidders) < winner[:, None]  # a rival who wins ties has to be beaten by a step
    ahead = np.where(earlier, profiles + 1, profiles)
    ahead[places, winner] = 0
    threshold = ahead.max(axis=1)

    def secured(reserves: tuple[int, ...]) -> float:
        price = np.maximum(threshold, np.array(reserves)[winner])
        sold = price <= profiles[places, winner]
        revenue = np.where(sold, grid[np.minimum(price, steps)], 0.0)
        means = (-grid[profiles].T, np.full(bidders, -mean))
        return -maximise(-revenue, means, (np.ones((1, len(profiles))), [1.0])).value

    tried = {reserves: secured(reserves) for reserves in product(range(steps + 1), repeat=bidders)}
    best = max(tried, key=lambda reserves: tried[reserves])
    return tried[best], tuple(float(grid[k]) for k in best)
