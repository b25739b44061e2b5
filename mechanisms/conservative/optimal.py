"""OPT for correlated values of one kind of good: a linear program over monotone allocations.

Azar, Chen and Micali 2010, Section 1.3: the benchmark is the best randomised mechanism that is
dominant-strategy incentive compatible and ex-post individually rational at all profiles of the grid, not only
at those of the support. There the allocation has to rise with one's own value, and the highest payments for
it follow (Myerson 1981, along each line of profiles); so only the allocation is left to choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.conversation import DirectLottery, check_count
from mechanisms.distributions import JointDistribution
from mechanisms.outcome import Lottery, Outcome
from mechanisms.programs import Design, maximise


@dataclass(frozen=True, eq=False)
class GridLottery(DirectLottery):
    """Sells at most `supply` units, one a buyer, with the probabilities of a table over a grid of reports.

    grids
        Each buyer's report values, increasing; reports are rounded down to them, and one below is no bid: its
        sender gets nothing, and counts as the lowest for the others.
    probabilities, expected_payments
        Shape (B_1, …, B_n, n).

    The winner with probability x and expected payment p pays p / x.
    """

    grids: tuple[FloatArray, ...]
    probabilities: FloatArray
    expected_payments: FloatArray
    supply: int = 1

    ex_post_ir: ClassVar[bool] = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GridLottery) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[Any, ...]:
        tables = (*self.grids, self.probabilities, self.expected_payments)
        return (self.supply, self._shape, *(table.tobytes() for table in tables))

    def __repr__(self) -> str:
        return f"<GridLottery of {self.supply} to {len(self.grids)} buyers with grids {self._shape}>"

    @property
    def _shape(self) -> tuple[int, ...]:
        return self.probabilities.shape[:-1]

    @property
    def units(self) -> int:  # type: ignore[override]
        """The supply."""
        return self.supply

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as there are grids."""
        return len(self.grids)

    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """The rule, for reports of shape `(..., n)`; ValueError for another n, or NaN."""
        reports = np.asarray(reports, dtype=float)
        n = len(self.grids)
        if reports.ndim == 0 or reports.shape[-1] != n or np.isnan(reports).any():
            raise ValueError(f"reports must be {n} numbers each, not NaN, got shape {reports.shape}")
        types = [
            np.searchsorted(grid, reports[..., i] * (1 + 1e-12), side="right") - 1
            for i, grid in enumerate(self.grids)
        ]
        place = tuple(np.maximum(own, 0) for own in types)
        bids = np.stack(types, axis=-1) >= 0
        chance = np.where(bids, self.probabilities[place], 0.0)
        price = np.divide(self.expected_payments[place], chance, out=np.zeros(chance.shape), where=chance > 0)
        weights, winners = systematic_branches(chance)
        price = np.where(bids, np.minimum(price, reports), 0.0)
        return Lottery(weights, Outcome(winners.astype(float), np.where(winners, price[..., None, :], 0.0)))


Auction_co = TypeVar("Auction_co", bound=DirectLottery, covariant=True)


class OptimalAuction(Design[Auction_co]):
    """The optimum of a program: an auction, its expected revenue, and a bound on that of any of its class."""

    @property
    def auction(self) -> Auction_co:
        """The mechanism."""
        return self.mechanism

    @property
    def revenue(self) -> float:
        """The value."""
        return self.value

    @property
    def bound(self) -> float:
        """The upper bound: the dual program's value, or an integer program's proved bound."""
        return self.upper_bound


class OptimalMechanism(OptimalAuction[GridLottery]):
    """The optimum for a grid of reports of shape (B_1, …, B_n)."""

    @property
    def allocation(self) -> FloatArray:
        """Shape (B_1, …, B_n, n): the probability of a unit at each profile of reports."""
        return self.mechanism.probabilities

    @property
    def payments(self) -> FloatArray:
        """Shape (B_1, …, B_n, n): the expected payment at each profile of reports."""
        return self.mechanism.expected_payments


