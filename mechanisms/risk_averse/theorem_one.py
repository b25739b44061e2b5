"""Theorem 1's algorithm as written: guess a configuration, solve its covering program, take the best.

It is here to be compared with: `design_sequential_prices` needs no guesses, and is not worse. Configurations
are ranked by the mechanism's expected utility, never by Lemma 9's surrogate, which is wrong for small k.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, number_in
from mechanisms.programs import Design, ProgramError, maximise
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.bounds import bounds_of
from mechanisms.risk_averse.buyers import buyers, check_seller, sale_chances, useful_prices
from mechanisms.risk_averse.configurations import Configuration, Guesses
from mechanisms.risk_averse.independent import TopStates
from mechanisms.risk_averse.sequential import SequentialPrices


@dataclass(frozen=True)
class TheoremOneDesign(Design[SequentialPrices]):
    """What the algorithm found.

    mechanism, value, upper_bound, seconds
        As for every `Design`; the mechanism is deterministic.
    randomised_utility
        The expected utility of the best randomised prices.
    configurations, tried, feasible
        How many configurations there are, were looked at, and had a feasible program.
    """

    randomised_utility: float = 0.0
    configurations: int = 0
    tried: int = 0
    feasible: int = 0

    @property
    def prices(self) -> FloatArray:
        """Shape (n,); `math.inf` for a buyer who is never offered a unit."""
        return np.array(self.mechanism.prices)

    @property
    def expected_utility(self) -> float:
        """What the deterministic prices are worth to the seller."""
        return self.value


def count_configurations(
    values: Sequence[ArrayLike], probabilities: Sequence[ArrayLike], units: int, utility: Attitude,
    epsilon: float, mass_step: float,
) -> int:
    """How many configurations `theorem_one_prices` would go through, at about a millisecond each."""
    return _guesses(values, probabilities, units, utility, epsilon, mass_step).size


def theorem_one_prices(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    utility: Attitude,
    epsilon: float,
    mass_step: float,
    seconds: float = 60.0,
    progress: Callable[[int, int], None] = lambda tried, configurations: None,
) -> TheoremOneDesign:
    """Return the best sequential prices of all configurations, or of those tried within the budget.

    values, probabilities
        Lists of n arrays.
    epsilon
        ε, in (0, 1): classes of prices, and the steps of guesses of OPT, of small revenue and huge utility.
    mass_step
        Step of the guessed masses at large prices, above 0; the paper's is ε⁸.
    seconds
        Budget of time, above 0; at least one configuration is looked at.
    progress
        Called with the number tried so far and the number of all.

    Raises TypeError or ValueError for bad input, and TooLargeError where expected utilities cannot be
    computed exactly (`TopStates`).
    """
    start = time.perf_counter()
    guesses = _guesses(values, probabilities, units, utility, epsilon, mass_step)
    budget = number_in("seconds", seconds, above=0)
    states = TopStates(guesses.prices, min(units, len(guesses.chances)))
    worth = np.asarray(utility(states.sums), dtype=np.float64)
    best, best_value, tried, feasible = np.zeros(guesses.chances.shape), 0.0, 0, 0
    for configuration in guesses.walk():
        if tried and time.perf_counter() - start > budget:
            break
        tried += 1
        progress(tried, guesses.size)
        offers = covering_offers(configuration, guesses)
        if offers is None:
            continue
        feasible += 1
        value = _utility(states, worth, offers * guesses.chances)
        if value > best_value:
            best, best_value = offers, value
    choice, value = deterministic_choice(states, worth, best, guesses.chances)
    prices = tuple(np.where(choice >= 0, guesses.prices[choice], math.inf))
    bound = bounds_of(buyers(values, probabilities), units, utility).least
    return TheoremOneDesign(
        SequentialPrices(prices, units), value, bound, time.perf_counter() - start,
        randomised_utility=best_value, configurations=guesses.size, tried=tried, feasible=feasible,
    )


def covering_offers(configuration: Configuration, guesses: Guesses) -> FloatArray | None:
    """A feasible point of the covering program: x_ij, the probability that buyer i is offered price j.

    "Σ_j x_ij <= 1 for all j" is read for all i. None if there is none.
    """
    chances, prices = guesses.chances, guesses.prices
    n, m = chances.shape
    at_price = chances.T[:, :, None] * np.eye(m)[:, None, :]
    utilities = np.asarray(guesses.utility(prices), dtype=np.float64)
    cover = np.concatenate([
        at_price[configuration.large].reshape(-1, n * m),
        (chances * prices * configuration.small).reshape(1, -1),
        (chances * utilities * configuration.huge).reshape(1, -1),
    ])
    least_masses = configuration.masses[configuration.large]
    need = np.array([*least_masses, configuration.small_revenue, configuration.huge_utility])
    one_price = np.kron(np.eye(n), np.ones(m))
    rows = np.concatenate([-cover, chances.reshape(1, -1), one_price])
    limits = np.concatenate([-need, [float(guesses.units)], np.ones(n)])
    try:
        solution = maximise(np.zeros(n * m), at_most=(rows, limits), bounds=(0.0, 1.0))
    except ProgramError:
        return None
    return solution.x.reshape(n, m)


def deterministic_choice(
    states: TopStates, worth: FloatArray, offers: FloatArray, chances: FloatArray
) -> tuple[np.ndarray, float]:
    """Choose each buyer's price in turn, the others' random still: the choice, and its expected utility.

    The choice is shape (n,), an index of a price or −1; it is never worse than the random prices.
    """
    masses = offers * chances
    later = [worth]
    for row in masses[::-1]:
        later.append(states.before(later[-1], row))
    later.reverse()
    law, choice = states.start(), np.full(len(offers), -1)
    for buyer, values in enumerate(later[1:]):
        gains = chances[buyer] * (law @ (values[states.after] - values[:, None]))
        if gains.max() > 0:
            choice[buyer] = int(gains.argmax())
            law = states.add(law, np.eye(1, gains.size, choice[buyer])[0] * chances[buyer])
    return choice, float(law @ worth)


def _utility(states: TopStates, worth: FloatArray, masses: FloatArray) -> float:
    values = worth
    for row in masses:
        values = states.before(values, row)
    return float(values[0])


def _guesses(
    values: Sequence[ArrayLike], probabilities: Sequence[ArrayLike], units: int, utility: Attitude,
    epsilon: float, mass_step: float,
) -> Guesses:
    """The configurations, with OPT guessed in steps of 1 + ε from the best single sale to an upper bound."""
    priors = buyers(values, probabilities)
    attitude = check_seller(utility, priors, units)
    epsilon = number_in("epsilon", epsilon, above=0, below=1)
    mass_step = number_in("mass_step", mass_step, above=0)
    prices = useful_prices(priors)
    chances = sale_chances(priors, prices)
    least = float((np.asarray(attitude(prices)) * chances).max())
    rounds = math.log(max(1.0, bounds_of(priors, units, attitude).least / least), 1 + epsilon)
    optima = tuple(least * (1 + epsilon) ** power for power in range(int(rounds) + 1))
    return Guesses(prices, chances, units, attitude, epsilon, mass_step, optima)
