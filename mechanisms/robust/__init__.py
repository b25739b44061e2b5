"""Sellers who know a set of distributions of the values, or only their range (the robust paper)."""

from mechanisms.robust.attitudes import (
    Attitude,
    BayesianOverSet,
    ExpectedUtility,
    Hurwicz,
    Knightian,
    Maxmin,
)
from mechanisms.robust.bounds import MarkovBounds, markov_bounds
from mechanisms.robust.cell_nature import CellNature
from mechanisms.robust.cells import CellMechanism
from mechanisms.robust.design import GridDesign, design_program
from mechanisms.robust.deterministic import best_personal_reserves, deterministic_program
from mechanisms.robust.envelope import envelope_payments
from mechanisms.robust.expected import expected_revenue
from mechanisms.robust.finite_sets import AmbiguitySet, FiniteAmbiguitySet
from mechanisms.robust.grid_sets import GridMomentSet
from mechanisms.robust.independent import IndependentSet, RegularFamily
from mechanisms.robust.lottery import HighestBidderLottery, RandomReserveLottery
from mechanisms.robust.markov import OptimalReserve, extra_bidders, optimal_reserve
from mechanisms.robust.natures import FaceNature, HighestBidderNature
from mechanisms.robust.one_more import OneMoreBidder, one_more_bidder
from mechanisms.robust.pareto import Improvement, pareto_improvement
from mechanisms.robust.second_price import (
    second_price_nature,
    second_price_plane,
    second_price_worst_case,
)
from mechanisms.robust.sets import IntervalSet, MarkovSet, MomentSet, SupportSet
from mechanisms.robust.worst_case import WorstCase, worst_case_revenue

__all__ = [
    "AmbiguitySet",
    "Attitude",
    "BayesianOverSet",
    "CellMechanism",
    "CellNature",
    "ExpectedUtility",
    "FaceNature",
    "FiniteAmbiguitySet",
    "GridDesign",
    "GridMomentSet",
    "HighestBidderLottery",
    "HighestBidderNature",
    "Hurwicz",
    "Improvement",
    "IndependentSet",
    "IntervalSet",
    "Knightian",
    "MarkovBounds",
    "MarkovSet",
    "Maxmin",
    "MomentSet",
    "OneMoreBidder",
    "OptimalReserve",
    "RandomReserveLottery",
    "RegularFamily",
    "SupportSet",
    "WorstCase",
    "best_personal_reserves",
    "design_program",
    "deterministic_program",
    "envelope_payments",
    "expected_revenue",
    "extra_bidders",
    "markov_bounds",
    "one_more_bidder",
    "optimal_reserve",
    "pareto_improvement",
    "second_price_nature",
    "second_price_plane",
    "second_price_worst_case",
    "worst_case_revenue",
]
