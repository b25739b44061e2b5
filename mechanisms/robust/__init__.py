"""Robust sellers, who know a set of distributions or only the range of values, and nature as a player."""

from mechanisms.robust.bundle_prices import BundlePrices, RandomPostedPrices, bundle_regret, split_prices
from mechanisms.robust.grid_games import bundle_pricing_game, correlation, pricing_game, reserve_game
from mechanisms.robust.learned_play import (
    Averages,
    best_responder,
    hedge,
    learn,
    play_zero_sum,
    regret_matching_plus,
)
from mechanisms.robust.logarithmic import LogarithmicPrice
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
from mechanisms.robust.zero_sum import Moment, ZeroSumGame

__all__ = [
    "Averages",
    "BundlePrices",
    "DeterministicRegretPricing",
    "LogarithmicPrice",
    "MinimaxRegretPricing",
    "Moment",
    "NatureAuction",
    "NaturePricing",
    "RandomPostedPrices",
    "RandomReserveAuctions",
    "SaddlePoint",
    "ZeroSumGame",
    "auction_regret_program",
    "auction_saddle_point",
    "best_responder",
    "bundle_pricing_game",
    "bundle_regret",
    "correlation",
    "grid_regret",
    "hedge",
    "learn",
    "least_regret_against",
    "nature_auction",
    "nature_on_grid",
    "nature_pricing",
    "play_zero_sum",
    "pricing_game",
    "pricing_saddle_point",
    "regret_dual_program",
    "regret_matching_plus",
    "regret_program",
    "reserve_game",
    "split_prices",
]
