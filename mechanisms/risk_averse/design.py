"""Sequential prices for any instance, with a certificate: at least so much of the best DSIC mechanism.

Theorem 1 promises (1 − 1/e − ε) of the optimum; here each design comes with a bound on the optimum of its
own instance. Designs start from `starts` and from the continuous greedy, and climb by coordinate ascent; the
bound is the least of the counted g-bound, Jensen's, and the greedy's own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, number_in
from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.conversation import check_count
from mechanisms.distributions import Discrete
from mechanisms.programs import Design
from mechanisms.risk_averse.ascent import Line, ascend
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.bounds import bounds_of
from mechanisms.risk_averse.buyers import buyers, check_seller, own_prices, sale_chances, useful_prices
from mechanisms.risk_averse.deterministic import best_of
from mechanisms.risk_averse.greedy import GreedyDesign, Masses, continuous_greedy
from mechanisms.risk_averse.lagrangian import profile_bound_of
from mechanisms.risk_averse.money import Rounding, money_grid
from mechanisms.risk_averse.offers import best_offers
from mechanisms.risk_averse.rounding import choose_in_turn
from mechanisms.risk_averse.sequential import SequentialPrices
from mechanisms.risk_averse.starts import first_choices

CELLS = 600
"""Multiples of the unit of money on which prices without a common one are compared."""
LEVELS = 60
"""Different prices that the greedy's choices in turn are made from, where prices have no common unit."""
SWEEPS = 12
"""The most passes of the coordinate ascent over the buyers."""
CLIMBS = 3
"""How many of the best choices climb, at most."""
CLIMBING_WORK = 1_200_000_000
"""Buyers × (buyers + prices) × states that all passes together may take, so that no clock decides."""
SEARCHED_STATES, SEARCHED_BUYERS, SEARCHED_NODES = 1_000, 7, 5_000
"""Instances up to this size are searched for their best prices, for so many steps."""


@dataclass(frozen=True)
class SequentialDesign(Design[SequentialPrices]):
    """Sequential prices with their expected utility, and a bound on every DSIC mechanism's.

    mechanism, value, upper_bound, seconds
        As for every `Design`.
    complete
        Whether the method came to its end within its budget of time.
    """

    complete: bool = True

    @property
    def prices(self) -> FloatArray:
        """Shape (n,); `math.inf` for a buyer who is never offered a unit."""
        return np.array(self.mechanism.prices)

    @property
    def expected_utility(self) -> float:
        """What the prices are worth to the seller; the lower end of a narrow bracket for odd prices."""
        return self.value


def design_sequential_prices(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    utility: Attitude,
    method: str = "best",
    seconds: float = 20.0,
    profiles: int = 0,
    seed: int = 0,
) -> SequentialDesign:
    """Return sequential prices for n buyers with independent values, and a bound on any DSIC mechanism.

    values, probabilities
        Lists of n arrays.
    units
        How many units there are, at least 1.
    utility
        The seller's: a `Utility`, or any elementwise function that is concave, nondecreasing and 0 at 0.
    method
        "starts", the best of prices argmax (g(p) − λ) Pr[v >= p]; "ascent", which improves them one by one;
        "greedy", the continuous greedy, which has a proved share of the optimum, (1 − 1/e) in the limit of
        many steps; or "best", all of them, and for small instances a search for the best prices there are.
    seconds
        Budget of time, above 0. It is looked at between steps: what was found by then is returned. The result
        does not depend on the machine's speed if the budget suffices (`complete`).
    profiles, seed
        If above 0, the profile Lagrangian is a bound too: over all type profiles if they are at most so
        many, else over a sample drawn with this seed (`profile_bound`, which refuses large instances).

    Raises TypeError or ValueError for bad buyers, units or utility, then for an unknown method, for a budget
    that is not above 0, and for a number of profiles that is 1 or negative.
    """
    priors = buyers(values, probabilities)
    attitude = check_seller(utility, priors, units)
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    clock = _Clock(number_in("seconds", seconds, above=0))
    problem = _Problem.of(priors, units, attitude)
    least = bounds_of(priors, units, attitude).least
    if profiles:
        check_count("profiles", profiles, least=2)
        simulated = profile_bound_of(priors, units, attitude, np.random.default_rng(seed), profiles)
        least = min(least, simulated.bound)
    choices, bound = METHODS[method](problem, clock)
    mechanism, value = problem.best(choices)
    return SequentialDesign(mechanism, value, min(bound, least), clock.spent, not clock.stopped)


class _Clock:
    """A budget of time, and whether it stopped anything."""

    def __init__(self, seconds: float) -> None:
        self.start = time.perf_counter()
        self.seconds = seconds
        self.stopped = False

    @property
    def spent(self) -> float:
        return time.perf_counter() - self.start

    def goes_on(self) -> bool:
        """Whether there is time left; remembers if not."""
        self.stopped = self.stopped or self.spent > self.seconds
        return not self.stopped


