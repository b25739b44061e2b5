"""Worst-case expected revenue of a closed rule over an ambiguity set, and the distribution that brings it.

In closed form where the robust paper has one. Over moment sets else by the linear program (1.7) on a grid of
values that the mechanism refines with its breakpoints, each with a value just below it, where the infima are.
Nature is then held to the grid, so the program's value is never below the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.auctions.second_price import SecondPrice
from mechanisms.conversation import check_count, check_has_rule
from mechanisms.distributions import AtomicPrior, IndependentPrior, Prior
from mechanisms.programs import maximise
from mechanisms.robust.expected import Rule, expected_revenue
from mechanisms.robust.finite_sets import FiniteAmbiguitySet
from mechanisms.robust.grid_sets import GridMomentSet, check_slater
from mechanisms.robust.independent import IndependentSet, RegularFamily
from mechanisms.robust.lottery import HighestBidderLottery, RandomReserveLottery
from mechanisms.robust.markov import lottery_constants
from mechanisms.robust.second_price import second_price_nature, second_price_worst_case
from mechanisms.robust.sets import IntervalSet, MarkovSet, SupportSet

JUST_BELOW = 1e-9
"""How far below a breakpoint its neighbour on the grid lies, relative to it."""
FULL_GRID = 3
"""Up to so many bidders nature may choose every profile of the grid; among more, all but one are alike."""
MOST_PROFILES = 500_000
DEFAULT_POINTS = {2: 60, 3: 40}


@dataclass(frozen=True, eq=False)
class WorstCase:
    """What a mechanism secures.

    revenue
        The infimum of its expected revenue if `exact`; else a number that is at least the infimum, attained
        by `distribution`.
    distribution
        An extremal distribution, which can be sampled. Where the infimum is not attained, one close to it.
    exact
        Whether `revenue` is the infimum itself (up to rounding and quadrature), or lies at or above it.
    """

    revenue: float
    distribution: Prior
    exact: bool

    @property
    def side(self) -> str:
        """Where the revenue lies, in words."""
        return "the infimum" if self.exact else "at or above the infimum"


def worst_case_revenue(
    mechanism: Rule, ambiguity: Any, points: int | None = None, closed_form: bool = True
) -> WorstCase:
    """The least expected revenue from truthful bidders over an ambiguity set.

    Parameters
    ----------
    mechanism
        One with a closed rule.
    ambiguity
        A `MarkovSet`, `SupportSet` or `MomentSet`; an `IndependentSet` or `RegularFamily`; or a
        `FiniteAmbiguitySet` or a `GridMomentSet`, where values off the grid do not occur.
    points
        Grid of the program: equidistant values, at least 2, both ends included (default 60 for two bidders,
        40 for more). Of a `RegularFamily`: parameters that are tried.
    closed_form
        Whether a closed form may be used where there is one.

    Among more than 3 bidders the program lets nature choose two values and who has the higher one; all
    others have the lower one. That costs nothing where revenue depends on the two highest bids.

    Raises
    ------
    TypeError, ValueError
        For a mechanism without a closed rule, another ambiguity set, a grid that is too coarse or larger
        than 500,000 profiles, and a moment set that is empty or has no Slater point on the grid.

    >>> from mechanisms.auctions import SecondPrice
    >>> worst = worst_case_revenue(SecondPrice(0.25), MarkovSet(2, 0.5))
    >>> round(worst.revenue, 6), worst.exact
    (0.166667, True)
    """
    check_has_rule(mechanism)
    if points is not None:
        check_count("points", points, least=2)
    return _worst_case(ambiguity, mechanism, points, closed_form)


@singledispatch
def _worst_case(ambiguity: Any, mechanism: Rule, points: int | None, closed_form: bool) -> WorstCase:
    raise TypeError(f"ambiguity must be an ambiguity set, got {ambiguity!r}")


@_worst_case.register
def _(ambiguity: FiniteAmbiguitySet, mechanism: Rule, points: int | None, closed_form: bool) -> WorstCase:
    profiles = np.stack(np.meshgrid(*ambiguity.grids, indexing="ij"), axis=-1)
    revenue = mechanism.outcome(profiles).revenue
    expected = [float(distribution.expectation(revenue)) for distribution in ambiguity.distributions]
    worst = int(np.argmin(expected))
    return WorstCase(expected[worst], ambiguity.distributions[worst], exact=True)


@_worst_case.register
def _(ambiguity: GridMomentSet, mechanism: Rule, points: int | None, closed_form: bool) -> WorstCase:
    revenue = mechanism.outcome(np.stack(np.meshgrid(*ambiguity.grids, indexing="ij"), axis=-1)).revenue
    anything = np.ones(ambiguity.shape, dtype=bool)
    least = ambiguity.least_expectation(revenue, anything)
    return WorstCase(least, ambiguity.worst_distribution(revenue, anything), exact=True)


@_worst_case.register
def _(ambiguity: IndependentSet, mechanism: Rule, points: int | None, closed_form: bool) -> WorstCase:
    expected = [expected_revenue(mechanism, law, ambiguity.bidders) for law in ambiguity.laws]
    worst = int(np.argmin(expected))
    prior = IndependentPrior.identical(ambiguity.laws[worst], ambiguity.bidders)
    return WorstCase(expected[worst], prior, exact=True)


@_worst_case.register
def _(ambiguity: RegularFamily, mechanism: Rule, points: int | None, closed_form: bool) -> WorstCase:
    """The best of a grid of parameters, improved between its neighbours."""
    from scipy.optimize import minimize_scalar

    def revenue(parameter: float) -> float:
        return expected_revenue(mechanism, ambiguity.at(parameter), ambiguity.bidders)

    tried = np.linspace(ambiguity.low, ambiguity.high, points or 17)
    expected = [revenue(float(parameter)) for parameter in tried]
    k = int(np.argmin(expected))
    around = (float(tried[max(k - 1, 0)]), float(tried[min(k + 1, len(tried) - 1)]))
    found = minimize_scalar(revenue, bounds=around, method="bounded")
    best = float(found.x) if found.fun < expected[k] else float(tried[k])
    prior = IndependentPrior.identical(ambiguity.at(best), ambiguity.bidders)
    return WorstCase(revenue(best), prior, exact=False)


@_worst_case.register
def _(ambiguity: IntervalSet, mechanism: Rule, points: int | None, closed_form: bool) -> WorstCase:
    rule = _CLOSED_FORMS.get((type(mechanism), type(ambiguity))) if closed_form else None
    known = rule(mechanism, ambiguity) if rule else None
    return known or _by_program(ambiguity, mechanism, points or DEFAULT_POINTS.get(ambiguity.bidders, 40))


def _by_program(ambiguity: IntervalSet, mechanism: Rule, points: int) -> WorstCase:
    """(1.7) on the grid: the least expected revenue over the distributions that respect the moments."""
    profiles = _profiles(refined_grid(ambiguity, mechanism, points), ambiguity.bidders)
    revenue = mechanism.outcome(profiles).revenue
    moments = ambiguity.moments(profiles)
    if not ambiguity.has_slater_point:
        check_slater((moments - ambiguity.bounds).T, ambiguity.bounds)
    found = maximise(-revenue, (-moments.T, -ambiguity.bounds), (np.ones((1, len(profiles))), [1.0]))
    nature = AtomicPrior(profiles, found.x / found.x.sum())
    return WorstCase(0.0 - found.value, nature, exact=False)


def refined_grid(ambiguity: IntervalSet, mechanism: Rule, points: int) -> FloatArray:
    """Equidistant values of the range, the mechanism's breakpoints in it, and values just below these."""
    jumps = np.array(mechanism.breakpoints, dtype=float)
    inside = jumps[(jumps > ambiguity.lower) & (jumps <= ambiguity.upper)]
    even = np.linspace(ambiguity.lower, ambiguity.upper, points)
    return np.unique(np.concatenate([even, inside, inside * (1 - JUST_BELOW)]))


