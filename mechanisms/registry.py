"""Registry of mechanisms: the ready-made ones, by the names that scenarios and the command line use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mechanisms.names import nearest

if TYPE_CHECKING:
    from mechanisms.conversation import Mechanism
    from mechanisms.distributions import Distribution

REQUIRED = inspect.Parameter.empty
"""Stands for the default of a parameter that has none."""

MECHANISMS: Mapping[str, str] = MappingProxyType({
    "second_price": "mechanisms.auctions:SecondPrice",
    "first_price": "mechanisms.auctions:FirstPrice",
    "all_pay": "mechanisms.auctions:AllPay",
    "posted_price": "mechanisms.auctions:PostedPrice",
    "third_price": "mechanisms.auctions:ThirdPrice",
    "ascending_clock": "mechanisms.auctions:AscendingClock",
    "dutch": "mechanisms.auctions:Dutch",
    "open_proxy": "mechanisms.auctions:OpenProxy",
    "uniform_price": "mechanisms.auctions:UniformPrice",
    "discriminatory": "mechanisms.auctions:Discriminatory",
    "uniform_price_multi_unit": "mechanisms.auctions:UniformPriceMultiUnit",
    "myerson": "mechanisms.auctions:MyersonAuction",
    "random_reserve": "mechanisms.auctions:RandomReserve",
    "random_ties": "mechanisms.auctions:RandomTies",
    "with_budgets": "mechanisms.auctions:WithBudgets",
    "additive_vcg": "mechanisms.auctions:AdditiveVCG",
    "unit_demand_vcg": "mechanisms.auctions:UnitDemandVCG",
    "combinatorial_vcg": "mechanisms.auctions:CombinatorialVCG",
    "combinatorial_clock": "mechanisms.auctions:CombinatorialClock",
    "nearest_zero": "mechanisms.auctions:NearestZero",
    "nearest_bid": "mechanisms.auctions:NearestBid",
    "nearest_vcg": "mechanisms.auctions:NearestVCG",
    "procurement": "mechanisms.auctions:Procurement",
    "k_double_auction": "mechanisms.auctions:KDoubleAuction",
    "mcafee": "mechanisms.auctions:McAfee",
    "generalized_second_price": "mechanisms.auctions:GeneralizedSecondPrice",
    "position_vcg": "mechanisms.auctions:PositionVCG",
    "star_auction": "mechanisms.conservative:StarAuction",
    "knowledge_extraction": "mechanisms.conservative:KnowledgeExtraction",
    "lookahead": "mechanisms.conservative:LookaheadAuction",
    "segal": "mechanisms.conservative:SegalAuction",
    "baliga_vohra": "mechanisms.conservative:BaligaVohraAuction",
    "single_sample": "mechanisms.conservative:SingleSampleAuction",
    "posted_menu": "mechanisms.menus:PostedMenu",
    "sequential_prices": "mechanisms.risk_averse:SequentialPrices",
    "one_pass": "mechanisms.risk_averse:OnePass",
    "rounds": "mechanisms.risk_averse:Rounds",
    "sequential_sale": "mechanisms.risk_averse:SequentialSale",
    "item_prices": "mechanisms.risk_averse:ItemPrices",
    "eso_futo": "mechanisms.risk_averse:EsoFutoAuction",
    "insured_sale": "mechanisms.risk_averse:InsuredSale",
    "highest_bidder_lottery": "mechanisms.robust:HighestBidderLottery",
    "random_reserve_lottery": "mechanisms.robust:RandomReserveLottery",
    "minimax_regret_pricing": "mechanisms.robust:MinimaxRegretPricing",
    "deterministic_regret_pricing": "mechanisms.robust:DeterministicRegretPricing",
    "random_reserve_auctions": "mechanisms.robust:RandomReserveAuctions",
    "bundle_prices": "mechanisms.robust:BundlePrices",
    "random_posted_prices": "mechanisms.robust:RandomPostedPrices",
})
"""Where each class stands, as `module:Class`; nothing is loaded before it is asked for."""


def mechanism_class(name: str) -> type[Mechanism]:
    """The class of this name in `MECHANISMS`; ValueError with the nearest names if there is none.

    >>> mechanism_class("posted_price").__name__
    'PostedPrice'
    """
    if name not in MECHANISMS:
        raise ValueError(f"there is no mechanism {name!r}; {nearest(name, MECHANISMS)}")
    module, _, kind = MECHANISMS[name].partition(":")
    found: type[Mechanism] = getattr(import_module(module), kind)
    return found


def parameters_of(kind: type[Mechanism]) -> dict[str, Any]:
    """The parameters of a class of mechanisms and their defaults, `REQUIRED` for one that has none.

    >>> from mechanisms import PostedPrice
    >>> parameters_of(PostedPrice)["supply"]
    1
    """
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    each = inspect.signature(kind).parameters.values()
    return {one.name: one.default for one in each if one.kind not in variable}


def make_mechanism(kind: str | type[Mechanism], **parameters: Any) -> Mechanism:
    """A mechanism by its name in `MECHANISMS`, or of a class, with some parameters.

    Raises ValueError for an unknown name or parameter, and for a missing one; and what the class raises.

    >>> make_mechanism("second_price", reserve=2.0)
    SecondPrice(reserve=2.0)
    """
    made = mechanism_class(kind) if isinstance(kind, str) else kind
    known = parameters_of(made)
    for name in parameters:
        if name not in known:
            told = nearest(name, known) if known else "it has none"
            raise ValueError(f"{made.__name__} has no parameter {name!r}; {told}")
    missing = [name for name in known if known[name] is REQUIRED and name not in parameters]
    if missing:
        raise ValueError(f"{made.__name__} needs {' and '.join(missing)}; there are {', '.join(known)}")
    return made(**parameters)


# --- one good ---------------------------------------------------------------------------------------


def _nothing(prior: Distribution) -> dict[str, Any]:
    return {}


def _monopoly_price(prior: Distribution) -> dict[str, Any]:
    from mechanisms.auctions.myerson import monopoly_price

    return {"price": monopoly_price(prior)}


ONE_GOOD: Mapping[str, Callable[[Distribution], dict[str, Any]]] = MappingProxyType({
    "second_price": _nothing,
    "first_price": _nothing,
    "all_pay": _nothing,
    "posted_price": _monopoly_price,
    "third_price": _nothing,
    "ascending_clock": _nothing,
    "dutch": _nothing,
    "open_proxy": lambda prior: {"increment": 0.02 * float(prior.mean), "rounds": 3},
    "myerson": lambda prior: {"priors": prior},
    "random_reserve": lambda prior: {"reserves": prior},
})
"""Mechanisms that sell one unit of one good to any number of bidders, and the parameters that they need for
values from a prior: a scenario that sells one good can be told to sell it by any of these."""


def mechanism_for(name: str, prior: Distribution) -> Mechanism:
    """The mechanism of this name in `ONE_GOOD`, for bidders with values from `prior`.

    Raises ValueError for another name.

    >>> from mechanisms import Uniform
    >>> mechanism_for("posted_price", Uniform(0, 1))
    PostedPrice(price=0.5, supply=1)
    """
    if name not in ONE_GOOD:
        raise ValueError(f"there is no mechanism {name!r} for one good; {nearest(name, ONE_GOOD)}")
    return make_mechanism(name, **ONE_GOOD[name](prior))