@dataclass(frozen=True, eq=False)
class _Problem:
    """An instance as the methods see it: m prices, and who would take them."""

    priors: tuple[Discrete, ...]
    units: int
    prices: FloatArray
    line: Line

    @classmethod
    def of(cls, priors: tuple[Discrete, ...], units: int, utility: Attitude) -> _Problem:
        prices = useful_prices(priors)
        chances = np.where(own_prices(priors, prices), sale_chances(priors, prices), 0.0)
        most = min(units, len(priors))
        grid = money_grid(prices, most * float(prices.max()), CELLS, exact_cells=5 * CELLS)
        return cls(priors, units, prices, Line(grid, chances, most, utility))

    def mechanism(self, choice: np.ndarray) -> SequentialPrices:
        """A choice as prices, infinite for a buyer who is never offered a unit."""
        return SequentialPrices(tuple(np.where(choice >= 0, self.prices[choice], np.inf)), self.units)

    def best(self, choices: list[np.ndarray]) -> tuple[SequentialPrices, float]:
        """The best of the choices on the grid, and its expected utility, exact or a bracket's lower end."""
        found = self.mechanism(max(choices, key=self.line.expected_utility))
        return found, found.utility_bracket(self.priors, self.line.utility).lower


Answer = tuple[list[np.ndarray], float]
"""Choices of prices, best first or not, and an upper bound (infinite if the method has none)."""


def _starts(problem: _Problem, clock: _Clock) -> Answer:
    """The first choices, best first."""
    line = problem.line
    revenue = optimal_revenue(problem.priors, units=line.units)
    found: dict[bytes, tuple[float, np.ndarray]] = {}
    for choice in first_choices(problem.prices, line.chances, line.units, line.utility, revenue):
        if found and not clock.goes_on():
            break
        found[choice.tobytes()] = line.expected_utility(choice), choice
    ranked = sorted(found.values(), key=lambda pair: -pair[0])
    return [choice for _, choice in ranked[:CLIMBS]], np.inf


def _ascent(problem: _Problem, clock: _Clock) -> Answer:
    """The best of the first choices, climbing."""
    choices, _ = _starts(problem, clock)
    return _climbed(problem, choices, clock), np.inf


def _climbed(problem: _Problem, choices: list[np.ndarray], clock: _Clock) -> list[np.ndarray]:
    """The choices, best first, climb: as many of them, and as long, as the work allowed."""
    line = problem.line
    n, m = line.chances.shape
    passes = CLIMBING_WORK // (n * (n + m) * (line.units + 1) * line.grid.cells)
    climbs = int(np.clip(passes // SWEEPS, 1, CLIMBS))
    sweeps = int(np.clip(passes // climbs, 1, SWEEPS))
    return [
        ascend(line, choice, sweeps, clock.goes_on) if place < climbs else choice
        for place, choice in enumerate(choices)
    ]


def _greedy(problem: _Problem, clock: _Clock) -> Answer:
    """The continuous greedy, its randomised prices made deterministic in turn."""
    choice, found = _greedy_choice(problem, clock)
    return [choice], found.upper_bound


def _greedy_choice(problem: _Problem, clock: _Clock) -> tuple[np.ndarray, GreedyDesign]:
    line, found = problem.line, _greedy_masses(problem, clock)
    top = line.units * float(problem.prices.max())
    grid = money_grid(problem.prices, top, LEVELS * line.units, Rounding.UP, exact_cells=5 * CELLS)
    choice = choose_in_turn(found.design, line.chances, grid, line.units, line.utility, clock.goes_on)
    return choice, found


def _greedy_masses(problem: _Problem, clock: _Clock) -> GreedyDesign:
    line = problem.line

    def oracle(gains: FloatArray) -> Masses:
        return best_offers(line.chances, gains, line.units)

    return continuous_greedy(problem.prices, line.units, line.utility, oracle, keep_on=clock.goes_on)


def _best(problem: _Problem, clock: _Clock) -> Answer:
    """A small instance is searched; else the best of the first choices and of the greedy's climb."""
    searched = _searched(problem)
    if searched is not None:
        return [searched], _greedy_masses(problem, clock).upper_bound
    choices, _ = _starts(problem, clock)
    if not clock.goes_on():
        return choices, np.inf
    choice, found = _greedy_choice(problem, clock)
    ranked = sorted([choice, *choices], key=lambda one: -problem.line.expected_utility(one))
    return _climbed(problem, ranked, clock), found.upper_bound


def _searched(problem: _Problem) -> np.ndarray | None:
    """The best prices of a small instance; None for a large one, or after too long a search."""
    line, m = problem.line, problem.prices.size
    if math.comb(m + line.units, m) > SEARCHED_STATES or len(problem.priors) > SEARCHED_BUYERS:
        return None
    best = best_of(problem.priors, problem.units, line.utility, SEARCHED_NODES)
    found = np.where(np.isfinite(best.prices), np.searchsorted(problem.prices, best.prices), -1)
    return found if best.nodes <= SEARCHED_NODES else None


METHODS: dict[str, Callable[[_Problem, _Clock], Answer]] = {
    "best": _best,
    "ascent": _ascent,
    "greedy": _greedy,
    "starts": _starts,
}
"""The methods by name."""
