"""Menus of priced lotteries, for a buyer who may come back (the buy-many paper), one idea a module."""

from mechanisms.menus.adaptive import Policy
from mechanisms.menus.cover_free import cover_free_family, cover_free_strength
from mechanisms.menus.examples import (
    COFFEE_SHOP,
    LOTTERY_TICKETS,
    coffee_shop_menu,
    ticket_chance,
    ticket_menu,
    ticket_revenue,
)
from mechanisms.menus.gaps import GapSequences, gap_bound, gap_sequences, menu_gap, menu_gaps
from mechanisms.menus.incentives import BuyKCheck, SeveralPurchases, is_buy_k_ic
from mechanisms.menus.instances import (
    GapInstance,
    gap_instance,
    rare_items_distribution,
    standard_basis_sequences,
)
from mechanisms.menus.menu import Menu, lot
from mechanisms.menus.optimal_buy_k import CertifiedMenu, optimal_buy_k_menu
from mechanisms.menus.posted import PostedMenu
from mechanisms.menus.programs import OptimalMenu, optimal_deterministic_menu, optimal_menu
from mechanisms.menus.purchase import Purchase, best_purchase, menu_revenue
from mechanisms.menus.simple import (
    BestPrice,
    bundle_menu,
    bundle_price,
    bundle_revenue,
    item_menu,
    item_prices,
    item_revenue,
)
from mechanisms.menus.valuations import (
    AdditiveValuation,
    TableValuation,
    UnitDemandValuation,
    Valuation,
    unit_demand_table,
)

__all__ = [
    "COFFEE_SHOP",
    "LOTTERY_TICKETS",
    "AdditiveValuation",
    "BestPrice",
    "BuyKCheck",
    "CertifiedMenu",
    "GapInstance",
    "GapSequences",
    "Menu",
    "OptimalMenu",
    "Policy",
    "PostedMenu",
    "Purchase",
    "SeveralPurchases",
    "TableValuation",
    "UnitDemandValuation",
    "Valuation",
    "best_purchase",
    "bundle_menu",
    "bundle_price",
    "bundle_revenue",
    "coffee_shop_menu",
    "cover_free_family",
    "cover_free_strength",
    "gap_bound",
    "gap_instance",
    "gap_sequences",
    "is_buy_k_ic",
    "item_menu",
    "item_prices",
    "item_revenue",
    "lot",
    "menu_gap",
    "menu_gaps",
    "menu_revenue",
    "optimal_buy_k_menu",
    "optimal_deterministic_menu",
    "optimal_menu",
    "rare_items_distribution",
    "standard_basis_sequences",
    "ticket_chance",
    "ticket_menu",
    "ticket_revenue",
    "unit_demand_table",
]
