"""Learners: strategies that start from nothing and learn from what happens, one algorithm a module."""

from agents.learners.exp3 import Exp3
from agents.learners.fictitious_play import FictitiousPlay
from agents.learners.gradient import SmoothGradient
from agents.learners.hedge import Hedge
from agents.learners.regret_matching import RegretMatching
from agents.learners.share_learner import AveragePlay, ShareLearner

__all__ = [
    "AveragePlay",
    "Exp3",
    "FictitiousPlay",
    "Hedge",
    "RegretMatching",
    "ShareLearner",
    "SmoothGradient",
]