def systematic_branches(chances: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """A lottery over sets of winners in which buyer i wins with probability `chances[..., i]`.

    The chances, at most 1 each, are laid end to end; a random offset and every whole step from it point at
    the winners (systematic sampling, Madow 1949): never more winners than the sum of chances, rounded up.
    Returns probabilities (..., n+2), some 0, and winners (..., n+2, n).
    """
    ends = np.cumsum(chances, axis=-1)
    lead = chances.shape[:-1]
    cuts = np.sort(np.concatenate([np.zeros((*lead, 1)), ends % 1, np.ones((*lead, 1))], axis=-1), axis=-1)
    cuts = np.concatenate([cuts, np.ones((*lead, 1))], axis=-1)
    offsets = (cuts[..., 1:] + cuts[..., :-1])[..., None] / 2
    reached = np.ceil(ends[..., None, :] - offsets)
    before = np.concatenate([np.zeros((*reached.shape[:-1], 1)), reached[..., :-1]], axis=-1)
    return np.diff(cuts, axis=-1), reached > before


def optimal_dsic(prior: JointDistribution, units: int = 1, deterministic: bool = False) -> OptimalMechanism:
    """Revenue-optimal mechanism for `units` units, one a buyer, and any finite prior.

    Randomised, dominant-strategy incentive compatible and ex-post individually rational on the whole grid; or
    the best deterministic one, by an integer program (for two buyers and one unit the linear program has
    an integral optimum, so that they earn the same).

    Raises TypeError for another prior, ValueError for negative values or `units` < 1.

    >>> optimal_dsic(JointDistribution.from_table([[0.5, 0.0], [0.0, 0.5]])).revenue
    0.5
    """
    if not isinstance(prior, JointDistribution):
        raise TypeError(f"prior must be a JointDistribution, got {prior!r}")
    check_count("units", units)
    for buyer, grid in enumerate(prior.values):
        if grid[0] < 0:
            raise ValueError(f"prior must have values of at least 0, got {grid[0]} for buyer {buyer}")
    start = perf_counter()
    gains = np.stack([_marginal_revenue(prior, i) for i in range(prior.n)]).ravel()
    whole = np.full(gains.size, deterministic)
    best = maximise(gains, _constraints(prior.shape, units), bounds=(0.0, 1.0), integral=whole)
    allocation = _tidied(np.moveaxis(best.x.reshape(prior.n, *prior.shape), 0, -1), units)
    payments = np.stack(
        [_highest_payments(allocation[..., i], prior.values[i], i) for i in range(prior.n)], axis=-1
    )
    revenue = float(np.sum(prior.table[..., None] * payments))
    auction = GridLottery(prior.values, allocation, payments, units)
    return OptimalMechanism(auction, revenue, best.upper_bound, perf_counter() - start)


def _marginal_revenue(prior: JointDistribution, i: int) -> FloatArray:
    """What each unit of buyer i's allocation at a profile adds to revenue: f(v) times her virtual value.

    f(v) v_i less the rent, the step to her next value times the probability of all her higher ones.
    """
    line = np.moveaxis(prior.table, i, -1)
    above = np.cumsum(line[..., ::-1], axis=-1)[..., ::-1] - line
    steps = np.append(np.diff(prior.values[i]), 0.0)
    return np.moveaxis(line * prior.values[i] - steps * above, -1, i)


def _constraints(shape: tuple[int, ...], units: int) -> tuple[Any, FloatArray]:
    """Rows of A x <= b: each buyer's allocation rises with her own value; at most `units` are sold."""
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    n, profiles = len(shape), int(np.prod(shape))
    place = np.arange(profiles).reshape(shape)
    lower = [np.moveaxis(place, i, -1)[..., :-1].ravel() + i * profiles for i in range(n)]
    upper = [np.moveaxis(place, i, -1)[..., 1:].ravel() + i * profiles for i in range(n)]
    columns = np.concatenate([*lower, *upper])
    steps = columns.size // 2
    signs = np.repeat([1.0, -1.0], steps)
    rising = csr_array((signs, (np.tile(np.arange(steps), 2), columns)), shape=(steps, n * profiles))
    sold = hstack([eye_array(profiles, format="csr")] * n)
    limits = np.concatenate([np.zeros(steps), np.full(profiles, float(units))])
    return vstack([rising, sold], format="csr"), limits


def _tidied(allocation: FloatArray, units: int) -> FloatArray:
    """Take the solver's rounding out: exact zeros and ones, rising in one's own value, no more than units."""
    tidy = np.clip(allocation, 0.0, 1.0)
    tidy = np.where(tidy < 1e-9, 0.0, np.where(tidy > 1 - 1e-9, 1.0, tidy))
    for i in range(tidy.shape[-1]):
        np.maximum.accumulate(tidy[..., i], axis=i, out=tidy[..., i])
    total = tidy.sum(axis=-1, keepdims=True)
    return np.where(total > units, tidy * (units / np.maximum(total, units)), tidy)


def _highest_payments(chances: FloatArray, grid: FloatArray, i: int) -> FloatArray:
    """v_i x(v_i) less the rent: the sum over the steps up to v_i of step times allocation below it."""
    line = np.moveaxis(chances, i, -1)
    rent = np.cumsum(line[..., :-1] * np.diff(grid), axis=-1)
    rent = np.concatenate([np.zeros((*line.shape[:-1], 1)), rent], axis=-1)
    return np.moveaxis(line * grid - rent, -1, i)
