"""A seller who is averse to risk (Bhalgat, Chakraborty and Khanna): utility-maximising sales of k units."""

from mechanisms._validation import TooLargeError
from mechanisms.risk_averse.auction_law import myerson_revenue_law
from mechanisms.risk_averse.bounds import UtilityBounds, utility_bounds
from mechanisms.risk_averse.design import SequentialDesign, design_sequential_prices
from mechanisms.risk_averse.design_one_pass import OnePassDesign, design_one_pass
from mechanisms.risk_averse.design_order_oblivious import OrderObliviousDesign, design_order_oblivious_prices
from mechanisms.risk_averse.deterministic import BestPrices, best_sequential_prices
from mechanisms.risk_averse.dsic import optimal_dsic_mechanism, optimal_dsic_utility
from mechanisms.risk_averse.eso_futo import EsoFutoAuction
from mechanisms.risk_averse.frontier import FrontierPoint, best_single_price, risk_frontier
from mechanisms.risk_averse.history import HistoryPrices, design_history_prices
from mechanisms.risk_averse.insurance import InsuredSale, fair_premium
from mechanisms.risk_averse.item_prices import ItemPrices
from mechanisms.risk_averse.lagrangian import profile_bound
from mechanisms.risk_averse.laws import gamma
from mechanisms.risk_averse.one_pass import OnePass
from mechanisms.risk_averse.optimal_bic import OptimalBic, optimal_bic, optimal_bic_utility
from mechanisms.risk_averse.optimal_bic_revenue import optimal_bic_revenue
from mechanisms.risk_averse.optimal_matrix import OptimalMatrix, optimal_matrix
from mechanisms.risk_averse.order_oblivious import OrderObliviousPrices
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.risk_averse_buyers import RiskAverseBuyersDesign, design_risk_averse_buyers
from mechanisms.risk_averse.rounds import Rounds
from mechanisms.risk_averse.sales import UtilityBracket
from mechanisms.risk_averse.sequential import SequentialPrices
from mechanisms.risk_averse.sequential_sale import SequentialSale
from mechanisms.risk_averse.theorem_one import count_configurations, theorem_one_prices

__all__ = [
    "BestPrices",
    "EsoFutoAuction",
    "FrontierPoint",
    "HistoryPrices",
    "InsuredSale",
    "ItemPrices",
    "OnePass",
    "OnePassDesign",
    "OptimalBic",
    "OptimalMatrix",
    "OrderObliviousDesign",
    "OrderObliviousPrices",
    "RevenueLaw",
    "RiskAverseBuyersDesign",
    "Rounds",
    "SequentialDesign",
    "SequentialPrices",
    "SequentialSale",
    "TooLargeError",
    "UtilityBounds",
    "UtilityBracket",
    "best_sequential_prices",
    "best_single_price",
    "count_configurations",
    "design_history_prices",
    "design_one_pass",
    "design_order_oblivious_prices",
    "design_risk_averse_buyers",
    "design_sequential_prices",
    "fair_premium",
    "gamma",
    "myerson_revenue_law",
    "optimal_bic",
    "optimal_bic_revenue",
    "optimal_bic_utility",
    "optimal_dsic_mechanism",
    "optimal_dsic_utility",
    "optimal_matrix",
    "profile_bound",
    "risk_frontier",
    "theorem_one_prices",
    "utility_bounds",
]
