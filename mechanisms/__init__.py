"""What is played: the mathematics of mechanism design; no clock, no agents.

The names below can be imported from here; each module is loaded when one of its names is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "mechanisms.distributions": ("JointDistribution",),
    "mechanisms.conservative": (
        "KnowledgeExtraction",
        "StarAuction",
        "aggregate_knowledge",
        "brier_score",
        "lookahead_revenue",
        "optimal_dsic",
        "star_benchmark",
    ),
    "mechanisms.menus": (
        "Menu",
        "best_purchase",
        "bundle_revenue",
        "cover_free_family",
        "gap_instance",
        "is_buy_k_ic",
        "item_revenue",
        "lot",
        "menu_gap",
        "menu_revenue",
        "optimal_buy_k_menu",
        "optimal_menu",
    ),
    "mechanisms.robust": (
        "FiniteAmbiguitySet",
        "HighestBidderLottery",
        "IndependentSet",
        "MarkovSet",
        "MomentSet",
        "RandomReserveLottery",
        "RegularFamily",
        "SupportSet",
        "design_program",
        "extra_bidders",
        "markov_bounds",
        "one_more_bidder",
        "optimal_reserve",
        "pareto_improvement",
        "worst_case_revenue",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mechanisms' has no attribute {name!r}; there are {', '.join(__all__)}")
    return getattr(import_module(_HOME[name]), name)
