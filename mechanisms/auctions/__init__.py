"""The standard auctions of one kind of good, one family a module."""

from mechanisms.auctions.all_pay import AllPay
from mechanisms.auctions.ascending_clock import AscendingClock
from mechanisms.auctions.first_price import FirstPrice
from mechanisms.auctions.multi_unit import Discriminatory, UniformPrice
from mechanisms.auctions.open_proxy import OpenProxy
from mechanisms.auctions.posted_price import PostedPrice
from mechanisms.auctions.second_price import SecondPrice

__all__ = [
    "AllPay",
    "AscendingClock",
    "Discriminatory",
    "FirstPrice",
    "OpenProxy",
    "PostedPrice",
    "SecondPrice",
    "UniformPrice",
]
