"""Type spaces: what types are, what allocations are worth to them, which are feasible, and who sells."""

from mechanisms.types.budgets import Budgets
from mechanisms.types.bundles import Bundles, Packages
from mechanisms.types.costs import Costs
from mechanisms.types.goods import Additive, DiminishingUnits, OneGood, UnitDemand, one_good, unit_of_each
from mechanisms.types.interdependent import CommonPart, Signals
from mechanisms.types.positions import Positions
from mechanisms.types.space import TypeSpace
from mechanisms.types.traders import Traders

__all__ = [
    "Additive",
    "Budgets",
    "Bundles",
    "CommonPart",
    "Costs",
    "DiminishingUnits",
    "OneGood",
    "Packages",
    "Positions",
    "Signals",
    "Traders",
    "TypeSpace",
    "UnitDemand",
    "one_good",
    "unit_of_each",
]
