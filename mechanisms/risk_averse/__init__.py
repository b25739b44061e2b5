"""A seller who is averse to risk (Bhalgat, Chakraborty and Khanna): utility-maximising sales of k units."""

from mechanisms.risk_averse.deterministic import best_sequential_prices
from mechanisms.risk_averse.dsic import optimal_dsic_mechanism, optimal_dsic_utility
from mechanisms.risk_averse.laws import gamma
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.risk_averse.sequential import SequentialPrices

__all__ = [
    "RevenueLaw",
    "SequentialPrices",
    "best_sequential_prices",
    "gamma",
    "optimal_dsic_mechanism",
    "optimal_dsic_utility",
]
