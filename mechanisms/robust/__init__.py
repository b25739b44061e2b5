"""Sellers who know a set of distributions of the values, or only their range (the robust paper)."""

from mechanisms.robust.lottery import HighestBidderLottery, RandomReserveLottery
from mechanisms.robust.markov import extra_bidders, optimal_reserve

__all__ = [
    "HighestBidderLottery",
    "RandomReserveLottery",
    "extra_bidders",
    "optimal_reserve",
]
