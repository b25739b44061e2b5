"""Worst cases of second price auctions under the Markov set (robust paper, Propositions 1.5.5 to 1.5.7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms._validation import number_in
from mechanisms.distributions import AtomicPrior
from mechanisms.robust.markov import check_market


@dataclass(frozen=True)
class ReserveWorstCase:
    """The infimum of the expected revenue, and whether a distribution of the set attains it."""

    revenue: float
    attained: bool


def second_price_worst_case(bidders: int, mean: float, reserve: float) -> ReserveWorstCase:
    """The least expected revenue of a second price auction with this reserve over the Markov set.

    `reserve` is at least 0, else as `optimal_reserve`. In R₁ the infimum is attained; in R₂ and R₃ it is
    only approached, by values just below the reserve; from a reserve above μ nothing is secured.
    """
    bidders, mean, reserve = *check_market(bidders, mean), number_in("reserve", reserve, at_least=0)
    if reserve > mean:
        return ReserveWorstCase(0.0, True)
    if reserve <= _end_of_first(bidders, mean):
        return ReserveWorstCase((bidders * mean - 1) / (bidders - 1), True)
    share = (mean - reserve) / (1 - reserve)
    revenue = bidders * reserve * share if reserve <= 1 / bidders else share
    return ReserveWorstCase(revenue, revenue == 0)


def second_price_plane(bidders: int, mean: float, reserve: float) -> tuple[float, float]:
    """The plane σ Σ v + λ below the auction's revenue that proves what it secures: (σ, λ).

    It is highest at the means, where it has the worst-case expected revenue: the dual solution of (1.8), by
    Lemmas 1.7.3, 1.7.5 and 1.7.7 (the yellow planes of Figure 1.2). Arguments and errors as
    `second_price_worst_case`.
    """
    bidders, mean, reserve = *check_market(bidders, mean), number_in("reserve", reserve, at_least=0)
    if reserve > mean:
        return 0.0, 0.0
    if reserve <= _end_of_first(bidders, mean):
        return 1 / (bidders - 1), 1 - bidders / (bidders - 1)
    if reserve <= 1 / bidders:
        return reserve / (1 - reserve), -bidders * reserve**2 / (1 - reserve)
    return 1 / (bidders * (1 - reserve)), -reserve / (1 - reserve)


def second_price_nature(bidders: int, mean: float, reserve: float, epsilon: float = 1e-6) -> AtomicPrior:
    """The extremal distribution of the second price auction with this reserve.

    Q⁽¹⁾ in R₁, Q⁽²⁾ in R₂ and Q⁽³⁾ in R₃ at `epsilon`, how far below the reserve its values lie; for a
    reserve above μ all values are μ. All marginal means are μ. Where ε would take it out of the Markov set,
    it is cut to the largest that does not. Raises TypeError or ValueError as `second_price_worst_case`, and
    for an `epsilon` that is not above 0.
    """
    bidders, mean, reserve = *check_market(bidders, mean), number_in("reserve", reserve, at_least=0)
    epsilon = number_in("epsilon", epsilon, above=0)
    if reserve > mean:
        return AtomicPrior(np.full((1, bidders), mean), [1.0])
    if reserve <= _end_of_first(bidders, mean):
        each = (1 - mean) / ((bidders - 1) * (1 - reserve))
        return _one_high(bidders, reserve, each, otherwise=1.0)
    below = max(reserve - epsilon, 0.0)
    if reserve > 1 / bidders:
        share = (mean - below) / (1 - below)
        return AtomicPrior([np.ones(bidders), np.full(bidders, below)], [share, 1 - share])
    below = max(below, (bidders * mean - 1) / (bidders - 1))
    return _one_high(bidders, below, (mean - below) / (1 - below), otherwise=below)


def _one_high(bidders: int, level: float, each: float, otherwise: float) -> AtomicPrior:
    """One bidder at 1 and the others at `level`, with chance `each` for each; else all at `otherwise`."""
    profiles = np.full((bidders + 1, bidders), level)
    np.fill_diagonal(profiles, 1.0)
    profiles[-1] = otherwise
    return AtomicPrior(profiles, [*[each] * bidders, max(1 - bidders * each, 0.0)])


def _end_of_first(bidders: int, mean: float) -> float:
    """The greatest reserve in R₁; negative if it is empty."""
    return min(1 / bidders, (bidders * mean - 1) / (bidders - 1))
