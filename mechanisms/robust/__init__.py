"""Robust sellers, who know a set of distributions or only the range of values, and nature as a player."""

from mechanisms.robust.attitudes import Attitude, BayesianOverSet, ExpectedUtility, Hurwicz, Knightian, Maxmin
from mechanisms.robust.bounds import MarkovBounds, markov_bounds
from mechanisms.robust.bundle_prices import BundlePrices, RandomPostedPrices, bundle_regret, split_prices
from mechanisms.robust.cell_nature import CellNature
from mechanisms.robust.cells import CellMechanism
from mechanisms.robust.design import GridDesign, design_program
from mechanisms.robust.deterministic import best_personal_reserves, deterministic_program
from mechanisms.robust.envelope import envelope_payments
from mechanisms.robust.expected import expected_revenue
from mechanisms.robust.finite_sets import AmbiguitySet, FiniteAmbiguitySet
from mechanisms.robust.grid_games import bundle_pricing_game, correlation, pricing_game, reserve_game
from mechanisms.robust.grid_sets import GridMomentSet
from mechanisms.robust.independent import IndependentSet, RegularFamily
from mechanisms.robust.learned_play import (
    Averages,
    best_responder,
    hedge,
    learn_game,
    play_zero_sum,
    regret_matching_plus,
)
from mechanisms.robust.logarithmic import LogarithmicPrice
from mechanisms.robust.lottery import HighestBidderLottery, RandomReserveLottery
from mechanisms.robust.markov import OptimalReserve, extra_bidders, optimal_reserve
from mechanisms.robust.natures import FaceNature, HighestBidderNature
from mechanisms.robust.one_more import OneMoreBidder, one_more_bidder
from mechanisms.robust.pareto import Improvement, pareto_improvement
from mechanisms.robust.regret_auctions import RandomReserveAuctions
from mechanisms.robust.regret_nature import (
    NatureAuction,
    NaturePricing,
    nature_auction,
    nature_on_grid,
    nature_pricing,
)
from mechanisms.robust.regret_pricing import DeterministicRegretPricing, MinimaxRegretPricing
from mechanisms.robust.regret_programs import (
    auction_regret_program,
    grid_regret,
    least_regret_against,
    regret_dual_program,
    regret_program,
)
from mechanisms.robust.saddle_points import SaddlePoint, auction_saddle_point, pricing_saddle_point
from mechanisms.robust.second_price import second_price_nature, second_price_plane, second_price_worst_case
from mechanisms.robust.sets import IntervalSet, MarkovSet, MomentSet, SupportSet
from mechanisms.robust.worst_case import WorstCase, worst_case_revenue
from mechanisms.robust.zero_sum import Moment, ZeroSumGame

__all__ = [
    "AmbiguitySet",
    "Attitude",
    "Averages",
    "BayesianOverSet",
    "BundlePrices",
    "CellMechanism",
    "CellNature",
    "DeterministicRegretPricing",
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
    "LogarithmicPrice",
    "MarkovBounds",
    "MarkovSet",
    "Maxmin",
    "MinimaxRegretPricing",
    "Moment",
    "MomentSet",
    "NatureAuction",
    "NaturePricing",
    "OneMoreBidder",
    "OptimalReserve",
    "RandomPostedPrices",
    "RandomReserveAuctions",
    "RandomReserveLottery",
    "RegularFamily",
    "SaddlePoint",
    "SupportSet",
    "WorstCase",
    "ZeroSumGame",
    "auction_regret_program",
    "auction_saddle_point",
    "best_personal_reserves",
    "best_responder",
    "bundle_pricing_game",
    "bundle_regret",
    "correlation",
    "design_program",
    "deterministic_program",
    "envelope_payments",
    "expected_revenue",
    "extra_bidders",
    "grid_regret",
    "hedge",
    "learn_game",
    "least_regret_against",
    "markov_bounds",
    "nature_auction",
    "nature_on_grid",
    "nature_pricing",
    "one_more_bidder",
    "optimal_reserve",
    "pareto_improvement",
    "play_zero_sum",
    "pricing_game",
    "pricing_saddle_point",
    "regret_dual_program",
    "regret_matching_plus",
    "regret_program",
    "reserve_game",
    "second_price_nature",
    "second_price_plane",
    "second_price_worst_case",
    "split_prices",
    "worst_case_revenue",
]
