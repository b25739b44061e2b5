"""The market: sellers and buyers in simulated time, and the books of what happens."""

from sim.market.market import Market
from sim.market.panel import Panel
from sim.market.town import Town

__all__ = ["Market", "Panel", "Town"]