def _profiles(grid: FloatArray, bidders: int) -> FloatArray:
    """The profiles among which nature chooses, shape (P, bidders)."""
    size = grid.size**bidders if bidders <= FULL_GRID else bidders * grid.size * (grid.size + 1) // 2
    if size > MOST_PROFILES:
        raise ValueError(f"points must give {bidders} bidders at most {MOST_PROFILES} profiles, got {size}")
    if bidders <= FULL_GRID:
        return np.stack(np.meshgrid(*[grid] * bidders, indexing="ij"), axis=-1).reshape(-1, bidders)
    second, first = np.triu_indices(grid.size)
    profiles = np.tile(grid[second][:, None, None], (1, bidders, bidders))
    profiles[:, np.arange(bidders), np.arange(bidders)] = grid[first][:, None]
    return profiles.reshape(-1, bidders)


def _second_price_markov(mechanism: SecondPrice, ambiguity: MarkovSet) -> WorstCase:
    """Propositions 1.5.5 to 1.5.7."""
    market = (ambiguity.bidders, ambiguity.mean, mechanism.reserve)
    return WorstCase(second_price_worst_case(*market).revenue, second_price_nature(*market), exact=True)


def _second_price_support(mechanism: SecondPrice, ambiguity: SupportSet) -> WorstCase:
    """All at the least value: it is the price, unless a reserve keeps the good (Section 1.3)."""
    lowest = np.full((1, ambiguity.bidders), ambiguity.lower)
    sold = mechanism.reserve <= ambiguity.lower
    return WorstCase(ambiguity.lower if sold else 0.0, AtomicPrior(lowest, [1.0]), exact=True)


def _lottery_markov(mechanism: Any, ambiguity: MarkovSet) -> WorstCase | None:
    """r, for the market that the lottery is made for (Theorem 1.5.3 and its proof).

    One bidder, each as likely, has r (1 + ln(1/r)) and all others r: the mean is μ, and the bound of the
    lottery's revenue, σ* (Σ v − r), is met.
    """
    if (mechanism.bidders, mechanism.mean) != (ambiguity.bidders, ambiguity.mean):
        return None
    r, n = lottery_constants(mechanism.bidders, mechanism.mean).value, ambiguity.bidders
    profiles = np.full((n, n), r) + np.eye(n) * n * (ambiguity.mean - r)
    return WorstCase(r, AtomicPrior(profiles, np.full(n, 1 / n)), exact=True)


_CLOSED_FORMS: dict[tuple[type, type], Callable[[Any, Any], WorstCase | None]] = {
    (SecondPrice, MarkovSet): _second_price_markov,
    (SecondPrice, SupportSet): _second_price_support,
    (HighestBidderLottery, MarkovSet): _lottery_markov,
    (RandomReserveLottery, MarkovSet): _lottery_markov,
}
