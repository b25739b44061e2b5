"""A seller who is averse to risk (Bhalgat, Chakraborty and Khanna): utility-maximising sales of k units."""

from mechanisms.risk_averse.laws import gamma

__all__ = ["gamma"]
