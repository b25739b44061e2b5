"""Who plays in Bazaar: buyers, sellers and nature; their types, knowledge and strategies.

The names below can be imported from here; each module is loaded when one of its names is first asked for.
"""

from __future__ import annotations

from mechanisms._exports import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "agents.best_response.strategy": ("BestResponse",),
        "agents.knowledge.network": ("small_world",),
        "agents.learners": ("Exp3", "FictitiousPlay", "Hedge", "RegretMatching", "SmoothGradient"),
        "agents.learners.counterfactual": ("counterfactual_utility",),
        "agents.nature": (
            "Adversary",
            "Duel",
            "DuelNature",
            "LearnedOffer",
            "LearningNature",
            "WithOrdinaryTrade",
            "WorstCaseNature",
        ),
        "agents.play": ("ExpectedOutcome", "TooLargeError", "expected_outcome", "play_once"),
        "agents.population": ("Group", "Population"),
        "agents.registry": ("STRATEGIES", "make_strategy"),
        "agents.seller": ("SellerPlan", "disclosure_for"),
        "agents.strategies": (
            "AdaptiveShading",
            "Equilibrium",
            "FalseNames",
            "Incremental",
            "Late",
            "OneBuyerStrategy",
            "RandomBidder",
            "Ring",
            "Shading",
            "Sniper",
            "Strategy",
            "Truthful",
        ),
        "agents.town.choice": ("Logit", "SellerChoice", "Uniformly"),
        "agents.view": ("Feedback", "Mixed", "View"),
    },
)
