"""Nature: the agent who draws people's types, and natures who pick them to hurt a seller."""

from agents.nature.adversary import Adversary, LearningNature, WithOrdinaryTrade, WorstCaseNature
from agents.nature.drawing import Nature, PairDraws
from agents.nature.duel import Duel, DuelNature, LearnedOffer

__all__ = [
    "Adversary",
    "Duel",
    "DuelNature",
    "LearnedOffer",
    "LearningNature",
    "Nature",
    "PairDraws",
    "WithOrdinaryTrade",
    "WorstCaseNature",
]
