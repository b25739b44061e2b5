"""The utility-optimal DSIC mechanism of a small instance, by a mixed-integer program.

A DSIC mechanism offers each buyer a price that the others' reports decide, and a deterministic one is optimal
(Section 2). Mixtures of outcomes make a linear program that nearly always settles it; where it does not, and
for utilities of few pieces, whose ties make it slow, a mixed-integer program does; and where there are
many choices, or that takes long, a tilt that breaks the ties.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, TooLargeError, number_in
from mechanisms.conservative.optimal import GridLottery
from mechanisms.distributions import Discrete
from mechanisms.programs import Design, ProgramError
from mechanisms.risk_averse.attitude import Attitude
from mechanisms.risk_averse.buyers import buyers, check_seller
from mechanisms.risk_averse.dsic_mixtures import mixture_choice, slightly_tilted_choice, tilted_choice
from mechanisms.risk_averse.dsic_polygons import polygon_choice
from mechanisms.risk_averse.price_choices import PriceChoices

FEW_PIECES = 4
"""Utilities whose polygons have fewer pieces on average go straight to the mixed-integer program."""
PATIENCE = 4.0
"""Seconds after which ties are broken by a greater tilt, if the first program has not settled it."""
PROVED, NEAR = 1e-8, 1e-7
"""A choice that misses its bound by no greater part is optimal; or as good as that, by a slight tilt."""
FEW_CHOICES = 400
"""With more choices of a price ties are broken by a tilt at once."""


def optimal_dsic_utility(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    utility: Attitude,
    seconds: float | None = None,
) -> float:
    """Return the greatest expected utility of a dominant-strategy incentive compatible mechanism.

    `values` and `probabilities` are lists of n arrays. Three buyers of 8 values take some seconds, a few more
    for utilities of few pieces (`Capped`). Raises as
    `optimal_dsic_mechanism` does, and TooLargeError if the optimum is not proved within `seconds`.
    """
    design = optimal_dsic_mechanism(values, probabilities, units, utility, seconds)
    if design.upper_bound > design.value + 1e-6 * abs(design.upper_bound):
        raise TooLargeError(
            f"within {seconds} seconds the optimum was only found to be between {design.value!r} and "
            f"{design.upper_bound!r}; allow more seconds, or ask utility_bounds for bounds of any instance"
        )
    return design.value


def optimal_dsic_mechanism(
    values: Sequence[ArrayLike],
    probabilities: Sequence[ArrayLike],
    units: int,
    utility: Attitude,
    seconds: float | None = None,
) -> Design[GridLottery]:
    """Return the mechanism, deterministic, with its expected utility and a bound on any.

    Raises TypeError or ValueError for bad buyers, units, utility or seconds; TooLargeError for more than
    `MOST_CHOICES` choices of a price; ProgramError if nothing is found within `seconds`.
    """
    start = time.perf_counter()
    priors = buyers(values, probabilities)
    attitude = check_seller(utility, priors, units)
    if seconds is not None:
        number_in("seconds", seconds, above=0)
    instance = PriceChoices(tuple(_possible(prior) for prior in priors), units, attitude)
    choice, bound = _best_choice(instance, seconds)
    mechanism, value = instance.mechanism(choice), instance.expected_utility(choice)
    return Design(mechanism, value, bound, time.perf_counter() - start)


def _best_choice(instance: PriceChoices, seconds: float | None) -> tuple[FloatArray, float]:
    start = time.perf_counter()
    if instance.pieces < FEW_PIECES * instance.profiles:
        return _choice_among_ties(instance, seconds)
    choice, bound = mixture_choice(instance, seconds)
    if choice is not None:
        return choice, bound
    left = None if seconds is None else max(seconds - (time.perf_counter() - start), 1e-3)
    choice, other_bound = polygon_choice(instance, left)
    return choice, min(bound, other_bound)


def _choice_among_ties(instance: PriceChoices, seconds: float | None) -> tuple[FloatArray, float]:
    """For utilities of few pieces: the polygons, if there are few choices; if that takes long, tilts."""
    if seconds is not None and seconds <= PATIENCE:
        return polygon_choice(instance, seconds)
    few = instance.choices <= FEW_CHOICES
    first, gap = (polygon_choice, PROVED) if few else (slightly_tilted_choice, NEAR)
    with suppress(ProgramError):
        choice, bound = first(instance, PATIENCE)
        if choice is not None and instance.expected_utility(choice) >= bound * (1 - gap):
            return choice, bound
    tilted, bound = tilted_choice(instance)
    if tilted is not None and instance.expected_utility(tilted) >= bound * (1 - PROVED):
        return tilted, bound
    return polygon_choice(instance, seconds)


def _possible(prior: Discrete) -> Discrete:
    kept = prior.probabilities > 0
    return Discrete(prior.values[kept], prior.probabilities[kept])
