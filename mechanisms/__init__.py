"""What is played: the mathematics of mechanism design; no clock, no agents.

The names below can be imported from here; each module is loaded when one of its names is first asked for.
"""

from __future__ import annotations

from mechanisms._exports import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "mechanisms.conversation": ("DirectLottery", "DirectMechanism", "Mechanism"),
        "mechanisms.outcome": ("Lottery", "Outcome"),
        "mechanisms.questions": (
            "Announce",
            "AskBelief",
            "AskValue",
            "CallPrice",
            "Chance",
            "Draw",
            "InviteBid",
            "OfferPrice",
            "ShowMenu",
        ),
        "mechanisms.registry": ("MECHANISMS", "make_mechanism"),
        "mechanisms.auctions": (
            "AllPay",
            "AscendingClock",
            "Discriminatory",
            "FirstPrice",
            "OpenProxy",
            "PostedPrice",
            "SecondPrice",
            "UniformPrice",
        ),
        "mechanisms.auctions.myerson": ("MyersonAuction", "monopoly_price"),
        "mechanisms.auctions.vcg": ("AdditiveVCG", "UnitDemandVCG"),
        "mechanisms.distributions": (
            "Discrete",
            "Exponential",
            "IndependentPrior",
            "JointDistribution",
            "LogNormal",
            "PiecewiseUniform",
            "PowerLaw",
            "Uniform",
        ),
        "mechanisms.equilibria": ("known_equilibria",),
        "mechanisms.utilities": ("CARA", "CRRA", "Capped", "Linear", "PiecewiseLinear", "Power", "Utility"),
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
            "COFFEE_SHOP",
            "LOTTERY_TICKETS",
            "Menu",
            "PostedMenu",
            "best_purchase",
            "bundle_revenue",
            "coffee_shop_menu",
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
        "mechanisms.risk_averse": (
            "OnePass",
            "OrderObliviousPrices",
            "Rounds",
            "SequentialPrices",
            "best_sequential_prices",
            "design_one_pass",
            "design_risk_averse_buyers",
            "gamma",
            "optimal_bic_utility",
            "optimal_dsic_utility",
        ),
        "mechanisms.robust": (
            "DeterministicRegretPricing",
            "MinimaxRegretPricing",
            "RandomReserveAuctions",
            "nature_auction",
            "nature_pricing",
            "regret_program",
        ),
    },
)
