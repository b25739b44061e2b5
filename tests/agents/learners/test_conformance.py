"""Learners through the suite of strategies."""

from agents.learners import Exp3, FictitiousPlay, Hedge, RegretMatching, SmoothGradient
from sim.conformance.strategy import StrategyConformance, experienced


class TestHedge(StrategyConformance):
    instances = (Hedge(), Hedge(shared=True), Hedge(shares=(0.0, 0.5, 1.0), knots=(0.0, 1.0)))


class TestExp3(StrategyConformance):
    instances = (Exp3(), Exp3(shared=True, bins=1))


class TestRegretMatching(StrategyConformance):
    instances = (RegretMatching(), RegretMatching(shared=True))


class TestFictitiousPlay(StrategyConformance):
    instances = (FictitiousPlay(), FictitiousPlay(shared=True, bins=3))


class TestSmoothGradient(StrategyConformance):
    instances = (SmoothGradient(batch=1), SmoothGradient(shared=True, batch=1))


class TestAveragePlay(StrategyConformance):
    """What a taught learner has played on average; it learns no more."""

    instances = (experienced(Hedge()).average(), experienced(RegretMatching()).average())
