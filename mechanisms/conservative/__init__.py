"""Conservative-Bayesian mechanisms (Azar, Chen and Micali 2010): sellers who know nothing."""

from mechanisms.conservative.aggregation import aggregate_knowledge
from mechanisms.conservative.assignment import AssignmentContext, optimal_assignment
from mechanisms.conservative.estimates import ExponentialFit, RawFrequencies, Smoothed, UniformFit
from mechanisms.conservative.knowledge_extraction import KnowledgeExtraction
from mechanisms.conservative.lookahead import LookaheadAuction, lookahead_revenue, star_benchmark
from mechanisms.conservative.optimal import OptimalMechanism, optimal_dsic
from mechanisms.conservative.sampled import BaligaVohraAuction, SegalAuction, SingleSampleAuction
from mechanisms.conservative.scoring import Brier, Logarithmic, brier_score, logarithmic_score
from mechanisms.conservative.star_auction import StarAuction

__all__ = [
    "AssignmentContext",
    "BaligaVohraAuction",
    "Brier",
    "ExponentialFit",
    "KnowledgeExtraction",
    "Logarithmic",
    "LookaheadAuction",
    "OptimalMechanism",
    "RawFrequencies",
    "SegalAuction",
    "SingleSampleAuction",
    "Smoothed",
    "StarAuction",
    "UniformFit",
    "aggregate_knowledge",
    "brier_score",
    "logarithmic_score",
    "lookahead_revenue",
    "optimal_assignment",
    "optimal_dsic",
    "star_benchmark",
]
