"""Auctions, one family a module: of one good, of units, of several goods; procurement; two-sided trade."""

from mechanisms.auctions.all_pay import AllPay
from mechanisms.auctions.ascending_clock import AscendingClock
from mechanisms.auctions.budgets import WithBudgets
from mechanisms.auctions.combinatorial_clock import CombinatorialClock
from mechanisms.auctions.combinatorial_vcg import CombinatorialVCG
from mechanisms.auctions.core_selecting import NearestBid, NearestVCG, NearestZero
from mechanisms.auctions.double_auctions import KDoubleAuction, McAfee
from mechanisms.auctions.dutch import Dutch
from mechanisms.auctions.first_price import FirstPrice
from mechanisms.auctions.multi_unit import Discriminatory, UniformPrice
from mechanisms.auctions.multi_unit_demand import UniformPriceMultiUnit
from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.auctions.open_proxy import OpenProxy
from mechanisms.auctions.posted_price import PostedPrice
from mechanisms.auctions.procurement import Procurement
from mechanisms.auctions.random_reserve import RandomReserve
from mechanisms.auctions.random_ties import RandomTies
from mechanisms.auctions.second_price import SecondPrice
from mechanisms.auctions.sponsored_search import GeneralizedSecondPrice, PositionVCG
from mechanisms.auctions.third_price import ThirdPrice
from mechanisms.auctions.vcg import AdditiveVCG, UnitDemandVCG

__all__ = [
    "AdditiveVCG",
    "AllPay",
    "AscendingClock",
    "CombinatorialClock",
    "CombinatorialVCG",
    "Discriminatory",
    "Dutch",
    "FirstPrice",
    "GeneralizedSecondPrice",
    "KDoubleAuction",
    "McAfee",
    "MyersonAuction",
    "NearestBid",
    "NearestVCG",
    "NearestZero",
    "OpenProxy",
    "PositionVCG",
    "PostedPrice",
    "Procurement",
    "RandomReserve",
    "RandomTies",
    "SecondPrice",
    "ThirdPrice",
    "UniformPrice",
    "UniformPriceMultiUnit",
    "UnitDemandVCG",
    "WithBudgets",
]
