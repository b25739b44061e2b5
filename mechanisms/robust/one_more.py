"""Bulow and Klemperer's theorem under ambiguity (robust paper, Theorem 1.4.3), and where it fails."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.auctions.second_price import SecondPrice
from mechanisms.distributions import expected_second_highest
from mechanisms.robust.bounds import markov_bounds
from mechanisms.robust.independent import IndependentSet
from mechanisms.robust.sets import MarkovSet
from mechanisms.robust.worst_case import worst_case_revenue


@dataclass(frozen=True)
class OneMoreBidder:
    """A second price auction without reserve among I + 1, against the best rule among I.

    vickrey
        Worst-case expected revenue of the former.
    least, most
        Between these the worst-case optimum of the latter lies.
    """

    vickrey: float
    least: float
    most: float

    @property
    def enough(self) -> bool | None:
        """Whether one more bidder is worth more than the best rule; None where the bounds do not decide."""
        if self.vickrey >= self.most:
            return True
        return False if self.vickrey < self.least else None


@singledispatch
def one_more_bidder(ambiguity: Any) -> OneMoreBidder:
    """Compare one more bidder with the best rule, over an `IndependentSet` or a `MarkovSet` of I bidders.

    Over independent regular laws no rule secures more than the least of the laws' optimal revenues (Myerson),
    and one more bidder is always enough (Theorem 1.4.3). Over the Markov set it is not where the optimal
    highest-bidder-lottery secures more. Raises TypeError for another set.
    """
    raise TypeError(f"ambiguity must be an IndependentSet or a MarkovSet, got {ambiguity!r}")


@one_more_bidder.register
def _independent(ambiguity: IndependentSet) -> OneMoreBidder:
    n = ambiguity.bidders
    vickrey = min(expected_second_highest(law, n + 1) for law in ambiguity.laws)
    least = min(expected_second_highest(law, n) for law in ambiguity.laws)
    most = min(optimal_revenue(law, n) for law in ambiguity.laws)
    return OneMoreBidder(vickrey, least, max(least, most))


@one_more_bidder.register
def _markov(ambiguity: MarkovSet) -> OneMoreBidder:
    bounds = markov_bounds(ambiguity.bidders, ambiguity.mean, steps=0)
    grown = MarkovSet(ambiguity.bidders + 1, ambiguity.mean)
    vickrey = worst_case_revenue(SecondPrice(), grown).revenue
    return OneMoreBidder(vickrey, bounds.lower, bounds.upper)
