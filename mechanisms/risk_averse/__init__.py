"""A seller who is averse to risk (Bhalgat, Chakraborty and Khanna): utility-maximising sales of k units."""

from mechanisms.risk_averse.bounds import UtilityBounds, utility_bounds
from mechanisms.risk_averse.design import SequentialDesign, design_sequential_prices
from mechanisms.risk_averse.deterministic import BestPrices, best_sequential_prices
from mechanisms.risk_averse.dsic import optimal_dsic_mechanism, optimal_dsic_utility
from mechanisms.risk_averse.frontier import FrontierPoint, best_single_price, risk_frontier
from mechanisms.risk_averse.history import HistoryPrices, design_history_prices
from mechanisms.risk_averse.lagrangian import profile_bound
from mechanisms.risk_averse.laws import gamma
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.sales import TooLargeError, UtilityBracket
from mechanisms.risk_averse.sequential import SequentialPrices
from mechanisms.risk_averse.theorem_one import count_configurations, theorem_one_prices

__all__ = [
    "BestPrices",
    "FrontierPoint",
    "HistoryPrices",
    "RevenueLaw",
    "SequentialDesign",
    "SequentialPrices",
    "TooLargeError",
    "UtilityBounds",
    "UtilityBracket",
    "best_sequential_prices",
    "best_single_price",
    "count_configurations",
    "design_history_prices",
    "design_sequential_prices",
    "gamma",
    "optimal_dsic_mechanism",
    "optimal_dsic_utility",
    "profile_bound",
    "risk_frontier",
    "theorem_one_prices",
    "utility_bounds",
]
