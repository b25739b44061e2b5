"""Strategies: how buyers answer questions. `agents.registry` has the ready-made ones by name."""

from __future__ import annotations

from agents.strategies.adaptive_shading import AdaptiveShading
from agents.strategies.base import Answer, Disclosure, OneBuyerStrategy, Strategy, Truthful
from agents.strategies.bid_policy import BidPolicy
from agents.strategies.equilibrium import Equilibrium
from agents.strategies.false_names import FalseNames
from agents.strategies.incremental import Incremental
from agents.strategies.late import Late
from agents.strategies.random_bidder import RandomBidder
from agents.strategies.reporters import LazyReporter, NoisyReporter, WholeShading
from agents.strategies.ring import Ring
from agents.strategies.shading import Shading
from agents.strategies.sniper import Sniper
from agents.strategies.wrapper import Wrapper

__all__ = [
    "AdaptiveShading",
    "Answer",
    "BidPolicy",
    "Disclosure",
    "Equilibrium",
    "FalseNames",
    "Incremental",
    "Late",
    "LazyReporter",
    "NoisyReporter",
    "OneBuyerStrategy",
    "RandomBidder",
    "Ring",
    "Shading",
    "Sniper",
    "Strategy",
    "Truthful",
    "WholeShading",
    "Wrapper",
]
